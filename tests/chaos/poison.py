"""A chaos test of payloads that no database can keep: halves of surrogate pairs in the messages of our own drawings.

Contract: what is poisoned is told beside the true message, to every session of the account, as Discord would tell it.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from tests.chaos.house import House, finished, house, mixed_load
from tests.chaos.judge import Verdict
from tests.chaos.receiver import BRISK, Mood
from tests.support.discord_wire_client import Wire, connected

HALVES = ("\ud83d", "\ude00", "\udfff", "\ud800")  # each the one of a pair without the other
POISONED_KEYS = (
    "filename",
    "url",
    "proxy_url",
    "name",
    "custom_id",
    "label",
    "content",
    "title",
    "description",
    "text",
)
SHARE = 0.5  # of the messages


def poisoned(chance: Random, data: Any) -> Any:
    """The same payload with a half in one of the texts that are kept, or None where it has none."""
    spoiled = copy.deepcopy(data)
    places = list(_texts(spoiled))
    if not places:
        return None
    holder, key = chance.choice(places)
    at = chance.randint(0, len(holder[key]))
    holder[key] = holder[key][:at] + chance.choice(HALVES) + holder[key][at:]
    return spoiled


def is_poisoned(data: Any) -> bool:
    return any(half in holder[key] for holder, key in _texts(data) for half in HALVES)


def _texts(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)
    if isinstance(value, dict):
        yield from ((value, key) for key in POISONED_KEYS if isinstance(value.get(key), str) and value[key])


async def poison(folder: Path, seed: int, *, groups: int, mood: Mood = BRISK) -> Verdict:
    async with house(folder, seed, mood=mood) as home, connected(home.simulator) as wire:
        await home.service.ready()
        working = asyncio.create_task(mixed_load(home.caller, groups, _at_once), name="the load")
        telling = asyncio.create_task(_tell(home, wire), name="the poisoned payloads")
        await asyncio.wait([working], timeout=120)
        telling.cancel()
        with suppress(asyncio.CancelledError, TimeoutError):  # nothing was told for a minute
            await telling
        verdict = await finished(home, working)
        verdict.counts["poisoned payloads"] = home.simulator.state()["counters"]["told"]
        if verdict.counts["tracebacks"]:
            verdict.complain(f"tracebacks: {home.service.tracebacks[0]}")
        if home.service.process.returncode is not None:
            verdict.complain("the process ended")
        return verdict


async def _tell(home: House, wire: Wire) -> None:
    """An update of each message that was just told, with one of its texts poisoned."""
    while True:
        await wire.first(wire.events, bool)
        heard, wire.events[:] = wire.events[:], []
        for item in heard:
            data = item["d"]
            if "content" not in data or is_poisoned(data) or home.chance.random() >= SHARE:
                continue
            spoiled = poisoned(home.chance, data)
            if spoiled is not None:
                home.simulator.send_event("MESSAGE_UPDATE", spoiled)


async def _at_once(number: int) -> None:
    await asyncio.sleep(0.5 * number)
