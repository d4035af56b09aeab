"""Writes to SQLite through one connection, one transaction at a time. `storage.write_queue` orders and groups them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress

import aiosqlite

from storage.database_port import Statement
from storage.write_queue import WriteQueue


class Writer(WriteQueue):
    """Writes through one connection, which must be in autocommit mode."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        super().__init__()
        self._connection = connection

    async def _run(self, statements: Sequence[Statement]) -> None:
        """Runs in one call to the connection's thread. The library offers one call per statement, and each would
        wait for other work of the loop with the transaction open."""
        await self._connection._execute(_run, self._connection._conn, statements)  # type: ignore[no-untyped-call]


def _run(connection: sqlite3.Connection, statements: Sequence[Statement]) -> None:
    """All statements or none. Runs on the connection's thread."""
    if len(statements) == 1 and len(statements[0].rows) == 1:
        _run_one(connection, statements[0])  # forms its own transaction
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements:
            _run_one(connection, statement)
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # report the first error; SQLite may have rolled back by itself
            connection.rollback()
        raise


def _run_one(connection: sqlite3.Connection, statement: Statement) -> None:
    if len(statement.rows) == 1:
        connection.execute(statement.sql, statement.rows[0]).fetchall()
    else:
        connection.executemany(statement.sql, statement.rows)
