"""MyMemory (api.mymemory.translated.net), which needs no key.

Contract: a request holds at most 500 bytes, so longer texts are sent by sentence and rejoined. The status in the body
is the one that counts; a warning in place of a translation is a failure.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator, Sequence

import httpx

from bot.translation.providers.failures import FailureKind, TranslatorFailed
from bot.translation.providers.provider import Reply, TranslatedText, request

MAX_BYTES = 500  # per request, in UTF-8: MyMemory's own limit
AT_ONCE = 4  # concurrent requests; more looks like abuse
LANGUAGES = {"zh": "zh-CN", "ja": "ja", "ko": "ko"}
WARNING = "MYMEMORY WARNING"  # in place of a translation
SAME_LANGUAGE = "PLEASE SELECT TWO DISTINCT LANGUAGES"
# By words, as one status covers all failures.
FAILURES = {
    "USED ALL AVAILABLE FREE TRANSLATIONS": FailureKind.QUOTA,
    "QUERY LENGTH LIMIT": FailureKind.LENGTH,
    "INVALID LANGUAGE PAIR": FailureKind.LANGUAGE,
    "INVALID SOURCE LANGUAGE": FailureKind.LANGUAGE,
    "INVALID EMAIL": FailureKind.KEY,
}
_AGAIN = re.compile(r"NEXT AVAILABLE IN\s+(?:(\d+) HOURS?)?\s*(?:(\d+) MINUTES?)?\s*(?:(\d+) SECONDS?)?")
_SENTENCE = re.compile(r"[^。！？；.!?;]*[。！？；.!?;]*")
_CLAUSE = re.compile(r"[^，、：,:]*[，、：,:]*")


class MyMemory:
    name = "MyMemory"

    def __init__(self, client: httpx.AsyncClient, *, base_url: str, email: str = "") -> None:
        self._client = client
        self._url = base_url.rstrip("/") + "/get"
        self._common = {"de": email} if email else {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def translate(self, texts: Sequence[str], language: str) -> list[TranslatedText]:
        pair = f"{LANGUAGES.get(language, 'Autodetect')}|en"
        lines = [[parts(line) for line in text.splitlines()] for text in texts]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [[[self._start(group, part, pair) for part in line] for line in text] for text in lines]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed  # one failure suffices; the others were cancelled
        return [_joined([[part.result() for part in line] for line in text]) for text in tasks]

    def _start(self, group: asyncio.TaskGroup, text: str, pair: str) -> asyncio.Task[TranslatedText]:
        return group.create_task(self._request(text, pair), name="request MyMemory")

    async def _request(self, text: str, pair: str) -> TranslatedText:
        question = {"q": text, "langpair": pair, **self._common}
        async with self._slots:
            return _read(await request(self._client, "GET", self._url, params=question), text)


def _joined(lines: Sequence[Sequence[TranslatedText]]) -> TranslatedText:
    sources = {part.source for line in lines for part in line}
    english = "\n".join(" ".join(part.english for part in line) for line in lines)
    return TranslatedText(english, sources.pop() if len(sources) == 1 else "")


def parts(line: str) -> list[str]:
    """The line in pieces of at most `MAX_BYTES`: whole sentences where they fit, else clauses, else what fits."""
    packed: list[str] = []
    for piece in _pieces(line):
        if packed and len((packed[-1] + piece).encode()) <= MAX_BYTES:
            packed[-1] += piece
        else:
            packed.append(piece)
    return [part.strip() for part in packed if part.strip()]


def _pieces(line: str) -> Iterator[str]:
    for sentence in _SENTENCE.findall(line):
        if len(sentence.encode()) <= MAX_BYTES:
            yield sentence
            continue
        for clause in _CLAUSE.findall(sentence):
            step = len(clause) if len(clause.encode()) <= MAX_BYTES else MAX_BYTES // 4  # 4 bytes at most each
            yield from (clause[start : start + step] for start in range(0, len(clause), max(step, 1)))


def _read(reply: Reply, text: str) -> TranslatedText:
    status, details = str(reply.at("responseStatus")), str(reply.at("responseDetails") or "").upper()
    english = reply.at("responseData", "translatedText")
    if SAME_LANGUAGE in details or SAME_LANGUAGE in str(english):
        return TranslatedText(text, "en")  # the provider detected English
    if not reply.is_success or status != "200" or reply.at("quotaFinished") is True:
        raise _failed(reply, status, f"{details} {english}".upper())
    if not isinstance(english, str):
        raise TranslatorFailed(FailureKind.ODD)
    if english.startswith(WARNING):
        raise _failed(reply, status, english.upper())
    return TranslatedText(html.unescape(english), str(reply.at("responseData", "detectedLanguage") or "").lower())


def _failed(reply: Reply, status: str, details: str) -> TranslatorFailed:
    for words, kind in FAILURES.items():
        if words in details:
            return TranslatorFailed(kind, wait=_wait(details))
    if reply.at("quotaFinished") is True or status == "429":
        return TranslatorFailed(FailureKind.QUOTA, status, wait=reply.wait)
    failed = reply.failed({429: FailureKind.QUOTA})
    return TranslatorFailed(FailureKind.ODD, status[:10]) if reply.is_success else failed


def _wait(details: str) -> float | None:
    """Seconds, by "NEXT AVAILABLE IN 05 HOURS 12 MINUTES 41 SECONDS"."""
    if not (found := _AGAIN.search(details)):
        return None
    hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return hours * 3600.0 + minutes * 60 + seconds
