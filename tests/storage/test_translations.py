"""Translations that were made before: found again, bounded in number, the oldest gone first."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.translation.cache import TranslationStore
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


async def kept(database: Database) -> list[str]:
    return [str(key) for (key,) in await database.read("SELECT key FROM translations ORDER BY key")]


async def test_what_is_kept_is_found_with_who_made_it(translations: Translations, database: Database) -> None:
    wanted: TranslationStore = translations
    await wanted.keep({"a": "a dog", "b": "a cat"}, "DeepL")
    assert await wanted.find(["a", "b", "c"]) == {"a": "a dog", "b": "a cat"}
    assert await wanted.find([]) == {}
    [row] = await database.read("SELECT text, provider, created, used FROM translations WHERE key = 'a'")
    assert row == ("a dog", "DeepL", 10 * DAY, 10 * DAY)


async def test_the_newest_translation_of_a_text_counts(translations: Translations) -> None:
    await translations.keep({"a": "a hound"}, "Baidu")
    await translations.keep({"a": "a dog"}, "DeepL")
    assert await translations.find(["a"]) == {"a": "a dog"}


async def test_those_unused_for_longest_give_way(translations: Translations, database: Database, clock: Clock) -> None:
    for key in "abc":
        await translations.keep({key: key}, "DeepL")
        clock.time += DAY
    clock.time += DAY
    await translations.find(["a"])  # used again
    await translations.keep({"d": "d"}, "DeepL")
    assert await kept(database) == ["a", "c", "d"]


async def test_a_look_up_within_a_day_writes_nothing(
    translations: Translations, database: Database, clock: Clock
) -> None:
    await translations.keep({"a": "a dog"}, "DeepL")
    clock.time += DAY
    await translations.find(["a"])
    assert await database.read("SELECT used FROM translations") == [(10 * DAY,)]


async def test_without_room_nothing_is_kept(database: Database, clock: Clock) -> None:
    none = Translations(database, size=0, clock=clock)
    await none.keep({"a": "a dog"}, "DeepL")
    assert await none.find(["a"]) == {}


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
