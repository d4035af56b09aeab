"""Webhooks leave by the guarded session: the address that is checked is the address that is connected to."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from api.outbound import guarded_session
from api.outbound.allowlist import EVERYTHING, Allowlist
from api.outbound.guarded_session import GuardedResolver
from api.outbound.guarded_transport import AddressNotAllowed, Lookup
from api.webhooks.client import KEPT_RECEIVERS, USER_AGENT, DeliveryFailed, post_once, webhook_client
from tests.peers.encryption import make_authority
from tests.support.web_server import loopback


class Server:
    """A server on loopback that records what it gets."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.peers: set[object] = set()
        self.headers: dict[str, str] = {}
        self.status = 200
        self.body = b"ok"
        self.port = 0

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        assert request.transport
        self.peers.add(request.transport.get_extra_info("peername"))
        return web.Response(status=self.status, body=self.body, headers=self.headers)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    found = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.handle)
    async with loopback(app) as base:
        found.port = int(base.rpartition(":")[2])
        yield found


def resolving(*answers: list[str]) -> Lookup:
    """A resolver whose answers change: each lookup gets the next."""
    remaining = iter(answers)

    async def lookup(name: str) -> Sequence[str]:
        return next(remaining)

    return lookup


async def reason(url: str, allowed: Allowlist, lookup: Lookup | None = None) -> str:
    async with webhook_client(allowed, lookup) as client:
        try:
            return str(await post_once(client, url, b"{}", {}))
        except DeliveryFailed as error:
            return str(error)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "LOCALHOST", "2130706433", "0x7f000001", "0177.1", "127.1", "0", "0177.0.0.01"),
        *("0x7f.0.0.1", "127.0.1", "127。0。0。1", "public.test@127.0.0.1", "public.test\\@127.0.0.1"),
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "127.0.0.1."),
    ],
)
async def test_loopback_by_any_name_is_not_reached(server: Server, host: str) -> None:
    failure = await reason(f"http://{host}:{server.port}/", Allowlist())
    assert failure in ("address not allowed", "not an http URL")
    assert server.requests == []


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "ws://127.0.0.1/", "unix:///run/x", "http://", "//host/", "x"])
async def test_other_schemes_are_refused(url: str) -> None:
    assert await reason(url, EVERYTHING) == "not an http URL"


async def test_a_name_that_changes_its_answer_is_connected_to_the_checked_address(server: Server) -> None:
    allowed = Allowlist.of(["127.0.0.2/32"])
    lookup = resolving(["127.0.0.2"], ["127.0.0.1"])
    url = f"http://rebinding.test:{server.port}/"
    assert await reason(url, allowed, lookup) == "no connection"  # nothing listens at 127.0.0.2
    assert await reason(url, allowed, lookup) == "address not allowed"
    assert server.requests == []


async def test_one_private_address_forbids_the_name(server: Server) -> None:
    url = f"http://mixed.test:{server.port}/"
    assert await reason(url, Allowlist(), resolving(["8.8.8.8", "127.0.0.1"])) == "address not allowed"
    assert await reason(url, Allowlist(), resolving([])) == "no connection"


async def test_a_dead_address_is_followed_by_the_next(server: Server) -> None:
    lookup = resolving(["127.0.0.2", "127.0.0.1"])
    assert await reason(f"http://two.test:{server.port}/", Allowlist.of(["127.0.0.0/8"]), lookup) == "200"


async def test_names_allowed_by_the_operator_reach_private_addresses_and_the_address_alone_does_not(
    server: Server,
) -> None:
    async def lookup(name: str) -> Sequence[str]:
        return ["127.0.0.1"]

    async with webhook_client(Allowlist.of(["inside.test", "*.apps.test"]), lookup) as client:
        for host in ("inside.test", "INSIDE.TEST.", "a.apps.test"):
            assert await post_once(client, f"http://{host}:{server.port}/", b"{}", {}) == 200
        for host in ("apps.test", "xapps.test", "127.0.0.1"):
            with pytest.raises(DeliveryFailed, match="address not allowed"):
                await post_once(client, f"http://{host}:{server.port}/", b"{}", {})


def test_a_socket_is_opened_for_checked_addresses_only() -> None:
    resolver = GuardedResolver(Allowlist(), seconds=1)
    target = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))
    with pytest.raises(AddressNotAllowed):
        resolver.open_socket(target)


async def test_a_lookup_without_an_answer_ends_in_time() -> None:
    async def silent(name: str) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(TimeoutError):
        await GuardedResolver(EVERYTHING, lookup=silent, seconds=0.05).resolve("silent.test", 80)


async def test_redirects_cookies_and_proxies_are_ignored(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    server.headers = {"Location": "/elsewhere", "Set-Cookie": "a=b"}
    async with webhook_client(EVERYTHING) as client:
        server.status = 302
        with pytest.raises(DeliveryFailed, match="answered 302"):
            await post_once(client, f"http://127.0.0.1:{server.port}/first", b"{}", {})
        server.status = 200
        await post_once(client, f"http://127.0.0.1:{server.port}/second", b"{}", {"webhook-id": "1"})
    assert [request.path for request in server.requests] == ["/first", "/second"]
    got = server.requests[1].headers
    assert (got["User-Agent"], got["Content-Type"]) == (USER_AGENT, "application/json")
    assert got["Host"] == f"127.0.0.1:{server.port}"
    assert "Cookie" not in got


async def test_a_connection_is_reused_and_a_long_response_cut(server: Server) -> None:
    async with webhook_client(EVERYTHING) as client:
        for _ in range(3):
            await post_once(client, f"http://127.0.0.1:{server.port}/", b"{}", {})
        assert len(server.peers) == 1
        server.body = bytes(1_000_000)
        for _ in range(2):
            assert await post_once(client, f"http://127.0.0.1:{server.port}/", b"{}", {}) == 200
        assert len(server.peers) == 2


async def test_idle_connections_have_a_bound(server: Server) -> None:
    async def lookup(name: str) -> Sequence[str]:
        return ["127.0.0.1"]

    async with webhook_client(EVERYTHING, lookup) as client:
        for number in [*range(KEPT_RECEIVERS), "last", "last"]:
            await post_once(client, f"http://{number}.test:{server.port}/", b"{}", {})
    assert len(server.peers) == KEPT_RECEIVERS + 2


async def test_tls_is_verified_for_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str | None] = []
    authority, server_tls = make_authority(tmp_path, ["receiver.test"])
    server_tls.sni_callback = lambda _socket, name, _context: names.append(name)
    trusting = ssl.create_default_context(cafile=str(authority))
    monkeypatch.setattr(guarded_session, "_tls_context", lambda: trusting)
    hosts: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        hosts.append(request.headers["Host"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_tls).start()
    port = runner.addresses[0][1]

    async def lookup(name: str) -> Sequence[str]:
        return ["127.0.0.1"]

    try:
        assert await reason(f"https://receiver.test:{port}/", EVERYTHING, lookup) == "200"
        assert await reason(f"https://other.test:{port}/", EVERYTHING, lookup) == "no connection"
    finally:
        await runner.cleanup()
    assert names == ["receiver.test", "other.test"]
    assert hosts == [f"receiver.test:{port}"]


def test_url_checks_name_the_reason() -> None:
    with pytest.raises(aiohttp.InvalidURL):
        guarded_session.allowed_url(EVERYTHING, "http://[::1/")
    with pytest.raises(AddressNotAllowed):
        guarded_session.allowed_url(Allowlist(), "http://[::1]/")
