"""Whose call-back may start now, so that receivers that hang hold up no other. Pure but for what it remembers.

Law: a receiver earns its share. One that answers promptly gets the most; one that is not known yet gets one place;
those that were slow the last time share a small part. And an attempt that has become slow gives its place back: it goes
on, but whoever comes next does not wait for it. So a hundred receivers that never answer cost a living one seconds at
the first meeting, and later nothing.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

PROMPT_AT_ONCE = 64  # attempts that are not slow yet
AT_ONCE_PER_RECEIVER = 8
AT_ONCE_PER_STRANGER = 1
AT_ONCE_PER_SLOW = 2
SLOW_AT_ONCE = 32  # attempts started at receivers that were slow the last time
PATIENCE = 2.0  # seconds; an attempt that takes longer is slow. With a time-out of 10 s: 5 * 64 + 32 under way at most
REMEMBERED = 4096  # receivers


class Standing(Enum):
    PROMPT = "prompt"
    STRANGER = "stranger"
    SLOW = "slow"


_PER_RECEIVER = {
    Standing.PROMPT: AT_ONCE_PER_RECEIVER,
    Standing.STRANGER: AT_ONCE_PER_STRANGER,
    Standing.SLOW: AT_ONCE_PER_SLOW,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _UnderWay:
    receiver: str
    since: float  # seconds
    standing: Standing  # when it started


class Lanes:
    """`time` tells seconds that only grow."""

    def __init__(
        self, time: Callable[[], float], *, patience: float = PATIENCE, prompt_at_once: int = PROMPT_AT_ONCE
    ) -> None:
        self._time = time
        self._patience = patience
        self._prompt_at_once = prompt_at_once
        self._under_way: dict[int, _UnderWay] = {}  # by the delivery's id
        self._known: OrderedDict[str, Standing] = OrderedDict()  # the longest unheard of first

    def start(self, delivery_id: int, receiver: str) -> None:
        since, standing = self._time(), self.standing(receiver)
        self._under_way[delivery_id] = _UnderWay(receiver=receiver, since=since, standing=standing)

    def heard(self, delivery_id: int) -> None:
        """It was answered, or failed: what its receiver is known by from now on."""
        one = self._under_way[delivery_id]
        self._known[one.receiver] = Standing.PROMPT if self._age(one) < self._patience else Standing.SLOW
        self._known.move_to_end(one.receiver)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def end(self, delivery_id: int) -> None:
        """Its place is free: what became of it is written down."""
        del self._under_way[delivery_id]

    def standing(self, receiver: str) -> Standing:
        return self._known.get(receiver, Standing.STRANGER)

    def has_room(self, receiver: str) -> bool:
        """May an attempt at this receiver start now?"""
        standing = self.standing(receiver)
        here = sum(other.receiver == receiver for other in self._under_way.values())
        if here >= _PER_RECEIVER[standing]:
            return False
        if standing is Standing.SLOW:
            return self._slow_started() < SLOW_AT_ONCE
        return self._prompt_under_way() < self._prompt_at_once

    def without_room(self) -> list[str]:
        """Receivers whose deliveries need not be looked at now: they would hide those of others."""
        busy = Counter(other.receiver for other in self._under_way.values())
        full = {receiver for receiver, number in busy.items() if number >= _PER_RECEIVER[self.standing(receiver)]}
        if self._slow_started() >= SLOW_AT_ONCE:
            full |= {receiver for receiver, standing in self._known.items() if standing is Standing.SLOW}
        return sorted(full)

    def seconds_to_room(self) -> float | None:
        """Until the next attempt under way becomes slow and gives its place back; None: there is none."""
        ages = [age for other in self._under_way.values() if (age := self._age(other)) < self._patience]
        return self._patience - max(ages) if ages else None

    def __len__(self) -> int:
        return len(self._under_way)

    def _age(self, one: _UnderWay) -> float:
        return self._time() - one.since

    def _prompt_under_way(self) -> int:
        own = (one for one in self._under_way.values() if one.standing is not Standing.SLOW)
        return sum(self._age(one) < self._patience for one in own)

    def _slow_started(self) -> int:
        return sum(one.standing is Standing.SLOW for one in self._under_way.values())
