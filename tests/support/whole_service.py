"""The whole service beside the simulator, as run.py builds it: discord.py-self over sockets, SQLite on disk, HTTP in
and call-backs out. Nothing is replaced by a stand-in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from app.service import service
from settings import AccountSettings, Settings, at_simulator, load
from simulator import Simulator
from simulator.data.pictures import read_metadata
from tests.support.web_server import loopback

Document = dict[str, Any]


@dataclass(kw_only=True)
class Receiver:
    """Hears call-backs. `url` is its address; `answers` are the statuses of the next ones, then 200."""

    url: str = ""
    heard: list[Document] = field(default_factory=list)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)  # the same as they came: headers and body
    answers: list[int] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def hear(self, request: web.Request) -> web.Response:
        self.came.append((dict(request.headers), await request.read()))
        self.heard.append(json.loads(self.came[-1][1]))
        self.news.set()
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    async def until(self, is_so: Callable[[], bool], timeout: float = 120) -> None:
        async with asyncio.timeout(timeout):
            while not is_so():
                self.news.clear()
                await self.news.wait()

    async def until_ended(self, *task_ids: str, timeout: float = 120) -> dict[str, Document]:
        """Wait for the end of these tasks, told by their call-backs; the documents by id."""
        await self.until(lambda: set(task_ids) <= {document.get("_id") for document in self.heard}, timeout)
        return {document["_id"]: document for document in self.heard if "_id" in document}


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    hearing = Receiver()
    app = web.Application()
    app.router.add_post("/hook", hearing.hear)
    async with loopback(app) as base:
        hearing.url = f"{base}/hook"
        yield hearing


@dataclass(kw_only=True)
class Client:
    """A caller of the API."""

    session: ClientSession
    url: str
    hook: str

    async def submit(self, **fields: Any) -> str:
        """The id of the accepted task."""
        answer = await self.post("trigger/submit", **{"notifyHook": self.hook, **fields})
        assert answer["code"] == 1, answer
        return str(answer["result"])

    async def post(self, route: str, **fields: Any) -> Any:
        async with self.session.post(f"{self.url}/api/v1/{route}", json=fields) as response:
            return await response.json()

    async def fetch(self, task_id: str) -> Document:
        document: Document = await self.post("task/fetch", _id=task_id)
        return document

    async def picture(self, document: Document) -> dict[str, str]:
        """What the picture says of itself: whose job it is."""
        async with self.session.get(document["imageUrl"]) as response:
            assert response.status == 200
            return read_metadata(await response.read())


def settings_for(
    simulator: Simulator, folder: Path, *, concurrency: int = 12, accounts: int = 1, environ: dict[str, str]
) -> Settings:
    environ = {"DATABASE_PATH": str(folder / "tasks.db"), "ARCHIVE": "off", **environ}
    loaded = load(environ, (), simulator=True)
    ours = [
        AccountSettings(
            token=account.token, guild_id=account.guild_id, channel_id=account.channel_id, concurrency=concurrency
        )
        for account in simulator.accounts[:accounts]
    ]
    return at_simulator(loaded, simulator.url, ours)


@asynccontextmanager
async def calling(url: str, hook: str) -> AsyncIterator[Client]:
    async with ClientSession() as session:
        yield Client(session=session, url=url, hook=hook)


@dataclass(kw_only=True)
class Whole:
    simulator: Simulator
    client: Client
    hooks: Receiver


@asynccontextmanager
async def whole(
    folder: Path,
    *,
    concurrency: int = 12,
    accounts: int = 1,
    environ: dict[str, str] | None = None,
    **simulated: Any,
) -> AsyncIterator[Whole]:
    """Simulator, service, receiver of call-backs and a caller."""
    async with Simulator(accounts=max(accounts, 2), **simulated) as simulator, receiver() as hooks:
        settings = settings_for(simulator, folder, concurrency=concurrency, accounts=accounts, environ=environ or {})
        async with service(settings, port=0) as url, calling(url, hooks.url) as client:
            yield Whole(simulator=simulator, client=client, hooks=hooks)
