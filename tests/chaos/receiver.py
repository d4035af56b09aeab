"""A receiver of call-backs that is no better than real ones: a third of the time it fails, breaks off or dawdles."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.support.web_server import loopback

SLOW_SECONDS = 1.5
SECRET = "whsec_b2YtdGhlLXJvdW5kcy1vZi1taXNjaGllZi1hbG9uZSE="  # of the signatures
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


@dataclass(frozen=True, kw_only=True)
class Mood:
    """How a receiver treats its call-backs. `most`: of one end, which is tried again after 5 s, 15 s, a minute."""

    failing: float = 1 / 3
    most: int = 2


GRUMPY, BRISK, KIND = Mood(), Mood(most=1), Mood(failing=0.0)


class Receiver:
    def __init__(self, chance: Random, mood: Mood = GRUMPY) -> None:
        self.url = ""
        self.ended: dict[str, list[dict[str, Any]]] = {}  # ends that were answered 200, by task
        self.delays: dict[str, float] = {}  # seconds from a task's end until that was delivered
        self.seen: Counter[str] = Counter()
        self._hanging: dict[str, asyncio.Event] = {}  # by caller, until it is released
        self._chance = chance
        self._mood = mood
        self._failed: Counter[str] = Counter()
        self._verify = Webhook(SECRET)
        self._news = asyncio.Event()

    def hang(self, *callers: str) -> None:
        """Their paths take requests and answer none, until they are released."""
        self._hanging |= {caller: asyncio.Event() for caller in callers}

    def release(self) -> None:
        hanging, self._hanging = self._hanging, {}
        for released in hanging.values():
            released.set()

    async def hear(self, request: web.Request) -> web.Response:
        try:
            raw = await request.read()
        except ConnectionError:  # the sender was killed in the middle
            self.seen["broken off"] += 1
            return web.Response(status=400)
        if (released := self._hanging.get(request.match_info.get("caller", ""))) is not None:
            self.seen["hung"] += 1
            await released.wait()
            return web.Response(status=503)
        document = json.loads(raw)
        self._look_at_signature(request, raw)
        task_id, is_end = str(document["id"]), bool(document["finishTime"])
        if self._failed[task_id] < self._mood.most and self._chance.random() < self._mood.failing:
            self._failed[task_id] += is_end
            return await self._fail(request)
        self.seen["delivered"] += 1
        if is_end:
            self.delays.setdefault(task_id, time.time() - document["finishTime"] / 1000)
            self.ended.setdefault(task_id, []).append(document)
            self._news.set()
        return web.Response()

    async def _fail(self, request: web.Request) -> web.Response:
        how = self._chance.choice(("500", "cut", "slow"))
        self.seen[how] += 1
        if how == "cut" and request.transport is not None:
            request.transport.abort()
        if how == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        return web.Response(status=500)

    def _look_at_signature(self, request: web.Request, raw: bytes) -> None:
        if HEADERS[0] not in request.headers:
            self.seen["unsigned"] += 1
            return
        try:
            self._verify.verify(raw, {name: request.headers[name] for name in HEADERS})
            self.seen["signed"] += 1
        except (WebhookVerificationError, KeyError) as error:
            # Where the round sets the clock, the time that is signed is another one.
            self.seen["signed at another time" if "timestamp" in str(error) else "wrongly signed"] += 1

    async def until(self, is_so: Callable[[], bool], timeout: float) -> bool:
        """False when it did not come to be so."""
        try:
            async with asyncio.timeout(timeout):
                while not is_so():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def receiver(chance: Random, mood: Mood = GRUMPY) -> AsyncIterator[Receiver]:
    hearing = Receiver(chance, mood)
    app = web.Application()
    app.router.add_post("/hook", hearing.hear)
    app.router.add_post("/hook/{caller}", hearing.hear)
    async with loopback(app) as base:
        hearing.url = f"{base}/hook"
        try:
            yield hearing
        finally:
            hearing.release()
