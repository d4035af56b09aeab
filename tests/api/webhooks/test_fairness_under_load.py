"""Many receivers and few places: no slow or dead receiver holds up a living one."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from api.webhooks.fairness import AT_ONCE_PER_RECEIVER, AT_ONCE_PER_STRANGER, PROMPT_AT_ONCE, SLOW_AT_ONCE
from api.webhooks.retry_schedule import WAITS
from tests.support.webhook_receivers import Receiver, Telling, silent

SLOW = 100  # receivers
PATIENCE = 0.1


async def test_a_hanging_receiver_delays_no_other_and_is_cut(
    service: Telling, receiver: Receiver, other: Receiver
) -> None:
    release = asyncio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    receiver.answer = hang
    for n in range(50):
        await service.owe(f"{receiver.url}/{n}")
    await service.owe(f"{other.url}/x")
    async with service.delivering(timeout=1.0):
        assert (await service.settled()).url == f"{other.url}/x"
        assert len(receiver.bodies) == AT_ONCE_PER_STRANGER
        row = await service.settled()
        assert (row.status, row.last_error) == ("due", "no answer in time")
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
                await service.owe(f"{url}/{n}")
        await service.owe(f"{receiver.url}/first")
        async with service.delivering(timeout=60.0, patience=0.1):
            assert (await service.settled()).url == f"{receiver.url}/first"


async def test_room_that_comes_while_the_disk_is_slow_is_seen(
    service: Telling, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is under way has become slow before the loop goes to sleep: it must not wait for the next to become so."""
    next_due_time = service.outbox.next_due_time

    async def slow_disk(after: int = -1) -> int | None:
        await asyncio.sleep(2 * PATIENCE)  # it is its nature
        return await next_due_time(after)

    monkeypatch.setattr(service.outbox, "next_due_time", slow_disk)
    async with silent(PROMPT_AT_ONCE) as dead:
        for url in dead:
            await service.owe(url)
        await service.owe(receiver.url)
        async with service.delivering(timeout=60.0, patience=PATIENCE):
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
        while len(slow.bodies) < SLOW + SLOW_AT_ONCE:
            await slow.got.get()
        await service.owe(receiver.url)
        assert (await service.settled()).url == receiver.url
        assert len(slow.bodies) == SLOW + SLOW_AT_ONCE
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
