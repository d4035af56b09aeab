"""A copy of the database, made while the service runs: `python run.py backup FILE`.

Contract: the copy is whole or not there. It is one moment of the database, is read through once it is written, and
takes its name only when it is on disk. The service is not held up: SQLite's readers do not hold up its writer.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from storage.atomic_file import sync
from storage.offline import read_only
from storage.sqlite_errors import translated
from tasks.domain.errors import StoreFailed

BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a database that is in use


def backup(source: Path, target: Path, *, force: bool = False) -> int:
    """Copy the database to `target`, which only this user may read; the bytes written.

    Raises StoreFailed: there is a file already (and not `force`), no database, a full disk, a damaged database.
    """
    _refuse(source, target, force)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with translated(part):
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with read_only(source) as original, closing(sqlite3.connect(part, isolation_level=None)) as copy:
                original.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, which can be read where nothing is writable
                _verify(copy)
            sync(part)
            size = part.stat().st_size
            part.replace(target)
            sync(target.parent)
        return size
    finally:
        for name in (part, *(Path(f"{part}{suffix}") for suffix in BESIDE)):
            with suppress(OSError):
                name.unlink()


def _refuse(source: Path, target: Path, force: bool) -> None:
    if not target.parent.is_dir():
        raise StoreFailed(f"There is no folder {target.parent}.", hint="Make it, or name another file.")
    if not target.exists():
        return
    if target.is_dir() or (source.exists() and target.samefile(source)):
        raise StoreFailed(f"{target} cannot be the backup.", hint="Name another file.")
    if not force:
        raise StoreFailed(f"{target} exists already.", hint="Name another file, or say --force to replace it.")
    if any(Path(f"{target}{suffix}").exists() for suffix in BESIDE):
        # What lies beside it belongs to the old file; SQLite would take it for the new one's.
        raise StoreFailed(f"{target} is a database in use.", hint="Name another file.")


def _verify(copy: sqlite3.Connection) -> None:
    [(found,)] = copy.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        raise StoreFailed(f"The database is damaged, no backup was made. ({found})", hint="See `run.py check`.")
