"""Alerts: the operator is told by a POST that an account has paused and a human is needed.

Law: told once for each account and reason, and nobody waits for it. What is not delivered within some minutes, or
before the process ends, is given up: after a restart the account is asked again, and `/health` shows a pause all the
time. The URL is the operator's own, so its address is not checked; only its host is logged. Alerts are signed as
call-backs are.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from api.ops.pause_advice import advice_for
from api.outbound.allowlist import EVERYTHING
from api.webhooks.client import TIMEOUT, DeliveryFailed, hook_client, post_once
from api.webhooks.retry_schedule import MINUTE, retry_after, wait_after
from api.webhooks.signing import Signer
from tasks.domain.ports import Clock

log = logging.getLogger(__name__)

ATTEMPTS = 5  # six minutes in all, by the waits of `api.webhooks.retry_schedule`
LONGEST_ASKED = MINUTE  # what a Retry-After is cut to: a human is waited for


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    account: str
    reason: str
    time: int  # ms
    id: str = field(default_factory=lambda: f"msg_{uuid4().hex}")  # the same for each attempt

    def body(self) -> bytes:
        document = {
            "event": "account_paused",
            "account": self.account,
            "reason": self.reason,
            "text": advice_for(self.account, self.reason),
            "time": self.time,
        }
        # Half a surrogate pair, which UTF-8 cannot hold, becomes JSON's own escape.
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


class Alerts:
    """Delivers to `url` until cancelled; without one nothing is told. `clock` is the wall's; `sleep` takes seconds."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        signer: Signer,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        timeout: float = TIMEOUT,
    ) -> None:
        self._url = url
        self._clock = clock
        self._signer = signer
        self._sleep = sleep
        self._timeout = timeout
        self._told: set[tuple[str, str]] = set()
        self._owed: asyncio.Queue[Alert] = asyncio.Queue()

    def account_paused(self, account: str, reason: str) -> None:
        """Returns at once and never raises. Something that pauses a paused account again is told if it is another."""
        if self._url and (account, reason) not in self._told:
            self._told.add((account, reason))
            self._owed.put_nowait(Alert(account=account, reason=reason, time=self._clock.now()))

    async def run(self) -> None:
        async with hook_client(EVERYTHING) as client, asyncio.TaskGroup() as group:
            while True:
                alert = await self._owed.get()
                group.create_task(self._deliver(alert, client), name=f"alert about account {alert.account}")

    async def _deliver(self, alert: Alert, client: httpx.AsyncClient) -> None:
        where = f"alert about account {alert.account} to {urlsplit(self._url).hostname}"
        body = alert.body()
        for attempt in range(1, ATTEMPTS + 1):
            asked = 0
            try:
                headers = self._signer.headers(alert.id, self._clock.now(), body)
                status = await post_once(client, self._url, body, headers, self._timeout)
            except DeliveryFailed as error:
                why, is_final = str(error), error.final
                asked = retry_after(error.asked, self._clock.now())
            except Exception as error:  # a defect of ours must not end the loop; its words may hold the URL
                why, is_final = type(error).__name__, False
            else:
                log.info("%s: %s, attempt %s", where, status, attempt)
                return
            wait = wait_after(attempt, random.random(), asked, LONGEST_ASKED)
            if is_final or attempt == ATTEMPTS or wait is None:
                break
            log.warning("%s: %s, attempt %s: again in %s s", where, why, attempt, round(wait / 1000))
            await self._sleep(wait / 1000)
        log.error("%s: %s, attempt %s: given up", where, why, attempt)
