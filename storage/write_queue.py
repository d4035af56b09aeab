"""Serialises writes: each is committed completely or not at all, in the order of the calls.

Writes that wait during a commit are committed together, with one disk flush. A write that fails does not affect the
others. Knows nothing of what the statements mean, nor which database runs them.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from itertools import islice
from typing import Any

from storage.database_port import Statement

log = logging.getLogger(__name__)

GROUP = 100  # writes committed together at most, which bounds the wait of the first


class _Write:
    """Statements of one caller, and their outcome."""

    def __init__(self, statements: Sequence[Statement], committed: Callable[[], None] | None) -> None:
        self.statements = statements
        self.committed = committed
        self.settled = False
        self.error: Exception | None = None


class WriteQueue(ABC):
    """The writes of one database. A subclass runs the statements of one transaction."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._waiting: deque[_Write] = deque()

    async def write(self, statements: Sequence[Statement], committed: Callable[[], None] | None = None) -> None:
        """Durable when this returns.

        `committed` runs right after the commit, before any later write. Cancelling the caller takes effect only when
        the write has ended: an external event is recorded even if its reader is cancelled.
        """
        write = _Write(statements, committed)
        self._waiting.append(write)
        await _run_uncancelled(self._commit_in_turn(write))

    async def rest(self) -> None:
        """Return when all writes called so far are committed, including those not queued yet."""
        async with self._lock:
            while self._waiting:
                await self._commit_next()

    async def _commit_in_turn(self, write: _Write) -> None:
        async with self._lock:
            try:
                while not write.settled:  # often another caller has committed it already
                    await self._commit_next()
            finally:
                write.settled = True  # interrupted because the event loop is closing: do not commit it again
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
        except Exception as error:  # re-raised in each caller
            if len(group) > 1 and self._is_of_one_write(error):  # one of them is at fault: run each separately
                for write in group:
                    await self._commit([write])
                return
            for write in group:
                write.error = error
                write.settled = True
        else:
            for write in group:
                write.settled = True
                if write.committed:
                    write.committed()

    def _is_of_one_write(self, error: Exception) -> bool:
        """Whether the transaction is certainly rolled back, so that the writes of a group can run one by one."""
        return True

    @abstractmethod
    async def _run(self, statements: Sequence[Statement]) -> None:
        """Run all statements in one transaction, or none."""


def _joined(group: Iterable[_Write]) -> list[Statement]:
    """The statements in order; adjacent ones with the same text are merged, so that it is prepared once."""
    joined: list[Statement] = []
    for write in group:
        for statement in write.statements:
            if joined and joined[-1].sql == statement.sql:
                joined[-1] = Statement(statement.sql, [*joined[-1].rows, *statement.rows])
            else:
                joined.append(statement)
    return joined


async def _run_uncancelled(work: Coroutine[Any, Any, None]) -> None:
    """Await `work` to its end even if cancelled meanwhile; re-raise the cancellation afterwards."""
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
        log.error("a write of a cancelled caller failed: %s", failure)
    raise cancelled
