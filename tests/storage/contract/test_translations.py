"""Translations that were made before: found again, bounded in number, the oldest gone first."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.translation.cache import TranslationStore
from storage.database_port import SqlDatabase
from storage.translations import DAY, Translations


@dataclass
class Clock:
    time: int = 10 * DAY

    def now(self) -> int:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def translations(database: SqlDatabase, clock: Clock) -> Translations:
    return Translations(database, size=3, clock=clock)


async def kept(database: SqlDatabase) -> list[str]:
    return [str(key) for (key,) in await database.read("SELECT key FROM translations ORDER BY key")]


async def test_what_is_kept_is_found_with_who_made_it(translations: Translations, database: SqlDatabase) -> None:
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


async def test_those_unused_for_longest_give_way(
    translations: Translations, database: SqlDatabase, clock: Clock
) -> None:
    for key in "abc":
        await translations.keep({key: key}, "DeepL")
        clock.time += DAY
    clock.time += DAY
    await translations.find(["a"])  # used again
    await translations.keep({"d": "d"}, "DeepL")
    assert await kept(database) == ["a", "c", "d"]


async def test_a_look_up_within_a_day_writes_nothing(
    translations: Translations, database: SqlDatabase, clock: Clock
) -> None:
    await translations.keep({"a": "a dog"}, "DeepL")
    clock.time += DAY
    await translations.find(["a"])
    assert await database.read("SELECT used FROM translations") == [(10 * DAY,)]


async def test_without_room_nothing_is_kept(database: SqlDatabase, clock: Clock) -> None:
    none = Translations(database, size=0, clock=clock)
    await none.keep({"a": "a dog"}, "DeepL")
    assert await none.find(["a"]) == {}
