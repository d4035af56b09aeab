"""LibreTranslate, which anyone can host. It takes a key if its operator requires one.

Contract: one request for all texts of a prompt. There is no default address, as the operator decides which server may
read prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from bot.translation.providers.failures import FailureKind, TranslatorFailed
from bot.translation.providers.provider import Reply, TranslatedText, request, texts_of

PATH = "/translate"
FAILURES = {
    400: FailureKind.LANGUAGE,
    401: FailureKind.KEY,
    403: FailureKind.KEY,  # no key, a wrong one, or the address is banned
    404: FailureKind.KEY,  # a wrong address
    413: FailureKind.LENGTH,
    429: FailureKind.BUSY,
}
TOO_LONG = "exceeds text limit"  # how its words for a 400 end then


class LibreTranslate:
    name = "LibreTranslate"

    def __init__(self, client: httpx.AsyncClient, *, base_url: str, key: str = "") -> None:
        self._client = client
        self._url = base_url.rstrip("/") + PATH
        self._common = {"source": "auto", "target": "en", "format": "text", **({"api_key": key} if key else {})}

    async def translate(self, texts: Sequence[str], language: str) -> list[TranslatedText]:
        del language  # detected by the provider, text by text
        reply = await request(self._client, "POST", self._url, json={"q": [*texts], **self._common})
        if not reply.is_success:
            raise _failed(reply)
        english = texts_of(reply.at("translatedText"), len(texts))
        return [TranslatedText(text, _source(reply, place)) for place, text in enumerate(english)]


def _source(reply: Reply, place: int) -> str:
    """Older servers return one language for the whole list."""
    detected: Any = reply.at("detectedLanguage", place, "language") or reply.at("detectedLanguage", "language")
    return str(detected or "").lower()


def _failed(reply: Reply) -> TranslatorFailed:
    if reply.status == 400 and TOO_LONG in str(reply.at("error")):
        return TranslatorFailed(FailureKind.LENGTH, "HTTP 400")
    return reply.failed(FAILURES)
