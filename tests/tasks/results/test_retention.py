"""Retention: copies and finished tasks are removed by age, size or hour of the day, and never by accident."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from storage.removal import Removal
from tasks.domain.errors import StoreFailed
from tasks.domain.model import Task
from tasks.results.retention import (
    DAY,
    LATE,
    RETENTION_EVERY,
    RetentionPolicy,
    StorageLimit,
    TaskRetention,
    last_purge,
    purge_due,
)
from tests.support.archive import CDN, PNG, Cdn, Shelf, result, shelf
from tests.support.tasks import NOW

# ---------------------------------------------------------------- copies


async def stored(home: Shelf, count: int, apart: int = DAY) -> list[Task]:
    """Results, each a day younger than the one before."""
    made = []
    for nth in range(1, count + 1):
        made.append(result(nth, url=f"{CDN}/{nth}/dog.png"))
        await home.house.store.insert(made[-1])
        await home.until_copied(made[-1])
        await home.until_row(made[-1], lambda row: row.state == "stored")
        home.pass_time(apart)
    return made


async def has_copy(home: Shelf, of: Task) -> bool:
    found = await home.house.store.get(of.id)
    assert found is not None
    assert found.result.image is not None
    [row] = await home.copies(of)
    assert (row.state == "stored") == bool(found.result.image.stored) == any(row.name == f.name for f in home.files())
    return bool(found.result.image.stored)


async def test_nothing_goes_without_a_limit(tmp_path: Path) -> None:
    async with shelf(tmp_path) as home:
        [made] = await stored(home, 1, apart=1000 * DAY)
        assert await home.thinning.look() == 0
        assert await has_copy(home, made)


async def test_old_ones_go_and_their_tasks_stay(tmp_path: Path) -> None:
    async with shelf(tmp_path, room=StorageLimit(days=3)) as home:
        made = await stored(home, 5)
        assert await home.thinning.look() == 2
        assert [await has_copy(home, each) for each in made] == [False, False, True, True, True]
        kinds = [line.kind for line in await home.house.store.timeline_of(made[0].id)]
        assert kinds[-1] == "unarchived"
        assert [row.state for row in await home.copies(made[0])] == ["removed"]
        assert await home.thinning.look() == 0


async def test_the_oldest_make_room(tmp_path: Path) -> None:
    async with shelf(tmp_path, room=StorageLimit(most_bytes=2 * len(PNG))) as home:
        made = await stored(home, 5)
        assert await home.thinning.look() == 3
        assert [await has_copy(home, each) for each in made] == [False, False, False, True, True]
        assert await home.images.size() == 2 * len(PNG)


async def test_a_removed_task_takes_its_copy_along(tmp_path: Path) -> None:
    async with shelf(tmp_path) as home:
        [gone, kept] = await stored(home, 2, apart=0)
        removal = Removal(home.house.database, home.house.store)
        await removal.remove(finished_before=NOW + 1, now=NOW + 1000 * DAY)
        left = [await home.house.store.get(each.id) for each in (gone, kept)]
        assert left == [None, None]
        assert len(home.files()) == 2
        assert await home.thinning.look() == 2
        assert home.files() == []
        assert await home.house.database.read("SELECT count(*) FROM images") == [(0,)]


async def test_what_is_being_written_is_left_alone(tmp_path: Path) -> None:
    cdn = Cdn()
    cdn.gate = asyncio.Event()
    async with shelf(tmp_path, cdn=cdn, room=StorageLimit(days=1, most_bytes=1)) as home:
        made = result()
        await home.house.store.insert(made)
        await cdn.news.wait()
        await Removal(home.house.database, home.house.store).remove(finished_before=NOW + 1, now=NOW + 1000 * DAY)
        assert await home.thinning.look() == 0, "its task is gone, and it is under way"
        cdn.gate.set()
        while home.archiving._under_way:
            home.images.wake.clear()
            await home.images.wake.wait()
        assert await home.thinning.look() == 1
        assert home.files() == []


# ---------------------------------------------------------------- tasks


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
