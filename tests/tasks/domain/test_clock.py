"""The steady clock does not follow whoever sets the machine's; what was on disk before does not wait for ever."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.clock import SteadyClock, SystemClock
from tasks.domain.model import Phase, SubmitOptions
from tests.support.house import Desk, SetClock, house
from tests.support.tasks import NOW

DAY = 86_400_000
MS = 1_000_000  # nanoseconds


class Machine:
    """A machine whose clock somebody sets."""

    def __init__(self) -> None:
        self.wall = NOW * MS
        self.passed = 12_345 * MS

    def clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.wall, lambda: self.passed)

    def live(self, ms: int, *, moved: int = 0) -> None:
        self.passed += ms * MS
        self.wall += (ms + moved) * MS


def test_it_begins_with_the_machines_time() -> None:
    assert Machine().clock().now() == NOW
    assert abs(SteadyClock().now() - SystemClock().now()) < 1000


@given(st.lists(st.tuples(st.integers(0, DAY), st.integers(-DAY, DAY)), max_size=20))
def test_it_counts_what_passes_and_nothing_else(steps: list[tuple[int, int]]) -> None:
    machine = Machine()
    clock, counted = machine.clock(), NOW
    for ms, moved in steps:
        machine.live(ms, moved=moved)
        counted += ms
        assert clock.now() == counted


def test_a_jump_is_told_once_and_so_is_the_way_back() -> None:
    machine = Machine()
    clock = machine.clock()
    assert clock.jump() is None
    machine.live(1000, moved=DAY)
    assert clock.jump() == DAY
    machine.live(1000)
    assert clock.jump() is None
    machine.live(0, moved=-DAY)
    assert clock.jump() == 0


def test_a_clock_that_drifts_is_no_news() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(50):
        machine.live(1000, moved=1000)
        assert clock.jump() is None


@pytest.mark.parametrize("wrong", [-DAY, -120_000, 120_000, DAY])
def test_it_is_set_by_discords_clock_and_goes_on_from_there(wrong: int) -> None:
    machine = Machine()
    machine.live(0, moved=wrong)
    clock = machine.clock()
    clock.set_by(NOW + 700)
    assert clock.now() == NOW + 700
    machine.live(5_000, moved=-wrong)
    assert clock.now() == NOW + 5_700
    clock.set_by(NOW + 4_900)
    assert clock.now() == NOW + 5_700, "a Date has whole seconds: it is not followed to and fro"


async def test_a_back_off_from_before_the_clock_was_set_back_is_over(tmp_path: Path) -> None:
    desk = Desk()
    desk.known["a"] = replace(desk.known["a"], connected=False)
    async with house(tmp_path, desk) as home:
        waiting = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.store.save([replace(waiting, not_before=NOW + DAY)])
    desk.known["a"] = replace(desk.known["a"], connected=True)
    async with house(tmp_path, desk, SetClock(NOW)) as home:
        await home.until_said(1)
        assert desk.prompts == ["a dog"]


async def test_a_dialog_from_before_the_clock_was_set_back_ends_in_time(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
    async with house(tmp_path) as home:
        found = await home.store.get(task.id)
        assert found is not None
        await home.store.save([replace(found, phase=Phase.HELD, held_until=NOW + DAY)])
    async with house(tmp_path) as home:
        found = await home.store.get(task.id)
        assert found is not None
        assert found.held_until == NOW + 30 * 60_000
