"""When a call-back is tried again: the waits, and what a receiver may ask for."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.webhooks.retry_schedule import HOUR, JITTER, MAX_RETRY_AFTER, MINUTE, WAITS, retry_after, wait_after

NOW = 1_700_000_000_000
chances = st.floats(0, 1)


def test_the_waits_grow_and_end() -> None:
    waits = [wait_after(attempts, 0.5) for attempts in range(1, len(WAITS) + 2)]
    assert waits == [*WAITS, None]
    assert list(WAITS) == sorted(WAITS)
    assert wait_after(1, 0) == 4500
    assert wait_after(1, 1) == 5500
    assert wait_after(99, 0.5) is None


@given(st.lists(chances, min_size=len(WAITS), max_size=len(WAITS)))
def test_it_is_tried_over_a_day(luck: list[float]) -> None:
    waits = [wait_after(number, chance) or 0 for number, chance in enumerate(luck, 1)]
    assert 22 * HOUR <= sum(waits) <= 28 * HOUR


@given(st.integers(1, len(WAITS)), chances, st.integers(0, 10**15), st.integers(0, MAX_RETRY_AFTER))
def test_what_is_asked_for_makes_it_later_up_to_a_bound(attempts: int, chance: float, asked: int, longest: int) -> None:
    ours = wait_after(attempts, chance)
    wait = wait_after(attempts, chance, asked, longest)
    assert ours is not None and wait is not None
    assert wait >= ours
    assert wait >= min(asked, longest)
    assert wait <= max(ours, round(longest * (1 + JITTER)))


def test_nothing_asked_for_gives_one_more_attempt() -> None:
    assert wait_after(len(WAITS) + 1, 0.5, requested=MINUTE) is None


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        ("0", 0),
        ("120", 120_000),
        (" 7 ", 7000),
        ("9" * 400, 999_999_999_000),
        (formatdate(NOW / 1000 + 90, usegmt=True), 90_000),
        (formatdate(NOW / 1000 - 90, usegmt=True), 0),
        ("Tuesday, 14-Nov-23 22:14:20 GMT", 60_000),  # RFC 850
        ("Tue Nov 14 22:14:20 2023", 60_000),  # asctime
        ("Tue, 14 Nov 2023 22:14:20 -0000", 60_000),
        *(("", 0), ("-5", 0), ("1.5", 0), ("soon", 0), ("²", 0), ("١٢", 0), ("Mon, 99 Foo 2026 99:99:99 GMT", 0)),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", 0),
    ],
)
def test_retry_after(value: str, milliseconds: int) -> None:
    assert retry_after(value, NOW) == milliseconds


@given(st.text())
def test_whatever_a_receiver_writes_is_read_or_ignored(value: str) -> None:
    assert retry_after(value, NOW) >= 0


@given(st.integers(10**7, 10**10), st.integers(-12, 14))
def test_a_date_in_any_zone_is_the_moment_it_names(seconds: int, hours: int) -> None:
    written = format_datetime(datetime.fromtimestamp(seconds, tz=timezone(timedelta(hours=hours))))
    assert retry_after(written, NOW) == max(0, seconds * 1000 - NOW)
