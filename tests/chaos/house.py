"""Simulator, service, receiver and caller, put up for one round; and what is looked at when it is over.

Law: nothing here goes wrong by itself. What shall is the round's own business.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from simulator import Simulator
from simulator.pictures import read_metadata
from tests.chaos import load
from tests.chaos.caller import Caller, calling
from tests.chaos.child import Child, child
from tests.chaos.judge import Verdict, judge, kept_in
from tests.chaos.receiver import GRUMPY, SECRET, Mood, Receiver, receiver
from tests.e2e.test_process import environment, free_port

CONCURRENCY = 12
END_SECONDS = 200.0  # after the load: silence is given a minute, and a minute more to those whose history was read
TOLD_SECONDS = 90.0
LATEST = 100
SAMPLE = 8  # pictures that are downloaded and asked whose they are; the others are known by their address

# Whole minutes are the least that the settings know.
PATIENCE = {
    "SETTLE_SECONDS": "3",
    "SILENCE_MINUTES": "1",
    "SILENCE_MINUTES_FAST": "1",
    "SILENCE_MINUTES_RELAXED": "1",
}


@dataclass(kw_only=True)
class House:
    folder: Path
    chance: Random
    simulator: Simulator
    hooks: Receiver
    service: Child
    caller: Caller

    @property
    def database(self) -> Path:
        return self.folder / "tasks.db"


@asynccontextmanager
async def house(
    folder: Path,
    seed: int,
    *,
    environ: dict[str, str] | None = None,
    program: tuple[str, ...] = ("run.py",),
    mood: Mood = GRUMPY,
    **simulated: Any,
) -> AsyncIterator[House]:
    chance = Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"rate_limit": 1000, "job_seconds": 0.6, "foreign": 1, "success_order": "random", **simulated}
    async with Simulator(accounts=1, seed=seed, **settings) as simulator, receiver(Random(seed), mood) as hooks:
        given = environment(
            folder,
            simulator,
            PORT=str(free_port()),
            CONCURRENCY=str(CONCURRENCY),
            WEBHOOK_SECRET=SECRET,
            **{**PATIENCE, **(environ or {})},
        )
        async with child(given, program=program) as service, calling(service.url, hooks.url) as caller:
            yield House(folder=folder, chance=chance, simulator=simulator, hooks=hooks, service=service, caller=caller)


class Gate:
    """Opens for a group of the load after its share of the mischief, so that all of it meets work."""

    def __init__(self, turns: int, groups: int) -> None:
        self._turns, self._groups = turns, groups
        self._done = 0
        self._news = asyncio.Condition()

    async def turn(self) -> None:
        """Another piece of mischief is done."""
        async with self._news:
            self._done += 1
            self._news.notify_all()

    async def __call__(self, number: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: self._done * self._groups >= number * self._turns)


async def mixed_load(caller: Caller, groups: int, gate: Callable[[int], Awaitable[None]]) -> None:
    """Groups of twelve tasks, each beginning when the gate opens for it."""

    async def one(number: int) -> None:
        await gate(number)
        await load.group(caller, number)

    async with asyncio.TaskGroup() as group:
        for number in range(groups):
            group.create_task(one(number), name=f"group {number} of the load")


async def finished(house: House, working: asyncio.Task[None], *, seconds: float = END_SECONDS) -> Verdict:
    """Wait for every end and for its delivery, then judge."""
    began = time.monotonic()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await working
            await asyncio.gather(*(asked.ended for asked in house.caller.asked.values()))  # also what nobody waited for
    caller, hooks = house.caller, house.hooks
    over = {asked.id for asked in caller.asked.values() if asked.document}
    await hooks.until(lambda: over <= hooks.ended.keys(), TOLD_SECONDS)
    verdict = judge(caller.asked.values(), house.simulator, kept_in(house.database), hooks.ended)
    await _look_into_pictures(house, verdict)
    for text in caller.refused:
        verdict.complain(f"refused: {text}")
    if wrong := hooks.seen["wrongly signed"]:
        verdict.complain(f"{wrong} call-backs with a wrong signature")
    verdict.counts["requests repeated"] = caller.repeated
    verdict.counts["seconds to the end"] = round(time.monotonic() - began)
    verdict.counts.update({f"call-backs {name}": count for name, count in hooks.seen.items()})
    verdict.counts["tracebacks"] = len(house.service.tracebacks)
    (house.folder / "service.log").write_text("\n".join(house.service.said), encoding="utf-8")
    return verdict


async def _look_into_pictures(house: House, verdict: Verdict) -> None:
    """The picture's own word for whose it is."""
    shown = [task.document for task in house.caller.asked.values() if task.document and task.document["imageUrl"]]
    drawn = [document for document in shown if document["status"] == "SUCCESS" and document["action"] != "DESCRIBE"]
    latest = drawn[-LATEST:]  # the simulator forgets its oldest files
    for document in house.chance.sample(latest, min(SAMPLE, len(latest))):
        told = read_metadata(await house.caller.picture(document["imageUrl"]))
        if told["job_id"] != document["jobId"]:
            verdict.complain(f"the picture of task {document['id']} says it is of job {told['job_id']}")
        verdict.counts["pictures looked into"] += 1
