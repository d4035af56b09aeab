"""Google's translator through the endpoint of its browser extensions, without a key.

Contract: the endpoint is undocumented, so its responses are parsed defensively, and a change of it is an ordinary
failure. All texts of a prompt are lines of one request, as frequent requests are soon locked out.
"""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from bot.translation.providers.failures import FailureKind, TranslatorFailed
from bot.translation.providers.provider import Reply, TranslatedText, request

PATH = "/translate_a/single"
MAX_LENGTH = 5000  # characters per request
LOCKED_OUT = 600.0  # seconds; Google requires a captcha and names no time
FAILURES = {
    302: FailureKind.BUSY,  # to the page with the captcha
    400: FailureKind.LANGUAGE,
    403: FailureKind.BUSY,
    413: FailureKind.LENGTH,
    429: FailureKind.BUSY,
}


class GoogleKeyless:
    name = "Google (keyless)"

    def __init__(self, client: httpx.AsyncClient, *, base_url: str) -> None:
        self._client = client
        self._url = base_url.rstrip("/") + PATH

    async def translate(self, texts: Sequence[str], language: str) -> list[TranslatedText]:
        del language  # detected by the provider
        counts = [len(text.splitlines()) for text in texts]
        question = "\n".join(line for text in texts for line in text.splitlines())
        if len(question) > MAX_LENGTH:
            raise TranslatorFailed(FailureKind.LENGTH)
        query = {"client": "gtx", "sl": "auto", "tl": "en", "dt": "t"}
        reply = await request(self._client, "POST", self._url, params=query, data={"q": question})
        if not reply.is_success:
            raise _failed(reply)
        lines = _lines(reply)
        if len(lines) != sum(counts):
            raise TranslatorFailed(FailureKind.ODD)
        english = iter(lines)
        source = str(reply.at(2) or "").lower()
        return [TranslatedText("\n".join(next(english) for _ in range(count)), source) for count in counts]


def _lines(reply: Reply) -> list[str]:
    """Sentence by sentence, `[[["A dog.", "Ein Hund.", …], …], null, "de", …]`, with the breaks of lines in them."""
    sentences = reply.at(0)
    if not isinstance(sentences, list):
        raise TranslatorFailed(FailureKind.ODD)
    translated = [sentence[0] for sentence in sentences if isinstance(sentence, list) and sentence]
    return "".join(part for part in translated if isinstance(part, str)).split("\n")


def _failed(reply: Reply) -> TranslatorFailed:
    failed = reply.failed(FAILURES)
    return (
        TranslatorFailed(FailureKind.BUSY, f"HTTP {reply.status}", wait=reply.wait or LOCKED_OUT)
        if failed.kind is FailureKind.BUSY
        else failed
    )
