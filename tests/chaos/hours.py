"""Round 4: the machine's clock is set back and forth, while the service runs and between two of its lives; and a disk
that takes its time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.chaos.house import Gate, House, finished, house, mixed_load
from tests.chaos.instruments import DAY
from tests.chaos.judge import Verdict
from tests.chaos.receiver import GRUMPY, Mood

INSTRUMENTS = ("-m", "tests.chaos.instruments")
DAYS = (0.0, DAY, -DAY, 7200.0, -7200.0)  # seconds by which the clock is ahead, in one life after another
FAST, SLOW = (120.0,), (-120.0,)  # never set by a time server
MOST_SECONDS = 8.0
POSTS = 4  # that each life makes before it is killed: what they became is to be found by the next one


async def jumps(folder: Path, seed: int, *, groups: int, mood: Mood = GRUMPY) -> Verdict:
    """The clock jumps all the time; no deadline and no retry is to notice."""
    async with house(folder, seed, mood=mood, program=(*INSTRUMENTS, "--jumps", str(seed))) as home:
        return await _worked_off(home, groups)


async def slow_disk(folder: Path, seed: int, *, groups: int, milliseconds: int, mood: Mood = GRUMPY) -> Verdict:
    async with house(folder, seed, mood=mood, program=(*INSTRUMENTS, "--slow-disk", str(milliseconds))) as home:
        return await _worked_off(home, groups)


async def _worked_off(home: House, groups: int) -> Verdict:
    await home.service.ready()
    working = asyncio.create_task(mixed_load(home.caller, groups, _at_once), name="the load")
    return await finished(home, working)


async def _at_once(number: int) -> None:
    await asyncio.sleep(0.5 * number)


async def lives_by_other_clocks(
    folder: Path,
    seed: int,
    *,
    groups: int,
    lives: int,
    offsets: Sequence[float],
    mood: Mood = GRUMPY,
) -> Verdict:
    """Killed with work in flight, and started again on a machine whose clock says something else than Discord's."""

    def program(life: int) -> tuple[str, ...]:
        return (*INSTRUMENTS, "--offset", str(offsets[life % len(offsets)]))

    async with house(folder, seed, mood=mood, job_seconds=1.5, program=program(0)) as home:
        gate = Gate(lives, groups)
        working = asyncio.create_task(mixed_load(home.caller, groups, gate), name="the load")
        for life in range(lives):
            await home.service.ready()
            await _posted(home, len(home.simulator.interactions) + POSTS)
            await home.service.kill()
            home.service.program = program(life + 1)
            await home.service.start()
            await gate.turn()
        await home.service.ready()
        return await finished(home, working)


async def _posted(home: House, count: int) -> None:
    """Or there is nothing more to post."""
    with suppress(TimeoutError):
        await home.simulator.until(lambda: len(home.simulator.interactions) >= count, MOST_SECONDS)
    await asyncio.sleep(home.chance.uniform(0, 0.5))
