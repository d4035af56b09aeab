"""The chain over several providers: order, one time limit, cool-downs, one retry, the cache, English left unchanged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from bot.translation.cache import TranslationCache, TranslationStore, key
from bot.translation.chain import TranslatorChain
from bot.translation.prompts import Scope
from bot.translation.providers.baidu import Baidu
from bot.translation.providers.deepl import DeepL
from bot.translation.providers.failures import FailureKind, TranslatorFailed
from bot.translation.providers.mymemory import MyMemory
from bot.translation.providers.provider import Provider, TranslatedText
from tasks.domain.errors import StoreFailed
from tasks.domain.ports import Translation, Translator
from tests.support.translator_server import KEY, Answer, Online, never, said_by_mymemory, says, translators


@dataclass
class Clock:
    time: int = 1_000_000

    def now(self) -> int:
        return self.time


@pytest.fixture
async def online() -> AsyncIterator[Online]:
    async with translators() as server:
        yield server


@pytest.fixture
def baidu(online: Online) -> Baidu:
    return Baidu(online.client, appid="id", secret=KEY, base_url=online.base)


@pytest.fixture
def mymemory(online: Online) -> MyMemory:
    return MyMemory(online.client, base_url=online.base)


@pytest.fixture
def deepl(online: Online) -> DeepL:
    return DeepL(online.client, key=KEY, base_url=online.base)


@dataclass
class Scripted:
    """A translator that says what it is told to, one answer after the other."""

    answers: list[TranslatedText | TranslatorFailed]
    name: str = "Scripted"
    asked: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)

    async def translate(self, texts: Sequence[str], language: str) -> list[TranslatedText]:
        self.asked += texts
        self.languages.append(language)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, TranslatorFailed):
            raise answer
        return [answer for _ in texts]


@dataclass
class Kept:
    """A store in memory. `fails`: its disk is full."""

    known: dict[str, str] = field(default_factory=dict)
    providers: list[str] = field(default_factory=list)
    fails: bool = False

    async def find(self, keys: Sequence[str]) -> Mapping[str, str]:
        if self.fails:
            raise StoreFailed("The disk is full.")
        return {one: self.known[one] for one in keys if one in self.known}

    async def keep(self, translations: Mapping[str, str], provider: str) -> None:
        if self.fails:
            raise StoreFailed("The disk is full.")
        self.known |= translations
        self.providers.append(provider)


# ---------------------------------------------------------------- the chain


def chain(
    *providers: Provider,
    timeout: float = 1.0,
    clock: Clock | None = None,
    store: TranslationStore | None = None,
    scope: Scope = "all",
) -> TranslatorChain:
    return TranslatorChain(
        providers,
        timeout=timeout,
        pause=60.0,
        retry_delay=0.0,
        clock=clock or Clock(),
        cache=TranslationCache(store),
        scope=scope,
    )


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


@pytest.mark.parametrize(
    "answer",
    [
        never,
        says({"trans_result": [{"dst": "狗"}]}),
        says({"error_code": "54004"}),
        says({"error_code": "54003"}),
        says("<html>"),
        says("", status=502),
        says({"trans_result": [{"dst": "\ud83d"}]}),
    ],
)
async def test_the_next_one_answers_when_the_first_fails_or_hangs(
    online: Online, baidu: Baidu, mymemory: MyMemory, answer: Answer
) -> None:
    online.answers["baidu"] = answer
    assert await chain(baidu, mymemory, timeout=1.5).to_english("狗") == Translation(text="mymemory's 1")


async def test_when_all_fail_the_original_is_sent_with_a_note(online: Online, baidu: Baidu, mymemory: MyMemory) -> None:
    online.answers["baidu"] = says({"error_code": "54003", "error_msg": "Invalid Access Limit"})
    online.answers["mymemory"] = says("", status=503)
    got = await chain(baidu, mymemory).to_english("狗 --v 7")
    assert got.text == "狗 --v 7"
    assert "Baidu: It received too many requests (54003)." in got.note
    assert "MyMemory: It could not be reached, or failed (HTTP 503)." in got.note


@pytest.mark.parametrize("english", ["", " ", "狗", "is 狗"])
async def test_an_empty_or_unchanged_answer_is_a_failure(online: Online, mymemory: MyMemory, english: str) -> None:
    online.answers["mymemory"] = says(said_by_mymemory(english))
    got = await chain(mymemory).to_english("狗")
    assert got.text == "狗"
    assert "returned the text untranslated" in got.note


async def test_nothing_is_waited_for_longer_than_the_limit(online: Online, baidu: Baidu, mymemory: MyMemory) -> None:
    online.answers |= {"baidu": never, "mymemory": never}
    async with asyncio.timeout(60):
        got = await chain(baidu, mymemory, timeout=0.1).to_english("狗")
    assert got.note.count("did not answer in time") == 2


async def test_one_that_failed_is_left_alone_for_a_while(online: Online, baidu: Baidu, mymemory: MyMemory) -> None:
    clock = Clock()
    translator = chain(baidu, mymemory, clock=clock)
    online.answers["baidu"] = says("", status=500)
    await translator.to_english("狗")
    online.answers.clear()
    clock.time += 59_999
    assert (await translator.to_english("猫")).text == "mymemory's 1"
    clock.time += 1
    assert (await translator.to_english("猫")).text == "baidu 1"
    assert online.heard == ["狗", "狗", "狗", "猫", "猫"]  # one that failed is asked twice


async def test_while_all_are_left_alone_nobody_is_asked(online: Online, baidu: Baidu) -> None:
    translator = chain(baidu)
    online.answers["baidu"] = says("", status=500)
    await translator.to_english("狗")
    assert (await translator.to_english("猫")).note == (
        "Not translated, sent as it is. Every translator failed a moment ago."
    )
    assert online.heard == ["狗", "狗"]


async def test_a_server_that_is_not_there(online: Online) -> None:
    got = await chain(MyMemory(online.client, base_url="http://127.0.0.1:9")).to_english("狗")
    assert got.note == "Not translated, sent as it is. MyMemory: It could not be reached, or failed (ConnectError)."


async def test_a_provider_that_breaks_is_a_failure_too() -> None:
    class Broken:
        name = "Broken"

        async def translate(self, texts: object, language: str) -> list[TranslatedText]:
            raise ZeroDivisionError

    got = await chain(Broken()).to_english("狗")
    assert got.note == "Not translated, sent as it is. Broken: Its answer was not understood."


async def test_being_cancelled_is_not_swallowed(online: Online, mymemory: MyMemory) -> None:
    asked = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        asked.set()
        return await never(request)

    online.answers["mymemory"] = answer
    task = asyncio.create_task(chain(mymemory, timeout=5).to_english("狗"), name="translate")
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_without_providers_nothing_needs_translation() -> None:
    assert not chain().needs("狗")
    assert await chain().to_english("狗") == Translation(text="狗")


# ---------------------------------------------------------------- what follows from a failure


@pytest.mark.parametrize(
    ("trouble", "wait", "seconds"),
    [
        (FailureKind.DOWN, None, 60),
        (FailureKind.BUSY, None, 60),
        (FailureKind.BUSY, 7.0, 7),
        (FailureKind.BUSY, 86_400.0, 3600),
        (FailureKind.QUOTA, None, 3600),
        (FailureKind.QUOTA, 18_602.0, 18_602),
        (FailureKind.KEY, None, 3600),
        (FailureKind.ODD, None, 60),
        (FailureKind.LANGUAGE, None, 0),
        (FailureKind.LENGTH, None, 0),
        (FailureKind.REFUSED, None, 0),
    ],
)
async def test_each_trouble_has_its_pause(trouble: FailureKind, wait: float | None, seconds: int) -> None:
    clock, failing = Clock(), Scripted([TranslatorFailed(trouble, wait=wait)])
    translator = chain(failing, clock=clock)
    await translator.to_english("狗")
    before = len(failing.asked)
    clock.time += seconds * 1000 - 1
    if seconds:
        await translator.to_english("狗")
        assert len(failing.asked) == before
    clock.time += 1
    await translator.to_english("狗")
    assert len(failing.asked) > before


@pytest.mark.parametrize("trouble", [FailureKind.QUOTA, FailureKind.KEY])
async def test_what_only_the_operator_can_mend_is_an_error_in_the_log(
    caplog: pytest.LogCaptureFixture, trouble: FailureKind
) -> None:
    translator = chain(Scripted([TranslatorFailed(trouble, "HTTP 456")]))
    for _ in range(3):
        await translator.to_english("狗")
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == [f"translator Scripted disabled for 3600 s: {trouble.value} (HTTP 456)."]


async def test_what_passes_is_tried_once_more() -> None:
    once = Scripted([TranslatorFailed(FailureKind.DOWN), TranslatedText("a dog")])
    assert await chain(once).to_english("狗") == Translation(text="a dog")
    assert once.asked == ["狗", "狗"]


async def test_one_that_asks_for_more_time_than_there_is_is_not_waited_for(mymemory: MyMemory) -> None:
    busy = Scripted([TranslatorFailed(FailureKind.BUSY, wait=30.0)])
    assert (await chain(busy, mymemory).to_english("狗")).text == "mymemory's 1"
    assert busy.asked == ["狗"]


# ---------------------------------------------------------------- languages


async def test_what_the_translator_takes_for_english_stays_as_it_was() -> None:
    said = Scripted([TranslatedText("A dog in the meadow, rephrased", "en-gb")])
    assert await chain(said).to_english("ein Hund auf der Wiese --ar 2:3") == Translation(
        text="ein Hund auf der Wiese --ar 2:3"
    )


async def test_the_words_for_english_do_not_keep_foreign_letters() -> None:
    assert (await chain(Scripted([TranslatedText("a red car", "en")])).to_english("a 红色 car")).text == "a red car"


@pytest.mark.parametrize(("prompt", "language"), [("一只狗", "zh"), ("犬が走る", "ja"), ("개", "ko"), ("собака", "")])
async def test_the_letters_tell_the_language(prompt: str, language: str) -> None:
    said = Scripted([TranslatedText("a dog")])
    assert (await chain(said).to_english(prompt)).text == "a dog"
    assert said.languages == [language]


async def test_latin_letters_can_be_left_alone() -> None:
    said = Scripted([TranslatedText("a dog")])
    translator = chain(said, scope="non-latin")
    assert not translator.needs("ein Hund auf der Wiese")
    assert (await translator.to_english("собака")).text == "a dog"


# ---------------------------------------------------------------- the cache


async def test_what_is_known_is_asked_of_nobody(online: Online, deepl: DeepL) -> None:
    store = Kept()
    translator = chain(deepl, store=store)
    first = await translator.to_english("一只狗 --no 树, 水, 树 --ar 2:3")
    assert first.text == "deepl 3 --no deepl 1, deepl 1, deepl 1 --ar 2:3"
    assert online.heard == ["一只狗", "树", "水"]
    assert store.providers == ["DeepL"]
    assert await translator.to_english("一只狗 --no 树, 水, 树 --ar 2:3") == first
    assert (await translator.to_english("一只狗和猫 --no 水")).text == "deepl 5 --no deepl 1"
    assert online.heard == ["一只狗", "树", "水", "一只狗和猫"]


async def test_failures_are_not_kept() -> None:
    store = Kept()
    await chain(Scripted([TranslatorFailed(FailureKind.LENGTH)]), store=store).to_english("狗")
    await chain(Scripted([TranslatedText("狗")]), store=store).to_english("狗")
    assert store.known == {}


async def test_a_store_that_cannot_be_read_or_written_stops_nothing() -> None:
    said = Scripted([TranslatedText("a dog")])
    translator = chain(said, store=Kept(fails=True))
    assert await translator.to_english("狗") == await translator.to_english("狗") == Translation(text="a dog")


async def test_the_store_gets_to_know_no_prompt() -> None:
    store = Kept()
    await chain(Scripted([TranslatedText("a dog")]), store=store).to_english("狗")
    assert store.known == {key("狗"): "a dog"}
    assert "狗" not in key("狗")
