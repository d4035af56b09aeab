"""A database file as the commands see it: the service's own while it runs, a backup, or one that is damaged.

Contract: opened read only, and by SQLite's own module: nothing here waits for the service's lock, and nothing runs
beside it. What SQLite says is told as in `storage.sqlite_errors`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from storage.file_lock import is_locked
from storage.sqlite_errors import translated
from tasks.domain.errors import StoreFailed


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """The file, opened to be read. Raises StoreFailed, for what is done inside the block, too."""
    with translated(path):
        if not path.is_file():
            raise StoreFailed(f"There is no file {path}.", hint="Name the database, or set DATABASE_PATH.")
        _refuse_another_name(path)
        with closing(_open(path)) as connection:
            yield connection


def _refuse_another_name(path: Path) -> None:
    """By a hard link of a database in use SQLite does not find the -wal, in which the last commits are."""
    if path.stat().st_nlink > 1 and not _has_wal(path) and is_locked(path):
        raise StoreFailed(
            f"{path} is in use under another name (hard link).", hint="Name the file as the service does."
        )


def _open(path: Path) -> sqlite3.Connection:
    try:
        return _connected(path, "mode=ro")
    except sqlite3.OperationalError as error:
        # Beside a file in WAL mode SQLite wants to write a -shm, even to read. Where it may not, and there is no -wal,
        # nobody can be writing: the file is read as it lies there.
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY) or _has_wal(path):
            raise
        return _connected(path, "immutable=1")


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?{mode}", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA schema_version").fetchone()  # the first look at the file
    except BaseException:
        connection.close()
        raise
    return connection


def _has_wal(path: Path) -> bool:
    """SQLite follows symbolic links: the -wal is beside the file itself."""
    wal = Path(f"{path.resolve()}-wal")
    return wal.exists() and wal.stat().st_size > 0
