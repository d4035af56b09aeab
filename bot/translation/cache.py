"""Caches translations, so that each is paid and waited for once.

Contract: the cache never fails a translation: errors of the store are logged, and translating continues without it.
Only translations are stored, never failures; of the original text the store receives only a digest.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from tasks.domain.errors import StoreFailed

log = logging.getLogger(__name__)

TARGET = "en"


class TranslationStore(Protocol):
    """Translations on disk by key; the oldest are removed when there are too many."""

    async def find(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Key -> translation, for the stored ones. Raises `StoreFailed`."""

    async def keep(self, translations: Mapping[str, str], provider: str) -> None:
        """Store key -> translation, made by `provider`. Raises `StoreFailed`."""


def key(text: str) -> str:
    """A digest of the text and the target language."""
    return hashlib.sha256(f"{TARGET}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


class TranslationCache:
    """Text -> translation. Empty without a store."""

    def __init__(self, store: TranslationStore | None) -> None:
        self._store = store

    async def find(self, texts: Sequence[str]) -> dict[str, str]:
        if not self._store:
            return {}
        try:
            found = await self._store.find([key(text) for text in texts])
        except StoreFailed as error:
            log.warning("cannot read cached translations: %s", error)
            return {}
        return {text: found[key(text)] for text in texts if key(text) in found}

    async def keep(self, translations: Mapping[str, str], provider: str) -> None:
        if not self._store:
            return
        try:
            await self._store.keep({key(text): english for text, english in translations.items()}, provider)
        except StoreFailed as error:
            log.warning("cannot cache a translation: %s", error)
