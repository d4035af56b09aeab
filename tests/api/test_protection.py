"""What each answer tells browsers, on every route there is; and who is not waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest
from aiohttp import web

from api.app import make_app, serve
from api.auth import Access
from api.links import Links
from api.mj import Mj
from api.routes import Route
from api.server import Patience
from tests.api.mj_twin import speaking_mj
from tests.api.twin import FETCH, LIST, SUBMIT, Caller, Twin, running

PROTECTED = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "midjourney-node-api",
}
POLICY = "default-src 'none'; frame-ancestors 'none'"
ACCESS = Access(secret="s")
ROUTES = sorted({*(route.path for route in Mj(Twin(), Links()).routes()), "/", "/health", "/health/live"})
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
async def listening(patience: Patience, service: Twin | None = None) -> AsyncIterator[str]:
    app = make_app(service=service or Twin(), access=Access(), links=Links())
    async with serve(app, "127.0.0.1", 0, patience) as base:
        yield base


@asynccontextmanager
async def peer(base: str) -> AsyncIterator[Peer]:
    host, port = base.removeprefix("http://").split(":")
    found = Peer(*await asyncio.open_connection(host, int(port)))
    try:
        yield found
    finally:
        await found.close()


ASK = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("before", [b"", ASK])
async def test_a_head_that_drips_is_cut_off(before: bytes) -> None:
    async with listening(Patience(head=0.05)) as base, peer(base) as slow:
        if before:
            slow.writer.write(before)
            assert (await slow.answer())[0] == 200
        slow.writer.write(ASK[:30])
        status, body = await slow.answer()
        assert (status, body["code"]) == (408, 0)
        assert await slow.is_closed()


async def test_dripping_on_does_not_help() -> None:
    async with listening(Patience(head=0.05)) as base, peer(base) as slow:
        answer = asyncio.create_task(slow.answer())
        for byte in ASK[:30] + b"X-Drip: " + b"y" * 1000:
            slow.writer.write(bytes([byte]))
            if (await asyncio.wait({answer}, timeout=0.005))[0]:
                break
        assert (await answer)[0] == 408


async def test_a_head_in_two_parts_is_answered_and_its_timer_stopped() -> None:
    async with listening(Patience(head=1.0)) as base, peer(base) as other:
        for _ in range(2):
            other.writer.write(ASK[:30])
            await other.writer.drain()
            other.writer.write(ASK[30:])
            assert (await other.answer())[0] == 200
        with pytest.raises(TimeoutError):  # longer than a head may take
            await asyncio.wait_for(other.reader.read(1), 1.3)


@pytest.mark.parametrize("first", [b"", ASK])
async def test_an_idle_connection_is_closed(first: bytes) -> None:
    async with listening(Patience(idle=0.05)) as base, peer(base) as idle:
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
    async with listening(Patience(unread=0.05), service) as base:
        host, port = base.removeprefix("http://").split(":")
        _, deaf = await asyncio.get_running_loop().create_connection(Deaf, host, int(port))
        async with asyncio.timeout(60):
            assert isinstance(await deaf.lost, ConnectionError)


async def test_more_connections_than_allowed_are_refused_and_room_is_found_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with listening(Patience(connections=2)) as base:
        async with peer(base) as first, peer(base) as second:
            for each in (first, second):
                each.writer.write(ASK)
                assert (await each.answer())[0] == 200
            for _ in range(3):
                async with peer(base) as third:
                    status, body = await third.answer()
                    assert (status, body["code"]) == (503, 0)
                    assert await third.is_closed()
            first.writer.write(ASK)  # those who are in are served
            assert (await first.answer())[0] == 200
        assert caplog.text.count("MAX_CONNECTIONS") == 1
        async with asyncio.timeout(60):
            while True:
                async with peer(base) as later:
                    later.writer.write(ASK)
                    if (await later.answer())[0] == 200:
                        break


async def test_the_defaults_are_bounded(api: Caller) -> None:
    patience = Patience()
    assert (patience.connections, patience.head, patience.idle, patience.unread) == (800, 10.0, 75.0, 60.0)
    assert (await api.get("/health/live")).status == 200
