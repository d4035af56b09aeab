"""Round 4: the machine's clock is set back and forth, while the service runs and between two of its lives; and a disk
that takes its time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from tests.chaos.house import Gate, House, finished, house, mixed_load
from tests.chaos.instruments import DAY
from tests.chaos.judge import Verdict
from tests.chaos.receiver import GRUMPY, Mood

INSTRUMENTS = ("-m", "tests.chaos.instruments")
OFFSETS = (DAY, -DAY, 0.0, 7200.0, -7200.0)  # seconds, of one life after another
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


async def lives_on_other_days(folder: Path, seed: int, *, groups: int, lives: int, mood: Mood = GRUMPY) -> Verdict:
    """Killed, and started again on a machine whose clock says another day."""
    async with house(folder, seed, mood=mood, job_seconds=1.5) as home:
        gate = Gate(lives, groups)
        working = asyncio.create_task(mixed_load(home.caller, groups, gate), name="the load")
        for number in range(lives):
            await home.service.ready()
            await _posted(home, len(home.simulator.interactions) + POSTS)
            await home.service.kill()
            offset = OFFSETS[number % len(OFFSETS)] if number < lives - 1 else 0.0
            home.service.program = (*INSTRUMENTS, "--offset", str(offset))
            await home.service.start()
            await gate.turn()
        await home.service.ready()
        return await finished(home, working)


async def _posted(home: House, count: int) -> None:
    """Or there is nothing more to post."""
    with suppress(TimeoutError):
        await home.simulator.until(lambda: len(home.simulator.interactions) >= count, MOST_SECONDS)
    await asyncio.sleep(home.chance.uniform(0, 0.5))
