"""Real receivers on loopback, and the loop that tells them, over a real outbox. Time is the tests' own."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from api.outbound.allowlist import EVERYTHING, Allowlist
from api.webhooks.signing import Signer
from api.webhooks.worker import WebhookWorker
from storage.outbox import Outbox
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain import ports
from tasks.domain.model import Action, Task, TaskRequest
from tasks.domain.webhooks import Attempt, Delivery, Hook

OLD, NEW = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in range(2))
TASK = Task(id="1", request=TaskRequest(action=Action.IMAGINE, state="task's own"))


class Clock:
    def __init__(self) -> None:
        self.time = 1_000_000

    def now(self) -> int:
        return self.time


class Receiver:
    """A web server that keeps what it gets and answers as told: a status, or something that makes an answer."""

    def __init__(self) -> None:
        self.got: asyncio.Queue[web.Request] = asyncio.Queue()
        self.bodies: list[Any] = []
        self.answer: int | Callable[[web.Request], Awaitable[web.StreamResponse]] = 200
        self.url = ""

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.json())
        self.got.put_nowait(request)
        return web.Response(status=self.answer) if isinstance(self.answer, int) else await self.answer(request)

    @asynccontextmanager
    async def serving(self, ports: int = 1) -> AsyncIterator[list[str]]:
        """At so many addresses, each a receiver of its own to whoever calls; `url` is the first."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        for _ in range(ports):
            await web.TCPSite(runner, "127.0.0.1", 0).start()
        urls = [f"http://127.0.0.1:{address[1]}" for address in runner.addresses]
        self.url = urls[0]
        try:
            yield urls
        finally:
            await runner.cleanup()


class Watched(Outbox):
    """The real outbox; tells when a row has been settled."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.settled: asyncio.Queue[Delivery] = asyncio.Queue()

    async def settle(self, attempt: Attempt) -> None:
        await super().settle(attempt)
        row = await self.get(attempt.delivery_id)
        assert row
        self.settled.put_nowait(row)


class Telling:
    """A database with one task, and the loop over its outbox."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = Tasks(database)
        self.outbox = Watched(database)
        self.clock = Clock()
        self.told: list[str] = []

    async def owe(self, url: str, **fields: Any) -> None:
        await self.store.save([], [Hook(task_id="1", url=url, **fields)])

    async def settled(self) -> Delivery:
        return await asyncio.wait_for(self.outbox.settled.get(), 60)

    def advance(self, milliseconds: int) -> None:
        self.clock.time += milliseconds
        self.outbox.wake.set()

    @asynccontextmanager
    async def delivering(
        self,
        *,
        allowed: Allowlist = EVERYTHING,
        secrets: Sequence[str] = (),
        wall: ports.Clock | None = None,
        **limits: Any,
    ) -> AsyncIterator[None]:
        def render(task: Task) -> bytes:
            return json.dumps({"id": task.id, "state": task.request.state}).encode()

        def broken(task: Task) -> bytes:
            raise KeyError("defect")

        deliveries = WebhookWorker(
            self.outbox,
            self.store.get,
            {"v1": render, "broken": broken},
            allowed=allowed,
            signer=Signer(secrets),
            clock=self.clock,
            wall=wall or self.clock,
            notify=self.told.append,
            **limits,
        )
        loop = asyncio.create_task(deliveries.run())
        try:
            yield
            assert not loop.done()
        finally:
            loop.cancel()
            with pytest.raises(asyncio.CancelledError):
                await loop


@asynccontextmanager
async def silent(number: int) -> AsyncIterator[list[str]]:
    """Addresses that take a connection and never say a word."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        yield [f"http://127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    finally:
        for each in sockets:
            each.close()
