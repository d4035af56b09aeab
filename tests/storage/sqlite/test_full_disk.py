"""A full or read-only disk still lets translations be read."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from storage.sqlite.database import Database
from storage.translations import DAY, Translations
from tasks.domain.errors import StoreFailed


@dataclass
class Clock:
    time: int = 10 * DAY

    def now(self) -> int:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def translations(database: Database, clock: Clock) -> Translations:
    return Translations(database, size=3, clock=clock)


async def test_a_full_disk_still_lets_read(translations: Translations, database: Database, clock: Clock) -> None:
    await translations.keep({"a": "a dog"}, "DeepL")
    [(pages,)] = await database.read("PRAGMA page_count")
    await database._writer._connection.execute_fetchall(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFailed, match="disk is full"):
        await translations.keep({"b": "b" * 100_000}, "DeepL")
    clock.time += 2 * DAY
    assert await translations.find(["a"]) == {"a": "a dog"}


async def test_a_database_that_may_not_be_written_still_lets_read(
    translations: Translations, database: Database, clock: Clock
) -> None:
    await translations.keep({"a": "a dog"}, "DeepL")
    await database._writer._connection.execute_fetchall("PRAGMA query_only = ON")
    clock.time += 2 * DAY
    assert await translations.find(["a"]) == {"a": "a dog"}
    with pytest.raises(StoreFailed):
        await translations.keep({"b": "b"}, "DeepL")
