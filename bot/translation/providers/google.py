"""Google Cloud Translation, the basic edition (v2), with a key.

Contract: one request for all texts of a prompt. The key travels in a header, as a URL would end up in logs.
"""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from bot.translation.providers.failures import FailureKind, TranslatorFailed
from bot.translation.providers.provider import Reply, TranslatedText, request, texts_of

PATH = "/language/translate/v2"
MAX_TEXTS = 128  # per request
MAX_BYTES = 100_000  # per request
# By the reason in the error; Google uses few HTTP statuses for many failures.
REASONS = {
    "dailyLimitExceeded": FailureKind.QUOTA,
    "quotaExceeded": FailureKind.QUOTA,
    "userRateLimitExceeded": FailureKind.BUSY,
    "rateLimitExceeded": FailureKind.BUSY,
    "RATE_LIMIT_EXCEEDED": FailureKind.BUSY,
    "API_KEY_INVALID": FailureKind.KEY,
    "SERVICE_DISABLED": FailureKind.KEY,
    "BILLING_DISABLED": FailureKind.KEY,
}
STATUSES = {
    400: FailureKind.LANGUAGE,
    401: FailureKind.KEY,
    403: FailureKind.KEY,
    404: FailureKind.KEY,  # a wrong address
    413: FailureKind.LENGTH,
    429: FailureKind.BUSY,
}


class Google:
    name = "Google"

    def __init__(self, client: httpx.AsyncClient, *, key: str, base_url: str) -> None:
        self._client = client
        self._headers = {"X-Goog-Api-Key": key}
        self._url = base_url.rstrip("/") + PATH

    async def translate(self, texts: Sequence[str], language: str) -> list[TranslatedText]:
        del language  # detected by the provider, text by text
        if len(texts) > MAX_TEXTS or sum(len(text.encode()) for text in texts) > MAX_BYTES:
            raise TranslatorFailed(FailureKind.LENGTH)
        question = {"q": [*texts], "target": "en", "format": "text"}
        reply = await request(self._client, "POST", self._url, json=question, headers=self._headers)
        if not reply.is_success:
            raise _failed(reply)
        found = reply.at("data", "translations")
        places = range(len(found) if isinstance(found, list) else 0)
        english = texts_of([reply.at("data", "translations", n, "translatedText") for n in places], len(texts))
        sources = [str(reply.at("data", "translations", n, "detectedSourceLanguage") or "").lower() for n in places]
        return [TranslatedText(text, source) for text, source in zip(english, sources, strict=True)]


def _failed(reply: Reply) -> TranslatorFailed:
    reasons = (reply.at("error", "errors", 0, "reason"), reply.at("error", "details", 0, "reason"))
    for reason in reasons:
        if isinstance(reason, str) and reason in REASONS:
            return TranslatorFailed(REASONS[reason], reason, wait=reply.wait)
    return reply.failed(STATUSES)
