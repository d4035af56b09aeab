"""Which delivery may start now, so that a hanging receiver delays no other. Pure, apart from its memory.

Contract: a lane is one owner's URL, and earns its share: other owners and URLs of the same receiver do not harm it.
A prompt lane gets the largest share, an unknown lane one slot, and lanes that were slow last time share a small part.
An attempt that becomes slow gives its slot back and continues without it. So a hundred receivers that never answer
delay a working one by seconds when they first appear, and not at all afterwards.

An owner has up to `AT_ONCE_PER_RECEIVER` attempts at one receiver, over all its lanes there: where its URLs differ from
task to task each is a lane of its own, and that many may hang from the first meeting on. It is that owner who waits for
them: the bound is the owner's, so no other owner of the same receiver does.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tasks.domain.webhooks import DeliveryLane

PROMPT_AT_ONCE = 64  # attempts that are not slow yet
AT_ONCE_PER_RECEIVER = 8  # of one owner
OWNERS_SHARE = 0.75  # of PROMPT_AT_ONCE and SLOW_AT_ONCE; the rest is for other owners
AT_ONCE_PER_UNKNOWN = 1
AT_ONCE_PER_SLOW = 2
SLOW_AT_ONCE = 32  # attempts to receivers that were slow last time
PATIENCE = 2.0  # seconds; a longer attempt is slow. With a timeout of 10 s, at most 5 * 64 + 32 attempts are active
REMEMBERED = 4096  # lanes


class ReceiverState(Enum):
    PROMPT = "prompt"
    UNKNOWN = "unknown"
    SLOW = "slow"


_PER_LANE = {
    ReceiverState.PROMPT: AT_ONCE_PER_RECEIVER,
    ReceiverState.UNKNOWN: AT_ONCE_PER_UNKNOWN,
    ReceiverState.SLOW: AT_ONCE_PER_SLOW,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _ActiveAttempt:
    names: tuple[str, str, str]  # of its place: owner, receiver, lane
    since: float  # seconds
    state: ReceiverState  # of the lane when the attempt started


class FairQueue:
    """`time` is a monotonic clock in seconds."""

    def __init__(
        self, time: Callable[[], float], *, patience: float = PATIENCE, prompt_at_once: int = PROMPT_AT_ONCE
    ) -> None:
        self._time = time
        self._patience = patience
        self._prompt_at_once = prompt_at_once
        self._active: dict[int, _ActiveAttempt] = {}  # by delivery id
        self._known: OrderedDict[str, ReceiverState] = OrderedDict()  # by lane; least recently used first

    def start(self, delivery_id: int, place: DeliveryLane) -> None:
        since, state = self._time(), self.state(place)
        self._active[delivery_id] = _ActiveAttempt(names=place.names, since=since, state=state)

    def record_response(self, delivery_id: int) -> None:
        """The attempt was answered or failed: remember the state of its lane."""
        one = self._active[delivery_id]
        lane = one.names[-1]
        self._known[lane] = ReceiverState.PROMPT if self._age(one) < self._patience else ReceiverState.SLOW
        self._known.move_to_end(lane)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def end(self, delivery_id: int) -> None:
        """The outcome is written: release the slot."""
        del self._active[delivery_id]

    def state(self, place: DeliveryLane) -> ReceiverState:
        return self._state_of(place.names[-1])

    def has_room(self, place: DeliveryLane) -> bool:
        """May an attempt start at this place now?"""
        full = self._full()
        if not full.isdisjoint(place.names):
            return False
        if self.state(place) is ReceiverState.SLOW:
            slow = self._slow_started()
            return slow.total() < SLOW_AT_ONCE and slow[place.owner] < SLOW_AT_ONCE * OWNERS_SHARE
        return self._active_prompt() < self._prompt_at_once

    def full_names(self) -> list[str]:
        """The names of places without room, to leave out of the query: their rows would hide those of others."""
        full = self._full()
        slow = self._slow_started()
        if slow.total() >= SLOW_AT_ONCE * OWNERS_SHARE:
            known = [lane for lane, state in self._known.items() if state is ReceiverState.SLOW]
            for owner in (owner for owner in slow if slow[owner] >= SLOW_AT_ONCE * OWNERS_SHARE):
                full |= {lane for lane in known if lane.startswith(f"{owner} ")}
            full |= set(known) if slow.total() >= SLOW_AT_ONCE else set()
        return sorted(full)

    def seconds_to_room(self) -> float | None:
        """Seconds until the next active attempt becomes slow and gives its slot back; None: no attempt will."""
        ages = [age for other in self._active.values() if (age := self._age(other)) < self._patience]
        return self._patience - max(ages) if ages else None

    def __len__(self) -> int:
        return len(self._active)

    def _full(self) -> set[str]:
        """The names at their limit of active attempts. For an owner, slow attempts do not count."""
        attempts = self._active.values()
        owners = Counter(one.names[0] for one in attempts if self._is_prompt(one))
        receivers = Counter(one.names[1] for one in attempts)
        lanes = Counter(one.names[2] for one in attempts)
        full = {owner for owner, number in owners.items() if number >= self._prompt_at_once * OWNERS_SHARE}
        full |= {receiver for receiver, number in receivers.items() if number >= AT_ONCE_PER_RECEIVER}
        return full | {lane for lane, number in lanes.items() if number >= _PER_LANE[self._state_of(lane)]}

    def _state_of(self, lane: str) -> ReceiverState:
        return self._known.get(lane, ReceiverState.UNKNOWN)

    def _age(self, one: _ActiveAttempt) -> float:
        return self._time() - one.since

    def _is_prompt(self, one: _ActiveAttempt) -> bool:
        return one.state is not ReceiverState.SLOW and self._age(one) < self._patience

    def _active_prompt(self) -> int:
        return sum(self._is_prompt(one) for one in self._active.values())

    def _slow_started(self) -> Counter[str]:
        """The number of attempts to slow lanes, by owner."""
        return Counter(one.names[0] for one in self._active.values() if one.state is ReceiverState.SLOW)
