"""One PostgreSQL database: connecting, the lock of the writing process, migration, reads and writes. Knows nothing
about tasks.

Reads use a pool of connections and see only committed data. All writes use one session.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.types.numeric import Int8Dumper
from psycopg_pool import AsyncConnectionPool

from storage.database_port import Parameters, Row, Statement
from storage.postgres.dialect import named, postgres_of
from storage.postgres.errors import DatabaseTaken, is_lost, translated
from storage.postgres.migrating import migrate
from storage.postgres.writer import PostgresWriter, Session, hold_lock
from tasks.domain.errors import StoreFailed

log = logging.getLogger(__name__)

# The pool logs each failed attempt to connect, with host and user.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)

OLDEST = 140000  # server_version_num
READERS = 4
TIMEOUT = 10  # seconds, for a connection
BEAT = 5.0  # seconds between looks at the writing session

# What a session needs. An acknowledged commit is on disk; an unreachable server is noticed within 20 s.
OPTIONS: dict[str, Any] = {
    "application_name": "midjourney-api",
    "connect_timeout": TIMEOUT,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "options": "-c synchronous_commit=on -c max_parallel_workers_per_gather=0 -c timezone=UTC"
    " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
}


class PostgresDatabase:
    """The open database. `async with PostgresDatabase(url) as database: ...`"""

    def __init__(self, url: str, *, beat: float = BEAT) -> None:
        self._url = url
        self._beat = beat
        self._stack = AsyncExitStack()
        self._pool: AsyncConnectionPool[Session]
        self._writer: PostgresWriter
        self.hooks_written = asyncio.Event()  # set after each commit that added deliveries to the outbox
        self.images_written = asyncio.Event()  # set after each commit that added pictures to copy

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            with translated():
                session = await self._connect()
                stack.push_async_callback(session.close)
                _refuse_old(session)
                await hold_lock(session)
                await migrate(session)
                self._writer = PostgresWriter(session, self._connect)
                stack.push_async_callback(self._writer.close)
                self._pool = AsyncConnectionPool(
                    self._url,
                    kwargs={**OPTIONS, "autocommit": True},
                    configure=_configure,
                    min_size=1,
                    max_size=READERS,
                    timeout=TIMEOUT,
                    open=False,
                )
                await stack.enter_async_context(self._pool)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def _connect(self) -> Session:
        session = await psycopg.AsyncConnection.connect(self._url, autocommit=True, **OPTIONS)
        await _configure(session)
        return session

    async def read(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Read committed data. Repeated once on another connection when the first one is lost."""
        text, given = postgres_of(sql).encode(), named(parameters)
        with translated():
            try:
                return await self._read(text, given)
            except psycopg.OperationalError as error:
                if not is_lost(error):
                    raise
                await self._pool.check()
                return await self._read(text, given)

    async def _read(self, text: bytes, given: Any) -> list[Row]:
        async with self._pool.connection() as connection:
            return await (await connection.execute(text, given)).fetchall()

    async def scan(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """As `read`: each read has a connection of its own here."""
        return await self.read(sql, parameters)

    async def write(self, *statements: Statement, committed: Callable[[], None] | None = None) -> None:
        """Write all statements or none; durable when this returns. See `storage.write_queue`."""
        with translated():
            if statements:
                await self._writer.write(statements, committed)

    async def watch(self) -> None:
        """Never return; look at the writing session every few seconds, and open it again when it is lost.

        Raises StoreFailed when another process has taken the lock meanwhile.
        """
        while True:
            await asyncio.sleep(self._beat)
            try:
                await self.write(Statement("SELECT 1"))
            except DatabaseTaken:
                raise
            except StoreFailed as error:
                log.warning("%s", error)

    async def shrink(self) -> None:
        """PostgreSQL's autovacuum makes the space of removed rows usable again."""


async def _configure(connection: Session) -> None:
    """Every integer is sent as a bigint, whatever its size: each statement has one plan."""
    connection.adapters.register_dumper(int, Int8Dumper)
    connection.prepare_threshold = 2


def _refuse_old(session: Session) -> None:
    if session.info.server_version < OLDEST:
        raise StoreFailed(
            f"PostgreSQL {session.info.server_version // 10000} is too old.", hint="Use PostgreSQL 14 or newer."
        )
