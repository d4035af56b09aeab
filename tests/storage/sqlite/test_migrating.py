"""A database of every version there has been is opened, brought up to date, and read whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from storage.outbox import Outbox
from storage.sqlite.checking import check
from storage.sqlite.database import Database
from storage.sqlite.migrating import FOLDER as MIGRATIONS
from storage.sqlite.migrating import scripts
from storage.tasks import Tasks
from tests.support.database_dump import (
    FOLDER,
    FOLLOWER,
    KEY,
    OLD_ID,
    OWNERS_SINCE,
    PICTURE,
    SENDS,
    TASKS,
    fill,
    of_version,
)
from tests.support.records import a_send

VERSIONS = sorted(int(file.stem) for file in FOLDER.glob("*.sql"))
TIMELINE_SINCE = 2
[IMPORTED_SINCE] = [int(file.name.partition("_")[0]) for file in MIGRATIONS.glob("*_imported.sql")]

each_version = pytest.mark.parametrize("version", VERSIONS)


def restored(path: Path, version: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.executescript((FOLDER / f"{version:04}.sql").read_text(encoding="utf-8"))
    return path


def schema(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


def test_every_version_has_its_database() -> None:
    missing = [number for number in range(1, len(scripts()) + 1) if number not in VERSIONS]
    assert not missing, (
        f"tests/storage/sqlite/databases/ has no database of schema version {missing}. Whoever adds a migration adds "
        "one, so that those who have that version on disk are never forgotten. Teach tests/support/database_dump.py "
        f"the new rows, run `python -m tests.support.database_dump {missing[0]}` and commit the file; one that is "
        "there is never written anew."
    )
    assert VERSIONS[-1] == len(scripts()), "there is a database of a version that is not known"


@each_version
async def test_it_is_brought_up_to_date_and_loses_nothing(path: Path, version: int) -> None:
    async with Database(restored(path, version)) as database:
        assert await database.read("PRAGMA user_version") == [(len(scripts()),)]
        store, outbox = Tasks(database), Outbox(database)
        expected = [
            task if version >= OWNERS_SINCE else replace(task, request=replace(task.request, owner=""))
            for task in TASKS
        ]
        assert await store.get_many([task.id for task in TASKS]) == expected
        assert await store.sends_of(["4"]) == [*SENDS]
        assert await store.sends_of(["6"]) == [a_send("n99", 6)]
        assert await store.pictures_of("3") == [PICTURE]
        assert await store.by_key(KEY.key, 0) == (KEY.body, "1")
        lines = await store.timeline_of("4")
        written = [{"status": "IN_PROGRESS", "progress": 31}]
        assert [line.detail for line in lines] == (written if version >= TIMELINE_SINCE else [])
        rows = [row for task in TASKS for row in await outbox.of_task(task.id)]
        told = [(row.task_id, row.url, row.event, row.status, row.state, row.attempts) for row in rows]
        assert told == [
            ("1", "http://receiver.test/hook", "SUBMITTED", "due", None, 0),
            ("6", "http://receiver.test/hook", "end", "done", None, 10),
            ("7", "http://receiver.test/hook", "end", "given_up", None, 10),
            ("7", FOLLOWER.url, "end", "due", "theirs", 0),
        ]
        assert rows[0].snapshot == expected[0]
        assert await database.read("SELECT task_id, url, state FROM followers") == [(7, FOLLOWER.url, "theirs")]
        old = await store.get(OLD_ID)
        assert old == (expected[5] if version >= IMPORTED_SINCE else None)
        await store.save([replace(TASKS[0], attempts=9)])  # it can be written, too
    assert check(path).problems == []


@each_version
async def test_a_document_that_cannot_be_read_holds_nothing_up(path: Path, version: int) -> None:
    with closing(sqlite3.connect(restored(path, version))) as database, database:
        database.execute("UPDATE tasks SET document = 'no JSON' WHERE id = 7")
    async with Database(path) as opened:
        assert await opened.read("PRAGMA user_version") == [(len(scripts()),)]


@each_version
async def test_it_ends_as_a_new_one_begins(path: Path, tmp_path: Path, version: int) -> None:
    async with Database(restored(path, version)), Database(tmp_path / "new.db"):
        pass
    assert schema(path) == schema(tmp_path / "new.db")


async def test_the_newest_is_as_it_would_be_written_now(tmp_path: Path) -> None:
    """Else a table or a column was added that its rows say nothing of."""
    await fill(tmp_path / "newest.db")
    newest = len(scripts())
    kept = (FOLDER / f"{newest:04}.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(kept)
        tables = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        empty = [name for (name,) in tables.fetchall() if not database.execute(f"SELECT 1 FROM {name}").fetchone()]
    assert not empty, (
        f"{empty} have no row in tests/storage/sqlite/databases/{newest:04}.sql: teach tests/support/database_dump.py"
    )
    assert f"PRAGMA user_version = {newest};" in of_version(tmp_path / "newest.db", newest)
