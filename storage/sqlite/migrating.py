"""Migrates a database: `migrations/NNNN_name.sql`, forward only, each in its own transaction.

SQLite's `user_version` holds the number of the last applied migration.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

import aiosqlite

from storage.sqlite.errors import newer

FOLDER = Path(__file__).parent / "migrations"


def scripts() -> list[str]:
    """The migrations in order, starting at number 1. Raises RuntimeError for duplicate or missing numbers."""
    files = sorted(FOLDER.glob("*.sql"))
    numbers = [int(file.name.partition("_")[0]) for file in files]
    if numbers != list(range(1, len(files) + 1)):
        raise RuntimeError(f"migrations are not numbered consecutively: {numbers}")
    return [file.read_text(encoding="utf-8") for file in files]


async def migrate(connection: aiosqlite.Connection) -> None:
    """Apply missing migrations. Refuses a database of a newer version, which this version may misread."""
    known = scripts()
    [(version,)] = await connection.execute_fetchall("PRAGMA user_version")
    if version > len(known):
        raise newer(version, len(known))
    for number, script in enumerate(known[version:], start=version + 1):
        try:
            await connection.executescript(f"BEGIN IMMEDIATE;\n{script}\n;PRAGMA user_version = {number};\nCOMMIT;")
        except BaseException:
            with suppress(sqlite3.Error):
                await connection.rollback()
            raise
