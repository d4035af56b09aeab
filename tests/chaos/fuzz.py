"""Round 5: payloads that nobody ever meant, through the grammar and through the whole process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random

from bot.grammar.events import parse_event
from simulator import Simulator
from simulator.data.eras import ERAS
from simulator.world.messages import BOTS
from tests.chaos.house import House, finished, house, mixed_load
from tests.chaos.judge import Verdict
from tests.chaos.mutation import Payload, captured, mutated, strange
from tests.chaos.receiver import GRUMPY, Mood
from tests.support.discord_wire_client import Wire, connected

SLOW_SECONDS = 0.05  # for one payload: an expression that runs wild would hold up everything
PAUSE_SECONDS = 0.005
MOST_LINES = 20  # of the log, that tell of events that were lost: each kind is told once


async def heard_of_all_eras() -> list[Payload]:
    """What an account hears of a drawing and of words, in every generation of messages."""
    heard: list[Payload] = []
    for era in ERAS:
        async with Simulator(era=era, seed=1, foreign=1) as simulator, connected(simulator) as wire:
            await wire.imagine("a fox --ar 16:9")
            await wire.result()
            for text in ("a fox sim-banned", "a fox sim-queued", "a fox sim-fail"):
                await wire.imagine(text)
            await wire.command("shorten", prompt="a fox in a deep forest")
            await simulator.until(partial(_shortened, simulator))
            heard += [(item["t"], item["d"]) for item in wire.events if not item["t"].startswith("READY")]
    return heard


def _shortened(simulator: Simulator) -> bool:
    return any(job["command"] == "shorten" and job["finished"] for job in simulator.jobs)


async def grammar(seed: int, *, count: int) -> Verdict:
    """Never raises, whatever comes, and never takes long."""
    chance, verdict = Random(seed), Verdict()
    base = [*await heard_of_all_eras(), *captured()]
    verdict.counts["payloads to begin with"] = len(base)
    for _ in range(count):
        name, data = mutated(chance, chance.choice(base))
        began = time.perf_counter()
        try:
            heard = parse_event(name, data, account="a", user_id="1300000000000000001")
            verdict.counts["understood as something" if heard else "understood as nothing"] += 1
        except Exception as error:
            verdict.complain(f"{type(error).__name__}: {error}: {name} {data!r}"[:600])
        if (took := time.perf_counter() - began) > SLOW_SECONDS:
            verdict.counts["slow"] += 1
            if took > 10 * SLOW_SECONDS:
                verdict.complain(f"{took:.2f} s for {name} {data!r}"[:600])
    return verdict


async def process(folder: Path, seed: int, *, groups: int, mood: Mood = GRUMPY) -> Verdict:
    """The process lives, its log stays readable, and no task of ours notices."""
    async with house(folder, seed, mood=mood) as home, _listening(home) as wire:
        await home.service.ready()
        working = asyncio.create_task(mixed_load(home.caller, groups, _at_once), name="the load")
        told = asyncio.create_task(_tell(home, wire), name="the broken payloads")
        await asyncio.wait([working], timeout=120)
        told.cancel()
        with suppress(asyncio.CancelledError):
            await told
        verdict = await finished(home, working)
        verdict.counts["broken payloads"] = home.simulator.state()["counters"]["told"]
        verdict.counts["lines of events lost"] = lost = sum("event lost" in line for line in home.service.said)
        if lost > MOST_LINES:
            verdict.complain(f"{lost} lines tell of lost events")
        if home.service.lives > 1 or home.service.process.returncode is not None:
            verdict.complain("the process ended")
        return verdict


@asynccontextmanager
async def _listening(home: House) -> AsyncIterator[Wire]:
    """A second session of the account: what it hears is what is broken and told again."""
    async with connected(home.simulator) as wire:
        yield wire


async def _tell(home: House, wire: Wire) -> None:
    account = home.simulator.accounts[0]
    keep = frozenset({account.channel_id, account.guild_id, *BOTS})
    while True:
        await asyncio.sleep(PAUSE_SECONDS)
        heard = [(item["t"], item["d"]) for item in wire.events[-400:] if not item["t"].startswith("READY")]
        if heard:
            home.simulator.send_event(*mutated(home.chance, strange(home.chance, home.chance.choice(heard), keep)))
            wire.events[:-400] = []


async def _at_once(number: int) -> None:
    await asyncio.sleep(0.5 * number)
