"""Google's translator as its own browser extensions ask it, without a key.

Law: nobody promises this end point; what it answers is read with care, and a change of it is a failure like any other.
All texts of a prompt are the lines of one question, as an address that asks often is soon locked out.
"""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from bot.translation.providers.failures import FailureKind, TranslatorFailed
from bot.translation.providers.provider import Reply, TranslatedText, ask

PATH = "/translate_a/single"
MAX_LENGTH = 5000  # characters of one question
LOCKED_OUT = 600.0  # seconds; it asks for a captcha, and says nothing of when to come again
TROUBLES = {
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
        del language  # it finds out by itself
        counts = [len(text.splitlines()) for text in texts]
        question = "\n".join(line for text in texts for line in text.splitlines())
        if len(question) > MAX_LENGTH:
            raise TranslatorFailed(FailureKind.LENGTH)
        query = {"client": "gtx", "sl": "auto", "tl": "en", "dt": "t"}
        reply = await ask(self._client, "POST", self._url, params=query, data={"q": question})
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
    said = [sentence[0] for sentence in sentences if isinstance(sentence, list) and sentence]
    return "".join(part for part in said if isinstance(part, str)).split("\n")


def _failed(reply: Reply) -> TranslatorFailed:
    failed = reply.failed(TROUBLES)
    return (
        TranslatorFailed(FailureKind.BUSY, f"HTTP {reply.status}", wait=reply.wait or LOCKED_OUT)
        if failed.trouble is FailureKind.BUSY
        else failed
    )
