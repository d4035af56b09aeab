"""Call-backs to real receivers on loopback, from a real outbox. Time is the tests' own; nothing sleeps."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from api.webhooks import AT_ONCE_PER_RECEIVER, WAITS, Deliveries, wait_after
from storage.database import Database
from storage.outbox import Delivery, Outbox
from storage.tasks import Tasks
from storage.writer import Statement
from tasks.errors import StoreFailed
from tasks.model import Action, Hook, Task

TASK = Task(id="1", action=Action.IMAGINE, state="task's own")


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
    async def serving(self) -> AsyncIterator[Receiver]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver().serving() as serving:
        yield serving


@pytest.fixture
async def other() -> AsyncIterator[Receiver]:
    async with Receiver().serving() as serving:
        yield serving


class Watched(Outbox):
    """The real outbox; tells when a row has been settled."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.settled: asyncio.Queue[Delivery] = asyncio.Queue()

    async def _settle(self, delivery_id: int, status: str, *, due: int | None = None, error: str = "") -> None:
        await super()._settle(delivery_id, status, due=due, error=error)
        self.settled.put_nowait(next(row for row in await self.of_task("1") if row.id == delivery_id))


class Slow(Watched):
    """Its second look is answered late: a call-back that the answer shows as due has been settled meanwhile."""

    looks = 0

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.first_settled = asyncio.Event()

    async def due(self, now: int, limit: int, without: Collection[str] = ()) -> list[Delivery]:
        rows = await super().due(now, limit, without)
        self.looks += 1
        if self.looks == 2:
            assert rows, "the row under way is still due on disk"
            await self.first_settled.wait()
        return rows

    async def _settle(self, delivery_id: int, status: str, *, due: int | None = None, error: str = "") -> None:
        await super()._settle(delivery_id, status, due=due, error=error)
        self.first_settled.set()


