"""The translators against a server that speaks as each of them, and the chain with its time limit and pauses."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import httpx
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.translation.baidu import Baidu
from bot.translation.chain import Chain
from bot.translation.mymemory import MAX_BYTES, MyMemory, parts
from bot.translation.provider import Provider, TranslatorFailed
from tasks.ports import Translation, Translator

Answer = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class Clock:
    time: int = 1_000_000

    def now(self) -> int:
        return self.time


@dataclass
class Online:
    """Both translators on one port. `baidu` and `mymemory` may be replaced; `heard` keeps what was asked."""

    heard: list[str] = field(default_factory=list)
    baidu: Answer | None = None
    mymemory: Answer | None = None
    base: str = ""

    async def answer_baidu(self, request: web.Request) -> web.Response:
        form = await request.post()
        question = str(form["q"])
        self.heard.append(question)
        if self.baidu:
            return await self.baidu(request)
        signed = hashlib.md5((str(form["appid"]) + question + str(form["salt"]) + "key").encode()).hexdigest()
        if form["sign"] != signed or (form["from"], form["to"]) != ("zh", "en"):
            return web.json_response({"error_code": "54001", "error_msg": "Invalid Sign"})
        result = [{"src": line, "dst": f"baidu {len(line)}"} for line in question.split("\n") if line]
        return web.json_response({"from": "zh", "to": "en", "trans_result": result})

    async def answer_mymemory(self, request: web.Request) -> web.Response:
        question = request.query["q"]
        self.heard.append(question)
        if self.mymemory:
            return await self.mymemory(request)
        if request.query["langpair"] != "zh-CN|en" or len(question.encode()) > MAX_BYTES:
            return web.json_response({"responseStatus": "403", "responseDetails": "QUERY LENGTH LIMIT EXCEEDED"})
        text = f"mymemory&#39;s {len(question)}"
        return web.json_response({"responseData": {"translatedText": text}, "responseStatus": 200})


@pytest.fixture
async def online() -> AsyncIterator[Online]:
    server = Online()
    app = web.Application()
    app.router.add_post("/api/trans/vip/translate", server.answer_baidu)
    app.router.add_get("/get", server.answer_mymemory)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=1) as opened:
        yield opened


@pytest.fixture
def baidu(online: Online, client: httpx.AsyncClient) -> Baidu:
    return Baidu(client, appid="id", secret="key", base_url=online.base)


@pytest.fixture
def mymemory(online: Online, client: httpx.AsyncClient) -> MyMemory:
    return MyMemory(client, base_url=online.base)


def says(body: object, status: int = 200) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=text, status=status, content_type="application/json")

    return answer


async def never(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError("the wait has no end")


def said_by_mymemory(text: object, **more: object) -> dict[str, object]:
    return {"responseData": {"translatedText": text}, "responseStatus": 200, **more}


# ---------------------------------------------------------------- Baidu


async def test_baidu_answers_every_line_and_every_text_in_one_request(online: Online, baidu: Baidu) -> None:
    assert await baidu.translate(["一只狗\n\n一只大猫", "树"]) == ["baidu 3\n\nbaidu 4", "baidu 1"]
    assert online.heard == ["一只狗\n一只大猫\n树"]


BAIDU_FAILURES = [
    says({"error_code": "54003", "error_msg": "Invalid Access Limit"}),
    says({"error_code": 52003, "error_msg": "UNAUTHORIZED USER"}),
    says({"trans_result": []}),
    says({"trans_result": [{"dst": 5}]}),
    says({"trans_result": [{"dst": "a"}, {"dst": "b"}]}),
    says({"trans_result": "dog"}),
    says([1]),
    says("<html>"),
    says(""),
    says({"trans_result": [{"dst": "a dog"}]}, status=502),
    says("", status=302),
]


@pytest.mark.parametrize("answer", BAIDU_FAILURES)
async def test_what_baidu_says_amiss_is_a_failure(online: Online, baidu: Baidu, answer: Answer) -> None:
    online.baidu = answer
    with pytest.raises(TranslatorFailed) as caught:
        await baidu.translate(["狗"])
    assert "key" not in str(caught.value)


async def test_baidu_with_a_wrong_key_says_so(online: Online, client: httpx.AsyncClient) -> None:
    with pytest.raises(TranslatorFailed, match="54001 Invalid Sign"):
        await Baidu(client, appid="id", secret="other", base_url=online.base).translate(["狗"])


async def test_baidu_is_not_asked_for_more_than_it_takes(online: Online, baidu: Baidu) -> None:
    with pytest.raises(TranslatorFailed, match="too long"):
        await baidu.translate(["狗" * 2001])
    assert online.heard == []


# ---------------------------------------------------------------- MyMemory


async def test_mymemory_keeps_order_lines_and_entities(online: Online, mymemory: MyMemory) -> None:
    assert await mymemory.translate(["一只狗\n猫", "树"]) == ["mymemory's 3\nmymemory's 1", "mymemory's 1"]
    assert sorted(online.heard) == sorted(["一只狗", "猫", "树"])


async def test_mymemory_takes_a_long_text_in_sentences(online: Online, mymemory: MyMemory) -> None:
    text = "一只狗在草地上跑。" * 40
    english = (await mymemory.translate([text]))[0]
    assert "".join(online.heard) == text
    assert all(question.endswith("。") for question in online.heard)
    assert english == " ".join(f"mymemory's {len(question)}" for question in online.heard)


async def test_mymemory_is_told_the_address_where_there_is_one(online: Online, client: httpx.AsyncClient) -> None:
    seen: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.query.get("de"))
        return web.json_response(said_by_mymemory("dog"))

    online.mymemory = answer
    await MyMemory(client, base_url=f"{online.base}/", email="me@a.example").translate(["狗"])
    await MyMemory(client, base_url=online.base).translate(["狗"])
    assert seen == ["me@a.example", None]


MYMEMORY_FAILURES = [
    says(said_by_mymemory("dog", responseStatus=429, responseDetails="LIMIT")),
    says(said_by_mymemory("dog", responseStatus="403")),
    says(said_by_mymemory("dog", quotaFinished=True)),
    says(said_by_mymemory("MYMEMORY WARNING: YOU USED ALL AVAILABLE FREE TRANSLATIONS")),
    says(said_by_mymemory(None)),
    says({"responseStatus": 200}),
    says({"responseData": "dog", "responseStatus": 200}),
    says("nonsense"),
    says("[" * 100_000),
    says(said_by_mymemory("dog"), status=500),
]


@pytest.mark.parametrize("answer", MYMEMORY_FAILURES)
async def test_what_mymemory_says_amiss_is_a_failure(online: Online, mymemory: MyMemory, answer: Answer) -> None:
    online.mymemory = answer
    with pytest.raises(TranslatorFailed):
        await mymemory.translate(["狗", "猫"])


@given(st.text(st.sampled_from("狗a，。𠀀 "), max_size=2000))
def test_parts_are_small_and_complete(text: str) -> None:
    found = parts(text)
    assert all(0 < len(part.encode()) <= MAX_BYTES for part in found)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")


# ---------------------------------------------------------------- the chain


def chain(*providers: Provider, timeout: float = 1.0, clock: Clock | None = None) -> Chain:
    return Chain(providers, timeout=timeout, pause=60.0, clock=clock or Clock())


async def test_the_first_provider_is_asked_and_parameters_stay(baidu: Baidu, mymemory: MyMemory) -> None:
    translator: Translator = chain(baidu, mymemory)
    assert await translator.to_english("一只狗，在草地上 --no 树, 水 --ar 2:3") == Translation(
        text="baidu 8 --no baidu 1, baidu 1 --ar 2:3"
    )


@pytest.mark.parametrize("prompt", ["", "a cat，a dog", "a cat --style 动漫", "https://a.example/图.png"])
async def test_what_needs_nothing_is_told_to_nobody(online: Online, baidu: Baidu, prompt: str) -> None:
    translator = chain(baidu)
    assert not translator.needs(prompt)
    assert await translator.to_english(prompt) == Translation(text=prompt)
    assert online.heard == []


@pytest.mark.parametrize("answer", [*BAIDU_FAILURES, never, says({"trans_result": [{"dst": "狗"}]})])
async def test_the_next_one_answers_when_the_first_fails_or_hangs(
    online: Online, baidu: Baidu, mymemory: MyMemory, answer: Answer
) -> None:
    online.baidu = answer
    assert await chain(baidu, mymemory, timeout=0.4).to_english("狗") == Translation(text="mymemory's 1")


async def test_when_all_fail_the_original_is_sent_with_a_note(online: Online, baidu: Baidu, mymemory: MyMemory) -> None:
    online.baidu = says({"error_code": "54003", "error_msg": "Invalid Access Limit"})
    online.mymemory = says("", status=503)
    got = await chain(baidu, mymemory).to_english("狗 --v 7")
    assert got.text == "狗 --v 7"
    assert "Baidu: It refused: 54003 Invalid Access Limit." in got.note
    assert "MyMemory: It answered HTTP 503." in got.note


@pytest.mark.parametrize("english", ["", " ", "狗", "is 狗"])
async def test_an_empty_or_unchanged_answer_is_a_failure(online: Online, mymemory: MyMemory, english: str) -> None:
    online.mymemory = says(said_by_mymemory(english))
    got = await chain(mymemory).to_english("狗")
    assert got.text == "狗"
    assert "gave the Chinese back" in got.note


async def test_nothing_is_waited_for_longer_than_the_limit(online: Online, baidu: Baidu, mymemory: MyMemory) -> None:
    online.baidu = online.mymemory = never
    async with asyncio.timeout(1.5):
        got = await chain(baidu, mymemory, timeout=0.1).to_english("狗")
    assert got.note.count("did not answer in time") == 2


async def test_one_that_failed_is_left_alone_for_a_while(online: Online, baidu: Baidu, mymemory: MyMemory) -> None:
    clock = Clock()
    translator = chain(baidu, mymemory, clock=clock)
    online.baidu = says("", status=500)
    await translator.to_english("狗")
    online.baidu = None
    clock.time += 59_999
    assert (await translator.to_english("猫")).text == "mymemory's 1"
    clock.time += 1
    assert (await translator.to_english("猫")).text == "baidu 1"
    assert online.heard == ["狗", "狗", "猫", "猫"]


async def test_while_all_are_left_alone_nobody_is_asked(online: Online, baidu: Baidu) -> None:
    translator = chain(baidu)
    online.baidu = says("", status=500)
    await translator.to_english("狗")
    assert (await translator.to_english("猫")).note == (
        "Not translated, sent as it is. Every translator failed a moment ago."
    )
    assert online.heard == ["狗"]


async def test_a_server_that_is_not_there(client: httpx.AsyncClient) -> None:
    got = await chain(MyMemory(client, base_url="http://127.0.0.1:9")).to_english("狗")
    assert got.note == "Not translated, sent as it is. MyMemory: It could not be reached."


async def test_a_provider_that_breaks_is_a_failure_too() -> None:
    class Broken:
        name = "Broken"

        async def translate(self, texts: object) -> list[str]:
            raise ZeroDivisionError

    got = await chain(Broken()).to_english("狗")
    assert got.note == "Not translated, sent as it is. Broken: The translator gave no translation."


async def test_being_cancelled_is_not_swallowed(online: Online, mymemory: MyMemory) -> None:
    asked = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        asked.set()
        return await never(request)

    online.mymemory = answer
    task = asyncio.create_task(chain(mymemory, timeout=5).to_english("狗"), name="translate")
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_without_providers_nothing_needs_translation() -> None:
    assert not chain().needs("狗")
    assert await chain().to_english("狗") == Translation(text="狗")
