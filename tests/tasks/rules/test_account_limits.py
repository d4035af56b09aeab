"""Working hours and daily limits hold back what is new, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.model import Account, Lane, SubmitOptions
from tasks.rules.account_limits import is_span, is_within, midnight
from tests.support.house import Desk, SetClock, house
from tests.support.tasks import account
from tests.tasks.sending.test_dispatcher import drawn

NINE = datetime(2026, 3, 4, 9, 0).astimezone()


def at(hour: int, minute: int = 0) -> datetime:
    return NINE.replace(hour=hour, minute=minute)


@pytest.mark.parametrize(
    ("hours", "moment", "within"),
    [
        ("", at(3), True),
        ("08:00-22:30", at(8), True),
        ("08:00-22:30", at(22, 29), True),
        ("08:00-22:30", at(22, 30), False),
        ("08:00-22:30", at(7, 59), False),
        ("22:00-06:00", at(23), True),
        ("22:00-06:00", at(5, 59), True),
        ("22:00-06:00", at(6), False),
        ("22:00-06:00", at(12), False),
        ("00:00-00:00", at(12), True),
    ],
)
def test_a_span_of_hours(hours: str, moment: datetime, within: bool) -> None:
    assert is_within(hours, moment) is within


@pytest.mark.parametrize("text", ["8-22", "08:00", "24:00-06:00", "08:60-09:00", "08:00 - 09:00", "", "٠٨:٠٠-٠٩:٠٠"])
def test_what_is_no_span(text: str) -> None:
    assert not is_span(text)


minutes = st.integers(0, 24 * 60 - 1)


@given(minutes, minutes, minutes)
def test_a_span_and_its_opposite_share_no_minute(begin: int, end: int, minute: int) -> None:
    def span(first: int, last: int) -> str:
        return f"{first // 60:02}:{first % 60:02}-{last // 60:02}:{last % 60:02}"

    moment = at(minute // 60, minute % 60)
    if begin != end:
        assert is_within(span(begin, end), moment) != is_within(span(end, begin), moment)
    assert is_span(span(begin, end))


def test_a_day_begins_at_midnight() -> None:
    assert datetime.fromtimestamp(midnight(NINE) / 1000).astimezone() == NINE - timedelta(hours=9)


def clock_at(moment: datetime) -> SetClock:
    return SetClock(int(moment.timestamp() * 1000))


def desk_of(*accounts: Account) -> Desk:
    desk = Desk()
    desk.known = {each.id: each for each in accounts}
    return desk


async def test_outside_its_hours_nothing_new_is_sent_and_inside_it_is(tmp_path: Path) -> None:
    clock = clock_at(at(7))
    async with house(tmp_path, desk_of(account(hours="08:00-22:00")), clock) as home:
        await home.service.imagine(SubmitOptions(), prompt="a dog")
        [shown] = home.service.accounts()
        assert shown.asleep
        assert not shown.takes(Lane.QUICK)
        assert home.desk.said == []
        clock.time += 3_600_000
        home.awake.set()
        await home.until_said(1)


async def test_a_day_has_so_many_drawings_and_the_next_has_them_again(tmp_path: Path) -> None:
    clock = clock_at(at(22))
    async with house(tmp_path, desk_of(account(daily_limit=2)), clock) as home:
        await drawn(home, "dog 1", nth=1)
        await drawn(home, "dog 2", nth=2)
        await home.service.imagine(SubmitOptions(), prompt="dog 3")
        await home.service.shorten(SubmitOptions(), prompt="a long prompt")  # costs no drawing
        await home.until_said(3)
        [shown] = home.service.accounts()
        assert (shown.spent, shown.takes(Lane.DRAW), shown.takes(Lane.QUICK)) == (True, False, True)
        assert home.desk.prompts == ["dog 1", "dog 2", "a long prompt"]
        clock.time += 2 * 3_600_000
        home.awake.set()
        await home.until_said(4)
        assert home.desk.prompts[-1] == "dog 3"


async def test_many_at_once_are_no_more_than_the_day_has_left(tmp_path: Path) -> None:
    clock = clock_at(at(12))
    async with house(tmp_path, desk_of(account(daily_limit=2, capacity=9)), clock) as home:
        home.desk.known["a"] = replace(home.desk.known["a"], connected=False)
        for nth in range(5):
            await home.service.imagine(SubmitOptions(), prompt=f"dog {nth}")
        home.desk.known["a"] = replace(home.desk.known["a"], connected=True)
        home.awake.set()
        await home.until_said(2)
        await home.service.shorten(SubmitOptions(), prompt="a long prompt")
        await home.until_said(3)
        assert home.desk.prompts == ["dog 0", "dog 1", "a long prompt"]


async def test_what_was_drawn_before_a_restart_counts(tmp_path: Path) -> None:
    clock = clock_at(at(12))
    async with house(tmp_path, desk_of(account(daily_limit=1)), clock) as home:
        await drawn(home, "dog 1")
    desk = desk_of(account(daily_limit=1), account("b", capacity=1))
    async with house(tmp_path, desk, clock) as home:
        await home.service.imagine(SubmitOptions(), prompt="dog 2")
        await home.until_said(1)
        assert home.desk.said[0][0] == "b"


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("moment", "begin"),
    [
        (datetime(2026, 3, 29, 10, tzinfo=UTC), datetime(2026, 3, 28, 23, tzinfo=UTC)),  # the clock went forward at 1
        (datetime(2026, 10, 25, 10, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)),  # it went back at 1
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)),
        (datetime(2026, 7, 1, 10, tzinfo=UTC), datetime(2026, 6, 30, 22, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_local_midnight_when_the_clock_changes_too(moment: datetime, begin: datetime) -> None:
    assert midnight(moment.astimezone()) == int(begin.timestamp() * 1000)
