"""Chaos tests of an account that others use, too: its owner draws by hand, a second service works on it, and both fill
MidJourney's slots. No task may have a picture that somebody else asked for, and none may be paid twice.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from simulator import Simulator
from tests.chaos.caller import Caller, Refused
from tests.chaos.hand import Hand, drawing_by_hand
from tests.chaos.house import House, ended, finished, house, judged, served
from tests.chaos.judge import LIMITS, LINK_LOST, Verdict, kept_in
from tests.chaos.receiver import KIND

ANNA, BERT = CALLERS = ("anna", "bert")
# What Anna asks for, what Bert does, and what the owner draws by hand meanwhile: equal words, and nearly equal ones.
WORDS = (
    ("a red fox", "a red fox --ar 3:2", "a red fox"),
    ("an owl --s 50", "an owl --s 500", "an owl --s 750"),
    ("one same dog", "one same dog", "one  same dog"),
    ("a boat", "a boat --ar 1:1", "a boat --v 7"),
)
MANY = 100  # drawings at once, at MidJourney: nobody waits for a slot there


# ------------------------------------------------------------ the owner draws by hand


async def owner_draws(
    folder: Path,
    seed: int,
    *,
    tasks: int,
    hands: Sequence[int],
    latencies: Sequence[int] = (300,),
    eras: Sequence[str] = ("2024", "2026"),
    job_seconds: float = 2.0,
) -> Verdict:
    """Two callers with equal and nearly equal prompts, while the owner draws the like by hand; some are refused."""
    verdict = Verdict()
    for era, latency, count in itertools.product(eras, latencies, hands):
        name = f"era {era}, {latency} ms, {count} by hand"
        world = _world(era, latency, job_seconds)
        verdict.include(await _owner_draws(folder / name, seed, tasks=tasks, hands=count, world=world), name)
    return verdict


def _world(era: str, latency: int, job_seconds: float) -> dict[str, Any]:
    """The simulator's settings."""
    return {"era": era, "latency_ms": latency, "job_seconds": job_seconds, "concurrency": MANY, "foreign": 0}


async def _owner_draws(folder: Path, seed: int, *, tasks: int, hands: int, world: dict[str, Any]) -> Verdict:
    async with house(folder, seed, mood=KIND, names=CALLERS, **world) as home, drawing_by_hand(home.simulator) as hand:
        await home.service.ready()
        working = asyncio.create_task(_alike(home, tasks), name="the load")
        owner = asyncio.create_task(_draw_between(home, hand, tasks, hands), name="the owner's hand")
        verdict = await finished(home, working, others=hand.nonces, limits=LIMITS[world["era"]])
        await owner
        verdict.counts["drawn by hand"] = len(hand.nonces)
        return verdict


