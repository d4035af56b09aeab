"""What a translator is to the chain, and how it is asked over HTTP.

Law: whatever goes wrong with a provider is a `TranslatorFailed`; its text may be shown to callers and holds no secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import httpx

from tasks.errors import ServiceError


class TranslatorFailed(ServiceError):
    """The translator gave no translation."""

    code = "translator_failed"


class Provider(Protocol):
    @property
    def name(self) -> str:
        """What people call it."""

    async def translate(self, texts: Sequence[str]) -> list[str]:
        """Each text in English, in order. Raises `TranslatorFailed`."""


async def ask(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    data: Mapping[str, str] | None = None,
) -> Mapping[str, Any]:
    """One request; the JSON object it is answered with."""
    try:
        response = await client.request(method, url, params=params, data=data)
        answer = response.json() if response.is_success else None
    except httpx.TimeoutException as error:
        raise TranslatorFailed("It did not answer in time.") from error
    except httpx.HTTPError as error:
        raise TranslatorFailed("It could not be reached.") from error
    except (ValueError, RecursionError) as error:
        raise TranslatorFailed("Its answer was not understood.") from error
    if not response.is_success:
        raise TranslatorFailed(f"It answered HTTP {response.status_code}.")
    if not isinstance(answer, dict):
        raise TranslatorFailed("Its answer was not understood.")
    return answer
