"""DeepL, free and pro, with a key.

Contract: one request for all texts of a prompt. The key travels in a header; its suffix shows at which host it is
valid.
"""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from bot.translation.providers.failures import FailureKind, TranslatorFailed
from bot.translation.providers.provider import TranslatedText, request, texts_of

FREE, PRO = "https://api-free.deepl.com", "https://api.deepl.com"
FREE_KEY = ":fx"  # how the keys of the free plan end
PATH = "/v2/translate"
MAX_TEXTS = 50  # per request
MAX_BYTES = 120_000  # per request; its limit is 128 KiB
FAILURES = {
    400: FailureKind.LANGUAGE,  # texts and target are always valid, so the detected language is the problem
    401: FailureKind.KEY,
    403: FailureKind.KEY,
    404: FailureKind.KEY,  # a wrong address
    413: FailureKind.LENGTH,
    414: FailureKind.LENGTH,
    429: FailureKind.BUSY,
    456: FailureKind.QUOTA,
    529: FailureKind.BUSY,
}


def host_for(key: str) -> str:
    return FREE if key.endswith(FREE_KEY) else PRO


class DeepL:
    name = "DeepL"

    def __init__(self, client: httpx.AsyncClient, *, key: str, base_url: str = "") -> None:
        """Without an address the key says which of DeepL's own is meant."""
        self._client = client
        self._headers = {"Authorization": f"DeepL-Auth-Key {key}"}
        self._url = (base_url or host_for(key)).rstrip("/") + PATH

    async def translate(self, texts: Sequence[str], language: str) -> list[TranslatedText]:
        del language  # detected by the provider, text by text
        if len(texts) > MAX_TEXTS or sum(len(text.encode()) for text in texts) > MAX_BYTES:
            raise TranslatorFailed(FailureKind.LENGTH)
        question = {"text": [*texts], "target_lang": "EN-US"}
        reply = await request(self._client, "POST", self._url, json=question, headers=self._headers)
        if not reply.is_success:
            raise reply.failed(FAILURES)
        places = range(len(reply.at("translations") or ()))
        english = texts_of([reply.at("translations", place, "text") for place in places], len(texts))
        sources = [str(reply.at("translations", place, "detected_source_language") or "").lower() for place in places]
        return [TranslatedText(text, source) for text, source in zip(english, sources, strict=True)]
