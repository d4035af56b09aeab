"""Call-backs to real receivers on loopback, from a real outbox. Time is the tests' own; nothing sleeps."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import replace
from email.utils import formatdate

import pytest
from aiohttp import web

from api.outbound.allowlist import Allowlist
from api.webhooks.retry_schedule import MAX_RETRY_AFTER, WAITS
from storage.database_port import Statement
from storage.sqlite.database import Database
from tasks.domain.errors import StoreFailed
from tasks.domain.webhooks import Attempt, Delivery, Hook
from tests.support.webhook_receivers import TASK, Clock, Receiver, Telling, Watched


class Slow(Watched):
    """A look that shows a call-back under way is answered late: when it has been settled."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.late = 0
        self._shown: set[int] = set()
        self._ended: set[int] = set()
        self._news = asyncio.Event()

    async def due(self, now: int, limit: int, without: Collection[str] = ()) -> list[Delivery]:
        rows = await super().due(now, limit, without)
        again = {row.id for row in rows} & self._shown
        self._shown |= {row.id for row in rows}
        self.late += bool(again)
        while not again <= self._ended:
            self._news.clear()
            await self._news.wait()
        return rows

    async def settle(self, attempt: Attempt) -> None:
        await super().settle(attempt)
        self._ended.add(attempt.delivery_id)
        self._news.set()


async def test_delivered_once(service: Telling, receiver: Receiver) -> None:
    async with service.delivering():
        await service.owe(f"{receiver.url}/hook?key=1")
        row = await service.settled()
        service.advance(10**9)
        await service.owe(f"{receiver.url}/second", state="second caller's")
        await service.settled()
    assert (row.status, row.attempts) == ("done", 1)
    assert receiver.bodies == [{"id": "1", "state": "task's own"}, {"id": "1", "state": "second caller's"}]
    request = receiver.got.get_nowait()
    assert (request.method, request.path_qs) == ("POST", "/hook?key=1")
    assert request.headers["Content-Type"] == "application/json"


async def test_what_was_owed_before_the_start_is_delivered(service: Telling, receiver: Receiver) -> None:
    await service.owe(receiver.url)
    service.outbox.wake.clear()
    async with service.delivering():
        assert (await service.settled()).status == "done"


@pytest.mark.parametrize("status", [500, 404, 429, 302])
async def test_a_failure_is_tried_again_when_its_time_has_come(
    service: Telling, receiver: Receiver, status: int
) -> None:
    receiver.answer = status
    async with service.delivering():
        await service.owe(receiver.url)
        row = await service.settled()
        assert (row.status, row.attempts, row.last_error) == ("due", 1, f"answered {status}")
        assert abs(row.due - service.clock.time - WAITS[0]) <= WAITS[0] / 5
        service.advance(1)
        receiver.answer = 200
        await service.owe(f"{receiver.url}/another")
        assert (await service.settled()).url == f"{receiver.url}/another"
        service.advance(row.due - service.clock.time)
        again = await service.settled()
    assert (again.id, again.status, again.attempts) == (row.id, "done", 2)
    assert len(receiver.bodies) == 3


async def test_it_is_given_up_after_a_day(service: Telling, receiver: Receiver) -> None:
    receiver.answer = 503
    start = service.clock.time
    async with service.delivering():
        await service.owe(receiver.url)
        for _ in WAITS:
            row = await service.settled()
            assert row.status == "due"
            service.advance(row.due - service.clock.time)
        row = await service.settled()
    assert (row.status, row.attempts) == ("given_up", len(WAITS) + 1)
    assert 20 <= (service.clock.time - start) / 3_600_000 <= 28


async def test_gone_is_believed_at_once(service: Telling, receiver: Receiver) -> None:
    receiver.answer = 410
    async with service.delivering():
        await service.owe(receiver.url)
        assert (await service.settled()).status == "given_up"


