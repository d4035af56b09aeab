"""Simulator, service, receiver and callers, put up for one round; and what is looked at when it is over.

Contract: nothing here goes wrong by itself. What shall is the round's own business.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from simulator import Simulator
from simulator.data.pictures import read_metadata
from tests.chaos import load
from tests.chaos.caller import Asked, Caller, calling
from tests.chaos.child import Child, child
from tests.chaos.judge import Limits, Verdict, judge, kept_in
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
    environ: dict[str, str]  # of the service
    callers: tuple[Caller, ...]

    @property
    def caller(self) -> Caller:
        """The only one, or the first."""
        return self.callers[0]

    @property
    def database(self) -> Path:
        return self.folder / "tasks.db"

    def asked(self) -> Iterable[Asked]:
        return (asked for caller in self.callers for asked in caller.asked.values())


@asynccontextmanager
async def house(
    folder: Path,
    seed: int,
    *,
    environ: dict[str, str] | None = None,
    program: tuple[str, ...] = ("run.py",),
    mood: Mood = GRUMPY,
    names: tuple[str, ...] = (),
    **simulated: Any,
) -> AsyncIterator[House]:
    settings = {"rate_limit": 1000, "job_seconds": 0.6, "foreign": 1, "success_order": "random", **simulated}
    async with (
        Simulator(accounts=1, seed=seed, **settings) as simulator,
        served(folder, seed, simulator, environ=environ, program=program, mood=mood, names=names) as home,
    ):
        yield home


@asynccontextmanager
async def served(
    folder: Path,
    seed: int,
    simulator: Simulator,
    *,
    environ: dict[str, str] | None = None,
    program: tuple[str, ...] = ("run.py",),
    mood: Mood = GRUMPY,
    names: tuple[str, ...] = (),
) -> AsyncIterator[House]:
    """A service with files and a receiver of its own. `names`: several callers, each with a secret and a hook."""
    folder.mkdir(parents=True, exist_ok=True)
    secrets = {"API_SECRET": ",".join(f"{name}:{secret_of(name)}" for name in names)} if names else {}
    async with AsyncExitStack() as stack:
        hooks = await stack.enter_async_context(receiver(Random(seed), mood))
        given = environment(
            folder,
            simulator,
            PORT=str(free_port()),
            **{"CONCURRENCY": str(CONCURRENCY), "WEBHOOK_SECRET": SECRET, **secrets, **PATIENCE, **(environ or {})},
        )
        service = await stack.enter_async_context(child(given, program=program))
        callers = [
            await stack.enter_async_context(calling(service.url, f"{hooks.url}/{name}", name, secret_of(name)))
            if name
            else await stack.enter_async_context(calling(service.url, hooks.url))
            for name in names or ("",)
        ]
        yield House(
            folder=folder,
            chance=Random(seed),
            simulator=simulator,
            hooks=hooks,
            service=service,
            environ=given,
            callers=tuple(callers),
        )


def secret_of(name: str) -> str:
    return f"{name}-chaos-{name}-chaos"


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


async def finished(
    house: House,
    working: asyncio.Task[None],
    *,
    seconds: float = END_SECONDS,
    others: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Verdict:
    """Wait for every end and for its delivery, then judge. `others`, `limits`: as `judge` takes them."""
    took = await ended(house, working, seconds=seconds)
    verdict = await judged(house, others=others, limits=limits)
    verdict.counts["seconds to the end"] = round(took)
    return verdict


async def ended(house: House, working: asyncio.Task[None], *, seconds: float = END_SECONDS) -> float:
    """Until every task has its end and that is delivered; the seconds that took."""
    began = time.monotonic()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await working
            await asyncio.gather(*(asked.ended for asked in house.asked()))  # also what nobody waited for
    over = {asked.id for asked in house.asked() if asked.document}
    await house.hooks.until(lambda: over <= house.hooks.ended.keys(), TOLD_SECONDS)
    return time.monotonic() - began


async def judged(house: House, *, others: Mapping[str, str] | None = None, limits: Limits | None = None) -> Verdict:
    hooks = house.hooks
    verdict = judge(house.asked(), house.simulator, kept_in(house.database), hooks.ended, others=others, limits=limits)
    await _look_into_pictures(house, verdict)
    for text in (text for caller in house.callers for text in caller.refused):
        verdict.complain(f"refused: {text}")
    if wrong := hooks.seen["wrongly signed"]:
        verdict.complain(f"{wrong} call-backs with a wrong signature")
    verdict.counts["requests repeated"] = sum(caller.repeated for caller in house.callers)
    verdict.counts.update({f"call-backs {name}": count for name, count in hooks.seen.items()})
    verdict.counts["tracebacks"] = len(house.service.tracebacks)
    (house.folder / "service.log").write_text("\n".join(house.service.said), encoding="utf-8")
    return verdict


async def _look_into_pictures(house: House, verdict: Verdict) -> None:
    """The picture's own word for whose it is."""
    shown = [task.document for task in house.asked() if task.document and task.document["imageUrl"]]
    drawn = [document for document in shown if document["status"] == "SUCCESS" and document["action"] != "DESCRIBE"]
    latest = drawn[-LATEST:]  # the simulator forgets its oldest files
    for document in house.chance.sample(latest, min(SAMPLE, len(latest))):
        told = read_metadata(await house.caller.picture(document["imageUrl"]))
        if told["job_id"] != document["jobId"]:
            verdict.complain(f"the picture of task {document['id']} says it is of job {told['job_id']}")
        verdict.counts["pictures looked into"] += 1
