"""Allows one process per database file, under whatever name the file is opened.

Contract: the lock belongs to the file itself, so a symbolic link, a hard link, a bind mount or a rename leads to the
same lock. It is an open-file-description lock (Linux) on a byte that SQLite never locks, and it ends with the process.
A plain POSIX lock is not enough: a process loses all its locks on a file when it closes any descriptor of that file.
For the same reason the descriptor is opened before SQLite opens the file and closed after SQLite closes it, and a file
that this process has already locked is refused without being opened.

The side file `<database>-lock` is locked as well. Older versions know only that lock, so an upgrade or a rollback
beside a running service is refused. Systems without open-file-description locks have that lock only.
"""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import struct
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from storage.sqlite.errors import locked_by_another

if sys.platform == "linux":
    import fcntl

log = logging.getLogger(__name__)

LOCK_BYTE = 2**62  # SQLite locks bytes from 2**30 to 2**30 + 511; a lock may lie beyond the end of the file

_locked_here: set[tuple[int, int]] = set()  # (device, inode) of the files locked by this process


@contextmanager
def only_process(database: Path) -> Iterator[None]:
    """Lock the database against other processes. `database` must exist.

    Raises StoreFailed when a process, including this one, already holds the lock; OSError and sqlite3.Error when the
    file cannot be opened.
    """
    real = database.resolve()
    status = real.stat()
    identity = (status.st_dev, status.st_ino)
    if identity in _locked_here:
        raise locked_by_another(database)
    if status.st_nlink > 1:
        log.warning(
            "%s has %d names (hard links); always open it by this one: SQLite keeps recent commits in a file beside it",
            real,
            status.st_nlink,
        )
    with closing(_lock_side_file(real)), _lock_file(real):
        _locked_here.add(identity)
        try:
            yield
        finally:
            _locked_here.discard(identity)


def is_locked(database: Path) -> bool:
    """Whether another process has locked this file. Do not call this while this process has the file open in SQLite."""
    if sys.platform != "linux":
        return False
    descriptor = os.open(database, os.O_RDONLY | os.O_CLOEXEC)
    try:
        answer = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _record(fcntl.F_RDLCK))
        return bool(struct.unpack_from("h", answer)[0] != fcntl.F_UNLCK)
    finally:
        os.close(descriptor)


def _lock_side_file(database: Path) -> sqlite3.Connection:
    """SQLite's own exclusive lock on `<database>-lock`."""
    side_file = Path(f"{database}-lock")
    side_file.touch(mode=0o600)
    lock = sqlite3.connect(side_file, timeout=0, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise locked_by_another(database) from error
        raise
    return lock


@contextmanager
def _lock_file(database: Path) -> Iterator[None]:
    if sys.platform != "linux":
        yield
        return
    descriptor = os.open(database, os.O_RDWR | os.O_CLOEXEC)
    try:
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _record(fcntl.F_WRLCK))
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                raise locked_by_another(database) from error
            raise
        yield
    finally:
        os.close(descriptor)  # releases the lock


def _record(kind: int) -> bytes:
    """The kernel's `struct flock`: kind, whence, first byte, number of bytes, process (0 for a description's lock)."""
    return struct.pack("hhqqi4x", kind, os.SEEK_SET, LOCK_BYTE, 1, 0)
