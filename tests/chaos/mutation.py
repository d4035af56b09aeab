"""Real payloads, and what a seeded chance makes of them: keys gone, types changed, texts cut and swollen.

Contract: pure. `strange` makes a payload somebody else's first, where it must mean nothing to any task of ours.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

Payload = tuple[str, Any]  # the event's name and its data

CAPTURES = Path(__file__).parents[2].parent / "shared" / "captures" / "messages"  # where a checkout has them beside it

_NAMES = (
    *("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK"),
    *("INTERACTION_CREATE", "INTERACTION_SUCCESS", "INTERACTION_FAILURE", "INTERACTION_MODAL_CREATE"),
    "INTERACTION_IFRAME_MODAL_CREATE",
)
_KEPT = ("channel_id", "guild_id", "application_id")  # else it is not ours to read
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SNOWFLAKE = re.compile(r"(?<!\d)\d{17,20}(?!\d)")
_WORDS = ("(Waiting to start)", "(100%)", "** - <@", "(Stopped)", "%", "**", "Image #9", "\u202e", "\x00", "🜁" * 40)
_ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**64, 1.5e308, "", " ", "0", "NaN", [], {}, [None], [[]], [{}], {"": None}, "\ud800"),
    *({"id": []}, ["a"] * 50, "9" * 400, "x" * 10_000, {"embeds": {"title": []}}),
)


def captured() -> list[Payload]:
    found = (json.loads(path.read_text("utf-8")) for path in sorted(CAPTURES.glob("*.json")))
    return [(item["event"], item["d"]) for item in found]


def mutated(chance: Random, payload: Payload) -> Payload:
    """One to four things are wrong with it."""
    name, data = payload[0], copy.deepcopy(payload[1])
    for _ in range(chance.randint(1, 4)):
        places = list(_places(data))
        if not places:
            return name, chance.choice(_ODD)
        holder, key = chance.choice(places)
        _spoil(chance, holder, key)
    if chance.random() < 0.1:
        name = chance.choice(_NAMES)
    return name, data


def strange(chance: Random, payload: Payload, keep: frozenset[str]) -> Payload:
    """With ids, jobs and words of its own; the ids in `keep` stay, which are places and bots."""

    def other(match: re.Match[str]) -> str:
        return match[0] if match[0] in keep else str(int(match[0]) + shift)

    shift = chance.randrange(10**9, 10**12)
    text = _SNOWFLAKE.sub(other, json.dumps(payload[1]))
    text = _UUID.sub(lambda match: f"{chance.getrandbits(32):08x}{match[0][8:]}", text)
    return payload[0], json.loads(text)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """(holder, key) of everything inside, but for the ids that say where it was said."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        if key not in _KEPT:
            yield value, key
            yield from _places(inner)


def _spoil(chance: Random, holder: Any, key: Any) -> None:
    value = holder[key]
    how = chance.randrange(6)
    if how == 0:
        del holder[key]
    elif how == 1 or not isinstance(value, str):
        holder[key] = copy.deepcopy(chance.choice(_ODD))
    elif how == 2:
        holder[key] = value[: chance.randint(0, len(value))]
    elif how == 3:
        place = chance.randint(0, len(value))
        holder[key] = value[:place] + chance.choice(_WORDS) + value[place:]
    elif how == 4:
        holder[key] = value * chance.randint(2, 5)
    else:
        holder[key] = "".join(chance.sample(value, len(value)))
