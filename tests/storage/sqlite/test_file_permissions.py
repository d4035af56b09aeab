"""Who may read the database's files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from storage.sqlite import file_permissions
from storage.sqlite.database import Database
from storage.sqlite.file_permissions import make_private
from storage.tasks import Tasks
from tests.support.records import a_task


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_every_file_is_its_owners_alone_under_any_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        async with Database(path) as database:
            await Tasks(database).insert(a_task(1))
            files = {file.name: mode(file) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert set(files) >= {"tasks.db", "tasks.db-wal", "tasks.db-shm", "tasks.db-lock"}
    assert set(files.values()) == {0o600}
    assert mode(path.parent) == 0o700


async def test_what_others_could_read_is_tightened_and_told(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Database(path) as database:
        await Tasks(database).insert(a_task(1))
    backup = path.with_name("tasks.db.backup-1")
    backup.write_bytes(b"")
    backup.chmod(0o640)
    os.chmod(path, 0o644)  # noqa: PTH101 - the linter takes pathlib's for a wait
    async with Database(path) as database:
        assert await Tasks(database).get("1") is not None
    assert (mode(path), mode(backup)) == (0o600, 0o600)
    assert f"{path} was readable by other users (mode 644)" in caplog.text
    caplog.clear()
    async with Database(path):
        assert caplog.text == ""


def test_where_there_are_no_such_modes_nothing_is_done(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_private(path)
    path.chmod(0o644)
    monkeypatch.setattr(file_permissions, "HAS_MODES", False)
    make_private(path)
    assert mode(path) == 0o644
