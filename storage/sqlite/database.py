"""One SQLite file: opening, locking to one process, migration, reads and writes. Knows nothing about tasks.

Readers have connections of their own: they see only committed data and never wait for a writer's disk flush, and
short reads never wait for a scan of a whole table.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiosqlite

from storage.database_port import Parameters, Row, Statement
from storage.sqlite.errors import translated
from storage.sqlite.file_lock import only_process
from storage.sqlite.file_permissions import make_private
from storage.sqlite.migrating import migrate
from storage.sqlite.writer import Writer

# At DEBUG the library logs every statement with its parameters: prompts, and webhook URLs with their secrets.
logging.getLogger("aiosqlite").setLevel(logging.WARNING)

PAGES = 1000  # returned to the disk at once; 4 MB
FREE_PAGES = "SELECT freelist_count, page_count FROM pragma_freelist_count, pragma_page_count"

# Must run before anything else on a new file: it lets the pages of removed tasks be returned in small steps.
OF_A_NEW_FILE = "PRAGMA auto_vacuum = INCREMENTAL"

PRAGMAS = (
    "PRAGMA busy_timeout = 5000",  # ms; only a manual SQLite shell can hold the lock
    "PRAGMA journal_mode = WAL",
    # FULL: an answered submit survives a power failure, not only a killed process: docs/decisions/0003.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_size_limit = 67108864",  # kept in the -wal file after a checkpoint
)

# Bytes, for the reader alone: keeps lookups fast when the file outgrows SQLite's own cache. Mapped pages count as
# memory of the process, once for each connection. Writes and scans gain nothing.
MAPPED = "PRAGMA mmap_size = 67108864"


class Database:
    """The open file. `async with Database(path) as database: ...`"""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._stack = AsyncExitStack()
        self._writer: Writer
        self._reader: aiosqlite.Connection
        self._scanner: aiosqlite.Connection | None = None  # opened by the first scan
        self._opening = asyncio.Lock()
        self.hooks_written = asyncio.Event()  # set after each commit that added deliveries to the outbox
        self.images_written = asyncio.Event()  # set after each commit that added pictures to copy

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            with translated(self._path):
                make_private(self._path)  # SQLite creates -wal and -shm with the same mode
                stack.enter_context(only_process(self._path))
                is_new = self._path.stat().st_size == 0
                connection = await self._connect(stack, *([OF_A_NEW_FILE] if is_new else []))
                await migrate(connection)
                self._writer = Writer(connection)
                self._reader = await self._connect(stack, MAPPED)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._writer.rest()
        finally:
            await self._stack.__aexit__(kind, error, trace)

    async def _connect(self, stack: AsyncExitStack, *first: str) -> aiosqlite.Connection:
        # isolation_level None: only this file begins and ends transactions.
        connection = await stack.enter_async_context(aiosqlite.connect(self._path, isolation_level=None))
        for pragma in (*first, *PRAGMAS):
            await connection.execute_fetchall(pragma)
        return connection

    async def read(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Read committed data, with one call to the connection's thread."""
        given: Any = parameters  # aiosqlite's types allow positions only; sqlite3 also accepts names
        with translated(self._path):
            return [*map(tuple, await self._reader.execute_fetchall(sql, given))]

    async def scan(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """As `read`, for statements that read a whole table: on a connection and thread of their own."""
        given: Any = parameters
        with translated(self._path):
            async with self._opening:
                scanner = self._scanner = self._scanner or await self._connect(self._stack)
            return [*map(tuple, await scanner.execute_fetchall(sql, given))]

    async def write(self, *statements: Statement, committed: Callable[[], None] | None = None) -> None:
        """Write all statements or none; durable when this returns. See `storage.sqlite.writer`."""
        with translated(self._path):
            if statements:
                await self._writer.write(statements, committed)

    async def watch(self) -> None:
        """Never return: the lock on the file ends with this process only."""
        await asyncio.Event().wait()

    async def shrink(self) -> None:
        """Return free pages to the disk, a few at once, when more than a quarter of the file is free.

        Only files created with incremental auto-vacuum can shrink; others reuse their free pages.
        """
        free, pages = await self._pages()
        while free * 4 > pages:
            await self.write(Statement(f"PRAGMA incremental_vacuum({PAGES})"))
            before, (free, pages) = free, await self._pages()
            if free >= before:
                break
        await self.write(Statement("PRAGMA wal_checkpoint(PASSIVE)"))  # never blocks

    async def _pages(self) -> tuple[int, int]:
        [(free, pages)] = await self.read(FREE_PAGES)
        return int(free), int(pages)
