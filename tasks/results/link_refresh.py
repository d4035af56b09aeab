"""Links at Discord's CDN carry a signature that expires after about a day: those of what is over are renewed when
somebody looks.

Contract: looking never fails, nor waits long, because a link could not be renewed: then the old one stays, and Discord
is asked again when some time has passed. A link that is still good costs a comparison; where there is a copy of ours it
is not renewed. A new link is shown at once and written in the tracker's turn: nothing here changes a task.
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
AGAIN = 10 * 60_000  # ms until a task's links are asked for once more
SECONDS = 5.0  # that a look waits for Discord
REMEMBERED = 4096  # tasks that were tried lately

_EXPIRES = re.compile(r"[?&]ex=([0-9a-f]{1,12})(?:&|$)", re.IGNORECASE)
_NEVER = 2**63


@dataclass(frozen=True, kw_only=True, slots=True)
class _Try:
    """`time`: when Discord was asked (ms). `fresh`: what it answered, old link -> new link."""

    time: int
    fresh: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=4096)
def expires(url: str) -> int:
    """When its signature ends, in ms; a link without one never ends."""
    match = _EXPIRES.search(url)
    return int(match[1], 16) * 1000 if match else _NEVER


class LinkRefresh:
    """`tell` is the tracker's queue: it alone changes a task, so that what else becomes of it at that moment stays."""

    def __init__(self, gateway: Gateway, clock: Clock, tell: Callable[[LinksRenewed], None]) -> None:
        self._gateway = gateway
        self._clock = clock
        self._tell = tell
        self._tried: OrderedDict[str, _Try] = OrderedDict()  # by the task's id

    async def refreshed(self, task: Task) -> Task:
        """The task with links that work for an hour at least, where that can be had. Never raises."""
        if not self._is_stale(task):
            return task
        lately = self._tried.get(task.id)
        if lately is not None and not self._is_stale(shown := with_links(task, lately.fresh)):
            return shown  # it is not written yet
        account = self._account_for(task)
        if account is None or (lately is not None and self._clock.now() - lately.time < AGAIN):
            return task
        self._keep(task.id, _Try(time=self._clock.now()))
        fresh = await self._ask(account, task)
        if not fresh:
            return task
        self._keep(task.id, _Try(time=self._clock.now(), fresh=fresh))
        self._tell(LinksRenewed(task_id=task.id, fresh=fresh))
        return with_links(task, fresh)

    def _is_stale(self, task: Task) -> bool:
        """Does it show a link that is over, or soon will be?"""
        if task.result.image is None or task.result.image.stored or not task.is_over:
            return False
        return expires(task.result.image.url) <= self._clock.now() + HOUR

    def _keep(self, task_id: str, lately: _Try) -> None:
        self._tried[task_id] = lately
        self._tried.move_to_end(task_id)
        if len(self._tried) > REMEMBERED:
            self._tried.popitem(last=False)

    def _account_for(self, task: Task) -> str | None:
        """Any account may ask; the task's own is the first choice."""
        usable = [account.id for account in self._gateway.accounts() if account.is_usable]
        return task.account if task.account in usable else next(iter(usable), None)

    async def _ask(self, account: str, task: Task) -> dict[str, str]:
        urls = [image.url for image in (task.result.image, task.progress.preview) if image is not None]
        try:
            async with asyncio.timeout(SECONDS):
                return dict(await self._gateway.refresh(account, urls))
        except (SendError, TimeoutError) as error:
            log.warning("its link could not be renewed: %s", error or "no answer in time", extra={"task": task.id})
            return {}
