"""A long history is read stretch by stretch, and only where tasks are in flight; each tells how far it came."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tasks.domain.errors import NotSent, SendRefused
from tasks.domain.events import Connected, Event, HistoryPage, HistoryRead, Informed
from tasks.domain.model import SubmitOptions
from tasks.effects.history_backfill import TRIES, HistoryBackfill
from tasks.rules.matching import CLOCK_SKEW
from tasks.tracking.stall_detector import CLOCKS_DIFFER, GAP_MARGIN
from tests.support.house import Desk, house
from tests.support.tasks import NOW, keys

WORD = Informed(keys=keys(), text="a word")


class Pages(Desk):
    """A history in so many stretches, each ten seconds long."""

    def __init__(self, stretches: int, errors: list[Exception] | None = None) -> None:
        super().__init__()
        self.end = stretches * 10_000
        self.errors = errors or []
        self.asked: list[int] = []

    async def read_history(self, account: str, since: int) -> HistoryPage:
        self.asked.append(since)
        if self.errors:
            raise self.errors.pop(0)
        at = since + 10_000
        return HistoryPage(events=(WORD,), more_since=at if at < self.end else None)


async def heard(desk: Pages) -> list[Event]:
    events: asyncio.Queue[Event] = asyncio.Queue()
    backfill = HistoryBackfill(desk, events.put_nowait, pause=0)
    backfill.ask("a", 0)
    told: list[Event] = []
    async with asyncio.timeout(60):
        while not isinstance(told[-1] if told else None, HistoryRead):
            told.append(await events.get())
    await backfill.close()
    return told


async def test_it_goes_on_where_the_last_stretch_ended_and_says_so_at_the_end() -> None:
    desk = Pages(4)
    assert await heard(desk) == [WORD, WORD, WORD, WORD, HistoryRead(account="a", since=0)]
    assert desk.asked == [0, 10_000, 20_000, 30_000]


async def test_a_stretch_that_failed_is_read_again_and_not_those_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.effects.history_backfill.RETRY_SECONDS", 0)
    desk = Pages(2, [NotSent("down"), NotSent("down")])
    assert await heard(desk) == [WORD, WORD, HistoryRead(account="a", since=0)]
    assert desk.asked == [0, 0, 0, 10_000]


@pytest.mark.parametrize("errors", [[SendRefused("no", status=403)], [NotSent("down")] * TRIES])
async def test_what_cannot_be_read_has_an_end(monkeypatch: pytest.MonkeyPatch, errors: list[Exception]) -> None:
    monkeypatch.setattr("tasks.effects.history_backfill.RETRY_SECONDS", 0)
    assert await heard(Pages(2, errors)) == [HistoryRead(account="a", since=0, complete=False)]


async def test_after_a_gap_no_more_is_read_than_from_the_oldest_send_on(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.tracker.enqueue(Connected(account="a", gap_since=0))
        await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        home.tracker.enqueue(Connected(account="a", gap_since=NOW - 3_600_000))
        await home.until_recalled(1)
        home.clock.time += 600_000
        home.tracker.enqueue(Connected(account="a", gap_since=NOW + 300_000))
        await home.until_recalled(2)
        assert home.desk.history_reads == [("a", NOW - CLOCKS_DIFFER), ("a", NOW + 300_000 - GAP_MARGIN)]
        assert GAP_MARGIN >= CLOCK_SKEW


async def test_without_a_task_in_flight_no_history_is_read(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.tracker.enqueue(Connected(account="a", gap_since=0))
        home.tracker.enqueue(Connected(account="a", gap_since=NOW - 3_600_000))
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        assert home.desk.history_reads == []
        assert await home.store.get(task.id) is not None
