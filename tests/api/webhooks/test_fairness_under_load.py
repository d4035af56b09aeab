"""Many receivers and few places: no slow or dead receiver holds up a living one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from api.webhooks.fairness import (
    AT_ONCE_PER_RECEIVER,
    AT_ONCE_PER_UNKNOWN,
    OWNERS_SHARE,
    PROMPT_AT_ONCE,
    SLOW_AT_ONCE,
)
from api.webhooks.retry_schedule import WAITS
from tasks.domain.webhooks import Hook
from tests.support.webhook_receivers import TASK, Receiver, Telling, silent

SLOW = 100  # receivers
PATIENCE = 0.1


def hang_until(release: asyncio.Event) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def hang(request: web.Request) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    return hang


async def owe_each(service: Telling, owner: str, url: str, ids: range) -> None:
    """A webhook of a task of its own to each URL, which may hold the task's id."""
    for n in ids:
        await service.store.insert(replace(TASK, id=str(n), request=replace(TASK.request, owner=owner)))
    await service.store.save([], [Hook(task_id=str(n), url=url.format(n)) for n in ids])


async def test_a_hanging_receiver_delays_no_other_and_is_cut(
    service: Telling, receiver: Receiver, other: Receiver
) -> None:
    """Fifty URLs are fifty lanes: one owner has as many attempts at their receiver as it may have at one, no more."""
    release = asyncio.Event()
    receiver.answer = hang_until(release)
    for n in range(50):
        await service.owe(f"{receiver.url}/{n}")
    await service.owe(f"{other.url}/x")
    async with service.delivering(timeout=1.0):
        assert (await service.settled()).url == f"{other.url}/x"
        assert len(receiver.bodies) == AT_ONCE_PER_RECEIVER
        row = await service.settled()
        assert (row.status, row.last_error) == ("due", "no answer in time")
        release.set()


async def test_a_hanging_url_that_is_not_known_yet_gets_one_attempt(
    service: Telling, receiver: Receiver, other: Receiver
) -> None:
    """Its query does not make it another: a task's id may stand there."""
    release = asyncio.Event()
    receiver.answer = hang_until(release)
    await owe_each(service, "hanging", f"{receiver.url}/hook?task={{}}", range(2, 52))
    await service.owe(f"{other.url}/x")
    async with service.delivering(timeout=60.0):
        assert (await service.settled()).url == f"{other.url}/x"
        assert len(receiver.bodies) == AT_ONCE_PER_UNKNOWN
        release.set()


async def test_one_owners_hanging_urls_delay_no_other_owner(service: Telling, receiver: Receiver) -> None:
    """An owner whose URLs differ from task to task, and hang, waits for them itself. Nobody else does, be it at the
    same receiver: not even while no attempt has been under way for long enough to give its place back."""
    release = asyncio.Event()
    hang = hang_until(release)

    async def answer(request: web.Request) -> web.StreamResponse:
        return await hang(request) if request.path.startswith("/hangs/") else web.Response()

    receiver.answer = answer
    async with silent(10) as dead:
        await owe_each(service, "hanging", f"{receiver.url}/hangs/{{}}", range(2, 52))
        for number, url in enumerate(dead):
            await owe_each(service, "hanging", f"{url}/{{}}", range(100 + 20 * number, 120 + 20 * number))
        await owe_each(service, "living", f"{receiver.url}/lives/{{}}", range(1000, 1020))
        async with service.delivering(timeout=60.0, patience=60.0):
            assert {(await service.settled()).owner for _ in range(20)} == {"living"}
            assert len(receiver.bodies) == 20 + AT_ONCE_PER_RECEIVER
            release.set()


async def test_a_dead_receiver_delays_no_other(service: Telling, receiver: Receiver) -> None:
    async with Receiver().serving() as [dead]:
        pass
    for n in range(50):
        await service.owe(f"{dead}/{n}")
    await service.owe(receiver.url)
    async with service.delivering():
        rows = [await service.settled() for _ in range(51)]
    assert {(row.status, row.last_error) for row in rows if row.url != receiver.url} == {("due", "no connection")}
    assert next(row for row in rows if row.url == receiver.url).status == "done"


async def test_a_hundred_that_never_answer_hold_up_a_living_one_for_a_moment_only(
    service: Telling, receiver: Receiver
) -> None:
    async with silent(100) as dead:
        for n in range(8):
            for url in dead:
                await service.owe(f"{url}/?{n}")  # one lane each: another path would be another lane
        await service.owe(f"{receiver.url}/first")
        async with service.delivering(timeout=60.0, patience=0.1):
            assert (await service.settled()).url == f"{receiver.url}/first"


@pytest.mark.parametrize("slow", ["due", "next_due_time"])
async def test_room_that_comes_while_the_disk_is_slow_is_seen(
    service: Telling, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    """What is under way has become slow before the loop goes to sleep: it must not wait for the next to become so."""
    read = getattr(service.outbox, slow)

    async def slow_disk(*args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(2 * PATIENCE)  # it is its nature
        return await read(*args, **kwargs)

    monkeypatch.setattr(service.outbox, slow, slow_disk)
    async with silent(PROMPT_AT_ONCE) as dead:
        for url in dead:
            await service.owe(url)
        await service.owe(receiver.url)
        async with service.delivering(timeout=60.0, patience=PATIENCE, poll=3600.0):
            assert (await service.settled()).url == receiver.url


async def test_receivers_known_to_be_slow_hold_up_nobody(service: Telling, receiver: Receiver) -> None:
    release = asyncio.Event()
    slow = Receiver()

    async def late(request: web.Request) -> web.StreamResponse:
        if len(slow.bodies) > SLOW:
            await release.wait()
        await asyncio.sleep(PATIENCE)  # it is its nature
        return web.Response(status=500)

    slow.answer = late
    async with slow.serving(SLOW) as urls, service.delivering(timeout=60.0, patience=PATIENCE):
        for url in urls:
            await service.owe(url)
        assert {(await service.settled()).status for _ in urls} == {"due"}
        service.advance(WAITS[0] * 2)  # all are due again; now they never answer
        at_once = int(SLOW_AT_ONCE * OWNERS_SHARE)  # all are one owner's
        while len(slow.bodies) < SLOW + at_once:
            await slow.got.get()
        await service.owe(receiver.url)
        assert (await service.settled()).url == receiver.url
        assert len(slow.bodies) == SLOW + at_once
        release.set()


async def test_many_go_through_few_at_a_time(service: Telling, receiver: Receiver) -> None:
    now = most = 0

    async def count(request: web.Request) -> web.StreamResponse:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return web.Response()

    receiver.answer = count
    for n in range(100):
        await service.owe(f"{receiver.url}/{n}")
    async with service.delivering():
        assert {(await service.settled()).status for _ in range(100)} == {"done"}
    assert most <= AT_ONCE_PER_RECEIVER
    assert len(receiver.bodies) == 100
