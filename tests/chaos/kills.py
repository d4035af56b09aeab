"""Round 1: kill -9 at random moments, under a mixed load, with a receiver that fails a third of the time."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.chaos.house import Gate, House, finished, house, mixed_load
from tests.chaos.judge import Verdict
from tests.chaos.receiver import GRUMPY, Mood

LIFE_SECONDS = (0.2, 3.0)  # it may be killed before it serves


async def kills(folder: Path, seed: int, *, count: int, groups: int, mood: Mood = GRUMPY) -> Verdict:
    async with house(folder, seed, mood=mood) as home:
        gate = Gate(count, groups)
        working = asyncio.create_task(mixed_load(home.caller, groups, gate), name="the load")
        early = await _kill(home, gate, count)
        await home.service.ready()
        verdict = await finished(home, working)
        verdict.counts["kills"] = count
        verdict.counts["kills before it served"] = early
        if verdict.counts["tracebacks"]:
            verdict.complain(f"tracebacks: {home.service.tracebacks[0]}")
        return verdict


async def _kill(home: House, gate: Gate, count: int) -> int:
    early = 0
    for _ in range(count):
        life = home.chance.uniform(*LIFE_SECONDS)
        try:
            async with asyncio.timeout(life):
                await home.service.ready()
                await asyncio.sleep(life)  # the timeout is what ends this
        except TimeoutError:
            early += not home.service.has_served
        await home.service.kill()
        await home.service.start()
        await gate.turn()
    return early
