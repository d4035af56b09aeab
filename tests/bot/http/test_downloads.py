"""Pictures come from Discord's hosts alone, or from the CDN that stands in their place; each refusal is told for what
it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from bot.http.client_identity import ClientIdentity
from bot.http.downloads import load
from bot.http.endpoints import Endpoints
from tasks.domain.errors import NotSent, SendRefused
from tests.support.web_server import loopback

PATH = "/attachments/1/2/dog.png?ex=65f0&is=1&hm=a&"
DISCORD = f"https://cdn.discordapp.com{PATH}"


@dataclass(kw_only=True)
class Cdn:
    url: str = ""
    status: int = 200
    body: bytes = b"a picture"
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        if self.headers.get("Content-Length"):  # says more than it sends
            response = web.StreamResponse(status=self.status, headers=self.headers)
            await response.prepare(request)
            await response.write(self.body)
            assert request.transport is not None
            request.transport.close()
            return response
        return web.Response(status=self.status, body=self.body, headers=self.headers)


@asynccontextmanager
async def cdn() -> AsyncIterator[Cdn]:
    made = Cdn()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    async with loopback(app) as made.url:
        yield made


async def loaded(server: Cdn, url: str = DISCORD, most: int = 1000) -> bytes:
    return await load(url, most, endpoints=Endpoints(cdn_base=server.url), proxy_url="", properties=ClientIdentity())


async def test_it_comes_from_the_cdn_in_discord_s_place_with_its_signature() -> None:
    async with cdn() as server:
        assert await loaded(server) == b"a picture"
        [asked] = server.asked
        assert asked.path_qs == PATH
        assert "Chrome" in asked.headers["User-Agent"]
        assert "Authorization" not in asked.headers


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_definite_no_says_its_status(status: int) -> None:
    async with cdn() as server:
        server.status = status
        with pytest.raises(SendRefused) as caught:
            await loaded(server)
        assert caught.value.status == status


@pytest.mark.parametrize("status", [204, 302, 408, 429, 500, 503])
async def test_anything_else_may_pass(status: int) -> None:
    async with cdn() as server:
        server.status = status
        server.headers = {"Location": f"{server.url}/elsewhere"}
        with pytest.raises(NotSent):
            await loaded(server)
        assert len(server.asked) == 1, "a redirect is not followed"


async def test_what_is_too_large_is_refused() -> None:
    async with cdn() as server:
        server.body = b"x" * 1001
        with pytest.raises(SendRefused, match="larger"):
            await loaded(server)


async def test_what_was_cut_off_is_not_taken() -> None:
    async with cdn() as server:
        server.headers = {"Content-Length": "100"}
        with pytest.raises(NotSent):
            await loaded(server)


async def test_nobody_there() -> None:
    with pytest.raises(NotSent):
        await loaded(Cdn(url="http://127.0.0.1:9"))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:80/secret",
        "http://cdn.discordapp.com/x.png",
        "https://cdn.discordapp.com.example/x.png",
        "https://cdn.discordapp.com:8443/x.png",
        "https://user@evil.test/x.png",
        "file:///etc/passwd",
        "https://[broken/x.png",
        "",
    ],
)
async def test_no_other_host_is_asked(url: str) -> None:
    with pytest.raises(SendRefused):
        await load(url, 1000, endpoints=Endpoints(), proxy_url="", properties=ClientIdentity())


async def test_it_goes_through_the_proxy() -> None:
    """A proxy is asked for a tunnel to Discord, and for nothing else."""
    heard = asyncio.get_running_loop().create_future()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result((await reader.readline()).decode().strip())
        writer.write(b"HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NotSent):
            await load(
                DISCORD, 1000, endpoints=Endpoints(), proxy_url=f"http://127.0.0.1:{port}", properties=ClientIdentity()
            )
        assert await heard == "CONNECT cdn.discordapp.com:443 HTTP/1.1"
