"""Baidu's translator (fanyi-api.baidu.com), with an id and a key.

Contract: one request for all texts of a prompt, as an ordinary account may send one per second. Each line of the
request has one entry in `trans_result`; a different count is a failure, never a guess.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

import httpx

from bot.translation.providers.failures import FailureKind, TranslatorFailed
from bot.translation.providers.provider import Reply, TranslatedText, request, texts_of

PATH = "/api/trans/vip/translate"
MAX_BYTES = 6000  # per request, in UTF-8: Baidu's own limit
SUCCESS = ("", "0", "52000")
LANGUAGES = {"zh": "zh", "ja": "jp", "ko": "kor"}
A_SECOND = 1.0  # the limit of an ordinary account
FAILURES = {
    "52001": FailureKind.DOWN,  # its own time-out
    "52002": FailureKind.DOWN,  # its own failure
    "52003": FailureKind.KEY,  # no such id, or the service is not switched on
    "54001": FailureKind.KEY,  # wrong signature
    "54003": FailureKind.BUSY,  # more requests per second than the account may send
    "54004": FailureKind.QUOTA,  # no money left
    "54005": FailureKind.BUSY,  # long requests too often
    "58000": FailureKind.KEY,  # an address that the account does not allow
    "58001": FailureKind.LANGUAGE,
    "58002": FailureKind.KEY,  # the service was switched off
    "58003": FailureKind.BUSY,  # the address is locked out for a day
    "90107": FailureKind.KEY,  # the account is not verified, or no longer
    "20003": FailureKind.REFUSED,  # its check of content
}
WAITS = {"54003": A_SECOND, "54005": 3 * A_SECOND, "58003": 86_400 * A_SECOND}


class Baidu:
    name = "Baidu"

    def __init__(self, client: httpx.AsyncClient, *, appid: str, secret: str, base_url: str) -> None:
        self._client = client
        self._appid = appid
        self._secret = secret
        self._url = base_url.rstrip("/") + PATH

    async def translate(self, texts: Sequence[str], language: str) -> list[TranslatedText]:
        # Baidu drops empty lines, so they are not sent, and inserted again afterwards.
        lines = [line for text in texts for line in text.splitlines() if line.strip()]
        source, found = await self._request(lines, LANGUAGES.get(language, "auto"))
        english = iter(found)
        whole = ["\n".join(next(english) if line.strip() else "" for line in text.splitlines()) for text in texts]
        return [TranslatedText(text, source) for text in whole]

    async def _request(self, lines: Sequence[str], language: str) -> tuple[str, list[str]]:
        question = "\n".join(lines)
        if len(question.encode()) > MAX_BYTES:
            raise TranslatorFailed(FailureKind.LENGTH)
        reply = await request(self._client, "POST", self._url, data=self._signed(question, language))
        if not reply.is_success:
            raise reply.failed({})
        return _read(reply, len(lines))

    def _signed(self, question: str, language: str) -> dict[str, str]:
        salt = secrets.token_hex(8)
        # Baidu's API requires MD5; it signs a request and protects no secret of the service.
        sign = hashlib.md5((self._appid + question + salt + self._secret).encode(), usedforsecurity=False).hexdigest()
        return {"q": question, "from": language, "to": "en", "appid": self._appid, "salt": salt, "sign": sign}


def _read(reply: Reply, count: int) -> tuple[str, list[str]]:
    """The language and the lines. A response without a result has an `error_code`."""
    code = str(reply.at("error_code") or "")
    if code not in SUCCESS:
        raise TranslatorFailed(FAILURES.get(code, FailureKind.ODD), code[:10], wait=WAITS.get(code))
    result = reply.at("trans_result")
    lines = [entry.get("dst") for entry in result if isinstance(entry, dict)] if isinstance(result, list) else None
    return str(reply.at("from") or "").lower(), texts_of(lines, count)
