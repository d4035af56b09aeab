"""The client properties agree with the TLS handshake, come from Discord's pages alone, and block nothing."""

import asyncio
import base64
import gc
import json
import random
import re
import time
import uuid
from dataclasses import replace

import pytest
from curl_cffi.requests import AsyncSession
from curl_cffi.requests.impersonate import REAL_TARGET_MAP

from bot.http import client_identity
from bot.http.client_identity import IMPERSONATED_CHROME, ClientIdentity, fetch, to_headers
from simulator import Simulator
from tests.support.discord_account import Answers, Events, answer_of, connected_pool, endpoints_of

KNOWN = ClientIdentity(build_number=111)
PAGE = '<script>window.GLOBAL_ENV = {"RELEASE_CHANNEL":"stable","BUILD_NUMBER":"456789"}</script>'
OLD_PAGE = '<script src="/assets/sentry.0a1b2c.js"></script>'
SCRIPT = 'x={release:"a",buildNumber:"456790",y:1}'


def page(text: str) -> bytes:
    return answer_of(200, text, kind="text/html")


async def test_the_chrome_we_name_is_the_one_curl_imitates() -> None:
    """Both by curl's table and by the user agent that curl itself would send."""
    assert REAL_TARGET_MAP["chrome"] == f"chrome{KNOWN.chrome}"
    heads: list[str] = []
    closed = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(answer_of(204))
        writer.close()
        await writer.wait_closed()
        closed.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with AsyncSession(impersonate="chrome") as session:
        await session.get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await closed.wait()
    server.close()
    sent = re.search(r"Chrome/(\d+)", heads[0])
    assert sent is not None
    assert int(sent[1]) == KNOWN.chrome == IMPERSONATED_CHROME


def test_headers_agree_in_every_place() -> None:
    headers = to_headers(ClientIdentity(build_number=222))
    said = json.loads(base64.b64decode(headers.encoded_super_properties))
    assert said == headers.super_properties
    assert said["client_build_number"] == 222
    assert said["browser_user_agent"] == headers.user_agent
    assert f"Chrome/{IMPERSONATED_CHROME}." in headers.user_agent
    assert f'v="{IMPERSONATED_CHROME}"' in headers.client_hints["Sec-CH-UA"]
    assert headers.gateway_properties["client_launch_id"] != to_headers(KNOWN).gateway_properties["client_launch_id"]


def test_properties_are_those_of_the_web_client_of_2026() -> None:
    """`launch_signature` came in 2026-03; its bits for client modifications are clear. `latest_headless_*` went."""
    mask = uuid.UUID("00801010-0810-0800-2081-004001000800").int
    signatures = {to_headers(KNOWN).super_properties["launch_signature"] for _ in range(20)}
    assert len(signatures) == 20
    assert not any(uuid.UUID(signature).int & mask for signature in signatures)
    assert not any(name.startswith("latest_headless") for name in to_headers(KNOWN).gateway_properties)


def test_random_numbers_are_left_as_they_were() -> None:
    """The library would seed them with the version of Chrome."""
    random.seed(5)
    expected = random.Random(5).random()
    _ = to_headers(KNOWN).client_hints
    assert random.random() == expected


async def test_the_build_stands_in_the_page() -> None:
    async with Answers(page(PAGE)) as pages:
        assert await fetch(KNOWN, pages_base=pages.url) == ClientIdentity(build_number=456789)
        assert pages.requests == ["GET /login HTTP/1.1"]


async def test_the_build_stands_in_a_script_of_the_page() -> None:
    async with Answers(page(OLD_PAGE), page(SCRIPT)) as pages:
        assert (await fetch(KNOWN, pages_base=pages.url + "/")).build_number == 456790
        assert pages.requests[1] == "GET /assets/sentry.0a1b2c.js HTTP/1.1"


@pytest.mark.parametrize(
    "script", [[answer_of(500)], [page("")], [page(OLD_PAGE), page("")], ["cut"], [page(OLD_PAGE), "cut"]]
)
async def test_without_an_answer_the_dated_build_serves(script: list[bytes | str]) -> None:
    async with Answers(*script) as pages:
        assert await fetch(KNOWN, pages_base=pages.url) == KNOWN


@pytest.mark.parametrize("seconds", [0.02, 0.2])  # while still connecting, and while waiting
async def test_silent_pages_are_not_waited_for(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client_identity.FETCH_SECONDS == 10
    monkeypatch.setattr(client_identity, "FETCH_SECONDS", seconds)
    began = time.monotonic()
    async with Answers("silence", "silence") as quiet:
        assert await fetch(KNOWN, pages_base=quiet.url) == KNOWN
        assert await fetch(KNOWN, pages_base="http://discord.invalid", proxy_url=quiet.url) == KNOWN
    assert time.monotonic() - began < 5
    gc.collect()  # a socket that nobody closed fails this test, not a later one


async def test_the_pages_are_asked_once_for_all_accounts_and_only_when_wanted() -> None:
    async with Simulator(accounts=3) as simulator, Answers(page(PAGE)) as pages:
        endpoints = replace(endpoints_of(simulator), pages_base=pages.url)
        async with connected_pool(simulator, Events(), endpoints=endpoints):
            assert pages.requests == []  # it is not Discord that is spoken to
        async with connected_pool(simulator, Events(), endpoints=endpoints, fetch_properties=True):
            assert pages.requests == ["GET /login HTTP/1.1"]
