"""Links at Discord's CDN carry a signature that expires after about a day: those of what is over are renewed when
somebody looks.

Law: looking never fails, nor waits long, because a link could not be renewed: then the old one stays, and Discord is
asked again when some time has passed. A link that is still good costs a comparison; where there is a copy of ours it
is not renewed.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from dataclasses import replace
from functools import lru_cache

from tasks.errors import SendError, StoreFailed
from tasks.journal import Journal
from tasks.model import Image, Task
from tasks.ports import Clock, Gateway, TaskStore

log = logging.getLogger(__name__)

HOUR = 3_600_000
AGAIN = 10 * 60_000  # ms until a task's links are asked for once more
SECONDS = 5.0  # that a look waits for Discord
REMEMBERED = 4096  # tasks that were tried lately

_EXPIRES = re.compile(r"[?&]ex=([0-9a-f]{1,12})(?:&|$)", re.IGNORECASE)
_NEVER = 2**63


@lru_cache(maxsize=4096)
def expires(url: str) -> int:
    """When its signature ends, in ms; a link without one never ends."""
    match = _EXPIRES.search(url)
    return int(match[1], 16) * 1000 if match else _NEVER


class FreshLinks:
    def __init__(self, store: TaskStore, gateway: Gateway, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._gateway = gateway
        self._journal = journal
        self._clock = clock
        self._tried: OrderedDict[str, int] = OrderedDict()  # task id -> when

    async def refreshed(self, task: Task) -> Task:
        """The task with links that work for an hour at least, where that can be had. Never raises."""
        if (
            task.image is None
            or task.image.stored
            or expires(task.image.url) > self._clock.now() + HOUR
            or not task.is_over
        ):
            return task
        account = self._account_for(task)
        if account is None or not self._may_try(task.id):
            return task
        fresh = await self._ask(account, task)
        if not fresh:
            return task
        try:
            before = await self._store.get(task.id) or task  # it may have got its seed meanwhile
            after = replace(before, image=_with(before.image, fresh), preview=_with(before.preview, fresh))
            await self._journal.record({task.id: (before, after)})
        except StoreFailed as error:
            log.warning("the new link is not kept: %s", error, extra={"task": task.id})
            return replace(task, image=_with(task.image, fresh), preview=_with(task.preview, fresh))
        return after

    def _may_try(self, task_id: str) -> bool:
        now = self._clock.now()
        if now - self._tried.get(task_id, -AGAIN) < AGAIN:
            return False
        self._tried[task_id] = now
        self._tried.move_to_end(task_id)
        if len(self._tried) > REMEMBERED:
            self._tried.popitem(last=False)
        return True

    def _account_for(self, task: Task) -> str | None:
        """Any account may ask; the task's own is the first choice."""
        usable = [account.id for account in self._gateway.accounts() if account.is_usable]
        return task.account if task.account in usable else next(iter(usable), None)

    async def _ask(self, account: str, task: Task) -> dict[str, str]:
        urls = [image.url for image in (task.image, task.preview) if image is not None]
        try:
            async with asyncio.timeout(SECONDS):
                return dict(await self._gateway.refresh(account, urls))
        except (SendError, TimeoutError) as error:
            log.warning("its link could not be renewed: %s", error or "no answer in time", extra={"task": task.id})
            return {}


def _with(image: Image | None, fresh: dict[str, str]) -> Image | None:
    return replace(image, url=fresh.get(image.url, image.url)) if image is not None else None
