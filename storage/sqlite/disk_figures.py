"""The size of the database file, the room on its disk, and the time of its last backup, for the statistics."""

from __future__ import annotations

import shutil
from pathlib import Path

from storage.sqlite.backup import last_backup


def disk_figures(database: Path) -> dict[str, int | None]:
    """Bytes of the database and its disk, and when the database was last backed up (ms). Blocks on the disk."""
    usage = shutil.disk_usage(database.parent)
    size = sum(file.stat().st_size for suffix in ("", "-wal") if (file := Path(f"{database}{suffix}")).exists())
    return {"free": usage.free, "total": usage.total, "database": size, "last_backup": last_backup(database)}
