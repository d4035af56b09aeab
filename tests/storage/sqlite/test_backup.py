"""A backup is whole or not there, is made while the service writes, and is private."""

# ruff: noqa: ASYNC240 - nothing else runs in these loops that could be held up
from __future__ import annotations

import asyncio
import stat
import threading
from pathlib import Path

import pytest

from storage.sqlite.backup import backup
from storage.sqlite.checking import check
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.errors import StoreFailed
from tests.support.file_damage import overwrite_middle
from tests.support.records import a_hook, a_task


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "copy.db"


async def test_it_is_one_moment_of_a_database_that_is_written_to(database: Database, path: Path, target: Path) -> None:
    store, stop = Tasks(database), asyncio.Event()

    async def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            await store.insert(a_task(number), [a_hook(number)])  # both or neither, in the copy, too

    writing = asyncio.create_task(write())
    for _ in range(5):
        size = await asyncio.to_thread(backup, path, target, force=True)
        assert size == target.stat().st_size
    stop.set()
    await writing
    assert check(target).problems == []
    async with Database(target) as copy:
        [(tasks,)] = await copy.read("SELECT count(*) FROM tasks")
        assert await copy.read("SELECT count(*) FROM outbox") == [(tasks,)]
        assert tasks > 0
        await Tasks(copy).insert(a_task(10**9))


async def test_it_is_private_and_alone(store: Tasks, path: Path, target: Path) -> None:
    await store.insert(a_task(1))
    backup(path, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(file.name for file in target.parent.iterdir()) == ["copy.db", "data"]


async def test_it_replaces_only_what_it_was_told_to(store: Tasks, path: Path, target: Path) -> None:
    target.write_text("dear to somebody")
    with pytest.raises(StoreFailed, match="exists already") as caught:
        backup(path, target)
    assert "--force" in caught.value.hint
    assert target.read_text() == "dear to somebody"
    backup(path, target, force=True)
    assert check(target).problems == []


async def test_it_never_replaces_the_database_nor_one_in_use(store: Tasks, path: Path, tmp_path: Path) -> None:
    for target in (path, tmp_path):
        with pytest.raises(StoreFailed, match="cannot be the backup"):
            backup(path, target, force=True)
    async with Database(tmp_path / "other.db"):
        with pytest.raises(StoreFailed, match="in use"):
            backup(path, tmp_path / "other.db", force=True)
    with pytest.raises(StoreFailed, match="does not exist"):
        backup(path, tmp_path / "nowhere" / "copy.db")


async def test_of_a_damaged_database_there_is_none_and_the_old_copy_stays(path: Path, target: Path) -> None:
    async with Database(path) as database:
        await Tasks(database).save([a_task(n, prompt="x" * 500) for n in range(500)])
    target.write_text("the last good one")
    overwrite_middle(path)
    with pytest.raises(StoreFailed, match="damaged"):
        backup(path, target, force=True)
    assert target.read_text() == "the last good one"
    assert sorted(file.name for file in target.parent.iterdir()) == ["copy.db", "data"]


def test_of_no_database_there_is_none(path: Path, target: Path) -> None:
    with pytest.raises(StoreFailed, match="does not exist"):
        backup(path, target)
    assert not target.exists()


async def test_a_writer_does_not_wait_for_it(database: Database, path: Path, target: Path) -> None:
    """A reader of the whole, held open: the copy's own way to read."""
    store, begun, done = Tasks(database), threading.Event(), threading.Event()
    await store.insert(a_task(1))

    def hold() -> None:
        from storage.sqlite.offline import read_only

        with read_only(path) as connection:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM tasks").fetchone()
            begun.set()
            done.wait(20)

    holding = asyncio.create_task(asyncio.to_thread(hold))
    await asyncio.to_thread(begun.wait, 20)
    async with asyncio.timeout(60):
        await store.insert(a_task(2))
    done.set()
    await holding
