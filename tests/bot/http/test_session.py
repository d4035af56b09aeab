"""One request per permit, shown at servers that misbehave on purpose."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.http.client import DiscordHttp
from bot.http.client_identity import ClientIdentity, to_headers
from bot.http.endpoints import Endpoints
from bot.http.refusals import to_error
from bot.http.session import Denied, RateLimited, RequestNotSent, ResponseLost
from tasks.domain.errors import AccountBlocked, NotSent, OutcomeUnknown
from tests.support.discord_account import HANG_UP, IMAGINE, Answers, answer_of

PAYLOAD = {"type": 2, "nonce": "1", "data": {"text": "é" * 300}}
TAKEN = answer_of(204)


@asynccontextmanager
async def rest_at(url: str, proxy_url: str = "") -> AsyncIterator[DiscordHttp]:
    async def no_captcha(error: Exception) -> None:
        raise error

    rest = DiscordHttp(
        endpoints=Endpoints(api_base=url + "/api/v9"),
        headers=to_headers(ClientIdentity()),
        proxy_url=proxy_url,
        loop=asyncio.get_running_loop(),
        captcha=no_captcha,
        locale=lambda: "en-US",
    )
    try:
        yield rest
    finally:
        await rest.close()


async def test_a_cut_connection_that_was_kept_alive_carries_one_post() -> None:
    """libcurl alone sends it twice here."""
    async with Answers(TAKEN, "cut", TAKEN) as server, rest_at(server.url) as rest:
        await rest.post_interaction(PAYLOAD)
        with pytest.raises(ResponseLost):
            await rest.post_interaction(PAYLOAD)
        assert (server.count("POST"), server.connections) == (2, 1)
        await rest.post_interaction(PAYLOAD)
        assert server.connections == 2


async def test_a_cut_fresh_connection_carries_one_post() -> None:
    async with Answers("cut") as server, rest_at(server.url) as rest:
        with pytest.raises(ResponseLost):
            await rest.post_interaction(PAYLOAD)
        assert server.count("POST") == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 507, 522, 523, 524, 301, 307, 308])
async def test_no_answer_of_a_broken_server_makes_a_second_post(status: int) -> None:
    again = answer_of(status, headers=["Location: /api/v9/interactions"])
    async with Answers(again, TAKEN) as server, rest_at(server.url) as rest:
        with pytest.raises(ResponseLost):
            await rest.post_interaction(PAYLOAD)
        assert server.count("POST") == 1


async def test_an_answer_that_breaks_off_is_a_lost_one() -> None:
    broken = b"HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
    async with Answers(broken + HANG_UP, TAKEN) as server, rest_at(server.url) as rest:
        with pytest.raises(Exception) as caught:
            await rest.post_interaction(PAYLOAD)
        assert isinstance(to_error(caught.value, IMAGINE), OutcomeUnknown)
        assert server.count("POST") == 1


async def test_nothing_leaves_when_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        async with rest_at(url) as rest:
            with pytest.raises(RequestNotSent):
                await rest.post_interaction(PAYLOAD)


@pytest.fixture
async def server_that_hangs_up() -> AsyncIterator[str]:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_nothing_leaves_when_the_name_is_unknown_or_the_handshake_fails(server_that_hangs_up: str) -> None:
    async with rest_at("http://discord.invalid") as rest:
        with pytest.raises(RequestNotSent) as caught:
            await rest.post_interaction(PAYLOAD)
        assert isinstance(to_error(caught.value, IMAGINE), NotSent)
    async with rest_at(server_that_hangs_up.replace("http:", "https:")) as rest:
        with pytest.raises(RequestNotSent):
            await rest.post_interaction(PAYLOAD)


@pytest.mark.parametrize("status", [403, 407, 502, 503])
async def test_nothing_leaves_when_the_proxy_opens_no_tunnel(status: int) -> None:
    async with Answers(answer_of(status)) as proxy, rest_at("https://discord.invalid", proxy.url) as rest:
        with pytest.raises(RequestNotSent):
            await rest.post_interaction(PAYLOAD)
        assert proxy.requests == ["CONNECT discord.invalid:443 HTTP/1.1"]


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (answer_of(429, '{"retry_after": 0.25, "global": true}'), 0.25),
        (answer_of(429, "", headers=["Retry-After: 3"]), 3.0),
        (answer_of(429, "<html>", kind="text/html"), 60.0),
        (answer_of(429, '{"retry_after": null}', headers=["Retry-After: soon"]), 60.0),
    ],
)
async def test_how_long_a_429_asks_to_wait(answer: bytes, seconds: float) -> None:
    async with Answers(answer) as server, rest_at(server.url) as rest:
        with pytest.raises(RateLimited) as caught:
            await rest.post_interaction(PAYLOAD)
        assert caught.value.retry_after == seconds
        assert server.count("POST") == 1


async def test_a_captcha_is_never_solved() -> None:
    body = {"captcha_key": ["captcha-required"], "captcha_service": "hcaptcha", "captcha_sitekey": "k"}
    async with Answers(answer_of(400, json.dumps(body))) as server, rest_at(server.url) as rest:
        with pytest.raises(Denied) as caught:
            await rest.post_interaction(PAYLOAD)
        assert server.count("POST") == 1
    blocked = to_error(caught.value, IMAGINE)
    assert isinstance(blocked, AccountBlocked)
    assert blocked.reason == "captcha"


async def test_what_was_taken_is_told_before_the_library_has_waited_for_its_window() -> None:
    spent = [
        "X-RateLimit-Limit: 1",
        "X-RateLimit-Remaining: 0",
        "X-RateLimit-Reset-After: 300",
        "X-RateLimit-Bucket: b",
    ]
    async with Answers(answer_of(204, headers=spent)) as server, rest_at(server.url) as rest:
        async with asyncio.timeout(60):
            await rest.post_interaction(PAYLOAD)
        assert server.count("POST") == 1


@pytest.mark.parametrize(
    ("place", "page"),
    [({"guild_id": "7", "channel_id": "8"}, "7/8"), ({"channel_id": "8"}, "@me/8"), ({}, "@me")],
)
async def test_an_interaction_comes_from_the_page_of_its_channel(place: dict[str, str], page: str) -> None:
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(TAKEN)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with rest_at(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as rest:
        await rest.post_interaction({**PAYLOAD, **place})
    server.close()
    assert f"\r\nReferer: https://discord.com/channels/{page}\r\n" in heads[0]


async def test_the_body_is_sent_as_the_library_would_send_it() -> None:
    bodies: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        [length] = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
        bodies.extend((head, await reader.readexactly(int(length))))
        writer.write(TAKEN)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with rest_at(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as rest:
        await rest.post_interaction(PAYLOAD)
    server.close()
    head, body = bodies
    assert json.loads(body) == PAYLOAD
    assert head.startswith(b"POST /api/v9/interactions HTTP/1.1\r\n")
    assert b"\r\nContent-Type: application/json\r\n" in head
    assert b"chunked" not in head.lower()
    assert b"expect" not in head.lower()
