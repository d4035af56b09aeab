"""The socket: opened, closed in order, and answering what is not HTTP."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable
from contextlib import suppress
from socket import EAI_NONAME, gaierror

import aiohttp
import msgspec
import pytest
from aiohttp import web
from yarl import URL

from api.app import make_app, serve
from api.http import bodies
from api.http.auth import Access
from api.http.errors import CannotListen
from api.http.links import Links
from api.http.routes import Route
from api.http.server import url_of
from tasks.domain.errors import BadRequest
from tasks.domain.model import Task
from tests.support.service_twin import FETCH, FIRST_ID, SUBMIT, Caller, Twin, running


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /?prompt=\xe4\xb8\x80 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nmj-api-secret: hunter2\x00\r\n\r\n",
        b"GET /?" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x16\x03\x01 what a browser sends to https\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_answered_in_the_same_shape(
    api: Caller, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    host, port = api.base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(raw)
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    assert head.startswith(b"HTTP/1.0 400") or head.startswith(b"HTTP/1.1 400")
    assert b"Content-Type: application/json" in head
    assert msgspec.json.decode(body)["code"] == 0
    assert "hunter2" not in caplog.text


async def test_a_body_that_drips_is_given_up(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.01)
    host, port = api.base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    kind = b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n"
    writer.write(b"POST " + FETCH.encode() + b" HTTP/1.1\r\nHost: localhost\r\n" + kind + b"{")
    assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    writer.write(b'"a":"b"}')  # the rest: the server reads on a little, so that a sender sees the answer
    writer.close()
    await writer.wait_closed()


async def test_a_taken_port_is_told_with_the_mend(api: Caller) -> None:
    port = int(api.base.rpartition(":")[2])
    app = make_app(service=Twin(), access=Access(), links=Links())
    with pytest.raises(CannotListen, match=f":{port} cannot be listened on: Address already in use. Stop .* PORT"):
        async with serve(app, "127.0.0.1", port):
            pass


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            OSError(errno.EADDRINUSE, "error while attempting …"),
            "Stop the program that holds it, or set SIMULATOR_PORT.",
        ),
        (OSError(errno.EACCES, "x"), "Permission denied. Set SIMULATOR_PORT to one above 1023."),
        (OSError(errno.EADDRNOTAVAIL, "x"), "Cannot assign requested address. Set HOST to an address of this machine."),
        (gaierror(EAI_NONAME, "Name not known"), "Name not known. Set HOST to an address of this machine."),
    ],
)
def test_why_an_address_cannot_be_listened_on_and_the_mend(error: OSError, says: str) -> None:
    assert says in str(CannotListen.at("h", 1, error, setting="SIMULATOR_PORT"))


async def test_the_port_is_free_when_the_block_is_left() -> None:
    async with running() as api:
        assert (await api.get("/health")).status == 200
        port = int(api.base.rpartition(":")[2])
    app = make_app(service=Twin(), access=Access(), links=Links())
    async with serve(app, "127.0.0.1", port) as base:
        assert base == f"http://127.0.0.1:{port}"


class Slow(Twin):
    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.answered = asyncio.Event()

    async def get(self, task_id: str) -> Task | None:
        self.asked.set()
        await self.answered.wait()
        return await super().get(task_id)


async def test_a_request_under_way_is_answered_before_the_end() -> None:
    service = Slow()
    service.add()
    app = make_app(service=service, access=Access(), links=Links())
    async with aiohttp.ClientSession() as session:
        async with serve(app, "127.0.0.1", 0) as base:
            asking = asyncio.create_task(session.get(f"{base}{FETCH}?_id={FIRST_ID}").__aenter__())
            await service.asked.wait()
            asyncio.get_running_loop().call_soon(service.answered.set)
        assert (await asking).status == 200


async def test_a_body_in_a_coding_that_it_is_not_in_is_no_fault_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    async with running() as api:
        told = await api.refused(
            "POST", SUBMIT, 415, data=b'{"action":"IMAGINE"}' * 50, headers={"Content-Encoding": "gzip"}
        )
        assert "Content-Encoding is 'gzip'" in told
    assert [record for record in caplog.records if record.levelname in ("ERROR", "WARNING")] == []


# ---------------------------------------------------------------- an answer that breaks off


def streaming(tells: Callable[[web.StreamResponse], Awaitable[None]]) -> Route:
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000000000"})
        await response.prepare(request)
        await tells(response)
        return response

    return Route(path="/stream", handler=stream, is_open=True)


@pytest.mark.parametrize("error", [RuntimeError("a defect"), BadRequest("a refusal"), web.HTTPNotFound()])
async def test_no_other_answer_follows_one_that_has_begun(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(response: web.StreamResponse) -> None:
        await response.write(b"begun")
        raise error

    async with asyncio.timeout(60), running(more=[streaming(fail)]) as api:
        reader, writer = await asyncio.open_connection("127.0.0.1", URL(api.base).port)
        writer.write(b"GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        with suppress(ConnectionResetError):
            assert await reader.read() in (b"begun", b"")
        writer.close()
    assert "broke off" in caplog.text


async def test_whoever_leaves_a_download_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    noticed = asyncio.Event()

    async def tell(response: web.StreamResponse) -> None:
        try:
            while True:
                await response.write(bytes(2**16))
        finally:
            noticed.set()

    async with asyncio.timeout(60), running(more=[streaming(tell)]) as api:
        reader, writer = await asyncio.open_connection("127.0.0.1", URL(api.base).port)
        writer.write(b"GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()
        await noticed.wait()
    assert [record for record in caplog.records if record.levelname in ("ERROR", "WARNING")] == []


def test_addresses_are_written_as_urls() -> None:
    assert url_of(("127.0.0.1", 1)) == "http://127.0.0.1:1"
    assert url_of(("::1", 1, 0, 0)) == "http://[::1]:1"
