"""The choice of the database, and commands that work on SQLite's file only."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from app.commands import backup, check
from app.database import database_figures, open_database
from settings import SettingsError, StorageSettings, load_storage
from storage.postgres.database import PostgresDatabase
from storage.sqlite.database import Database
from tests.support.postgres import running_postgres

URL = "postgresql://someone:unmistakable@127.0.0.1/tasks"


def test_the_url_chooses_postgres(tmp_path: Path) -> None:
    assert isinstance(open_database(StorageSettings(database_url=URL)), PostgresDatabase)
    assert isinstance(open_database(StorageSettings(database_path=tmp_path / "tasks.db")), Database)
    assert load_storage({"DATABASE_URL": URL}, []).database_url == URL
    assert load_storage({"DATABASE_URL": URL}, [], simulator=True).database_url == ""


def test_another_kind_of_url_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"DATABASE_URL.*\n?.*postgresql://") as caught:
        load_storage({"DATABASE_URL": "mysql://someone:unmistakable@127.0.0.1/tasks"}, [])
    assert "unmistakable" not in str(caught.value)


def test_commands_on_the_file_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    given = argparse.Namespace(simulator=False, file=tmp_path / "copy.db", force=False)
    with pytest.raises(SettingsError, match="pg_dump") as caught:
        backup.run(given)
    assert "unmistakable" not in str(caught.value)
    with pytest.raises(SettingsError, match="DATABASE_URL is set"):
        check.run(argparse.Namespace(simulator=False, file=None))


def test_figures_of_postgres_leave_out_what_only_its_machine_knows() -> None:
    with running_postgres() as server:
        figures = database_figures(StorageSettings(database_url=server.url))()
    assert figures["database"]
    assert (figures["free"], figures["total"], figures["last_backup"]) == (None, None, None)
