"""Writes to PostgreSQL through one session, which holds the lock of the only writing process.

Contract: a transaction runs only on a session that holds the lock, so a process that lost its session, and its lock to
another process, can change nothing. A commit whose outcome a lost connection hides is asked for by its transaction
id: it is neither repeated nor reported as failed when it was committed.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import psycopg

from storage.database_port import Statement
from storage.postgres.dialect import named, postgres_of
from storage.postgres.errors import in_use, is_lost, is_of_the_record
from storage.write_queue import WriteQueue

log = logging.getLogger(__name__)

LOCK = 0x6D6964  # the advisory lock of the writing process, in the database that it writes

Session = psycopg.AsyncConnection[Any]


_BACKEND = "SELECT pid, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_END_BACKEND = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s::timestamptz
"""  # waits for its end, at most 5000 ms


async def hold_lock(session: Session) -> None:
    """Raises StoreFailed when another session holds the lock."""
    row = await (await session.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,))).fetchone()
    if row is None or not row[0]:
        raise in_use()


class PostgresWriter(WriteQueue):
    """Writes through `session`, which holds the lock. `connect` opens another session when that one is lost."""

    def __init__(self, session: Session, connect: Callable[[], Awaitable[Session]]) -> None:
        super().__init__()
        self._session = session
        self._connect = connect
        self._backend: tuple[Any, ...] | None = None  # the server's process of the session, by id and start

    async def close(self) -> None:
        """Wait for the writes, then release the lock."""
        try:
            await self.rest()
        finally:
            with suppress(psycopg.Error):  # explicitly: the server notices the end of a session a moment later
                await self._session.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))
            await self._session.close()

    def _is_of_one_write(self, error: Exception) -> bool:
        return is_of_the_record(error)

    async def _run(self, statements: Sequence[Statement]) -> None:
        session = await self._open_session()
        transaction: str | None = None
        try:
            async with session.pipeline() as pipeline, session.transaction():
                cursor = await session.execute("SELECT pg_current_xact_id()::text")
                for statement in statements:
                    text = postgres_of(statement.sql).encode()
                    for row in statement.rows:
                        await session.execute(text, named(row))
                await pipeline.sync()
                [transaction] = await cursor.fetchone() or (None,)
        except psycopg.Error as error:
            if transaction is None or not is_lost(error) or not await self._was_committed(transaction):
                raise

    async def _open_session(self) -> Session:
        if self._session.closed or self._session.broken:
            with suppress(psycopg.Error):
                await self._session.close()
            session = await self._connect()
            try:
                if self._backend:  # the server may hold the lost connection, and its lock, open
                    await session.execute(_END_BACKEND, self._backend)
                await hold_lock(session)
            except BaseException:
                await session.close()
                raise
            self._session = session
            self._backend = None
            log.warning("connected to PostgreSQL again")
        if self._backend is None:
            self._backend = await (await self._session.execute(_BACKEND)).fetchone()
        return self._session

    async def _was_committed(self, transaction: str) -> bool:
        """The outcome of a commit whose answer was lost. Raises psycopg.Error while PostgreSQL cannot be reached."""
        session = await self._open_session()  # the old session has ended, or this one would not hold the lock
        row = await (await session.execute("SELECT pg_xact_status(%s::xid8)", (transaction,))).fetchone()
        return row is not None and row[0] == "committed"
