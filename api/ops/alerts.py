"""Alerts: POST to the operator that an account has paused and needs a human.

Contract: one alert for each account and reason; nothing waits for it. An alert that is not delivered within minutes, or
before the process ends, is given up: a restart checks the account again, and `/health` always shows a pause. The URL
belongs to the operator, so its address is not checked; only its host is logged. Plain JSON is signed as webhooks are;
`api.ops.alert_formats` has the other formats.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4

from api.ops.alert_formats import AlertFormat, format_of, refusal_in, request_of
from api.outbound.allowlist import EVERYTHING
from api.webhooks.client import TIMEOUT, DeliveryFailed, WebhookClient, post_and_read, webhook_client
from api.webhooks.retry_schedule import MINUTE, retry_after, wait_after
from api.webhooks.signing import Signer
from tasks.domain.pause_advice import advice_for
from tasks.domain.ports import Clock

log = logging.getLogger(__name__)

ATTEMPTS = 5  # six minutes in total, by `api.webhooks.retry_schedule`
MAX_RETRY_AFTER = MINUTE  # a longer Retry-After is cut to this, as a human is needed


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    account: str
    reason: str
    time: int  # ms
    id: str = field(default_factory=lambda: f"msg_{uuid4().hex}")  # equal for every attempt

    def document(self) -> dict[str, object]:
        return {
            "event": "account_paused",
            "account": self.account,
            "reason": self.reason,
            "text": advice_for(self.account, self.reason),
            "time": self.time,
        }


class Alerts:
    """Delivers to `url` until cancelled; without a URL it does nothing. `clock`: the wall clock.

    `kind`: the format; None chooses it by the URL's host.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        signer: Signer,
        kind: AlertFormat | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        timeout: float = TIMEOUT,
    ) -> None:
        self._url = url
        self._kind = kind or format_of(url)
        self._clock = clock
        self._signer = signer
        self._sleep = sleep
        self._timeout = timeout
        self._reported: set[tuple[str, str]] = set()
        self._pending: asyncio.Queue[Alert] = asyncio.Queue()

    def account_paused(self, account: str, reason: str) -> None:
        """Queue an alert, unless this reason was reported before. Returns at once and never raises."""
        if self._url and (account, reason) not in self._reported:
            self._reported.add((account, reason))
            self._pending.put_nowait(Alert(account=account, reason=reason, time=self._clock.now()))

    @property
    def format(self) -> AlertFormat | None:
        """None: no alerts are configured."""
        return self._kind if self._url else None

    async def test(self) -> str:
        """Send a test alert once; return why it was not delivered, "" if it was."""
        now = self._clock.now()
        document = {"event": "test", "account": "", "reason": "", "text": "this is a test alert.", "time": now}
        async with webhook_client(EVERYTHING) as client:
            try:
                await self._post(client, f"msg_{uuid4().hex}", document)
            except DeliveryFailed as error:
                return str(error)
        return ""

    async def _post(self, client: WebhookClient, message_id: str, document: dict[str, object]) -> int:
        body, headers = request_of(self._kind, self._url, document)
        if self._kind is AlertFormat.JSON:
            headers = headers | dict(self._signer.headers(message_id, self._clock.now(), body))
        status, answer = await post_and_read(client, self._url, body, headers, self._timeout)
        if refusal := refusal_in(self._kind, answer):
            raise DeliveryFailed(refusal, status=status)
        return status

    async def run(self) -> None:
        async with webhook_client(EVERYTHING) as client, asyncio.TaskGroup() as group:
            while True:
                alert = await self._pending.get()
                group.create_task(self._deliver(alert, client), name=f"alert about account {alert.account}")

    async def _deliver(self, alert: Alert, client: WebhookClient) -> None:
        where = f"alert about account {alert.account} to {urlsplit(self._url).hostname}"
        for attempt in range(1, ATTEMPTS + 1):
            requested = 0
            try:
                status = await self._post(client, alert.id, alert.document())
            except DeliveryFailed as error:
                reason, is_final = str(error), error.final
                requested = retry_after(error.retry_after, self._clock.now())
            except Exception as error:  # a defect must not end the loop; its text may hold the URL
                reason, is_final = type(error).__name__, False
            else:
                log.info("%s: %s, attempt %s", where, status, attempt)
                return
            wait = wait_after(attempt, random.random(), requested, MAX_RETRY_AFTER)
            if is_final or attempt == ATTEMPTS or wait is None:
                break
            log.warning("%s: %s, attempt %s: retry in %s s", where, reason, attempt, round(wait / 1000))
            await self._sleep(wait / 1000)
        log.error("%s: %s, attempt %s: given up", where, reason, attempt)
