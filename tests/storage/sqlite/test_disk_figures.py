"""The figures of the disk, and the time of the last backup."""

from __future__ import annotations

from pathlib import Path
from time import time_ns

from storage.sqlite.backup import backup
from storage.sqlite.database import Database
from storage.sqlite.disk_figures import disk_figures
from storage.statistics import HOUR


async def test_the_time_of_the_last_backup_is_known(path: Path, tmp_path: Path) -> None:
    began = time_ns() // 1_000_000
    async with Database(path):
        assert disk_figures(path)["last_backup"] is None
        backup(path, tmp_path / "copy.db")
        figures = disk_figures(path)
        assert abs((figures["last_backup"] or 0) - began) < HOUR
        assert (figures["database"] or 0) > 0
