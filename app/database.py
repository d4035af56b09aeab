"""Opens the database that the settings name: PostgreSQL with DATABASE_URL, else the SQLite file.

Contract: the one place that chooses between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial

from settings import SettingsError, StorageSettings
from storage.database_port import SqlDatabase
from storage.sqlite.database import Database
from storage.sqlite.disk_figures import disk_figures


def open_database(given: StorageSettings) -> AbstractAsyncContextManager[SqlDatabase]:
    """Raises StoreFailed when entered."""
    if given.database_url:
        from storage.postgres.database import PostgresDatabase  # noqa: PLC0415 - costs SQLite's users nothing

        return PostgresDatabase(given.database_url)
    return Database(given.database_path)


def database_figures(given: StorageSettings) -> Callable[[], Mapping[str, int | None]]:
    """A function that returns the bytes of the database and of its disk; it blocks."""
    if given.database_url:
        from storage.postgres.disk_figures import postgres_figures  # noqa: PLC0415 - as above

        return partial(postgres_figures, given.database_url)
    return partial(disk_figures, given.database_path)


def refuse_postgres(given: StorageSettings, instead: str) -> None:
    """For commands on the SQLite file. Raises SettingsError when the service uses PostgreSQL."""
    if given.database_url:
        raise SettingsError([f"DATABASE_URL is set: the tasks are in PostgreSQL, not in a file.\n    {instead}"])
