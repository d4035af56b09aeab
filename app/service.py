"""The whole service: settings → objects → run → orderly stop.

Law: nothing here decides. What opens is entered in order and closed in reverse; each loop is a named task of one group,
so that one that dies ends the whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from api.app import serve
from api.http.server import ConnectionLimits
from app.copying import tell_address
from app.core import Core, open_core
from app.factories import make_retention_policy
from app.http_stack import HttpStack, open_http_stack
from settings import Settings
from storage.removal import Removal
from tasks.domain.clock import SystemClock, log_clock_jumps
from tasks.results.upkeep import TaskRetention


@asynccontextmanager
async def service(settings: Settings, port: int | None = None) -> AsyncIterator[str]:
    """Open everything, in order; yields the address; closed in reverse. A loop that dies ends the block.

    `port` overrides the setting; 0 takes a free one.
    """
    async with AsyncExitStack() as stack:
        core = await open_core(settings, stack)
        face = await open_http_stack(settings, core, stack)
        for part in (face.watching.feed, core.tracker, core.dispatcher, core.use_cases):
            await part.start()
        async with asyncio.TaskGroup() as group:
            loops = [*_start(group, core, face), *_upkeep(group, settings, core)]
            try:
                async with _connected(core), _served(settings, face, port) as url:
                    yield url
            finally:
                for loop in loops:
                    loop.cancel()
        await core.tracker.drain()


def _start(group: asyncio.TaskGroup, core: Core, face: HttpStack) -> list[asyncio.Task[None]]:
    return [
        group.create_task(core.tracker.run(), name="follow what happens in Discord"),
        group.create_task(core.tracker.watch(), name="let time pass"),
        group.create_task(log_clock_jumps(core.store.clock), name="watch the machine's clock"),
        group.create_task(core.dispatcher.run(), name="send what waits"),
        group.create_task(face.deliveries.run(), name="deliver call-backs"),
        group.create_task(face.watching.feed.run(), name="tell who listens"),
        group.create_task(core.alerts.run(), name="tell the operator"),
        group.create_task(core.accounts.watch(), name="follow the file of accounts"),
        *face.copies.start(group),
    ]


def _upkeep(group: asyncio.TaskGroup, settings: Settings, core: Core) -> list[asyncio.Task[None]]:
    keeping, store = make_retention_policy(settings.storage), core.store
    if keeping.is_off:
        return []
    upkeep = TaskRetention(Removal(store.database, store.tasks), keeping, store.clock, wall=SystemClock())
    return [group.create_task(upkeep.run(), name="remove old tasks")]


@asynccontextmanager
async def _connected(core: Core) -> AsyncIterator[None]:
    """The accounts, until what is being sent is sent."""
    async with core.pool:
        try:
            yield
        finally:
            await core.dispatcher.drain()
            await core.posting.drain()


@asynccontextmanager
async def _served(settings: Settings, face: HttpStack, port: int | None) -> AsyncIterator[str]:
    listen, patience = (
        settings.http.port if port is None else port,
        ConnectionLimits(connections=settings.http.max_connections),
    )
    async with serve(face.app, settings.http.host, listen, patience) as url:
        tell_address(face.links, settings.http, url)
        yield url
