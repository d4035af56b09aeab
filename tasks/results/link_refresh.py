"""Renews links to Discord's CDN when a finished task is read. Their signatures expire after about a day.

Contract: reading a task neither fails nor waits long because of a link: the old one stays, and Discord is asked again
after some time. A valid link costs one comparison; archived pictures are not renewed. A new link is shown at once; the
tracker writes it: nothing here changes a task.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from tasks.domain.errors import SendError
from tasks.domain.events import LinksRenewed
from tasks.domain.model import Task
from tasks.domain.ports import Clock, Gateway
from tasks.results.image_copy import with_links

log = logging.getLogger(__name__)

HOUR = 3_600_000
AGAIN = 10 * 60_000  # ms until Discord is asked again about the same task
SECONDS = 5.0  # that a read waits for Discord
REMEMBERED = 4096  # recently tried tasks

_EXPIRES = re.compile(r"[?&]ex=([0-9a-f]{1,12})(?:&|$)", re.IGNORECASE)
_NEVER = 2**63


@dataclass(frozen=True, kw_only=True, slots=True)
class _Try:
    """`time`: when Discord was asked (ms). `fresh`: its answer, old link -> new link."""

    time: int
    fresh: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=4096)
def expires(url: str) -> int:
    """When the link's signature expires, in ms; without a signature, never."""
    match = _EXPIRES.search(url)
    return int(match[1], 16) * 1000 if match else _NEVER


class LinkRefresh:
    """`publish` queues events for the tracker, which alone changes tasks, so that concurrent changes are kept."""

    def __init__(self, gateway: Gateway, clock: Clock, publish: Callable[[LinksRenewed], None]) -> None:
        self._gateway = gateway
        self._clock = clock
        self._publish = publish
        self._tried: OrderedDict[str, _Try] = OrderedDict()  # by task id

    async def refresh(self, task: Task) -> Task:
        """The task with links valid for at least an hour, if possible. Never raises."""
        if not self._is_stale(task):
            return task
        lately = self._tried.get(task.id)
        if lately is not None and not self._is_stale(shown := with_links(task, lately.fresh)):
            return shown  # not written yet
        account = self._account_for(task)
        if account is None or (lately is not None and self._clock.now() - lately.time < AGAIN):
            return task
        self._keep(task.id, _Try(time=self._clock.now()))
        fresh = await self._ask(account, task)
        if not fresh:
            return task
        self._keep(task.id, _Try(time=self._clock.now(), fresh=fresh))
        self._publish(LinksRenewed(task_id=task.id, fresh=fresh))
        return with_links(task, fresh)

    def _is_stale(self, task: Task) -> bool:
        """Whether the task shows a link that has expired or is about to."""
        if task.result.image is None or task.result.image.stored or not task.is_over:
            return False
        return expires(task.result.image.url) <= self._clock.now() + HOUR

    def _keep(self, task_id: str, lately: _Try) -> None:
        self._tried[task_id] = lately
        self._tried.move_to_end(task_id)
        if len(self._tried) > REMEMBERED:
            self._tried.popitem(last=False)

    def _account_for(self, task: Task) -> str | None:
        """The task's own account if it is connected, otherwise any."""
        usable = [account.id for account in self._gateway.accounts() if account.is_usable]
        return task.account if task.account in usable else next(iter(usable), None)

    async def _ask(self, account: str, task: Task) -> dict[str, str]:
        urls = [image.url for image in (task.result.image, task.progress.preview) if image is not None]
        try:
            async with asyncio.timeout(SECONDS):
                return dict(await self._gateway.refresh(account, urls))
        except (SendError, TimeoutError) as error:
            log.warning("links not renewed: %s", error or "time-out", extra={"task": task.id})
            return {}
