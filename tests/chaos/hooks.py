"""A chaos test of webhooks: several callers have receivers on one host, and some of these hang. Nobody else waits."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from tests.chaos.caller import Caller, Refused
from tests.chaos.house import House, finished, house
from tests.chaos.judge import Verdict
from tests.chaos.receiver import KIND

LATE_SECONDS = 2.0  # from a task's end to the delivery of that, where the receiver is well
PATIENCE_SECONDS = 30.0
HANGING, WELL = "anna", "bert"


async def hooks(folder: Path, seed: int, *, tasks: int, hanging: int = 1, job_seconds: float = 0.6) -> Verdict:
    """`tasks` of each caller; the receivers of `hanging` callers answer nothing until the others' ends are told."""
    names = (WELL, *(f"{HANGING}{number}" for number in range(hanging)))
    async with house(folder, seed, mood=KIND, names=names, foreign=0, job_seconds=job_seconds) as home:
        await home.service.ready()
        well, *stuck = home.callers
        home.hooks.hang(*names[1:])
        working = asyncio.create_task(_draw(home, tasks), name="the load")
        await working
        ends = {asked.id for asked in well.asked.values()}
        await home.hooks.until(lambda: ends <= home.hooks.ended.keys(), PATIENCE_SECONDS)
        told = len(ends & home.hooks.ended.keys())
        early = sum(task in home.hooks.ended for caller in stuck for task in caller.asked)
        home.hooks.release()
        verdict = await finished(home, working)
        delays = sorted(home.hooks.delays.get(task, PATIENCE_SECONDS) for task in ends)
        verdict.counts["ends told while others hung"] = told
        verdict.counts["ms until the last of them was told"] = round(1000 * delays[-1])
        if delays[-1] > LATE_SECONDS:
            late = sum(delay > LATE_SECONDS for delay in delays)
            verdict.complain(f"{late} of {len(ends)} ends were late, by {delays[-1]:.1f} s: another's receiver hangs")
        assert not early, "a receiver that hangs has answered"
        return verdict


async def _draw(home: House, tasks: int) -> None:
    """Those whose receivers hang come first."""
    async with asyncio.TaskGroup() as group:
        for caller in reversed(home.callers):
            for number in range(tasks):
                group.create_task(_to_its_end(caller, f"a lantern, number {number}"), name=f"{caller.name} {number}")


async def _to_its_end(caller: Caller, words: str) -> None:
    with suppress(Refused):  # noted by the caller
        await caller.end_of("imagine", prompt=words)
