"""When finished tasks go: after some days, at an hour of the day, and never by accident."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tasks.domain.errors import StoreFailed
from tasks.results.retention import DAY, LATE, RETENTION_EVERY, RetentionPolicy, TaskRetention, last_purge, purge_due

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = 60_000
HOUR = 60 * MINUTE


def at(text: str, zone: tzinfo = UTC, fold: int = 0) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp() * 1000)


# ---------------------------------------------------------------- the hour


def test_the_last_purge_is_today_s_or_yesterday_s() -> None:
    assert last_purge(time(4, 30), at("2024-05-10 04:30"), UTC) == at("2024-05-10 04:30")
    assert last_purge(time(4, 30), at("2024-05-10 04:29:59"), UTC) == at("2024-05-09 04:30")
    assert last_purge(time(0, 0), at("2024-05-10 00:00:01"), UTC) == at("2024-05-10 00:00")


def test_an_hour_that_summer_time_leaves_out_is_the_one_after() -> None:
    # 2024-03-31 in Berlin: 02:00 becomes 03:00
    assert last_purge(time(2, 30), at("2024-03-31 12:00", BERLIN), BERLIN) == at("2024-03-31 03:30", BERLIN)


def test_of_an_hour_that_comes_twice_the_first_counts() -> None:
    # 2024-10-27 in Berlin: 03:00 becomes 02:00
    first, second = at("2024-10-27 02:30", BERLIN), at("2024-10-27 02:30", BERLIN, fold=1)
    assert second - first == HOUR
    assert last_purge(time(2, 30), second + 1, BERLIN) == first


@given(
    some.integers(at("1980-01-01"), at("2100-01-01")),
    some.times().map(lambda t: t.replace(second=0, microsecond=0)),
    some.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai"]),
)
def test_the_last_purge_is_never_in_the_future_nor_long_ago(now: int, hour: time, name: str) -> None:
    zone = ZoneInfo(name)
    assert 0 <= now - last_purge(hour, now, zone) <= 26 * HOUR


def test_the_machine_s_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import time as clock

    monkeypatch.setenv("TZ", "Asia/Shanghai")
    clock.tzset()
    try:
        assert last_purge(time(4, 0), at("2024-05-10 12:00")) == at("2024-05-09 20:00")
    finally:
        monkeypatch.undo()
        clock.tzset()


# ---------------------------------------------------------------- what goes


async def test_nothing_goes_unless_a_setting_says_so() -> None:
    assert RetentionPolicy().is_off
    rows = Rows()
    assert await upkeep(rows, Clock(at("2024-05-10 04:30"))).look() == 0
    assert rows.asked == []


@pytest.mark.parametrize(("late", "is_made_up_for"), [(0, True), (LATE, True), (LATE + 1, False), (-1, False)])
def test_a_purge_that_was_missed_is_made_up_for_within_minutes(late: int, is_made_up_for: bool) -> None:
    hour = at("2024-05-10 04:30")
    found = purge_due(RetentionPolicy(purge_at=time(4, 30), zone=UTC), hour + late)
    assert found == (hour if is_made_up_for else None)


# ---------------------------------------------------------------- the loop


class Rows:
    """A Removal that notes what it is asked; `batches` are its answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.shrunk = 0
        self.batches: list[tuple[int, int | None]] = []
        self.fails = False

    async def remove(self, *, finished_before: int, now: int, after: int = 0) -> tuple[int, int | None]:
        if self.fails:
            raise StoreFailed
        self.asked.append((finished_before, after))
        return self.batches.pop(0) if self.batches else (0, None)

    async def shrink(self) -> None:
        self.shrunk += 1


class Clock:
    def __init__(self, now: int) -> None:
        self.time = now

    def now(self) -> int:
        return self.time


def upkeep(rows: Rows, clock: Clock, wall: Clock | None = None, **keeping: Any) -> TaskRetention:
    return TaskRetention(rows, RetentionPolicy(zone=UTC, **keeping), clock, wall or clock, pause=0)


async def test_batch_after_batch_until_there_is_no_more() -> None:
    rows, clock = Rows(), Clock(at("2024-05-10 12:00"))
    rows.batches = [(200, 7), (0, 9), (3, None)]
    assert await upkeep(rows, clock, days=1).look() == 203
    before = clock.time - DAY
    assert rows.asked == [(before, 0), (before, 7), (before, 9)]
    assert rows.shrunk == 1


async def test_old_ones_are_looked_for_once_an_hour() -> None:
    rows, clock = Rows(), Clock(at("2024-05-10 12:00"))
    loop = upkeep(rows, clock, days=1)
    for _ in range(10):
        await loop.look()
    assert len(rows.asked) == 1
    assert rows.shrunk == 0
    clock.time += RETENTION_EVERY
    await loop.look()
    assert len(rows.asked) == 2


async def test_a_purge_is_done_once_and_up_to_its_hour() -> None:
    hour = at("2024-05-10 04:30")
    rows, clock = Rows(), Clock(hour - 1)
    loop = upkeep(rows, clock, purge_at=time(4, 30))
    for step in range(0, 30 * MINUTE, MINUTE // 2):
        clock.time = hour - 1 + step
        await loop.look()
    assert rows.asked == [(hour, 0)]
    clock.time = hour + timedelta(days=1) // timedelta(milliseconds=1)
    await loop.look()
    assert rows.asked == [(hour, 0), (hour + DAY, 0)]


async def test_a_clock_that_jumps_past_the_hour_purges_nothing() -> None:
    rows, clock = Rows(), Clock(at("2024-05-10 04:29"))
    loop = upkeep(rows, clock, purge_at=time(4, 30))
    await loop.look()
    clock.time = at("2024-05-10 09:00")
    await loop.look()
    assert rows.asked == []


async def test_a_wall_clock_that_is_wrong_purges_by_its_hour_what_had_ended_by_then() -> None:
    clock, wall = Clock(at("2024-05-10 12:00")), Clock(at("2031-01-01 04:32"))
    rows = Rows()
    loop = upkeep(rows, clock, wall, purge_at=time(4, 30))
    await loop.look()
    assert rows.asked == [(at("2024-05-10 11:58"), 0)]
    wall.time -= 3 * MINUTE  # set back, and so the hour comes again
    await loop.look()
    wall.time += 3 * MINUTE
    await loop.look()
    assert len(rows.asked) == 1


async def test_both_at_once() -> None:
    clock = Clock(at("2024-05-10 04:30"))
    rows = Rows()
    loop = upkeep(rows, clock, days=3, purge_at=time(4, 30))
    await loop.look()
    assert rows.asked == [(clock.time, 0)]


async def test_what_failed_is_tried_again() -> None:
    rows, clock = Rows(), Clock(at("2024-05-10 04:31"))
    loop = upkeep(rows, clock, purge_at=time(4, 30))
    rows.fails = True
    with pytest.raises(StoreFailed):
        await loop.look()
    rows.fails = False
    await loop.look()
    assert rows.asked == [(at("2024-05-10 04:30"), 0)]
