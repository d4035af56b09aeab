"""Cached translations: found by a digest of the original, bounded in number, least recently used removed first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import msgspec

from storage import sql
from storage.database_port import SqlDatabase, Statement
from tasks.domain.errors import StoreFailed
from tasks.domain.ports import Clock

DAY = 86_400_000  # ms; last use is stored with a precision of a day, so that most look-ups write nothing


class Translations:
    """The translations of one database, at most `size` of them."""

    def __init__(self, database: SqlDatabase, *, size: int, clock: Clock) -> None:
        self._database = database
        self._size = size
        self._clock = clock

    async def find(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Map keys to their stored translations."""
        rows = await self._database.read(sql.TRANSLATIONS, (msgspec.json.encode(list(keys)).decode(),))
        now = self._clock.now()
        if stale := [(now, key) for key, _, used in rows if used < now - DAY]:
            with suppress(StoreFailed):  # the translations are valid even if the time of use cannot be written
                await self._database.write(Statement(sql.USE_TRANSLATION, stale))
        return {key: text for key, text, _ in rows}

    async def keep(self, translations: Mapping[str, str], provider: str) -> None:
        """Store translations by key, with the provider that made them."""
        now = self._clock.now()
        rows = [(key, text, provider, now, now) for key, text in translations.items()]
        await self._database.write(
            Statement(sql.KEEP_TRANSLATION, rows), Statement(sql.DROP_TRANSLATIONS, [(self._size,)])
        )
