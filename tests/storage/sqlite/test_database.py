"""Opening, durability, disks that fail, migrations."""

# ruff: noqa: ASYNC220, ASYNC240 - nothing else runs in these loops that could be held up
from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from storage.database_port import Statement
from storage.sqlite import migrating
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.errors import StoreFailed
from tests.support.records import a_hook, a_task

ROOT = Path(__file__).parents[3]


async def test_the_directory_is_made_and_the_file_is_private(database: Database, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(f"{path}-wal").stat().st_mode) == 0o600


async def test_both_connections_are_as_decided(database: Database) -> None:
    for pragma, value in [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000)]:
        assert await database.read(f"PRAGMA {pragma}") == [(value,)]
        assert [*map(tuple, await database._writer._connection.execute_fetchall(f"PRAGMA {pragma}"))] == [(value,)]


async def test_a_second_one_on_the_same_file_is_refused(database: Database, path: Path) -> None:
    with pytest.raises(StoreFailed, match="Another process") as caught:
        async with Database(path):
            pass
    assert "DATABASE_PATH" in caught.value.hint


async def test_a_second_process_is_refused_until_the_first_has_gone(path: Path) -> None:
    code = f"""
import asyncio
from storage.sqlite.database import Database
async def main():
    async with Database({str(path)!r}):
        pass
asyncio.run(main())
"""

    def second() -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    async with Database(path):
        assert "Another process uses this database" in second().stderr
    assert second().returncode == 0


async def test_closed_is_closed(path: Path) -> None:
    async with Database(path) as database:
        store = Tasks(database)
        await store.insert(a_task(1))
    with pytest.raises(StoreFailed, match="closed"):
        await store.insert(a_task(2))
    with pytest.raises(StoreFailed, match="closed"):
        await store.get("2")
    assert not Path(f"{path}-wal").exists()
    async with Database(path) as again:
        assert await Tasks(again).get("1") == a_task(1)


async def test_a_killed_process_loses_nothing_it_acknowledged(path: Path) -> None:
    code = f"""
import asyncio
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tests.support.records import a_hook, a_task
async def main():
    async with Database({str(path)!r}) as database:
        store = Tasks(database)
        for n in range(1, 100_000):
            await store.insert(a_task(n), [a_hook(n)] if n % 2 else [])
            print(n, flush=True)
asyncio.run(main())
"""
    child = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout
    acknowledged = 0
    while acknowledged < 200:
        acknowledged = int(child.stdout.readline())
    os.kill(child.pid, signal.SIGKILL)
    rest = child.stdout.read().split()  # the last line may be cut
    acknowledged = int(rest[-2]) if len(rest) > 1 else acknowledged
    child.wait()
    child.stdout.close()
    async with Database(path) as database:
        assert len(await Tasks(database).latest(1_000_000)) >= acknowledged
        [(hooks,)] = await database.read("SELECT count(*) FROM outbox")
        assert hooks >= acknowledged // 2
        assert await database.read("PRAGMA integrity_check") == [("ok",)]


async def test_a_full_disk_is_told_undone_and_recovered_from(database: Database) -> None:
    store = Tasks(database)
    await store.insert(a_task(1, prompt="before"))
    await database.write(Statement("PRAGMA max_page_count = 1"))  # clamped to the present size
    big = "x" * 200_000
    with pytest.raises(StoreFailed, match="The disk is full") as caught:
        await store.insert(a_task(2, prompt=big))
    assert "Free some space" in caught.value.hint
    with pytest.raises(StoreFailed, match="The disk is full"):
        await store.save([a_task(1, prompt="after"), a_task(3, prompt=big)], [a_hook()])
    assert await store.get("1") == a_task(1, prompt="before")
    assert await store.get("2") is None
    await database.write(Statement("PRAGMA max_page_count = 1000000"))
    await store.save([a_task(2, prompt=big), a_task(1, prompt="after")], [a_hook()])
    assert await store.get_many(["1", "2"]) == [a_task(1, prompt="after"), a_task(2, prompt=big)]


async def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database, and long enough to be looked at as one" * 100)
    with pytest.raises(StoreFailed, match="not an SQLite database"):
        async with Database(path):
            pass


async def test_a_path_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreFailed, match="cannot be opened"):
        async with Database(tmp_path / "file" / "tasks.db"):
            pass


async def test_a_defect_in_a_statement_is_told_as_ours(database: Database) -> None:
    with pytest.raises(StoreFailed, match="no such table"):
        await database.read("SELECT 1 FROM nowhere")


async def test_a_database_of_a_newer_version_is_refused_and_untouched(path: Path) -> None:
    async with Database(path) as database:
        await database.write(Statement("PRAGMA user_version = 99"))
    with pytest.raises(StoreFailed, match="newer version") as caught:
        async with Database(path):
            pass
    assert "Update" in caught.value.hint
    with sqlite3.connect(path) as plain:
        assert plain.execute("PRAGMA user_version").fetchone() == (99,)
    plain.close()


async def test_migrations_go_on_where_they_stopped(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Database(path) as database:
        await Tasks(database).insert(a_task(1))
    folder = tmp_path / "migrations"
    folder.mkdir()
    for file in migrating.FOLDER.glob("*.sql"):
        (folder / file.name).write_text(file.read_text())
    number = len(list(folder.iterdir()))
    monkeypatch.setattr(migrating, "FOLDER", folder)

    broken = folder / f"{number + 1:04}_more.sql"
    broken.write_text("CREATE TABLE more (id INTEGER); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(StoreFailed, match="nowhere"):
        async with Database(path):
            pass

    broken.write_text("CREATE TABLE more (id INTEGER)")
    async with Database(path) as database:
        assert await database.read("PRAGMA user_version") == [(number + 1,)]
        assert await database.read("SELECT * FROM more") == []
        assert await Tasks(database).get("1") == a_task(1)


def test_migrations_without_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "0001_a.sql").touch()
    (tmp_path / "0003_b.sql").touch()
    monkeypatch.setattr(migrating, "FOLDER", tmp_path)
    with pytest.raises(RuntimeError, match="consecutively"):
        migrating.scripts()


async def test_at_most_64_megabytes_are_mapped_and_by_the_reader_alone(tmp_path: Path) -> None:
    async with Database(tmp_path / "mapped.db") as opened:
        [(reader,)] = await opened.read("PRAGMA mmap_size")
        [(scanner,)] = await opened.scan("PRAGMA mmap_size")
        [[writer]] = await opened._writer._connection.execute_fetchall("PRAGMA mmap_size")
        assert (reader, scanner, writer) == (64 * 2**20, 0, 0)
