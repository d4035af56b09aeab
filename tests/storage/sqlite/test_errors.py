"""A full disk, a lock, damage, a folder that cannot be written: each is told, and what was committed stays.

The disks are full for real, the lock is another process's, the damage is done to the bytes.
"""

# ruff: noqa: ASYNC240 - nothing else runs in these loops that could be held up
from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage.database_port import Statement
from storage.sqlite.checking import check
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.errors import StoreFailed
from tests.support.file_damage import PAGE, overwrite_middle, truncate
from tests.support.full_disk import ROOT, has_small_disks, run_on
from tests.support.records import a_hook, a_task

# ---------------------------------------------------------------- a full disk


def test_a_full_disk_refuses_loses_nothing_and_is_recovered_from(tmp_path: Path) -> None:
    """By the limit that every user can set; SQLite takes it for a disk that fails."""
    ran = run_on(tmp_path, "tests.support.store_on_full_disk", is_small=False)
    assert ran.stdout.splitlines()[-1:] == ["sound"], ran.stderr
    assert "The disk reports errors" in ran.stdout


def test_a_small_disk_that_is_full_is_called_so(tmp_path: Path) -> None:
    """A file system of its own where the machine allows one; else once more by the limit."""
    is_small = has_small_disks()
    ran = run_on(tmp_path, "tests.support.store_on_full_disk", is_small=is_small)
    assert ran.stdout.splitlines()[-1:] == ["sound"], ran.stderr
    assert ("The disk is full" if is_small else "The disk reports errors") in ran.stdout


# ---------------------------------------------------------------- a lock


@contextmanager
def locked_elsewhere(path: Path) -> Iterator[None]:
    """Another process holds the database, as a person with a SQLite shell may."""
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN EXCLUSIVE');"
        "print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield
        finally:
            holder.communicate()


async def test_a_lock_refuses_writes_alone_and_ends_by_itself(database: Database, store: Tasks, path: Path) -> None:
    await store.insert(a_task(1))
    await database.write(Statement("PRAGMA busy_timeout = 20"))  # else a write waits 5 s for the other
    with locked_elsewhere(path):
        with pytest.raises(StoreFailed, match="locked") as caught:
            await store.save([a_task(1, attempts=1), a_task(2)], [a_hook()])
        assert "Close the other program" in caught.value.hint
        assert await store.get("1") == await Tasks(database).get("1") == a_task(1)
        assert await store.get("2") is None
    await store.save([a_task(1, attempts=1), a_task(2)], [a_hook()])
    assert await store.get_many(["1", "2"]) == [a_task(1, attempts=1), a_task(2)]


async def test_a_lock_is_waited_for(database: Database, store: Tasks, path: Path) -> None:
    with locked_elsewhere(path):
        writing = asyncio.create_task(store.insert(a_task(1)))
        assert await store.get("2") is None  # looking does not wait
    await writing
    assert await store.get("1") == a_task(1)


async def test_a_locked_database_that_is_up_to_date_opens(path: Path) -> None:
    async with Database(path) as database:
        await Tasks(database).insert(a_task(1))
    with locked_elsewhere(path):
        async with Database(path) as database:
            assert await Tasks(database).get("1") == a_task(1)


# ---------------------------------------------------------------- damage


async def full(path: Path) -> None:
    async with Database(path) as database:
        await Tasks(database).save([a_task(n, prompt="x" * 500) for n in range(1, 1001)])


async def test_a_file_cut_off_is_refused_and_left_as_it_is(path: Path) -> None:
    await full(path)
    truncate(path)
    before = path.read_bytes()
    with pytest.raises(StoreFailed, match="damaged") as caught:
        async with Database(path):
            pass
    assert "Restore" in caught.value.hint
    assert path.read_bytes() == before


async def test_damage_is_told_by_what_meets_it_and_by_nothing_else(path: Path) -> None:
    await full(path)
    overwrite_middle(path)
    async with Database(path) as database:
        store = Tasks(database)
        for _ in range(3):
            with pytest.raises(StoreFailed, match="damaged"):
                await store.latest(1000)
        assert await store.get("1") == a_task(1, prompt="x" * 500)
    assert check(path).problems != []


async def test_damage_done_while_it_is_open_is_told(path: Path) -> None:
    await full(path)
    async with Database(path) as database:
        store = Tasks(database)
        overwrite_middle(path, pages=path.stat().st_size // PAGE // 3)
        with pytest.raises(StoreFailed, match="damaged"):
            await store.latest(1000)
        assert await store.get("1") == a_task(1, prompt="x" * 500)


async def test_of_a_damaged_wal_what_came_before_the_damage_is_kept(path: Path, tmp_path: Path) -> None:
    crashed = tmp_path / "crashed.db"
    async with Database(path) as database:
        for number in range(1, 51):
            await Tasks(database).insert(a_task(number, prompt="x" * 500), [a_hook(number)])
        shutil.copy(path, crashed)  # as a power cut leaves it: the -wal is all there is of most of them
        shutil.copy(f"{path}-wal", f"{crashed}-wal")
    wal = Path(f"{crashed}-wal")
    overwrite_middle(wal, pages=1)
    async with Database(crashed) as database:
        kept = sorted(int(task.id) for task in await Tasks(database).latest(1000))
        assert 1 < len(kept) < 50
        assert kept == list(range(1, len(kept) + 1)), "each commit whole, up to the first that is damaged"
        assert await database.read("SELECT count(*) FROM outbox") == [(len(kept),)]
        await Tasks(database).insert(a_task(1000))
    assert check(crashed).problems == []


# ---------------------------------------------------------------- what may not be written

BECOMES_ANOTHER = """
import os
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""

OPENS = f"""
import asyncio, sys
from storage.sqlite.database import Database
from tasks.domain.errors import StoreFailed
{BECOMES_ANOTHER}
async def main():
    try:
        async with Database(sys.argv[1]):
            print("opened")
    except StoreFailed as error:
        print(error)
asyncio.run(main())
"""

CHECKS = f"""
import sys
from pathlib import Path
from storage.sqlite.checking import check
{BECOMES_ANOTHER}
print(check(Path(sys.argv[1])).problems)
"""


@pytest.fixture
def private() -> Iterator[Path]:
    """A folder that another user can reach; pytest's own are for this one alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        Path(folder).chmod(0o755)


def as_one_who_may_not(code: str, path: Path) -> str:
    """Root may write everywhere, so that it becomes somebody else, once all is imported."""
    said = subprocess.run(
        [sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return said.stdout + said.stderr


async def test_a_read_only_folder_is_told_and_can_still_be_checked(private: Path) -> None:
    path = private / "tasks.db"
    async with Database(path) as database:
        await Tasks(database).insert(a_task(1))
    path.chmod(0o444)
    Path(f"{path}-lock").chmod(0o444)
    private.chmod(0o555)
    before = sorted(file.name for file in private.iterdir())
    said = as_one_who_may_not(OPENS, path)
    assert "cannot be opened" in said or "read-only" in said, said
    assert "Give this user write access" in said
    assert as_one_who_may_not(CHECKS, path) == "[]\n"
    assert sorted(file.name for file in private.iterdir()) == before
