"""Each translator against a server that speaks as its documents say: what is asked, what is read, what each refusal
means."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.translation.providers import deepl
from bot.translation.providers.baidu import Baidu
from bot.translation.providers.chat import ChatModel, cleaned
from bot.translation.providers.deepl import DeepL
from bot.translation.providers.failures import FailureKind, TranslatorFailed
from bot.translation.providers.google import Google
from bot.translation.providers.google_keyless import GoogleKeyless
from bot.translation.providers.libretranslate import LibreTranslate
from bot.translation.providers.mymemory import MAX_BYTES, MyMemory, parts
from bot.translation.providers.provider import Provider, TranslatedText
from tests.support.translator_server import KEY, Answer, Online, chat_says, said_by_mymemory, says, translators

MAKERS: dict[str, Callable[[httpx.AsyncClient, str, str], Provider]] = {
    "baidu": lambda client, base, key: Baidu(client, appid="id", secret=key, base_url=base),
    "deepl": lambda client, base, key: DeepL(client, key=key, base_url=base),
    "google": lambda client, base, key: Google(client, key=key, base_url=base),
    "keyless": lambda client, base, key: GoogleKeyless(client, base_url=base),
    "libretranslate": lambda client, base, key: LibreTranslate(client, base_url=base, key=key),
    "chat": lambda client, base, key: ChatModel(client, base_url=f"{base}/v1", model="m", key=key),
    "mymemory": lambda client, base, key: MyMemory(client, base_url=base),
}


@pytest.fixture
async def online() -> AsyncIterator[Online]:
    async with translators() as server:
        yield server


async def translated(online: Online, name: str, *texts: str, language: str = "") -> list[TranslatedText]:
    return await MAKERS[name](online.client, online.base, KEY).translate(texts, language)


async def trouble(online: Online, name: str, *texts: str, key: str = KEY) -> TranslatorFailed:
    with pytest.raises(TranslatorFailed) as caught:
        await MAKERS[name](online.client, online.base, key).translate(texts or ("狗",), "")
    assert key not in str(caught.value)
    assert "狗" not in str(caught.value)
    return caught.value


# ---------------------------------------------------------------- what is asked and read


@pytest.mark.parametrize(
    ("name", "source"),
    [("baidu", "de"), ("deepl", "zh"), ("google", "zh-cn"), ("keyless", "zh-cn"), ("libretranslate", "zh-hans"),
     ("chat", ""), ("mymemory", "")],
)  # fmt: skip
async def test_each_text_is_answered_in_order(online: Online, name: str, source: str) -> None:
    said = await translated(online, name, "一只狗", "树")
    word = {"libretranslate": "libre", "mymemory": "mymemory's"}.get(name, name)
    assert [one.english for one in said] == [f"{word} 3", f"{word} 1"]
    assert [one.source for one in said] == [source, source]
    assert sorted("\n".join(online.heard).split("\n")) == ["一只狗", "树"]


@pytest.mark.parametrize("name", MAKERS)
async def test_no_key_travels_in_an_address(online: Online, name: str) -> None:
    await translated(online, name, "狗")
    assert not any(KEY in path for path in online.paths)


@pytest.mark.parametrize("name", ["deepl", "google", "libretranslate", "chat", "baidu"])
async def test_a_wrong_key_is_for_the_operator(online: Online, name: str) -> None:
    failed = await trouble(online, name, key="a-wrong-key")
    assert failed.kind is FailureKind.KEY
    assert failed.consequence.operator


async def test_baidu_takes_lines_of_all_texts_in_one_request(online: Online) -> None:
    said = await translated(online, "baidu", "一只狗\n\n一只大猫", "树", language="zh")
    assert said == [TranslatedText("baidu 3\n\nbaidu 4", "zh"), TranslatedText("baidu 1", "zh")]
    assert online.heard == ["一只狗\n一只大猫\n树"]


def test_the_key_says_which_deepl_is_meant() -> None:
    assert deepl.host_for("abc:fx") == "https://api-free.deepl.com"
    assert deepl.host_for("abc") == "https://api.deepl.com"


async def test_google_keyless_puts_sentences_together(online: Online) -> None:
    online.answers["keyless"] = says(
        [[["A dog. ", "狗。"], ["It runs.\n", "跑\n"], ["A cat.", "猫"], [None, "x"]], None, "zh"]
    )
    assert await translated(online, "keyless", "狗。跑", "猫") == [
        TranslatedText("A dog. It runs.", "zh"),
        TranslatedText("A cat.", "zh"),
    ]


async def test_libretranslate_of_old_tells_one_language(online: Online) -> None:
    online.answers["libretranslate"] = says({"translatedText": ["a"], "detectedLanguage": {"language": "DE"}})
    assert await translated(online, "libretranslate", "x") == [TranslatedText("a", "de")]


async def test_mymemory_keeps_order_lines_and_entities(online: Online) -> None:
    said = await translated(online, "mymemory", "一只狗\n猫", "树")
    assert [one.english for one in said] == ["mymemory's 3\nmymemory's 1", "mymemory's 1"]


async def test_mymemory_takes_a_long_text_in_sentences(online: Online) -> None:
    text = "一只狗在草地上跑。" * 40
    [said] = await translated(online, "mymemory", text)
    assert "".join(online.heard) == text
    assert all(question.endswith("。") for question in online.heard)
    assert said.english == " ".join(f"mymemory's {len(question)}" for question in online.heard)


@pytest.mark.parametrize(("language", "pair"), [("zh", "zh-CN|en"), ("ja", "ja|en"), ("", "Autodetect|en")])
async def test_mymemory_is_told_the_language_and_the_address(online: Online, language: str, pair: str) -> None:
    seen: list[tuple[str, str | None]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.query["langpair"], request.query.get("de")))
        return web.json_response(said_by_mymemory("dog"))

    online.answers["mymemory"] = answer
    await MyMemory(online.client, base_url=f"{online.base}/", email="me@a.example").translate(["狗"], language)
    await MyMemory(online.client, base_url=online.base).translate(["狗"], language)
    assert seen == [(pair, "me@a.example"), (pair, None)]


async def test_mymemory_that_finds_english_says_so(online: Online) -> None:
    told = said_by_mymemory("", responseStatus="403", responseDetails="PLEASE SELECT TWO DISTINCT LANGUAGES")
    online.answers["mymemory"] = says(told)
    assert await translated(online, "mymemory", "a dog") == [TranslatedText("a dog", "en")]


# ---------------------------------------------------------------- what refusals mean

A_DOG = {"trans_result": [{"dst": "a dog"}]}
REFUSALS = [
    ("baidu", says({"error_code": "52001", "error_msg": "TIMEOUT"}), FailureKind.DOWN, None),
    ("baidu", says({"error_code": 52003, "error_msg": "UNAUTHORIZED USER"}), FailureKind.KEY, None),
    ("baidu", says({"error_code": "54003", "error_msg": "Invalid Access Limit"}), FailureKind.BUSY, 1.0),
    ("baidu", says({"error_code": "54004", "error_msg": "Please recharge"}), FailureKind.QUOTA, None),
    ("baidu", says({"error_code": "54005"}), FailureKind.BUSY, 3.0),
    ("baidu", says({"error_code": "58001"}), FailureKind.LANGUAGE, None),
    ("baidu", says({"error_code": "58002"}), FailureKind.KEY, None),
    ("baidu", says({"error_code": "20003"}), FailureKind.REFUSED, None),
    ("baidu", says({"error_code": "99999"}), FailureKind.ODD, None),
    ("baidu", says({"trans_result": [{"dst": 5}]}), FailureKind.ODD, None),
    ("baidu", says({"trans_result": [{"dst": "a"}, {"dst": "b"}]}), FailureKind.ODD, None),
    ("baidu", says({"trans_result": "dog"}), FailureKind.ODD, None),
    ("baidu", says(A_DOG, status=502), FailureKind.DOWN, None),
    ("deepl", says({"message": "Value for 'source_lang' not supported."}, 400), FailureKind.LANGUAGE, None),
    ("deepl", says("", 413), FailureKind.LENGTH, None),
    ("deepl", says({"message": "Too many requests"}, 429), FailureKind.BUSY, None),
    ("deepl", says({"message": "Too many requests"}, 429, **{"Retry-After": "7"}), FailureKind.BUSY, 7.0),
    ("deepl", says({"message": "Quota exceeded"}, 456), FailureKind.QUOTA, None),
    ("deepl", says("", 503), FailureKind.DOWN, None),
    ("deepl", says("", 529), FailureKind.BUSY, None),
    ("deepl", says({"translations": []}), FailureKind.ODD, None),
    ("deepl", says({"translations": [{"text": None}]}), FailureKind.ODD, None),
    ("google", says({"error": {"errors": [{"reason": "dailyLimitExceeded"}]}}, 403), FailureKind.QUOTA, None),
    ("google", says({"error": {"errors": [{"reason": "userRateLimitExceeded"}]}}, 403), FailureKind.BUSY, None),
    ("google", says({"error": {"errors": [{"reason": "accessNotConfigured"}]}}, 403), FailureKind.KEY, None),
    ("google", says({"error": {"details": [{"reason": "API_KEY_INVALID"}]}}, 400), FailureKind.KEY, None),
    ("google", says({"error": {"message": "Bad language pair", "errors": [{"reason": "badRequest"}]}}, 400),
     FailureKind.LANGUAGE, None),
    ("google", says({"error": {"status": "RESOURCE_EXHAUSTED"}}, 429), FailureKind.BUSY, None),
    ("google", says({"error": []}, 500), FailureKind.DOWN, None),
    ("google", says({"data": {"translations": "x"}}), FailureKind.ODD, None),
    ("keyless", says("<html>unusual traffic", 429), FailureKind.BUSY, 600.0),
    ("keyless", says("", 302, Location="https://www.google.com/sorry/index"), FailureKind.BUSY, 600.0),
    ("keyless", says("", 413), FailureKind.LENGTH, None),
    ("keyless", says([[["A dog\nand more", "狗"]], None, "zh"]), FailureKind.ODD, None),
    ("keyless", says({"sentences": []}), FailureKind.ODD, None),
    ("libretranslate", says({"error": "xx is not supported"}, 400), FailureKind.LANGUAGE, None),
    ("libretranslate", says({"error": "Invalid request: request (9) exceeds text limit (5)"}, 400),
     FailureKind.LENGTH, None),
    ("libretranslate", says({"error": "Invalid API key"}, 403), FailureKind.KEY, None),
    ("libretranslate", says({"error": "Slowdown: Too many requests"}, 429), FailureKind.BUSY, None),
    ("libretranslate", says({"error": "Cannot translate text"}, 500), FailureKind.DOWN, None),
    ("libretranslate", says({"translatedText": "one text"}), FailureKind.ODD, None),
    (
        "chat",
        says({"error": {"code": "insufficient_quota", "type": "insufficient_quota"}}, 429),
        FailureKind.QUOTA,
        None,
    ),
    ("chat", says({"error": {"code": "rate_limit_exceeded"}}, 429, **{"Retry-After": "2"}), FailureKind.BUSY, 2.0),
    ("chat", says({"error": {"message": "Insufficient Balance"}}, 402), FailureKind.QUOTA, None),
    ("chat", says({"error": {"code": "model_not_found"}}, 404), FailureKind.KEY, None),
    ("chat", says({"error": {"code": "context_length_exceeded"}}, 400), FailureKind.LENGTH, None),
    ("chat", says({"error": "model 'm' not found"}, 404), FailureKind.KEY, None),
    ("chat", says({"choices": []}), FailureKind.ODD, None),
    ("chat", says({"choices": [{"message": {"content": "no", "refusal": "I can't"}}]}), FailureKind.REFUSED, None),
    ("chat", says({"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]}), FailureKind.REFUSED,
     None),
    ("chat", says({"choices": [{"message": {"content": "a do"}, "finish_reason": "length"}]}), FailureKind.ODD, None),
    ("mymemory", says(said_by_mymemory("MYMEMORY WARNING: YOU USED ALL AVAILABLE FREE TRANSLATIONS FOR TODAY. NEXT "
     "AVAILABLE IN 05 HOURS 10 MINUTES 02 SECONDS VISIT"), 429), FailureKind.QUOTA, 5 * 3600 + 602),
    ("mymemory", says(said_by_mymemory("dog", responseStatus=429, responseDetails="LIMIT")), FailureKind.QUOTA, None),
    ("mymemory", says(said_by_mymemory("dog", quotaFinished=True)), FailureKind.QUOTA, None),
    ("mymemory", says(said_by_mymemory("", responseStatus="403", responseDetails="'X' IS AN INVALID SOURCE LANGUAGE")),
     FailureKind.LANGUAGE, None),
    ("mymemory", says(said_by_mymemory("", responseStatus="403", responseDetails="INVALID EMAIL PROVIDED")),
     FailureKind.KEY, None),
    ("mymemory", says(said_by_mymemory("dog", responseStatus="403")), FailureKind.ODD, None),
    ("mymemory", says(said_by_mymemory("MYMEMORY WARNING: SOMETHING")), FailureKind.ODD, None),
    ("mymemory", says(said_by_mymemory(None)), FailureKind.ODD, None),
    ("mymemory", says({"responseData": "dog", "responseStatus": 200}), FailureKind.ODD, None),
    ("mymemory", says(said_by_mymemory("dog"), status=500), FailureKind.DOWN, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "meant", "wait"), REFUSALS)
async def test_each_refusal_is_understood(
    online: Online, name: str, answer: Answer, meant: FailureKind, wait: float | None
) -> None:
    online.answers[name] = answer
    failed = await trouble(online, name)
    assert (failed.kind, failed.wait) == (meant, wait)


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("body", ["<html>", "", "[1]", '"x"', "null", "{}", "[" * 100_000, '{"error":7}'])
async def test_what_is_no_answer_is_a_failure(online: Online, name: str, body: str) -> None:
    for status in (200, 400, 403, 429, 500, 302):
        online.answers[name] = says(body, status)
        await trouble(online, name)


@pytest.mark.parametrize("name", MAKERS)
async def test_a_server_that_is_not_there(online: Online, name: str) -> None:
    with pytest.raises(TranslatorFailed, match=r"could not be reached, or failed \(ConnectError\)"):
        await MAKERS[name](online.client, "http://127.0.0.1:9", KEY).translate(["狗"], "")


@pytest.mark.parametrize(
    ("name", "texts"),
    [("baidu", ["狗" * 2001]), ("deepl", ["狗"] * 51), ("deepl", ["狗" * 60_000]), ("google", ["狗"] * 129),
     ("google", ["狗" * 40_000]), ("keyless", ["狗" * 5001])],
)  # fmt: skip
async def test_nobody_is_asked_for_more_than_he_takes(online: Online, name: str, texts: list[str]) -> None:
    assert (await trouble(online, name, *texts)).kind is FailureKind.LENGTH
    assert online.heard == []


# ---------------------------------------------------------------- MyMemory's parts, a model's answer


@given(st.text(st.sampled_from("狗a，。𠀀 "), max_size=2000))
def test_parts_are_small_and_complete(text: str) -> None:
    found = parts(text)
    assert all(0 < len(part.encode()) <= MAX_BYTES for part in found)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("a dog", "a dog"),
        ('"a dog"', "a dog"),
        ("“a dog”", "a dog"),
        ("```\na dog\n```", "a dog"),
        ("```text\na dog\n```", "a dog"),
        ("Translation: a dog", "a dog"),
        ('English translation: "a dog"', "a dog"),
        ("a dog\non grass", "a dog on grass"),
        ("<think>the user wants a dog</think>\n\na dog", "a dog"),
        ('a dog says "hi"', 'a dog says "hi"'),
    ],
)
def test_what_a_model_puts_around_is_taken_off(answer: str, expected: str) -> None:
    assert cleaned(answer, "一只狗") == expected


@pytest.mark.parametrize("answer", ["", "  ", '""', "```\n```", "I'd be glad to help! " * 20, "<think>x</think>"])
def test_what_is_no_translation_is_refused(answer: str) -> None:
    with pytest.raises(TranslatorFailed):
        cleaned(answer, "一只狗")


@given(st.text(max_size=300), st.text(min_size=1, max_size=40))
def test_a_models_answer_is_one_line_of_plausible_length_or_none(answer: str, text: str) -> None:
    try:
        said = cleaned(answer, text)
    except TranslatorFailed:
        return
    assert 0 < len(said) <= 12 * len(text) + 60
    assert "\n" not in said


async def test_a_model_is_asked_for_each_text_by_itself(online: Online) -> None:
    async def answer(request: web.Request) -> web.Response:
        return chat_says('"a quoted dog"')

    online.answers["chat"] = answer
    said = await translated(online, "chat", "狗", "猫")
    assert said == [TranslatedText("a quoted dog"), TranslatedText("a quoted dog")]
    assert sorted(online.heard) == ["狗", "猫"]
    assert online.headers["Authorization"] == f"Bearer {KEY}"
