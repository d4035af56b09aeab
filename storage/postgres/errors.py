"""Translates errors of PostgreSQL and its driver. None of them leaves `storage/`, and no text contains the URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout

from storage.task_documents import not_storable
from tasks.domain.errors import RecordRefused, StoreFailed

# A refused connection has no SQLSTATE in the driver, and its text names hosts and users.
UNREACHABLE = (
    "PostgreSQL cannot be reached.",
    "Check that it runs, and the host, user, password and database in DATABASE_URL. No restart is needed.",
)

# SQLSTATE, or its class -> problem, hint.
WORDS: dict[str, tuple[str, str]] = {
    "53100": ("The disk of PostgreSQL is full.", "Free some space there. No restart is needed."),
    "53300": ("PostgreSQL has no connection left.", "Raise max_connections, or stop other clients."),
    "25006": ("PostgreSQL is read-only.", "Name the primary in DATABASE_URL, not a replica."),
    "42501": ("PostgreSQL refuses access to a table.", "Make the user of DATABASE_URL the owner of the database."),
    "22": ("The database refused a value.", "Send valid text without NUL characters."),
    "23": ("The database refused a row.", "This is a defect of the service: please report it."),
    "40": ("PostgreSQL ended the transaction in favour of another.", "Try again."),
    "57": ("PostgreSQL is stopping or starting.", "Try again; no restart is needed."),
    "08": UNREACHABLE,
}

OTHER = ("PostgreSQL could not read or write.", "See the log of PostgreSQL.")

OF_THE_RECORD = frozenset({"22", "23"})  # these classes concern only one row; others can be written


def state_of(error: BaseException) -> str:
    """The SQLSTATE; "" when the error did not come from the server."""
    return getattr(error, "sqlstate", None) or ""


def is_of_the_record(error: BaseException) -> bool:
    return state_of(error)[:2] in OF_THE_RECORD or (isinstance(error, psycopg.DataError) and not state_of(error))


def is_lost(error: BaseException) -> bool:
    """Whether the connection was lost, so that a read can be repeated on another one."""
    return isinstance(error, psycopg.OperationalError) and state_of(error)[:2] in ("", "08", "57")


class DatabaseTaken(StoreFailed):
    """Another process holds the lock of the database."""


def in_use() -> DatabaseTaken:
    return DatabaseTaken(
        "Another process uses this database.",
        hint="Stop it, or give this one its own database with DATABASE_URL.",
    )


def newer(version: int, known: int) -> StoreFailed:
    return StoreFailed(
        f"The database was written by a newer version of this service (schema {version}, known {known}).",
        hint="Update the service, or set DATABASE_URL to another database.",
    )


@contextmanager
def translated() -> Iterator[None]:
    """Raise errors of the driver as StoreFailed."""
    try:
        yield
    except psycopg.Error as error:
        raise _translation(error) from error
    except (UnicodeEncodeError, OverflowError) as error:  # raised for a value before PostgreSQL sees it
        raise not_storable(error) from error
    except (PoolTimeout, OSError) as error:
        raise StoreFailed(UNREACHABLE[0], hint=UNREACHABLE[1]) from error
    except PoolClosed as error:
        raise StoreFailed("The database is closed.", hint="The service is stopping; try again later.") from error


def _translation(error: psycopg.Error) -> StoreFailed:
    state = state_of(error)
    if isinstance(error, psycopg.DataError) and not state:
        state = "22000"
    words, hint = WORDS.get(state) or WORDS.get(state[:2]) or (UNREACHABLE if not state else OTHER)
    if not state:
        return StoreFailed(words, hint=hint)
    kind = RecordRefused if state[:2] in OF_THE_RECORD else StoreFailed
    detail = error.diag.constraint_name or type(error).__name__  # never a value
    return kind(f"{words} ({state} {detail})", hint=hint)
