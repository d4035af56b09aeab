"""Opens a database file for commands: the service's own while it runs, a backup, or a damaged file.

Contract: opens read-only, with SQLite's own module, without the service's lock. Errors of SQLite are translated by
`storage.sqlite.errors`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from storage.sqlite.errors import translated
from storage.sqlite.file_lock import is_locked
from tasks.domain.errors import StoreFailed


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for reading. Raises StoreFailed, also for errors inside the block."""
    with translated(path):
        if not path.is_file():
            raise StoreFailed(f"The file {path} does not exist.", hint="Name the database, or set DATABASE_PATH.")
        _refuse_another_name(path)
        with closing(_open(path)) as connection:
            yield connection


def _refuse_another_name(path: Path) -> None:
    """Opened by a hard link, SQLite does not find the -wal file of a database in use, which has the latest commits."""
    if path.stat().st_nlink > 1 and not _has_wal(path) and is_locked(path):
        raise StoreFailed(
            f"{path} is in use under another name (hard link).", hint="Use the name that the service uses."
        )


def _open(path: Path) -> sqlite3.Connection:
    try:
        return _connected(path, "mode=ro")
    except sqlite3.OperationalError as error:
        # SQLite needs to write a -shm file to read a database in WAL mode. Where it cannot and there is no -wal file,
        # no other process can be writing: open the file as immutable.
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY) or _has_wal(path):
            raise
        return _connected(path, "immutable=1")


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?{mode}", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA schema_version").fetchone()  # the first access to the file
    except BaseException:
        connection.close()
        raise
    return connection


def _has_wal(path: Path) -> bool:
    """SQLite follows symbolic links: the -wal file lies beside the target."""
    wal = Path(f"{path.resolve()}-wal")
    return wal.exists() and wal.stat().st_size > 0
