"""Whose call-back may start now, so that receivers that hang hold up no other. Pure but for what it remembers.

Law: a lane is one owner's URL, and it earns its share: what another owner, or another URL, makes of the same receiver
does it no harm. One that answers promptly gets the most; one that is not known yet gets one place;
those that were slow the last time share a small part. And an attempt that has become slow gives its place back: it goes
on, but whoever comes next does not wait for it. So a hundred receivers that never answer cost a living one seconds at
the first meeting, and later nothing.

An owner has up to `AT_ONCE_PER_RECEIVER` attempts at one receiver, over all its lanes there: where its URLs differ from
task to task each is a lane of its own, and that many may hang from the first meeting on. It is that owner who waits for
them: the bound is the owner's, so no other owner of the same receiver does.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tasks.domain.webhooks import Place

PROMPT_AT_ONCE = 64  # attempts that are not slow yet
AT_ONCE_PER_RECEIVER = 8  # of one owner
OWNERS_SHARE = 0.75  # of PROMPT_AT_ONCE and SLOW_AT_ONCE: the rest is for the others
AT_ONCE_PER_STRANGER = 1
AT_ONCE_PER_SLOW = 2
SLOW_AT_ONCE = 32  # attempts started at receivers that were slow the last time
PATIENCE = 2.0  # seconds; an attempt that takes longer is slow. With a time-out of 10 s: 5 * 64 + 32 under way at most
REMEMBERED = 4096  # lanes


class ReceiverState(Enum):
    PROMPT = "prompt"
    STRANGER = "stranger"
    SLOW = "slow"


_PER_LANE = {
    ReceiverState.PROMPT: AT_ONCE_PER_RECEIVER,
    ReceiverState.STRANGER: AT_ONCE_PER_STRANGER,
    ReceiverState.SLOW: AT_ONCE_PER_SLOW,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _UnderWay:
    names: tuple[str, str, str]  # of its place: owner, receiver, lane
    since: float  # seconds
    standing: ReceiverState  # when it started


class FairQueue:
    """`time` tells seconds that only grow."""

    def __init__(
        self, time: Callable[[], float], *, patience: float = PATIENCE, prompt_at_once: int = PROMPT_AT_ONCE
    ) -> None:
        self._time = time
        self._patience = patience
        self._prompt_at_once = prompt_at_once
        self._under_way: dict[int, _UnderWay] = {}  # by the delivery's id
        self._known: OrderedDict[str, ReceiverState] = OrderedDict()  # by lane; the longest unheard of first

    def start(self, delivery_id: int, place: Place) -> None:
        since, standing = self._time(), self.standing(place)
        self._under_way[delivery_id] = _UnderWay(names=place.names, since=since, standing=standing)

    def heard(self, delivery_id: int) -> None:
        """It was answered, or failed: what its lane is known by from now on."""
        one = self._under_way[delivery_id]
        lane = one.names[-1]
        self._known[lane] = ReceiverState.PROMPT if self._age(one) < self._patience else ReceiverState.SLOW
        self._known.move_to_end(lane)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def end(self, delivery_id: int) -> None:
        """Its place is free: what became of it is written down."""
        del self._under_way[delivery_id]

    def standing(self, place: Place) -> ReceiverState:
        return self._standing(place.names[-1])

    def has_room(self, place: Place) -> bool:
        """May an attempt start here now?"""
        full = self._full()
        if not full.isdisjoint(place.names):
            return False
        if self.standing(place) is ReceiverState.SLOW:
            slow = self._slow_started()
            return slow.total() < SLOW_AT_ONCE and slow[place.owner] < SLOW_AT_ONCE * OWNERS_SHARE
        return self._prompt_under_way() < self._prompt_at_once

    def without_room(self) -> list[str]:
        """The names of places whose deliveries need not be looked at now: they would hide those of others."""
        full = self._full()
        slow = self._slow_started()
        if slow.total() >= SLOW_AT_ONCE * OWNERS_SHARE:
            known = [lane for lane, standing in self._known.items() if standing is ReceiverState.SLOW]
            for owner in (owner for owner in slow if slow[owner] >= SLOW_AT_ONCE * OWNERS_SHARE):
                full |= {lane for lane in known if lane.startswith(f"{owner} ")}
            full |= set(known) if slow.total() >= SLOW_AT_ONCE else set()
        return sorted(full)

    def seconds_to_room(self) -> float | None:
        """Until the next attempt under way becomes slow and gives its place back; None: there is none."""
        ages = [age for other in self._under_way.values() if (age := self._age(other)) < self._patience]
        return self._patience - max(ages) if ages else None

    def __len__(self) -> int:
        return len(self._under_way)

    def _full(self) -> set[str]:
        """The names that have as many attempts under way as they may: of an owner those count that are not slow yet."""
        attempts = self._under_way.values()
        owners = Counter(one.names[0] for one in attempts if self._is_prompt(one))
        receivers = Counter(one.names[1] for one in attempts)
        lanes = Counter(one.names[2] for one in attempts)
        full = {owner for owner, number in owners.items() if number >= self._prompt_at_once * OWNERS_SHARE}
        full |= {receiver for receiver, number in receivers.items() if number >= AT_ONCE_PER_RECEIVER}
        return full | {lane for lane, number in lanes.items() if number >= _PER_LANE[self._standing(lane)]}

    def _standing(self, lane: str) -> ReceiverState:
        return self._known.get(lane, ReceiverState.STRANGER)

    def _age(self, one: _UnderWay) -> float:
        return self._time() - one.since

    def _is_prompt(self, one: _UnderWay) -> bool:
        return one.standing is not ReceiverState.SLOW and self._age(one) < self._patience

    def _prompt_under_way(self) -> int:
        return sum(self._is_prompt(one) for one in self._under_way.values())

    def _slow_started(self) -> Counter[str]:
        """How many of each owner."""
        return Counter(one.names[0] for one in self._under_way.values() if one.standing is ReceiverState.SLOW)
