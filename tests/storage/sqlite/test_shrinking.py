"""The file shrinks after tasks were removed."""

# ruff: noqa: ASYNC240 - nothing else runs in these loops that could be held up
from __future__ import annotations

from pathlib import Path

import pytest

from storage.database_port import Statement
from storage.removal import Removal
from storage.sqlite.checking import check
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tests.storage.contract.test_removal import done, remove_all


@pytest.fixture
def removal(database: Database, store: Tasks) -> Removal:
    return Removal(database, store)


async def test_the_file_shrinks(database: Database, store: Tasks, removal: Removal, path: Path) -> None:
    await store.save([done(n, prompt="x" * 2000) for n in range(3000)])
    await database.write(Statement("PRAGMA wal_checkpoint(PASSIVE)"))
    before = path.stat().st_size
    assert await remove_all(removal) == 3000
    await removal.shrink()
    assert path.stat().st_size < before / 10
    await store.insert(done())
    assert check(path).problems == []


async def test_a_file_that_was_not_made_to_shrink_is_left_as_it_is(path: Path) -> None:
    import sqlite3

    path.parent.mkdir()
    with sqlite3.connect(path) as plain:
        plain.execute("CREATE TABLE before (x)")  # from then on SQLite does not turn auto_vacuum on
        plain.execute("DROP TABLE before")
    plain.close()
    async with Database(path) as database:
        store = Tasks(database)
        await store.save([done(n, prompt="x" * 2000) for n in range(500)])
        removal = Removal(database, store)
        assert await remove_all(removal) == 500
        await removal.shrink()
        assert check(path).problems == []