async def _alike(home: House, tasks: int) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(tasks):
            caller = home.callers[number % 2]
            words = WORDS[number // 2 % len(WORDS)][number % 2]
            group.create_task(_to_its_end(caller, words), name=f"task {number}")


async def _to_its_end(caller: Caller, words: str) -> None:
    with suppress(Refused):  # noted by the caller
        await caller.end_of("imagine", prompt=words)


async def _draw_between(home: House, hand: Hand, tasks: int, hands: int) -> None:
    """Each while commands of the load are on their way; the last of several is refused."""
    for number in range(hands):
        sent = (1 + number) * tasks // (hands + 2) + number
        with suppress(TimeoutError):
            await home.simulator.until(partial(_has_heard, home.simulator, sent), 30)
        await asyncio.sleep(home.chance.uniform(0, home.simulator.state()["settings"]["latency_ms"] / 1000))
        words = WORDS[number % len(WORDS)][2]
        await (hand.draw_refused(words) if 0 < number == hands - 1 else hand.draw(words))


def _has_heard(simulator: Simulator, count: int) -> bool:
    return len(simulator.interactions) >= count


# ------------------------------------------------------------ two services


async def two_services(
    folder: Path,
    seed: int,
    *,
    tasks: int,
    latencies: Sequence[int] = (300,),
    eras: Sequence[str] = ("2026",),
    job_seconds: float = 2.0,
) -> Verdict:
    """Two services on one account and channel, each with as many tasks of the same words."""
    verdict = Verdict()
    for era, latency in itertools.product(eras, latencies):
        name = f"era {era}, {latency} ms"
        world = _world(era, latency, job_seconds)
        verdict.include(await _two_services(folder / name, seed, tasks=tasks, world=world), name)
    return verdict


async def _two_services(folder: Path, seed: int, *, tasks: int, world: dict[str, Any]) -> Verdict:
    verdict = Verdict()
    async with (
        house(folder / "one", seed, mood=KIND, **world) as one,
        served(folder / "two", seed + 1, one.simulator, mood=KIND) as two,
    ):
        both = (one, two)
        await asyncio.gather(*(home.service.ready() for home in both))
        loads = [asyncio.create_task(_equal(home.caller, tasks), name="the load") for home in both]
        await asyncio.gather(*(ended(home, load) for home, load in zip(both, loads, strict=True)))
        for name, home, other in (("the one", one, two), ("the other", two, one)):
            others = dict.fromkeys(kept_in(other.database).nonces, "the other service")
            verdict.include(await judged(home, others=others, limits=LIMITS[world["era"]]), name)
    return verdict


async def _equal(caller: Caller, tasks: int) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(tasks):
            group.create_task(_to_its_end(caller, WORDS[number % len(WORDS)][0]), name=f"task {number}")


# ------------------------------------------------------------ full slots at MidJourney

SLOTS = 3  # of the plan; the service believes in more
BELIEVED = 12
FILLING = "a long evening, number {} sim-slow"  # takes ten times as long
LATENCY = 300  # ms
KILL_SECONDS = (0.0, 0.5)  # after a send
SETTLED_SECONDS = 5.0  # a little longer than the service waits before it takes an unknown send for a no
KILLS = 3  # while the slots are full once: all that is sent meanwhile is fewer than the service's slots
# What tells of MidJourney's queue is lost, and so are answers to sends.
DEAF = (
    {"kind": "event_lost", "stage": "note", "share": 0.9},
    {"kind": "interaction", "status": 502, "accepted": True, "share": 0.2},
)


async def full_slots(
    folder: Path, seed: int, *, times: int, equal: bool = False, era: str = "2026", job_seconds: float = 1.4
) -> Verdict:
    """Killed right after a send, while all slots are full: the job stands in MidJourney's queue, unseen.

    `equal`: both callers ask for the same now and then, and nobody can say whose a drawing is once its link is lost.
    """
    world = {**_world(era, LATENCY, job_seconds), "concurrency": SLOTS, "queue": MANY}
    environ = {"CONCURRENCY": str(BELIEVED)}
    async with (
        house(folder, seed, mood=KIND, environ=environ, names=CALLERS, **world) as home,
        drawing_by_hand(home.simulator) as hand,
    ):
        await home.service.ready()
        for fault in DEAF:
            home.simulator.add_fault(fault)
        async with asyncio.TaskGroup() as load:
            for number in range(times):
                await _fill(home, hand, load, number)
                for kill in range(KILLS):
                    await _kill_after_send(home, hand, load, number * KILLS + kill, equal=equal)
                await asyncio.sleep(SETTLED_SECONDS)
                # What is sent later is drawn later: only that proves that a send never arrived.
                _ask(load, f"later {number}", callers=home.callers)
                await home.simulator.until(lambda: not _in_work(home), 60)
        limits = replace(LINK_LOST, equal_words=LIMITS[era].equal_words)
        verdict = await finished(home, asyncio.create_task(_nothing()), others=hand.nonces, limits=limits)
        verdict.counts["kills"] = times * KILLS
        return verdict


async def _fill(home: House, hand: Hand, load: asyncio.TaskGroup, number: int) -> None:
    """All slots that the plan has are taken for a while: by our own drawings, or by the owner's."""
    for slot in range(number * SLOTS, (number + 1) * SLOTS):
        if number % 2:
            await hand.draw(FILLING.format(slot))
        else:
            load.create_task(_to_its_end(home.caller, FILLING.format(slot)), name=f"slow drawing {slot}")
    await home.simulator.until(lambda: len(_in_work(home)) >= SLOTS)


def _ask(load: asyncio.TaskGroup, name: str, *, callers: Sequence[Caller], equal: bool = False) -> None:
    for caller in callers:
        words = f"a quiet harbour, {name}" + ("" if equal else f", for {caller.name}")
        load.create_task(_to_its_end(caller, words), name=f"{caller.name}'s task {name}")


async def _kill_after_send(home: House, hand: Hand, load: asyncio.TaskGroup, number: int, *, equal: bool) -> None:
    before = _sends(home, hand)
    # Of two at once the second may be written and not have left: what nobody heard of takes a minute to settle.
    callers = home.callers if equal else home.callers[number % 2 :][:1]
    _ask(load, f"number {number}", callers=callers, equal=equal and number % KILLS == 0)
    await home.simulator.until(lambda: _sends(home, hand) > before, 30)
    await asyncio.sleep(home.chance.uniform(*KILL_SECONDS))
    await home.service.kill()
    await home.service.start()
    await home.service.ready()


def _sends(home: House, hand: Hand) -> int:
    return sum(post["nonce"] not in hand.nonces for post in home.simulator.interactions)


def _in_work(home: House) -> list[object]:
    return [job for job in home.simulator.jobs if job["finished"] is None]


async def _nothing() -> None:
    """The load is over."""
