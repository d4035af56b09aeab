"""Copies the database while the service runs: `python run.py backup FILE`.

Contract: the copy is complete or does not exist. It is a consistent snapshot; it is verified after writing and gets its
name only when it is on disk. The service keeps running: in WAL mode, readers do not block the writer.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from storage.atomic_file import sync
from storage.sqlite.errors import translated
from storage.sqlite.offline import read_only
from tasks.domain.errors import StoreFailed

BESIDE = ("-wal", "-shm", "-journal")  # SQLite's files beside a database in use


def backup(source: Path, target: Path, *, force: bool = False) -> int:
    """Copy the database to `target`, readable by this user only. Return the number of bytes written.

    Raises StoreFailed: `target` exists (without `force`), no database, full disk, damaged database.
    """
    _refuse(source, target, force)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with translated(part):
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with read_only(source) as original, closing(sqlite3.connect(part, isolation_level=None)) as copy:
                original.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, readable without write access
                _verify(copy)
            sync(part)
            size = part.stat().st_size
            part.replace(target)
            sync(target.parent)
            with suppress(OSError):  # the copy is sound, whether or not its time can be noted
                _marker(source).touch(mode=0o600)
        return size
    finally:
        for name in (part, *(Path(f"{part}{suffix}") for suffix in BESIDE)):
            with suppress(OSError):
                name.unlink()


def last_backup(source: Path) -> int | None:
    """When this database was last backed up, in ms; None: never."""
    try:
        return _marker(source).stat().st_mtime_ns // 1_000_000
    except OSError:
        return None


def _marker(source: Path) -> Path:
    """An empty file beside the database; its modification time is that of the last backup."""
    return source.with_name(f"{source.name}.last-backup")


def _refuse(source: Path, target: Path, force: bool) -> None:
    if not target.parent.is_dir():
        raise StoreFailed(f"The folder {target.parent} does not exist.", hint="Create it, or name another file.")
    if not target.exists():
        return
    if target.is_dir() or (source.exists() and target.samefile(source)):
        raise StoreFailed(f"{target} cannot be the backup file.", hint="Name another file.")
    if not force:
        raise StoreFailed(f"{target} exists already.", hint="Name another file, or pass --force to replace it.")
    if any(Path(f"{target}{suffix}").exists() for suffix in BESIDE):
        # Files beside it belong to the old database; SQLite would apply them to the new one.
        raise StoreFailed(f"{target} is a database in use.", hint="Name another file.")


def _verify(copy: sqlite3.Connection) -> None:
    [(found,)] = copy.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        raise StoreFailed(f"The database is damaged. No backup was made. ({found})", hint="See `run.py check`.")
