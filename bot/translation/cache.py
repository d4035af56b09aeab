"""What was translated before, so that it is neither paid nor waited for again.

Law: a cache helps or does nothing: whatever is wrong with the store is logged, and translating goes on without. Only
translations are kept, never failures; of the original text the store gets to know a digest alone.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from tasks.domain.errors import StoreFailed

log = logging.getLogger(__name__)

TARGET = "en"


class Translations(Protocol):
    """Translations on disk, by key; the oldest give way when there are too many."""

    async def find(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Key -> translation, of those that are kept. Raises `StoreFailed`."""

    async def keep(self, translations: Mapping[str, str], provider: str) -> None:
        """Key -> translation, and who made them. Raises `StoreFailed`."""


def key(text: str) -> str:
    """A digest of the text and the language it is translated to."""
    return hashlib.sha256(f"{TARGET}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


class Cache:
    """Text -> translation. Without a store it knows nothing."""

    def __init__(self, store: Translations | None) -> None:
        self._store = store

    async def find(self, texts: Sequence[str]) -> dict[str, str]:
        if not self._store:
            return {}
        try:
            found = await self._store.find([key(text) for text in texts])
        except StoreFailed as error:
            log.warning("translations made before cannot be read: %s", error)
            return {}
        return {text: found[key(text)] for text in texts if key(text) in found}

    async def keep(self, translations: Mapping[str, str], provider: str) -> None:
        if not self._store:
            return
        try:
            await self._store.keep({key(text): english for text, english in translations.items()}, provider)
        except StoreFailed as error:
            log.warning("a translation could not be kept: %s", error)
