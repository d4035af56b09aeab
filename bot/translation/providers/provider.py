"""What a translator is to the chain, and how it is asked over HTTP.

Law: whatever goes wrong with a provider is a `TranslatorFailed`; its text may be shown to callers and holds no secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from bot.translation.providers.failures import FailureKind, TranslatorFailed


@dataclass(frozen=True, slots=True)
class TranslatedText:
    """One text as a translator says it in English."""

    english: str
    source: str = (
        ""  # the language it took the text for, in lower case, such as `de` or `zh-cn`; "" when it does not say
    )

    @property
    def was_english(self) -> bool:
        return self.source.partition("-")[0] == "en"


class Provider(Protocol):
    @property
    def name(self) -> str:
        """What people call it."""

    async def translate(self, texts: Sequence[str], language: str) -> list[TranslatedText]:
        """Each text in English, in order. `language` is `zh`, `ja`, `ko` or "", where it must find out by itself.

        Raises `TranslatorFailed`.
        """


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: Any  # the JSON; None when it was none
    wait: float | None  # seconds, by Retry-After

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def at(self, *path: str | int) -> Any:
        """What stands at this place of the body; None when there is nothing, or the body is of another shape."""
        value = self.body
        for step in path:
            try:
                value = value[step]
            except (TypeError, KeyError, IndexError):
                return None
        return value

    def failed(self, table: Mapping[int, FailureKind]) -> TranslatorFailed:
        """The failure by the HTTP status."""
        trouble = table.get(self.status, FailureKind.DOWN if self.status >= 500 else FailureKind.ODD)
        return TranslatorFailed(trouble, f"HTTP {self.status}", wait=self.wait)


async def ask(client: httpx.AsyncClient, method: str, url: str, **more: Any) -> Reply:
    """One request, and what was answered, whatever the status. `more` is httpx's."""
    try:
        response = await client.request(method, url, **more)
    except httpx.TimeoutException as error:
        raise TranslatorFailed(FailureKind.SLOW) from error
    except httpx.HTTPError as error:
        raise TranslatorFailed(FailureKind.DOWN, type(error).__name__) from error
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = None
    return Reply(response.status_code, body, _seconds(response.headers.get("Retry-After", "")))


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def texts_of(values: Any, count: int) -> list[str]:
    """As many texts as were asked for. A count that differs is a failure, never a guess."""
    if not isinstance(values, list) or len(values) != count or not all(isinstance(value, str) for value in values):
        raise TranslatorFailed(FailureKind.ODD)
    return values
