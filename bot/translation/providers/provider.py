"""The interface of a translation provider, and its HTTP requests.

Contract: every failure of a provider is a `TranslatorFailed`, whose text may be shown to callers and contains no
secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from bot.translation.providers.failures import FailureKind, TranslatorFailed


@dataclass(frozen=True, slots=True)
class TranslatedText:
    """One translated text."""

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
        """The display name."""

    async def translate(self, texts: Sequence[str], language: str) -> list[TranslatedText]:
        """Each text in English, in order. `language` is `zh`, `ja`, `ko`, or "" if the provider must detect it.

        Raises `TranslatorFailed`.
        """


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: Any  # the JSON; None for other bodies
    wait: float | None  # seconds, from Retry-After

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def at(self, *path: str | int) -> Any:
        """The value at this path of the body; None if the body has no such path."""
        value = self.body
        for step in path:
            try:
                value = value[step]
            except (TypeError, KeyError, IndexError):
                return None
        return value

    def failed(self, table: Mapping[int, FailureKind]) -> TranslatorFailed:
        """The failure for the HTTP status."""
        kind = table.get(self.status, FailureKind.DOWN if self.status >= 500 else FailureKind.ODD)
        return TranslatorFailed(kind, f"HTTP {self.status}", wait=self.wait)


async def request(client: httpx.AsyncClient, method: str, url: str, **more: Any) -> Reply:
    """Send one request and return the reply, whatever its status. `more`: arguments of httpx."""
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
    """The texts of a reply. A count that differs from `count` is a failure, never a guess."""
    if not isinstance(values, list) or len(values) != count or not all(isinstance(value, str) for value in values):
        raise TranslatorFailed(FailureKind.ODD)
    return values
