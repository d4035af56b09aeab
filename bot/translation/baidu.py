"""Baidu's translator (fanyi-api.baidu.com), with an id and a key.

Law: one request for all texts of a prompt, as an ordinary account may ask once a second. Each line of the question is
answered by one entry of `trans_result`; a count that differs is a failure, never a guess.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from bot.translation.provider import TranslatorFailed, ask

PATH = "/api/trans/vip/translate"
MAX_BYTES = 6000  # of one question, in UTF-8: Baidu's own limit
SUCCESS = ("", "0", "52000")


class Baidu:
    name = "Baidu"

    def __init__(self, client: httpx.AsyncClient, *, appid: str, secret: str, base_url: str) -> None:
        self._client = client
        self._appid = appid
        self._secret = secret
        self._url = base_url.rstrip("/") + PATH

    async def translate(self, texts: Sequence[str]) -> list[str]:
        # Baidu drops empty lines, so they are not asked for, and put back afterwards.
        lines = [line for text in texts for line in text.splitlines() if line.strip()]
        english = iter(await self._ask(lines))
        return ["\n".join(next(english) if line.strip() else "" for line in text.splitlines()) for text in texts]

    async def _ask(self, lines: Sequence[str]) -> list[str]:
        question = "\n".join(lines)
        if len(question.encode()) > MAX_BYTES:
            raise TranslatorFailed("The prompt is too long for it.")
        return _read(await ask(self._client, "POST", self._url, data=self._signed(question)), len(lines))

    def _signed(self, question: str) -> dict[str, str]:
        salt = secrets.token_hex(8)
        # MD5 is what Baidu's contract asks for; it signs a question and guards nothing of ours.
        sign = hashlib.md5((self._appid + question + salt + self._secret).encode(), usedforsecurity=False).hexdigest()
        return {"q": question, "from": "zh", "to": "en", "appid": self._appid, "salt": salt, "sign": sign}


def _read(answer: Mapping[str, Any], count: int) -> list[str]:
    """The answer's lines. An answer without a result says why in `error_code` and `error_msg`."""
    error = str(answer.get("error_code") or "")
    if error not in SUCCESS:
        raise TranslatorFailed(f"It refused: {error} {answer.get('error_msg') or ''}".strip() + ".")
    result = answer.get("trans_result")
    lines = [entry.get("dst") for entry in result if isinstance(entry, dict)] if isinstance(result, list) else []
    if len(lines) != count or not all(isinstance(line, str) for line in lines):
        raise TranslatorFailed("Its answer was not understood.")
    return [str(line) for line in lines]