class Service:
    """A database with one task, and the loop over its outbox."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = Tasks(database)
        self.outbox = Watched(database)
        self.clock = Clock()

    async def owe(self, url: str, **fields: Any) -> None:
        await self.store.save([], [Hook(task_id="1", url=url, **fields)])

    async def settled(self) -> Delivery:
        return await asyncio.wait_for(self.outbox.settled.get(), 5)

    def advance(self, milliseconds: int) -> None:
        self.clock.time += milliseconds
        self.outbox.wake.set()

    @asynccontextmanager
    async def delivering(self, *, allow_private: bool = True, **limits: Any) -> AsyncIterator[None]:
        def render(task: Task) -> bytes:
            return json.dumps({"id": task.id, "state": task.state}).encode()

        def broken(task: Task) -> bytes:
            raise KeyError("defect")

        deliveries = Deliveries(
            self.outbox,
            self.store.get,
            {"v1": render, "broken": broken},
            allow_private=allow_private,
            clock=self.clock,
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


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with Database(tmp_path / "tasks.db") as database:
        made = Service(database)
        await made.store.insert(TASK)
        yield made


async def test_delivered_once(service: Service, receiver: Receiver) -> None:
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


async def test_what_was_owed_before_the_start_is_delivered(service: Service, receiver: Receiver) -> None:
    await service.owe(receiver.url)
    service.outbox.wake.clear()
    async with service.delivering():
        assert (await service.settled()).status == "done"


@pytest.mark.parametrize("status", [500, 404, 429, 302])
async def test_a_failure_is_tried_again_when_its_time_has_come(
    service: Service, receiver: Receiver, status: int
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


async def test_it_is_given_up_after_a_day(service: Service, receiver: Receiver) -> None:
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


def test_the_waits_grow_and_end() -> None:
    waits = [wait_after(attempts, 0.5) for attempts in range(1, len(WAITS) + 2)]
    assert waits == [*WAITS, None]
    assert list(WAITS) == sorted(WAITS)
    assert wait_after(1, 0) == 4500
    assert wait_after(1, 1) == 5500
    assert wait_after(99, 0.5) is None


async def test_gone_is_believed_at_once(service: Service, receiver: Receiver) -> None:
    receiver.answer = 410
    async with service.delivering():
        await service.owe(receiver.url)
        assert (await service.settled()).status == "given_up"


async def test_a_hanging_receiver_delays_no_other_and_is_cut(
    service: Service, receiver: Receiver, other: Receiver
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
        assert len(receiver.bodies) <= AT_ONCE_PER_RECEIVER
        row = await service.settled()
        assert (row.status, row.last_error) == ("due", "no answer in time")
        release.set()


async def test_a_dead_receiver_delays_no_other(service: Service, receiver: Receiver) -> None:
    async with Receiver().serving() as gone:
        dead = gone.url
    for n in range(50):
        await service.owe(f"{dead}/{n}")
    await service.owe(receiver.url)
    async with service.delivering():
        rows = [await service.settled() for _ in range(51)]
    assert {(row.status, row.last_error) for row in rows if row.url != receiver.url} == {("due", "no connection")}
    assert next(row for row in rows if row.url == receiver.url).status == "done"


async def test_many_go_through_few_at_a_time(service: Service, receiver: Receiver) -> None:
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


async def test_a_row_settled_while_the_next_are_looked_up_is_not_sent_again(
    service: Service, receiver: Receiver
) -> None:
    service.outbox = Slow(service.database)
    await service.owe(receiver.url)
    async with service.delivering():
        await service.settled()
        await service.owe(f"{receiver.url}/next")
        assert (await service.settled()).url == f"{receiver.url}/next"
    assert len(receiver.bodies) == 2


async def test_redirects_are_not_followed(service: Service, receiver: Receiver, other: Receiver) -> None:
    async def elsewhere(request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": other.url})

    receiver.answer = elsewhere
    async with service.delivering():
        await service.owe(receiver.url)
        assert (await service.settled()).last_error == "answered 307"
    assert other.bodies == []


async def test_an_endless_answer_is_cut(service: Service, receiver: Receiver) -> None:
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
async def test_a_caller_s_url_does_not_reach_inside(service: Service, receiver: Receiver, host: str) -> None:
    url = receiver.url.replace("127.0.0.1", host)
    async with service.delivering(allow_private=False):
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
async def test_what_is_no_url_is_given_up(service: Service, receiver: Receiver, url: str) -> None:
    async with service.delivering():
        await service.owe(url)
        assert (await service.settled()).status == "given_up"
        await service.owe(receiver.url)
        assert (await service.settled()).status == "done"


async def test_a_defect_in_one_ends_neither_the_loop_nor_the_call_back(service: Service, receiver: Receiver) -> None:
    async with service.delivering():
        await service.owe(receiver.url, api="broken")
        assert (await service.settled()).status == "due"
        await service.owe(receiver.url, api="unheard of")
        assert (await service.settled()).last_error == "unknown API unheard of"
        await service.owe(receiver.url)
        assert (await service.settled()).status == "done"


async def test_a_full_disk_repeats_no_call_back(
    service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = 3
    settle = Watched._settle

    async def unable(self: Watched, *args: Any, **fields: Any) -> None:
        nonlocal full
        if full:
            full -= 1
            raise StoreFailed
        await settle(self, *args, **fields)

    monkeypatch.setattr(Watched, "_settle", unable)
    async with service.delivering(poll=0.01):
        await service.owe(receiver.url)
        assert (await service.settled()).status == "done"
    assert (full, len(receiver.bodies)) == (0, 1)


async def test_an_outbox_that_cannot_be_read_is_read_again(service: Service, receiver: Receiver) -> None:
    await service.database.write(Statement("ALTER TABLE outbox RENAME TO away"))
    async with service.delivering(poll=0.01):
        await asyncio.sleep(0)
        await service.database.write(Statement("ALTER TABLE away RENAME TO outbox"))
        await service.owe(receiver.url)
        assert (await service.settled()).status == "done"


async def test_no_secret_in_any_log(service: Service, receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
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
    lines = [record.getMessage() for record in caplog.records if record.name == "api.webhooks"]
    assert lines[0] == f"task 1: call-back to {receiver.url}: 200, attempt 1"
    assert lines[1].startswith(f"task 1: call-back to {receiver.url}: answered 500, attempt 1: again in ")
    assert len(lines) == 3
