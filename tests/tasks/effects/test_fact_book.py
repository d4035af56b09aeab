"""The fact book, over a database on disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from storage.database_port import Statement
from storage.facts import Facts
from storage.sqlite.database import Database
from tasks.domain.errors import StoreFailed
from tasks.domain.facts import Fact, FactKey, FactKind, conflict, version_name
from tasks.domain.model import Bot
from tasks.effects.fact_book import MOST_UNKNOWN, FactBook

REFUSED = Fact(
    bot=Bot.MIDJOURNEY,
    kind=FactKind.PARAMETER_REFUSED,
    subject=conflict("oref", version_name(8.2)),
    value="`--oref` is not compatible with `--version 8.2`",
    account="22",
    message_id="1108302168013938688",
    learned=12,
)


class BrokenStore(Facts):
    """Fails while `broken`."""

    broken = True

    async def save(self, learned: Iterable[Fact], forgotten: Iterable[FactKey] = ()) -> None:
        if self.broken:
            raise StoreFailed("the disk is full")
        await super().save(learned, forgotten)


async def started(database: Database) -> FactBook:
    book = FactBook(Facts(database))
    await book.start()
    return book


async def test_a_fact_is_kept_until_it_is_forgotten(tmp_path: Path) -> None:
    async with Database(tmp_path / "facts.db") as database:
        book = await started(database)
        book.learn([REFUSED])
        await book.flush()
        assert REFUSED.subject == "--oref with --v 8.2"
        again = await started(database)
        assert again.all() == [REFUSED]
        assert again.get(REFUSED.key) == REFUSED
        again.forget([REFUSED.key])
        await again.flush()
        assert (await started(database)).all() == []


async def test_a_newer_value_replaces_the_fact_and_an_equal_one_does_not(tmp_path: Path) -> None:
    async with Database(tmp_path / "facts.db") as database:
        book = await started(database)
        book.learn([REFUSED, replace(REFUSED, learned=13)])
        assert book.all() == [REFUSED]
        newer = replace(REFUSED, value="other words", learned=14)
        book.learn([newer])
        await book.flush()
        assert (await started(database)).all() == [newer]


async def test_facts_that_cannot_be_written_are_written_later(tmp_path: Path) -> None:
    async with Database(tmp_path / "facts.db") as database:
        store = BrokenStore(database)
        book = FactBook(store)
        book.learn([REFUSED])
        await book.flush()
        assert await store.all() == []
        store.broken = False
        await book.flush()
        assert await store.all() == [REFUSED]


async def test_unknown_buttons_are_bounded(tmp_path: Path) -> None:
    async with Database(tmp_path / "facts.db") as database:
        book = await started(database)
        many = [
            Fact(bot=Bot.NIJI, kind=FactKind.UNKNOWN_BUTTON, subject=f"MJ::NEW::{n}", value="", learned=n)
            for n in range(MOST_UNKNOWN + 5)
        ]
        book.learn([REFUSED, *many])
        await book.flush()
        kept = (await started(database)).all()
        assert len(kept) == MOST_UNKNOWN + 1
        assert kept[0] == many[-1]
        assert many[4] not in kept


async def test_a_kind_of_a_later_version_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Database(tmp_path / "facts.db") as database:
        row = "INSERT INTO facts VALUES ('MID_JOURNEY', 'weather', '', 'rain', '', '', 1, '')"
        await database.write(Statement(row))
        assert await Facts(database).all() == []
    assert "weather" in caplog.text
    assert FactKey(bot=Bot.MIDJOURNEY, kind=FactKind.PLAN, subject="22") != REFUSED.key
