"""The whole service: settings → objects → run → orderly stop.

Contract: decides nothing. Everything that opens is entered in order and closed in reverse. Each loop is a named task of
one group, so that the failure of one loop ends the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from api.app import serve
from api.http.server import ConnectionLimits
from app.core import Core, open_core
from app.factories import make_retention_policy
from app.http_stack import HttpStack, open_http_stack
from app.image_archive import set_address
from settings import Settings
from storage.removal import Removal
from tasks.domain.clock import SystemClock, log_clock_jumps
from tasks.results.retention import TaskRetention


@asynccontextmanager
async def service(settings: Settings, port: int | None = None) -> AsyncIterator[str]:
    """Open everything in order, yield the address, close in reverse. A loop that fails ends the block.

    `port` overrides the setting; 0 chooses a free port.
    """
    async with AsyncExitStack() as stack:
        core = await open_core(settings, stack)
        http = await open_http_stack(settings, core, stack)
        store = core.store
        for part in (store.facts, store.statistics, http.observers.feed, core.tracker, core.dispatcher, core.use_cases):
            await part.start()
        async with asyncio.TaskGroup() as group:
            loops = [*_start(group, core, http), *_retention_loops(group, settings, core)]
            try:
                async with _connected(core), _served(settings, http, port) as url:
                    yield url
            finally:
                for loop in loops:
                    loop.cancel()
        await core.tracker.drain()


def _start(group: asyncio.TaskGroup, core: Core, http: HttpStack) -> list[asyncio.Task[None]]:
    return [
        group.create_task(core.tracker.run(), name="apply events from Discord"),
        group.create_task(core.tracker.watch(), name="check deadlines"),
        group.create_task(core.store.database.watch(), name="watch the database"),
        group.create_task(log_clock_jumps(core.store.clock), name="watch the system clock"),
        group.create_task(core.dispatcher.run(), name="send waiting tasks"),
        group.create_task(http.deliveries.run(), name="deliver webhooks"),
        group.create_task(http.observers.feed.run(), name="publish changes to streams"),
        group.create_task(core.alerts.run(), name="send alerts"),
        group.create_task(core.accounts.watch(), name="follow ACCOUNTS_FILE"),
        *http.images.start(group),
    ]


def _retention_loops(group: asyncio.TaskGroup, settings: Settings, core: Core) -> list[asyncio.Task[None]]:
    policy, store = make_retention_policy(settings.storage), core.store
    if policy.is_off:
        return []
    retention = TaskRetention(Removal(store.database, store.tasks), policy, store.clock, wall=SystemClock())
    return [group.create_task(retention.run(), name="remove old tasks")]


@asynccontextmanager
async def _connected(core: Core) -> AsyncIterator[None]:
    """Keep the accounts connected; on exit, finish the sends in progress."""
    async with core.pool:
        try:
            yield
        finally:
            await core.dispatcher.drain()
            await core.posting.drain()


@asynccontextmanager
async def _served(settings: Settings, http: HttpStack, port: int | None) -> AsyncIterator[str]:
    listen = settings.http.port if port is None else port
    limits = ConnectionLimits(connections=settings.http.max_connections)
    async with serve(http.app, settings.http.host, listen, limits) as url:
        set_address(http.links, settings.http, url)
        yield url
