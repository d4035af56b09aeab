"""What each answer tells browsers, on every route there is; and who is not waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import msgspec
import pytest
from aiohttp import web

from api.app import make_app, serve
from api.http.auth import Access
from api.http.links import Links
from api.http.routes import Route
from api.http.server import ConnectionLimits
from api.mj.routes import MjRoutes
from tasks.domain.model import Task
from tests.support.mj_client import speaking_mj
from tests.support.service_twin import FETCH, FIRST_ID, LIST, SUBMIT, Caller, Twin, running

PROTECTED = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "midjourney-node-api",
}
POLICY = "default-src 'none'; frame-ancestors 'none'"
ACCESS = Access(secret="s")
ROUTES = sorted({*(route.path for route in MjRoutes(Twin(), Links()).routes()), "/", "/health", "/health/live"})
ROUTES += ["/health/ready", SUBMIT, FETCH, LIST, "/nothing/here"]
PAGE = {"Cache-Control": "no-cache", "Referrer-Policy": "same-origin"}  # kept by its ETag; known by where it comes from


@pytest.mark.parametrize("secret", ["s", "wrong"])
async def test_every_answer_of_every_route_is_protected(secret: str) -> None:
    async with speaking_mj(access=ACCESS) as api:
        for path in ROUTES:
            for method in ("GET", "POST", "DELETE", "OPTIONS"):
                headers = {"mj-api-secret": secret, "Origin": "https://page.example"}
                answer = await api.ask(method, path.replace("{id}", "1"), headers=headers)
                is_page = (method, path) == ("GET", "/")
                expected = PROTECTED | PAGE if is_page else PROTECTED
                assert {name: answer.headers.get(name) for name in expected} == expected, (method, path)
                policy = answer.headers["Content-Security-Policy"]
                assert policy == POLICY or (is_page and policy.startswith("default-src 'none'; style-src 'self'"))
                assert "frame-ancestors 'none'" in policy
                assert "Strict-Transport-Security" not in answer.headers
                assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_https_is_kept_to_where_it_is_the_public_address() -> None:
    async with running(access=Access(secret="s", is_public_https=True)) as api:
        for path in ("/", "/health", LIST, "/nothing"):
            assert (await api.get(path)).headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_a_stream_is_protected_and_a_page_keeps_its_own_policy() -> None:
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Security-Policy": "default-src 'self'"})
        await response.prepare(request)
        await response.write(b"x")
        return response

    async with running(more=[Route(path="/stream", handler=stream)]) as api:
        answer = await api.get("/stream")
        assert answer.body == b"x"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'self'"


# ---------------------------------------------------------------- raw sockets


class Peer:
    """One connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> tuple[int, dict[str, object]]:
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(head.split()[1]), msgspec.json.decode(await self.reader.readexactly(length))

    async def is_closed(self) -> bool:
        try:
            return await self.reader.read() == b""
        except ConnectionError:
            return True

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@asynccontextmanager
async def listening(patience: ConnectionLimits, service: Twin | None = None) -> AsyncIterator[str]:
    app = make_app(service=service or Twin(), access=Access(), links=Links())
    async with serve(app, "127.0.0.1", 0, patience) as base:
        yield base


@asynccontextmanager
async def peer(base: str, address: str = "127.0.0.1") -> AsyncIterator[Peer]:
    """From this address, which is ours as all of 127/8 is."""
    host, port = base.removeprefix("http://").split(":")
    found = Peer(*await asyncio.open_connection(host, int(port), local_addr=(address, 0)))
    try:
        yield found
    finally:
        await found.close()


ASK = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("before", [b"", ASK])
async def test_a_head_that_drips_is_cut_off(before: bytes) -> None:
    async with listening(ConnectionLimits(head=0.05)) as base, peer(base) as slow:
        if before:
            slow.writer.write(before)
            assert (await slow.answer())[0] == 200
        slow.writer.write(ASK[:30])
        status, body = await slow.answer()
        assert (status, body["code"]) == (408, 0)
        assert await slow.is_closed()


async def test_dripping_on_does_not_help() -> None:
    async with listening(ConnectionLimits(head=0.05)) as base, peer(base) as slow:
        answer = asyncio.create_task(slow.answer())
        for byte in ASK[:30] + b"X-Drip: " + b"y" * 1000:
            slow.writer.write(bytes([byte]))
            if (await asyncio.wait({answer}, timeout=0.005))[0]:
                break
        assert (await answer)[0] == 408


