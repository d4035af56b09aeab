"""Translators as the settings name them: their order, the proxy in front of them, the cache on disk, a prompt's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from app.service import service
from app.translators import make_translation_client, make_translator
from settings import TranslationSettings
from simulator import Simulator
from tasks.domain.clock import SystemClock
from tests.support.translator_server import KEY, translators
from tests.support.whole_service import calling, receiver, settings_for

ALL_KEYS = TranslationSettings(
    baidu_appid="a",
    baidu_secret="b",
    deepl_key="c",
    google_key="d",
    libretranslate_url="http://127.0.0.1:9",
    openai_model="m",
)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (TranslationSettings(), ["MyMemory", "Google (keyless)"]),
        (TranslationSettings(baidu_appid="a", baidu_secret="b"), ["Baidu", "MyMemory", "Google (keyless)"]),
        (ALL_KEYS, ["Baidu", "DeepL", "Google", "LibreTranslate", "The chat model m", "MyMemory"]),
        (TranslationSettings(translators=("google", "mymemory")), ["Google (keyless)", "MyMemory"]),
        (TranslationSettings(deepl_key="c", translators=("mymemory", "deepl")), ["MyMemory", "DeepL"]),
        (TranslationSettings(enabled=False), []),
    ],
)
async def test_who_is_asked_in_which_order(given: TranslationSettings, names: list[str]) -> None:
    async with make_translation_client(given) as client:
        chain = make_translator(client, given, SystemClock())
        assert [provider.name for provider in chain._providers] == names


@asynccontextmanager
async def proxy(target: str, scheme: str) -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy that leads everything to `target`, and the hosts it was asked for."""
    asked: list[str] = []
    host, _, port = target.removeprefix("http://").partition(":")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if scheme == "http":
            head = await reader.readuntil(b"\r\n\r\n")
            method, url, rest = head.split(b" ", 2)
            asked.append(urlsplit(url.decode()).hostname or "")
            head = b" ".join([method, b"/" + url.split(b"/", 3)[3], rest])
        else:
            version, count = await reader.readexactly(2)
            await reader.readexactly(count)
            writer.write(bytes([version, 0]))  # no password
            *_, length = await reader.readexactly(5)
            asked.append((await reader.readexactly(length)).decode())
            await reader.readexactly(2)
            writer.write(bytes([version, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
            head = await reader.readuntil(b"\r\n\r\n")
        there, back = await asyncio.open_connection(host, int(port))
        back.write(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        writer.write(await there.read())
        back.close()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
async def test_translators_are_asked_through_the_proxy_but_for_those_on_this_machine(scheme: str) -> None:
    async with translators() as online, proxy(online.base, scheme) as (url, asked):
        far = TranslationSettings(
            mymemory_url="http://mymemory.example", translation_proxy=url, translators=("mymemory",)
        )
        for given in (far, msgspec.structs.replace(far, mymemory_url=online.base)):
            async with make_translation_client(given) as client:
                assert (await make_translator(client, given, SystemClock()).to_english("狗")).text == "mymemory's 1"
            assert asked == ["mymemory.example"]


async def test_a_prompt_in_another_language_is_drawn_in_english_and_known_after_a_restart(tmp_path: Path) -> None:
    async with Simulator() as simulator, translators() as online, receiver() as hooks:
        loaded = settings_for(simulator, tmp_path, environ={})
        given = TranslationSettings(deepl_key=KEY, deepl_url=online.base, translators=("deepl",))
        settings = msgspec.structs.replace(loaded, translation=given)
        for _ in range(2):
            async with service(settings, port=0) as url, calling(url, hooks.url) as client:
                task = await client.submit(action="IMAGINE", prompt="собака на траве --no дерево --ar 2:3")
                ended = (await hooks.until_ended(task))[task]
                assert ended["status"] == "SUCCESS"
                assert ended["promptEn"] == "deepl 15 --no deepl 6 --ar 2:3"
        assert online.heard == ["собака на траве", "дерево"]
