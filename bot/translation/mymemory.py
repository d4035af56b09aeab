"""MyMemory's translator (api.mymemory.translated.net), which needs no key.

Law: one question holds 500 bytes at most, so that a long text is asked in sentences and put together again. The status
that counts is the one inside the answer; a warning in place of a translation is a failure.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx

from bot.translation.provider import TranslatorFailed, ask

MAX_BYTES = 500  # of one question, in UTF-8: MyMemory's own limit
AT_ONCE = 4  # questions in the air; more looks like abuse
_SENTENCE = re.compile(r"[^。！？；.!?;]*[。！？；.!?;]*")
_CLAUSE = re.compile(r"[^，、：,:]*[，、：,:]*")


class MyMemory:
    name = "MyMemory"

    def __init__(self, client: httpx.AsyncClient, *, base_url: str, email: str = "") -> None:
        self._client = client
        self._url = base_url.rstrip("/") + "/get"
        self._common = {"langpair": "zh-CN|en", **({"de": email} if email else {})}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def translate(self, texts: Sequence[str]) -> list[str]:
        lines = [[parts(line) for line in text.splitlines()] for text in texts]
        try:
            async with asyncio.TaskGroup() as group:
                asked = [[[self._start(group, part) for part in line] for line in text] for text in lines]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed  # one failure is enough; the rest was cancelled
        return ["\n".join(" ".join(part.result() for part in line) for line in text) for text in asked]

    def _start(self, group: asyncio.TaskGroup, text: str) -> asyncio.Task[str]:
        return group.create_task(self._ask(text), name="ask MyMemory")

    async def _ask(self, text: str) -> str:
        async with self._slots:
            return _read(await ask(self._client, "GET", self._url, params={"q": text, **self._common}))


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


def _read(answer: Mapping[str, Any]) -> str:
    data = answer.get("responseData")
    text = data.get("translatedText") if isinstance(data, dict) else None
    if str(answer.get("responseStatus")) != "200" or answer.get("quotaFinished") is True:
        reason = str(answer.get("responseDetails") or answer.get("responseStatus") or "no status")[:200]
        raise TranslatorFailed(f"It refused: {reason}.")
    if not isinstance(text, str) or text.startswith("MYMEMORY WARNING"):
        raise TranslatorFailed("Its answer was not understood.")
    return html.unescape(text)
