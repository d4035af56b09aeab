"""Round 3: the disk is full for a while, again and again, and once the process is killed while it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.chaos.house import Gate, House, finished, house, mixed_load
from tests.chaos.judge import Verdict
from tests.chaos.receiver import GRUMPY, Mood

FULL_SECONDS = (0.5, 3.0)
FREE_SECONDS = (0.5, 2.0)


async def disk(folder: Path, seed: int, *, groups: int, times: int, mood: Mood = GRUMPY) -> Verdict:
    async with house(folder, seed, mood=mood) as home:
        await home.service.ready()
        gate = Gate(times, groups)
        working = asyncio.create_task(mixed_load(home.caller, groups, gate), name="the load")
        await _spoil(home, gate, times)
        verdict = await finished(home, working)
        verdict.counts["times full"] = times
        verdict.counts["lines that say so"] = sum("cannot be written" in line for line in home.service.said)
        return verdict


async def _spoil(home: House, gate: Gate, times: int) -> None:
    for number in range(times):
        await asyncio.sleep(home.chance.uniform(*FREE_SECONDS))
        home.service.fill_disk()
        await asyncio.sleep(home.chance.uniform(*FULL_SECONDS))
        if number == times // 2:  # what it knew and could not write is lost with it
            await home.service.kill()
            await home.service.start()
            await home.service.ready()
        home.service.empty_disk()
        await gate.turn()
