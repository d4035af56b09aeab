"""Whose call-back may start: receivers that hang hold up no other, whatever comes in which order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from api.webhooks.fairness import (
    AT_ONCE_PER_RECEIVER,
    AT_ONCE_PER_SLOW,
    AT_ONCE_PER_UNKNOWN,
    OWNERS_SHARE,
    PATIENCE,
    PROMPT_AT_ONCE,
    REMEMBERED,
    SLOW_AT_ONCE,
    FairQueue,
    ReceiverState,
)
from tasks.domain.webhooks import DeliveryLane


class Time:
    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def at(name: str) -> DeliveryLane:
    """Each receiver is another owner's, unless the name says otherwise: "owner receiver path"."""
    owner, receiver, path = name.split() if " " in name else (name, name, "")
    return DeliveryLane(owner=owner, receiver=receiver, url=f"{receiver}/{path}")


class Traffic:
    """Lanes, and the numbers of what is under way."""

    def __init__(self) -> None:
        self.time = Time()
        self.lanes = FairQueue(self.time)
        self.last = 0
        self.under_way: dict[int, tuple[str, float]] = {}

    def start(self, receiver: str) -> int | None:
        if not self.lanes.has_room(at(receiver)):
            return None
        self.last += 1
        self.lanes.start(self.last, at(receiver))
        self.under_way[self.last] = (receiver, self.time.seconds)
        return self.last

    def fill(self, receiver: str) -> int:
        """As many as there is room for; how many those are."""
        count = 0
        while self.start(receiver):
            count += 1
        return count

    def end(self, number: int) -> None:
        del self.under_way[number]
        self.lanes.record_response(number)
        self.lanes.end(number)

    def end_all(self) -> None:
        for number in list(self.under_way):
            self.end(number)


def test_a_receiver_earns_its_share() -> None:
    traffic = Traffic()
    assert traffic.fill("a") == AT_ONCE_PER_UNKNOWN
    traffic.end_all()
    assert traffic.lanes.state(at("a")) is ReceiverState.PROMPT
    assert traffic.fill("a") == AT_ONCE_PER_RECEIVER
    traffic.time.seconds += PATIENCE
    traffic.end_all()
    assert traffic.lanes.state(at("a")) is ReceiverState.SLOW
    assert traffic.fill("a") == AT_ONCE_PER_SLOW
    traffic.end_all()
    assert traffic.lanes.state(at("a")) is ReceiverState.PROMPT  # it has mended


def test_strangers_that_hang_give_their_places_back() -> None:
    traffic = Traffic()
    filled = [traffic.fill(f"dead{n}") for n in range(100)]
    assert sum(filled) == PROMPT_AT_ONCE
    assert traffic.start("living") is None
    assert traffic.lanes.seconds_to_room() == PATIENCE
    traffic.time.seconds += PATIENCE
    assert traffic.lanes.seconds_to_room() is None
    assert traffic.start("living")


def test_known_slow_ones_share_a_small_part() -> None:
    traffic = Traffic()
    for n in range(100):
        traffic.fill(f"dead{n}")
        traffic.time.seconds += PATIENCE
        traffic.end_all()
    assert sum(traffic.fill(f"dead{n}") for n in range(100)) == SLOW_AT_ONCE
    assert set(traffic.lanes.full_names()) >= {f"dead{n} dead{n}/" for n in range(100)}
    assert sum(traffic.fill(f"new{n}") for n in range(100)) == PROMPT_AT_ONCE


def test_a_place_is_kept_until_what_happened_is_written() -> None:
    traffic = Traffic()
    number = traffic.start("a")
    assert number
    traffic.lanes.record_response(number)
    assert len(traffic.lanes) == 1
    traffic.time.seconds += 100  # the disk is full
    traffic.lanes.end(number)
    assert traffic.lanes.state(at("a")) is ReceiverState.PROMPT
    assert len(traffic.lanes) == 0


def test_memory_has_a_bound() -> None:
    traffic = Traffic()
    for n in range(REMEMBERED + 1):
        traffic.start(str(n))
        traffic.end_all()
    assert traffic.lanes.state(at("0")) is ReceiverState.UNKNOWN
    assert traffic.lanes.state(at("1")) is ReceiverState.PROMPT


def test_one_owner_leaves_room_for_others() -> None:
    traffic = Traffic()
    filled = sum(traffic.fill(f"greedy r{n} {n}") for n in range(200))
    assert filled == PROMPT_AT_ONCE * OWNERS_SHARE
    assert traffic.lanes.full_names()[0] == "greedy"
    assert traffic.start("modest r1 1")
    for _ in range(2):
        traffic.time.seconds += PATIENCE
        traffic.end_all()
        filled = sum(traffic.fill(f"greedy r{n} {n}") for n in range(48))
    assert filled >= SLOW_AT_ONCE * OWNERS_SHARE


def test_another_owners_path_does_a_receiver_no_harm() -> None:
    traffic = Traffic()
    traffic.fill("a host hangs")
    traffic.time.seconds += PATIENCE
    traffic.end_all()
    assert traffic.fill("a host hangs") == AT_ONCE_PER_SLOW
    traffic.start("b host lives")
    traffic.end(traffic.last)
    assert traffic.fill("b host lives") == AT_ONCE_PER_RECEIVER
    assert traffic.fill("a host lives") == AT_ONCE_PER_UNKNOWN


steps = st.one_of(
    st.tuples(st.just("start"), st.integers(0, 60)),
    st.tuples(st.just("end"), st.integers(0, 400)),
    st.tuples(st.just("pass"), st.floats(0, 3)),
)


@given(st.lists(steps, max_size=400))
def test_whatever_happens_the_bounds_hold_and_a_newcomer_waits_a_moment_only(
    happens: list[tuple[str, float]],
) -> None:
    traffic = Traffic()
    for kind, number in happens:
        match kind:
            case "start":
                traffic.fill(f"r{number}")
            case "end" if traffic.under_way:
                traffic.end(list(traffic.under_way)[int(number) % len(traffic.under_way)])
            case _:
                traffic.time.seconds += number
        fresh = [since for _, since in traffic.under_way.values() if traffic.time.seconds - since < PATIENCE]
        assert len(fresh) <= PROMPT_AT_ONCE + SLOW_AT_ONCE
        here = [receiver for receiver, _ in traffic.under_way.values()]
        assert all(here.count(receiver) <= AT_ONCE_PER_RECEIVER for receiver in set(here))
        full = set(traffic.lanes.full_names())
        places = [at(f"r{number}") for number in range(61)]
        assert not any(traffic.lanes.has_room(place) for place in places if not full.isdisjoint(place.names))
    traffic.time.seconds += PATIENCE  # nobody ends, nobody is told of anything
    assert traffic.lanes.has_room(at("newcomer"))