@pytest.mark.parametrize("status", [429, 503, 500, 404])
@pytest.mark.parametrize("as_date", [False, True])
async def test_a_receiver_that_asks_for_more_time_gets_it(
    service: Telling, receiver: Receiver, status: int, as_date: bool
) -> None:
    wall = Clock()
    wall.time = 1_700_000_000_000
    later = formatdate(wall.time / 1000 + 600, usegmt=True) if as_date else "600"

    async def busy(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Retry-After": later})

    receiver.answer = busy
    async with service.delivering(wall=wall):
        await service.owe(receiver.url)
        row = await service.settled()
    assert (row.status, row.last_status) == ("due", status)
    assert 600_000 <= row.due - service.clock.time <= 660_000


async def test_a_receiver_cannot_put_it_off_for_ever_nor_use_the_attempts_up(
    service: Telling, receiver: Receiver
) -> None:
    asked = "0"

    async def busy(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503, headers={"Retry-After": asked})

    receiver.answer = busy
    async with service.delivering():
        await service.owe(receiver.url)
        row = await service.settled()
        assert row.due - service.clock.time >= WAITS[0] * 0.9
        asked = "999999999"
        service.advance(row.due - service.clock.time)
        row = await service.settled()
        assert row.due - service.clock.time <= MAX_RETRY_AFTER * 1.1


async def test_a_row_settled_while_the_next_are_looked_up_is_not_sent_again(
    service: Telling, receiver: Receiver
) -> None:
    service.outbox = outbox = Slow(service.database)
    async with service.delivering():
        await service.owe(f"{receiver.url}/known")  # from now on it may get several at once
        await service.settled()
        await service.owe(f"{receiver.url}/known?2")
        await service.settled()
        await service.owe(f"{receiver.url}/known?3")
        assert (await service.settled()).url == f"{receiver.url}/known?3"
    assert outbox.late
    assert len(receiver.bodies) == 3


async def test_a_path_that_hangs_holds_up_no_other_callers_hooks_on_its_host(
    service: Telling, receiver: Receiver
) -> None:
    go = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/hangs":
            await go.wait()
        return web.Response()

    receiver.answer = answer
    for n in range(2, 22):
        owner = "hanging" if n < 12 else "living"
        await service.store.insert(replace(TASK, id=str(n), request=replace(TASK.request, owner=owner)))
    dead, living = f"{receiver.url}/hangs", f"{receiver.url}/lives"
    await service.store.save([], [Hook(task_id=str(n), url=dead if n < 12 else living) for n in range(2, 22)])
    async with service.delivering():
        for _ in range(10):
            assert (await service.settled()).url == living
        go.set()
        for _ in range(10):
            assert (await service.settled()).url == dead


async def test_steps_of_a_task_that_is_over_are_not_told(service: Telling, receiver: Receiver) -> None:
    go, came = asyncio.Event(), asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        came.set()
        await go.wait()
        return web.Response()

    receiver.answer = answer
    step = Hook(task_id="1", url=f"{receiver.url}/", event="IN_PROGRESS", snapshot=TASK)
    async with service.delivering():
        await service.store.save([], [step])
        await came.wait()
        await service.store.save([], [step] * 5)
        await service.owe(f"{receiver.url}/")
        go.set()
        assert (await service.settled()).event == "IN_PROGRESS"
        assert (await service.settled()).event == "end"
    assert [row.event for row in await service.outbox.of_task("1")] == ["IN_PROGRESS", "end"]


async def test_redirects_are_not_followed(service: Telling, receiver: Receiver, other: Receiver) -> None:
    async def elsewhere(request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": other.url})

    receiver.answer = elsewhere
    async with service.delivering():
        await service.owe(receiver.url)
        assert (await service.settled()).last_error == "answered 307"
    assert other.bodies == []


async def test_an_endless_answer_is_cut(service: Telling, receiver: Receiver) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * 65536)

    receiver.answer = endless
    async with service.delivering():
        await service.owe(receiver.url)
        assert (await service.settled()).status == "done"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0177.1", "[::ffff:127.0.0.1]"])
async def test_a_caller_s_url_does_not_reach_inside(service: Telling, receiver: Receiver, host: str) -> None:
    url = receiver.url.replace("127.0.0.1", host)
    async with service.delivering(allowed=Allowlist()):
        await service.owe(url)
        row = await service.settled()
        assert (row.status, row.last_error) == ("given_up", "address not allowed")
        await service.owe(receiver.url, state="the operator's", trusted=True)
        assert (await service.settled()).status == "done"
        # The connection that is open now is not lent to a caller.
        await service.owe(receiver.url, state="once more")
        assert (await service.settled()).status == "given_up"
    assert [body["state"] for body in receiver.bodies] == ["the operator's"]


@pytest.mark.parametrize("url", ["ftp://example.com/", "nonsense", "http://", "http://[broken", "http://a:b:c/"])
async def test_what_is_no_url_is_given_up(service: Telling, receiver: Receiver, url: str) -> None:
    async with service.delivering():
        await service.owe(url)
        assert (await service.settled()).status == "given_up"
        await service.owe(receiver.url)
        assert (await service.settled()).status == "done"


async def test_a_defect_in_one_ends_neither_the_loop_nor_the_call_back(service: Telling, receiver: Receiver) -> None:
    async with service.delivering():
        await service.owe(receiver.url, api="broken")
        assert (await service.settled()).status == "due"
        await service.owe(receiver.url, api="unheard of")
        assert (await service.settled()).last_error == "unknown API unheard of"
        await service.owe(receiver.url)
        assert (await service.settled()).status == "done"


async def test_a_full_disk_repeats_no_call_back(
    service: Telling, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = 3
    settle = Watched.settle

    async def unable(self: Watched, attempt: Attempt) -> None:
        nonlocal full
        if full:
            full -= 1
            raise StoreFailed
        await settle(self, attempt)

    monkeypatch.setattr(Watched, "settle", unable)
    async with service.delivering(poll=0.01):
        await service.owe(receiver.url)
        assert (await service.settled()).status == "done"
    assert (full, len(receiver.bodies)) == (0, 1)


async def test_an_outbox_that_cannot_be_read_is_read_again(service: Telling, receiver: Receiver) -> None:
    await service.database.write(Statement("ALTER TABLE outbox RENAME TO away"))
    async with service.delivering(poll=0.01):
        await asyncio.sleep(0)
        await service.database.write(Statement("ALTER TABLE away RENAME TO outbox"))
        await service.owe(receiver.url)
        assert (await service.settled()).status == "done"


async def test_no_secret_in_any_log(service: Telling, receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    port = receiver.url.rpartition(":")[2]
    async with service.delivering():
        for answer in (200, 500):
            receiver.answer = answer
            await service.owe(f"http://us3r:passw0rd@127.0.0.1:{port}/path-s3cret/{answer}?key=qu3ry")
            await service.settled()
        await service.owe("http://us3r:passw0rd@[broken/path-s3cret?key=qu3ry")
        await service.settled()
    for secret in ("us3r", "passw0rd", "s3cret", "qu3ry"):
        assert secret not in caplog.text
    lines = [record.getMessage() for record in caplog.records if record.name == "api.webhooks.worker"]
    assert lines[0] == f"task 1: webhook to {receiver.url}: 200, attempt 1"
    assert lines[1].startswith(f"task 1: webhook to {receiver.url}: answered 500, attempt 1: retry in ")
    assert len(lines) == 3
