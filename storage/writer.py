"""One writer: what is written becomes true together or not at all, in the order in which it was called.

Writes that wait while another is being committed are committed together: one wait for the disk serves them all. One
that fails does so alone. Knows nothing of what the statements mean.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

import aiosqlite

log = logging.getLogger(__name__)

Row = tuple[Any, ...]
Parameters = Row | Mapping[str, Any]

GROUP = 100  # writes committed together at most, so that the first of them need not wait long


class Statement(NamedTuple):
    """One statement and the rows it is run for."""

    sql: str
    rows: Sequence[Parameters] = ((),)


class _Write:
    """Statements of one caller, and what became of them."""

    def __init__(self, statements: Sequence[Statement], committed: Callable[[], None] | None) -> None:
        self.statements = statements
        self.committed = committed
        self.settled = False
        self.error: Exception | None = None


class Writer:
    """Writes through one connection, which must be in autocommit mode."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()
        self._waiting: deque[_Write] = deque()

    async def write(self, statements: Sequence[Statement], committed: Callable[[], None] | None = None) -> None:
        """Durable when this returns.

        `committed` runs right after the commit, before any later write. A cancelled caller is cancelled only when
        the write has ended: what happened outside is recorded whatever becomes of who saw it.
        """
        write = _Write(statements, committed)
        self._waiting.append(write)
        await _to_its_end(self._see_to(write))

    async def rest(self) -> None:
        """Return when everything called so far is written, also what has not come to wait for its turn yet."""
        async with self._turn:
            while self._waiting:
                await self._commit_next()

    async def _see_to(self, write: _Write) -> None:
        async with self._turn:
            try:
                while not write.settled:  # often it is, by one who had the turn before
                    await self._commit_next()
            finally:
                write.settled = True  # cut off as the whole loop is torn down: nobody is to take it up again
        if write.error:
            raise write.error

    async def _commit_next(self) -> None:
        try:
            await self._commit([write for write in islice(self._waiting, GROUP) if not write.settled])
        finally:
            while self._waiting and self._waiting[0].settled:
                self._waiting.popleft()

    async def _commit(self, group: Sequence[_Write]) -> None:
        if not group:
            return
        try:
            await self._run(_joined(group))
        except Exception as error:  # each is raised where its write is waited for
            if len(group) > 1:  # one of them is at fault: each for itself
                for write in group:
                    await self._commit([write])
                return
            group[0].error = error
            group[0].settled = True
        else:
            for write in group:
                write.settled = True
                if write.committed:
                    write.committed()

    async def _run(self, statements: Sequence[Statement]) -> None:
        """In one hop to the connection's thread. The library offers one for each statement alone, and each would wait
        for whatever else the loop is doing, with the transaction open."""
        await self._connection._execute(_run, self._connection._conn, statements)  # type: ignore[no-untyped-call]


def _run(connection: sqlite3.Connection, statements: Sequence[Statement]) -> None:
    """All of it or nothing. On the connection's thread."""
    if len(statements) == 1 and len(statements[0].rows) == 1:
        _run_one(connection, statements[0])  # a transaction by itself
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements:
            _run_one(connection, statement)
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # what failed first is what is told; SQLite may have rolled back by itself
            connection.rollback()
        raise


def _run_one(connection: sqlite3.Connection, statement: Statement) -> None:
    if len(statement.rows) == 1:
        connection.execute(statement.sql, statement.rows[0]).fetchall()
    else:
        connection.executemany(statement.sql, statement.rows)


def _joined(group: Iterable[_Write]) -> list[Statement]:
    """The statements in order; neighbours with the same text become one, which is prepared once."""
    joined: list[Statement] = []
    for write in group:
        for statement in write.statements:
            if joined and joined[-1].sql == statement.sql:
                joined[-1] = Statement(statement.sql, [*joined[-1].rows, *statement.rows])
            else:
                joined.append(statement)
    return joined


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Await `work` even when cancelled meanwhile; the cancellation goes on afterwards."""
    task = asyncio.create_task(work, name="write to the database")
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = cancelled or error
    if cancelled is None:
        return task.result()
    if not task.cancelled() and (failure := task.exception()):
        log.error("a write whose caller was cancelled failed: %s", failure)
    raise cancelled
