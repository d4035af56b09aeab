"""Where a caller's URL may lead, and that what is checked is what is connected to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable, Sequence
from ipaddress import ip_address
from threading import Event
from typing import Any

import httpcore
import httpx
import pytest
from aiohttp import web

from api.outbound.allowlist import Allowlist, is_public
from api.outbound.guarded_transport import (
    MAX_LOOKUPS,
    AddressNotAllowed,
    GuardedBackend,
    GuardedTransport,
    SystemLookup,
)
from tests.support.web_server import loopback

PUBLIC = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]

NOT_PUBLIC = [
    *("0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254"),
    *("172.16.0.1", "172.31.255.255", "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("192.0.0.192", "168.63.129.16"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"),  # mapped, and its older form
    *("2002:7f00:1::", "2002:a9fe:a9fe::1"),  # 6to4
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),  # NAT64
    "2001:0:4136:e378:8000:63bf:80ff:fffe",  # Teredo
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


class Wire(httpcore.AsyncNetworkBackend):
    """Writes down what is connected to. The addresses in `dead` do not answer."""

    def __init__(self, dead: Sequence[str] = ()) -> None:
        self.connected: list[str] = []
        self._dead = dead

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.connected.append(host)
        if host in self._dead:
            raise httpcore.ConnectError("dead")
        return httpcore.AsyncMockStream([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"])


class Names:
    """A resolver whose answers change: each look-up gets the next."""

    def __init__(self, *answers: list[str]) -> None:
        self.asked: list[str] = []
        self._answers = iter(answers)

    async def __call__(self, name: str) -> Sequence[str]:
        self.asked.append(name)
        return next(self._answers)


def client(backend: httpcore.AsyncNetworkBackend) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=GuardedTransport(backend, limits=httpx.Limits()), trust_env=False)


async def test_a_name_that_changes_its_answer_changes_nothing() -> None:
    names, wire = Names(["8.8.8.8"], ["127.0.0.1"]), Wire()
    async with client(GuardedBackend(Allowlist(), lookup=names, inner=wire)) as http:
        assert (await http.get("http://rebinding.test/")).text == "ok"
    assert (names.asked, wire.connected) == (["rebinding.test"], ["8.8.8.8"])


async def test_one_address_that_is_not_public_spoils_the_name() -> None:
    wire = Wire()
    async with client(GuardedBackend(Allowlist(), lookup=Names(["8.8.8.8", "10.0.0.1"]), inner=wire)) as http:
        with pytest.raises(AddressNotAllowed):
            await http.get("http://mixed.test/")
    assert wire.connected == []


async def test_the_next_address_is_tried_when_one_is_dead() -> None:
    wire = Wire(dead=["8.8.8.8"])
    async with client(GuardedBackend(Allowlist(), lookup=Names(["8.8.8.8", "1.1.1.1"]), inner=wire)) as http:
        assert (await http.get("http://two.test/")).status_code == 200
    assert wire.connected == ["8.8.8.8", "1.1.1.1"]


async def test_all_dead_or_none_there_is_no_connection() -> None:
    for answer in (["8.8.8.8", "1.1.1.1"], []):
        async with client(GuardedBackend(Allowlist(), lookup=Names(answer), inner=Wire(dead=answer))) as http:
            with pytest.raises(httpx.ConnectError):
                await http.get("http://none.test/")


async def test_a_name_that_never_answers_ends_in_time() -> None:
    async def silent(name: str) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    async with client(GuardedBackend(Allowlist(), lookup=silent, inner=Wire())) as http:
        with pytest.raises(httpx.TimeoutException):
            await http.get("http://silent.test/", timeout=0.05)


@pytest.mark.parametrize("name", ["a" * 64 + ".test", "a..b"])
async def test_what_cannot_be_a_name_is_not_found(name: str) -> None:
    with pytest.raises(httpcore.ConnectError):
        await SystemLookup()(name)


async def test_look_ups_of_one_name_are_one() -> None:
    lookup = SystemLookup()
    waiting = [asyncio.create_task(lookup("localhost")) for _ in range(3)]
    await asyncio.sleep(0)
    assert len(lookup._pending) == 1
    first, second, third = await asyncio.gather(*waiting)
    assert first is second is third
    assert "127.0.0.1" in first
    assert lookup._pending == {}
    assert await lookup("127.0.0.1") == ["127.0.0.1"]  # nothing to look up


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server on loopback: what must not be reached."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text="secret")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with loopback(app) as base:
        yield int(base.rpartition(":")[2])


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "LOCALHOST", "2130706433", "0x7f000001", "0177.1", "127.1", "0"),
        *("0x7f.0.0.1", "127.0.1", "127。0。0。1", "public.test@127.0.0.1", "public.test\\@127.0.0.1"),
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]"),
    ],
)
async def test_loopback_by_any_name_is_not_reached(port: int, host: str) -> None:
    async with client(GuardedBackend(Allowlist())) as http:
        with pytest.raises(AddressNotAllowed):
            await http.get(f"http://{host}:{port}/")
    async with client(httpcore.AnyIOBackend()) as http:
        assert (await http.get(f"http://127.0.0.1:{port}/")).text == "secret"


async def test_names_that_the_operator_allows_lead_anywhere_and_networks_allow_addresses(port: int) -> None:
    allowed = Allowlist.of(["inside.test", "*.apps.test", "127.0.0.0/24"])

    async def lookup(name: str) -> Sequence[str]:
        return ["127.8.8.8" if name == "strangers.test" else "127.1.1.1" if name.endswith("s.test") else "127.0.0.1"]

    async with client(GuardedBackend(allowed, lookup=lookup, inner=ToLoopback())) as http:
        for host in ("inside.test", "INSIDE.TEST.", "a.apps.test", "anything.example", "127.0.0.1"):
            assert (await http.get(f"http://{host}:{port}/")).text == "secret", host
        for host in ("strangers.test", "apps.test", "xapps.test"):
            with pytest.raises(AddressNotAllowed):
                await http.get(f"http://{host}:{port}/")


class ToLoopback(httpcore.AsyncNetworkBackend):
    """All of 127.0.0.0/8 is the test's own server."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        assert ip_address(host).is_loopback
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", port, timeout, local_address, socket_options)


