"""A caller who cannot be shaken off: a submit that got no answer is sent again with its key until it is answered.

Contract: knows the API from outside, and of the service's troubles only that it may be gone for a while.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

Document = dict[str, Any]

ACCEPTED = (1, 21, 22)
COME_AGAIN = ("store_failed", "queue_full")  # /mj says so with HTTP 200
LOOK_SECONDS = 0.25  # between two looks at the tasks that are open
AGAIN_SECONDS = 0.2
PATIENCE = aiohttp.ClientTimeout(total=15)
_OVER = ("SUCCESS", "FAILURE", "CANCEL")


@dataclass(kw_only=True)
class Asked:
    """A task that was accepted."""

    id: str
    route: str
    caller: str = ""  # whose it is
    cancelled: bool = False
    ended: asyncio.Future[Document] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def document(self) -> Document | None:
        return self.ended.result() if self.ended.done() and not self.ended.cancelled() else None


class Refused(Exception):
    """The service answered that it will not."""


class Caller:
    def __init__(self, session: aiohttp.ClientSession, url: str, hook: str, name: str = "") -> None:
        self.name = name
        self.asked: dict[str, Asked] = {}
        self.refused: list[str] = []
        self.repeated = 0  # requests that were sent again
        self._session = session
        self._url = url
        self._hook = hook
        self._keys = itertools.count(1)

    # ------------------------------------------------------------ asking

    async def submit(self, route: str, **body: Any) -> Asked:
        """The accepted task. Raises `Refused`."""
        key = f"chaos-{next(self._keys)}"
        answer = await self._post(f"/submit/{route}", {"notifyHook": self._hook, **body}, key)
        if answer.get("code") not in ACCEPTED:
            self.refused.append(f"{route}: {answer.get('code')} {answer.get('description')}")
            raise Refused(self.refused[-1])
        task_id = str(answer["result"])
        return self.asked.setdefault(task_id, Asked(id=task_id, route=route, caller=self.name))

    async def end_of(self, route: str, **body: Any) -> Document:
        return await (await self.submit(route, **body)).ended

    async def fill(self, asked: Asked, prompt: str) -> None:
        """The second input. It has no key of its own: a task that no longer waits for it has had it."""
        answer = await self._post("/submit/modal", {"taskId": asked.id, "prompt": prompt}, f"{asked.id}-modal")
        if answer.get("code") not in ACCEPTED and not self.repeated:
            self.refused.append(f"modal: {answer}")

    async def cancel(self, asked: Asked) -> None:
        asked.cancelled = True
        await self._post(f"/task/{asked.id}/cancel", {}, f"{asked.id}-cancel")

    async def _post(self, route: str, body: Document, key: str) -> Document:
        while True:
            with suppress(aiohttp.ClientError, TimeoutError, OSError):
                headers = {"Idempotency-Key": key}
                async with self._session.post(self._url + "/mj" + route, json=body, headers=headers) as response:
                    if response.status < 500 and response.headers.get("Error-Code") not in COME_AGAIN:
                        answer: Document = await response.json()
                        return answer
            self.repeated += 1
            await asyncio.sleep(AGAIN_SECONDS)

    # ------------------------------------------------------------ looking

    async def look(self) -> None:
        """Until cancelled: ask how the open tasks are."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            open_ones = [asked.id for asked in self.asked.values() if not asked.ended.done()]
            if not open_ones:
                continue
            with suppress(aiohttp.ClientError, TimeoutError, OSError):
                route = self._url + "/mj/task/list-by-condition"
                async with self._session.post(route, json={"ids": open_ones}) as response:
                    for document in await response.json() if response.status == 200 else ():
                        if document["status"] in _OVER:
                            self.asked[document["id"]].ended.set_result(document)

    async def picture(self, url: str) -> bytes:
        async with self._session.get(url) as response:
            assert response.status == 200, f"{url} is answered {response.status}"
            return await response.read()

    def open(self) -> list[str]:
        return [asked.id for asked in self.asked.values() if not asked.ended.done()]


@asynccontextmanager
async def calling(url: str, hook: str, name: str = "", secret: str = "") -> AsyncIterator[Caller]:
    """`name` and `secret`: of one of several callers."""
    # No connection is kept: one that a kill has cut would cost each request a needless attempt.
    connector = aiohttp.TCPConnector(force_close=True, limit=200)
    headers = {"mj-api-secret": secret} if secret else {}
    async with aiohttp.ClientSession(timeout=PATIENCE, connector=connector, headers=headers) as session:
        caller = Caller(session, url, hook, name)
        looking = asyncio.create_task(caller.look(), name="look at the open tasks")
        try:
            yield caller
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
