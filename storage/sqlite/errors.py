"""Translates SQLite errors. No error of SQLite or its library leaves `storage/`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.task_documents import not_storable
from tasks.domain.errors import RecordRefused, StoreFailed

# Primary result code of SQLite -> problem, hint.
WORDS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_FULL: ("The disk is full.", "Free some space on the disk of {path}. No restart is needed."),
    sqlite3.SQLITE_READONLY: ("The database is read-only.", "Give this user write access to {path} and its directory."),
    sqlite3.SQLITE_PERM: (
        "The database may not be opened.",
        "Give this user write access to {path} and its directory.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "The database cannot be opened.",
        "Give this user write access to {path} and its directory.",
    ),
    sqlite3.SQLITE_BUSY: ("The database is locked.", "Close the other program that has {path} open."),
    sqlite3.SQLITE_LOCKED: ("The database is locked.", "Close the other program that has {path} open."),
    sqlite3.SQLITE_IOERR: (
        "The disk reports errors.",
        "Check disk quotas, the system log, and then {path}.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "The database is damaged.",
        "Restore {path} from a backup, or move it away to start with an empty one.",
    ),
    sqlite3.SQLITE_NOTADB: ("The file is not an SQLite database.", "Set DATABASE_PATH to a file other than {path}."),
    sqlite3.SQLITE_CONSTRAINT: ("The database refused a row.", "This is a defect of the service: please report it."),
    sqlite3.SQLITE_TOOBIG: ("A row is too large for the database.", "Send less."),
}

# These concern only the record or its page; other records can be written.
OF_THE_RECORD = frozenset(
    {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_CORRUPT}
)


def locked_by_another(path: Path) -> StoreFailed:
    return StoreFailed(
        "Another process uses this database.",
        hint=f"Stop it, or give this one its own file with DATABASE_PATH (now {path}).",
    )


def newer(path_version: int, known: int) -> StoreFailed:
    return StoreFailed(
        f"The database was written by a newer version of this service (schema {path_version}, known {known}).",
        hint="Update the service, or set DATABASE_PATH to another file.",
    )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise errors of SQLite as `StoreFailed`."""
    try:
        yield
    except sqlite3.Error as error:
        # The detail of a failed constraint names columns, never values; it is for the log only.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        words, hint = WORDS.get(
            code, ("The database could not be read or written.", "See the log; its file is {path}.")
        )
        kind = RecordRefused if code in OF_THE_RECORD else StoreFailed
        raise kind(f"{words} ({error})", hint=hint.format(path=path)) from error
    except (UnicodeEncodeError, OverflowError) as error:  # raised for a value before SQLite sees it
        raise not_storable(error) from error
    except OSError as error:
        raise StoreFailed(
            f"The database cannot be opened. ({error.strerror})",
            hint=f"Give this user write access to {path} and its directory.",
        ) from error
    except ValueError as error:
        # aiosqlite has no error class for this. Other ValueErrors are not SQLite's.
        if str(error) not in ("Connection closed", "no active connection"):
            raise
        raise StoreFailed("The database is closed.", hint="The service is stopping; try again later.") from error
