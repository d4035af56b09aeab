"""Makes one POST to Discord per send and publishes its outcome as an event.

Contract: never repeats a POST: Discord may have accepted it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

from tasks.domain.errors import AccountBlocked, NotSent, SendRefused
from tasks.domain.events import SendDenied, SendNotMade, SendPosted, SendResult, SendUncertain
from tasks.domain.interactions import Interaction
from tasks.domain.model import Send
from tasks.domain.ports import Gateway

log = logging.getLogger(__name__)

DRAIN_SECONDS = 5.0


class Sender:
    """`publish` queues an outcome as an event."""

    def __init__(self, gateway: Gateway, publish: Callable[[SendResult], None]) -> None:
        self._gateway = gateway
        self._publish = publish
        self._work = BackgroundTasks()

    def post(self, send: Send, order: Interaction) -> None:
        """Start the POST; its outcome arrives as an event. The send must already be on disk, and its echo expected."""
        self._work.start(self._post(send, order), f"post for task {send.task_id}")

    async def drain(self) -> None:
        """Give running POSTs time to finish; the rest count as unknown."""
        await self._work.drain(DRAIN_SECONDS)

    async def _post(self, send: Send, order: Interaction) -> None:
        try:
            outcome = await self._outcome(send, order)
        except asyncio.CancelledError:
            self._publish(SendUncertain(nonce=send.nonce, reason="the service stopped during the send"))
            raise
        self._publish(outcome)

    async def _outcome(self, send: Send, order: Interaction) -> SendResult:
        nonce = send.nonce
        try:
            await self._gateway.send(send.account, order, nonce)
        except NotSent as error:
            return SendNotMade(nonce=nonce, reason=str(error), retry_after=max(error.retry_after, 1.0))
        except AccountBlocked as error:
            self._gateway.pause(send.account, error.reason or str(error))
            return SendDenied(nonce=nonce, code=error.code, reason=str(error), requeue=True)
        except SendRefused as error:
            return SendDenied(nonce=nonce, code=error.code, reason=str(error))
        except Exception as error:  # whatever the error, the request may have arrived
            return SendUncertain(nonce=nonce, reason=str(error) or type(error).__name__)
        return SendPosted(nonce=nonce)


class BackgroundTasks:
    """Named background tasks. A failing one is logged and does not affect the others."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None], name: str) -> None:
        job = asyncio.create_task(work, name=name)
        self._running.add(job)
        job.add_done_callback(self._ended)

    async def drain(self, seconds: float) -> None:
        """Wait that long, then cancel the remaining tasks and wait for them."""
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=seconds)
        for job in late:
            job.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _ended(self, job: asyncio.Task[None]) -> None:
        self._running.discard(job)
        if not job.cancelled() and job.exception() is not None:
            log.error("%s failed", job.get_name(), exc_info=job.exception())