async def test_a_head_in_two_parts_is_answered_and_its_timer_stopped() -> None:
    async with listening(ConnectionLimits(head=1.0)) as base, peer(base) as other:
        for _ in range(2):
            other.writer.write(ASK[:30])
            await other.writer.drain()
            other.writer.write(ASK[30:])
            assert (await other.answer())[0] == 200
        with pytest.raises(TimeoutError):  # longer than a head may take
            await asyncio.wait_for(other.reader.read(1), 1.3)


@pytest.mark.parametrize("first", [b"", ASK])
async def test_an_idle_connection_is_closed(first: bytes) -> None:
    async with listening(ConnectionLimits(idle=0.05)) as base, peer(base) as idle:
        if first:
            idle.writer.write(first)
            assert (await idle.answer())[0] == 200
        assert await idle.is_closed()


class Deaf(asyncio.Protocol):
    """Asks and asks, and reads nothing."""

    def __init__(self) -> None:
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        transport.write(f"GET {LIST} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 200_000)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(exc)


async def test_who_does_not_read_the_answers_is_cut_off() -> None:
    service = Twin()
    for _ in range(1000):
        service.add(prompt="x" * 5000)
    async with listening(ConnectionLimits(unread=0.05), service) as base:
        host, port = base.removeprefix("http://").split(":")
        _, deaf = await asyncio.get_running_loop().create_connection(Deaf, host, int(port))
        async with asyncio.timeout(60):
            assert isinstance(await deaf.lost, ConnectionError)


class Held(Twin):
    """Answers no look-up before `go` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.add()
        self.asked = asyncio.Semaphore(0)  # released by each
        self.go = asyncio.Event()

    async def get(self, task_id: str) -> Task | None:
        self.asked.release()
        await self.go.wait()
        return await super().get(task_id)


LOOK = f"GET {FETCH}?_id={FIRST_ID} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


async def test_more_connections_than_allowed_are_refused_and_room_is_found_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = Held()
    async with listening(ConnectionLimits(connections=8), service) as base, AsyncExitStack() as stack:
        busy = [await stack.enter_async_context(peer(base)) for _ in range(7)]
        for each in busy:
            each.writer.write(LOOK)
            await service.asked.acquire()
        for _ in range(3):
            async with peer(base) as more:
                status, body = await more.answer()
                assert (status, body["code"]) == (503, 0)
                assert await more.is_closed()
        assert caplog.text.count("MAX_CONNECTIONS") == 1
        async with peer(base, "127.0.0.2") as other:  # one address leaves room for others
            other.writer.write(ASK)
            assert (await other.answer())[0] == 200
        service.go.set()
        for each in busy:  # those who are in are served
            assert (await each.answer())[0] == 200
        async with peer(base) as later:
            later.writer.write(ASK)
            assert (await later.answer())[0] == 200


async def test_silent_connections_give_way_the_oldest_first() -> None:
    service = Held()
    async with listening(ConnectionLimits(connections=8), service) as base, AsyncExitStack() as stack:
        busy, heard, *silent = [await stack.enter_async_context(peer(base)) for _ in range(7)]
        busy.writer.write(LOOK)
        await service.asked.acquire()
        heard.writer.write(ASK)
        assert (await heard.answer())[0] == 200
        silent[-1].writer.write(ASK[:10])  # the beginning of a head makes none less silent
        for gone in silent:
            late = await stack.enter_async_context(peer(base))
            late.writer.write(ASK)
            assert (await late.answer())[0] == 200
            assert await gone.is_closed()
        heard.writer.write(ASK)
        assert (await heard.answer())[0] == 200
        service.go.set()
        assert (await busy.answer())[0] == 200


async def test_eight_hundred_silent_connections_keep_nobody_out() -> None:
    async with listening(ConnectionLimits()) as base, AsyncExitStack() as stack:
        for _ in range(820):
            await stack.enter_async_context(peer(base, "127.0.0.2"))
        for address in ("127.0.0.1", "127.0.0.2"):
            async with peer(base, address) as caller:
                caller.writer.write(ASK)
                assert (await caller.answer())[0] == 200


async def test_the_defaults_are_bounded(api: Caller) -> None:
    patience = ConnectionLimits()
    assert (patience.connections, patience.head, patience.idle, patience.unread) == (800, 10.0, 75.0, 60.0)
    assert (await api.get("/health/live")).status == 200
