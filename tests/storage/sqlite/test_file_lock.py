"""One process for each database file, by whatever name: each name is tried by a process of its own."""

# ruff: noqa: ASYNC221 - nothing else runs in these loops that could be held up
from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.sqlite.backup import backup
from storage.sqlite.checking import check
from storage.sqlite.database import Database
from storage.sqlite.migrating import scripts
from storage.tasks import Tasks
from tasks.domain.errors import StoreFailed
from tests.support.records import a_task

ROOT = Path(__file__).parents[3]
REFUSED = "Another process uses this database"
OPENS = """
import asyncio, sys
from storage.sqlite.database import Database
async def main():
    async with Database(sys.argv[1]):
        print("opened")
asyncio.run(main())
"""

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs locks of open file descriptions")


def opened_by_another(path: Path) -> str:
    """What a second process says that opens the file by this name."""
    command = [sys.executable, "-c", OPENS, str(path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr


def by_symlink(path: Path) -> Path:
    name = path.parent.parent / "link.db"
    name.symlink_to(path)
    return name


def by_symlinked_folder(path: Path) -> Path:
    folder = path.parent.parent / "elsewhere"
    folder.symlink_to(path.parent)
    return folder / path.name


def by_hard_link(path: Path) -> Path:
    name = path.parent / "other.db"
    name.hardlink_to(path)
    return name


def without_side_file(path: Path) -> Path:
    Path(f"{path}-lock").unlink()
    return path


def renamed(path: Path) -> Path:
    """The side file stays behind under the old name."""
    return path.rename(path.parent / "renamed.db")


def moved_away(path: Path) -> Path:
    """A new file under the old name would meet the -wal of the one that is still open."""
    path.rename(path.parent / "moved.db")
    return path


def by_relative_path(path: Path) -> Path:
    return Path(os.path.relpath(path, ROOT))


@on_linux
@pytest.mark.parametrize(
    "name", [by_symlink, by_symlinked_folder, by_hard_link, without_side_file, renamed, moved_away, by_relative_path]
)
async def test_a_second_process_is_refused_by_every_name(path: Path, name: Callable[[Path], Path]) -> None:
    async with Database(path) as database:
        await Tasks(database).insert(a_task(1))
        other = name(path)
        assert REFUSED in opened_by_another(other)
        await Tasks(database).insert(a_task(2))
    assert "opened" in opened_by_another(other)


@on_linux
async def test_another_name_is_refused_within_one_process_and_costs_no_lock(path: Path) -> None:
    """Closing any descriptor of a file drops every POSIX lock of this process on it, SQLite's own as well."""
    async with Database(path) as database:
        await Tasks(database).insert(a_task(1))
        for name in (path, by_symlink(path), by_hard_link(path)):
            with pytest.raises(StoreFailed, match=REFUSED):
                async with Database(name):
                    pass
        outside = (
            "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('PRAGMA locking_mode=EXCLUSIVE')"
        )
        outside += ".connection.execute('PRAGMA journal_mode=DELETE')"
        ran = subprocess.run([sys.executable, "-c", outside, str(path)], capture_output=True, text=True, check=False)
        assert "locked" in ran.stderr, "SQLite's own locks are held on"
        assert REFUSED in opened_by_another(path)


@on_linux
async def test_a_lock_ends_with_its_process_and_not_with_a_failed_open(path: Path) -> None:
    async with Database(path):
        pass
    with sqlite3.connect(path) as plain:
        plain.execute("PRAGMA user_version = 99")
    plain.close()
    with pytest.raises(StoreFailed, match="newer version"):
        async with Database(path):
            pass
    with sqlite3.connect(path) as plain:
        plain.execute(f"PRAGMA user_version = {len(scripts())}")
    plain.close()
    assert opened_by_another(path) == "opened\n"


@on_linux
async def test_several_names_are_warned_of(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Database(path):
        pass
    by_hard_link(path)
    async with Database(path):
        assert "has 2 names" in caplog.text


@on_linux
async def test_a_hard_link_of_a_database_in_use_is_neither_copied_nor_checked(path: Path, tmp_path: Path) -> None:
    """Its last commits are in the -wal, which has the other name: the copy would be without them, and look sound."""
    async with Database(path) as database:
        await Tasks(database).insert(a_task(1))
        other = by_hard_link(path)
        copy = tmp_path / "copy.db"
        for attempt in (lambda: check(other), lambda: backup(other, copy)):
            with pytest.raises(StoreFailed, match="in use under another name"):
                attempt()
        assert not copy.exists()
        assert check(path).problems == []
        backup(by_symlink(path), copy)
    with sqlite3.connect(copy) as plain:
        assert plain.execute("SELECT count(*) FROM tasks").fetchone() == (1,)
    plain.close()
    assert check(other).problems == []
