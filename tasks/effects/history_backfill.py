"""History backfill: reads a channel's history in the background after a gap, one reader per account.

Contract: messages are queued as events in order, followed by `HistoryRead`. Decides nothing about tasks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from tasks.domain.errors import SendRefused, ServiceError
from tasks.domain.events import Event, HistoryRead
from tasks.domain.ports import Gateway

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0  # grows with each failure
PAUSE_SECONDS = 10.0  # between two parts of a long history
TRIES = 20  # about a quarter of an hour; attempts without a connection count, too


class HistoryBackfill:
    """`publish` queues an event."""

    def __init__(self, gateway: Gateway, publish: Callable[[Event], None], pause: float = PAUSE_SECONDS) -> None:
        self._gateway = gateway
        self._publish = publish
        self._pending: dict[str, int] = {}  # account -> since (ms): to be read
        self._readers: dict[str, asyncio.Task[None]] = {}
        self._pause = pause

    def ask(self, account: str, since: int) -> None:
        """Read from `since` (ms) on. Requests during a read are handled after it."""
        self._pending[account] = min(since, self._pending.get(account, since))
        reader = self._readers.get(account)
        if reader is None or reader.done():
            self._readers[account] = asyncio.create_task(
                self._read_all(account), name=f"read the history of account {account}"
            )

    async def close(self) -> None:
        for reader in self._readers.values():
            reader.cancel()
        await asyncio.gather(*self._readers.values(), return_exceptions=True)

    async def _read_all(self, account: str) -> None:
        while (since := self._pending.pop(account, None)) is not None:
            complete = await self._read(account, since)
            self._publish(HistoryRead(account=account, since=since, complete=complete))

    async def _read(self, account: str, since: int) -> bool:
        """Read up to now, part by part; return whether it reached the end. Gives up after repeated failures, so that
        silent tasks can still time out."""
        failures, at = 0, since
        while True:
            try:
                history = await self._gateway.read_history(account, at)
            except ServiceError as error:
                failures += 1
                log.warning("history of account %s could not be read: %s", account, error)
                if isinstance(error, SendRefused) or failures == TRIES:
                    return False
                await asyncio.sleep(RETRY_SECONDS * failures)
                continue
            for event in history.events:
                self._publish(event)
            if history.more_since is None:
                return True
            at = max(history.more_since, at + 1)
            await asyncio.sleep(self._pause)