async def test_names_that_are_never_found_hold_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    release = Event()
    found = socket.getaddrinfo

    def never(host: str, *args: Any, **options: Any) -> Any:
        return found(host, *args, **options) if host == "localhost" else release.wait(90) and []

    monkeypatch.setattr(socket, "getaddrinfo", never)
    lookup = SystemLookup()
    waiting = [asyncio.create_task(lookup(f"silent{n}.test")) for n in range(100)]
    try:
        async with asyncio.timeout(60):
            assert "127.0.0.1" in await lookup("localhost")
    finally:
        release.set()
        assert await asyncio.gather(*waiting) == [[]] * 100


async def test_look_ups_have_a_bound() -> None:
    lookup = SystemLookup()
    waiting = [asyncio.create_task(lookup(f"{n}..test")) for n in range(MAX_LOOKUPS + 1)]
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert {str(answer) for answer in answers} == {"the name was not found", "too many lookups at once"}
    assert lookup._pending == {}


async def test_four_numbers_that_are_no_address_are_no_url() -> None:
    async with client(GuardedBackend(Allowlist())) as http:
        with pytest.raises(httpx.InvalidURL):
            await http.get("http://0177.0.0.01/")


async def test_other_schemes_are_refused() -> None:
    async with client(GuardedBackend(Allowlist())) as http:
        with pytest.raises(httpx.UnsupportedProtocol):
            await http.get("ftp://127.0.0.1/")


async def test_no_unix_sockets() -> None:
    with pytest.raises(AddressNotAllowed):
        await GuardedBackend(Allowlist()).connect_unix_socket("/run/x")
