"""Translations made before: found by a digest of their original, kept in bounded number, the oldest removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import msgspec

from storage import sql
from storage.database import Database
from storage.writer import Statement
from tasks.domain.errors import StoreFailed
from tasks.domain.ports import Clock

DAY = 86_400_000  # ms; when a translation was used last is known to the day, so that most look-ups write nothing


class Translations:
    """The translations of one database, `size` of them at most."""

    def __init__(self, database: Database, *, size: int, clock: Clock) -> None:
        self._database = database
        self._size = size
        self._clock = clock

    async def find(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Key -> translation, of those that are kept."""
        rows = await self._database.read(sql.TRANSLATIONS, (msgspec.json.encode(list(keys)).decode(),))
        now = self._clock.now()
        if stale := [(now, key) for key, _, used in rows if used < now - DAY]:
            with suppress(StoreFailed):  # what was found is no worse for that
                await self._database.write(Statement(sql.USE_TRANSLATION, stale))
        return {key: text for key, text, _ in rows}

    async def keep(self, translations: Mapping[str, str], provider: str) -> None:
        """Key -> translation, and who made them."""
        now = self._clock.now()
        rows = [(key, text, provider, now, now) for key, text in translations.items()]
        await self._database.write(
            Statement(sql.KEEP_TRANSLATION, rows), Statement(sql.DROP_TRANSLATIONS, [(self._size,)])
        )
