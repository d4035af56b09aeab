"""Round 2: everything between the service and Discord goes wrong: answers, events, connections, nonces, limits."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from tests.chaos.house import House, finished, house, mixed_load
from tests.chaos.judge import Verdict
from tests.chaos.receiver import GRUMPY, Mood

Fault = dict[str, Any]

# All of these the service can settle: what was accepted is seen in the channel.
ACCEPTED: tuple[Fault, ...] = (
    {"kind": "interaction", "status": 502, "accepted": True, "share": 0.3},
    {"kind": "drop_connection", "accepted": True, "share": 0.06},
    {"kind": "drop_connection", "accepted": True, "orderly": True, "share": 0.06},
    {"kind": "no_answer", "accepted": True, "seconds": 1.0, "share": 0.03},
    {"kind": "event_lost", "stage": "first", "share": 0.2},
    {"kind": "event_lost", "stage": "progress", "share": 0.2},
    {"kind": "event_lost", "stage": "delete", "share": 0.3},
    {"kind": "event_lost", "stage": "answer", "share": 0.1},
    {"kind": "no_nonce", "share": 0.2},
    {"kind": "event_twice", "seconds": 0.1, "share": 0.1},
    {"kind": "event_overtaken", "seconds": 0.3, "share": 0.1},
    {"kind": "event_late", "seconds": 0.3, "share": 0.03},
)
# Of a button's press that never arrived nothing can be proved: some tasks may end in `outcome_unknown`.
NOT_ACCEPTED: tuple[Fault, ...] = (
    {"kind": "interaction", "status": 502, "accepted": False, "share": 0.03},
    {"kind": "drop_connection", "accepted": False, "share": 0.02},
    {"kind": "no_answer", "accepted": False, "seconds": 1.0, "share": 0.01},
)
FALSE_WORDS: tuple[Fault, ...] = ({"kind": "false_failure", "share": 0.05},)

PAUSE_SECONDS = (0.4, 2.5)
CONNECTIONS = 30  # that are cut; more in a row are made by the service one every ten seconds, which is a wait
_CUTS = ("drop_gateway", "op9", "op7", "abort_gateway", "close")


def sudden(chance: Random, *, cut: bool) -> Fault:
    """Something that happens at once."""
    kind = chance.choice((*_CUTS, "storm", "storm", "new_versions") if cut else ("storm", "new_versions"))
    seconds = round(chance.uniform(0.2, 1.2), 2)
    more: dict[str, Fault] = {
        "drop_gateway": {"seconds": seconds},
        "op9": {"resumable": chance.random() < 0.5},
        "storm": {
            "seconds": seconds,
            "retry_after": chance.choice((0.0, 0.2)),
            "global": chance.random() < 0.5,
        },
    }
    return {"kind": kind, **more.get(kind, {})}


async def wires(
    folder: Path,
    seed: int,
    *,
    groups: int,
    standing: tuple[Fault, ...] = ACCEPTED,
    dead: bool = False,
    mood: Mood = GRUMPY,
) -> Verdict:
    """`dead`: once the gateway stays open and falls silent, which the service notices after a minute."""
    async with house(folder, seed, mood=mood) as home:
        await home.service.ready()
        for fault in standing:
            home.simulator.add_fault(fault)
        working = asyncio.create_task(mixed_load(home.caller, groups, _begin()), name="the load")
        harassing = asyncio.create_task(_harass(home), name="the sudden faults")
        if dead:
            await home.simulator.until(lambda: len(home.simulator.jobs) >= groups, 60)
            home.simulator.add_fault({"kind": "dead_gateway"})
        await _work_done(working)
        harassing.cancel()
        with suppress(asyncio.CancelledError):
            await harassing
        verdict = await finished(home, working)
        for fault in home.simulator.state()["faults"]:
            about = ", accepted" if fault.get("accepted") else f" {fault['stage']}" if "stage" in fault else ""
            verdict.counts[f"met {fault['kind']}{about}"] += fault["met"]
        counters = home.simulator.state()["counters"]
        verdict.counts.update({name: count for name, count in counters.items() if name.startswith("fault_")})
        if verdict.counts["tracebacks"]:
            verdict.complain(f"tracebacks: {home.service.tracebacks[0]}")
        return verdict


async def _work_done(working: asyncio.Task[None], seconds: float = 240.0) -> None:
    await asyncio.wait([working], timeout=seconds)


def _begin() -> Any:
    """A few groups at a time, so that the faults are spread over the work."""
    pace = asyncio.Semaphore(1)

    async def gate(number: int) -> None:
        async with pace:
            await asyncio.sleep(1.0 if number else 0.0)

    return gate


async def _harass(home: House) -> None:
    cuts = 0
    while True:
        await asyncio.sleep(home.chance.uniform(*PAUSE_SECONDS))
        fault = sudden(home.chance, cut=cuts < CONNECTIONS)
        cuts += fault["kind"] in _CUTS
        home.simulator.add_fault(fault)
