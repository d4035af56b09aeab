"""Which task runs where: first in, first out, and never more than an account takes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.model import Account, Action, Bot, Lane, Mode, Occupied, Phase, SlotKind, Status, Task
from tasks.rules.scheduling import AccountChoice, FreeSlots, fits, free_slots, kind_of, next_attempt, plan
from tests.support.tasks import NOW, account, task


def waiting(task_id: int, **fields: Any) -> Task:
    return task(task_id, **{"phase": Phase.READY, "status": Status.NOT_START, "account": None, **fields})


def ids(queue: list[Task], accounts: list[Account], in_flight: dict[str, int] | None = None) -> list[str]:
    return [p.task.id for p in plan(queue, accounts, running(in_flight or {}), NOW)]


def running(drawings: dict[str, int]) -> dict[Occupied, int]:
    return {Occupied(name): number for name, number in drawings.items()}


def test_oldest_first_up_to_capacity() -> None:
    assert ids([waiting(i) for i in range(1, 7)], [account(capacity=3)], {"a": 1}) == ["1", "2"]


def test_quick_ones_pass_a_full_account() -> None:
    quick = waiting(9, lane=Lane.QUICK, account="a")
    assert ids([waiting(1), quick], [account(capacity=1)], {"a": 1}) == ["9"]


def test_one_in_back_off_holds_up_nobody_and_one_being_prepared_does() -> None:
    assert ids([waiting(1, not_before=NOW + 1), waiting(2)], [account()]) == ["2"]
    assert ids([waiting(1, phase=Phase.NEW), waiting(2)], [account()]) == []


def test_a_button_waits_for_its_account_alone() -> None:
    queue = [waiting(1, account="b"), waiting(2)]
    assert ids(queue, [account("a"), account("b", connected=False)]) == ["2"]


def test_work_is_spread_over_the_accounts() -> None:
    placed = plan([waiting(1), waiting(2)], [account("a"), account("b")], running({"a": 1}), NOW)
    assert [p.account for p in placed] == ["b", "a"]


def test_a_paused_account_gets_nothing() -> None:
    assert ids([waiting(1)], [account(paused="captcha")]) == []


def chosen(choice: AccountChoice, accounts: list[Account], count: int, last: str = "") -> list[str]:
    queue = [waiting(i) for i in range(1, count + 1)]
    return [p.account for p in plan(queue, accounts, {}, NOW, choice=choice, last=last)]


def test_one_until_it_is_full_then_the_next() -> None:
    pair = [account("a", capacity=2), account("b", capacity=2)]
    assert chosen(AccountChoice.FILL, pair, 3) == ["a", "a", "b"]


def test_each_in_turn_and_the_turns_go_on() -> None:
    three = [account("a"), account("b", connected=False), account("c")]
    assert chosen(AccountChoice.TURN, three, 3) == ["a", "c", "a"]
    assert chosen(AccountChoice.TURN, three, 2, last="a") == ["c", "a"]
    assert chosen(AccountChoice.TURN, three, 1, last="gone") == ["a"]


def test_by_weight() -> None:
    pair = [account("a", capacity=9, weight=1), account("b", capacity=9, weight=3)]
    assert sorted(chosen(AccountChoice.WEIGHT, pair, 8)) == ["a"] * 2 + ["b"] * 6


def test_an_account_draws_with_its_bots_in_its_modes_alone() -> None:
    niji = account("a", bots=frozenset({Bot.NIJI}))
    slow = account("b", modes=(Mode.RELAXED,))
    queue = [waiting(1, bot=Bot.NIJI, requested_mode=Mode.FAST), waiting(2, requested_mode=Mode.FAST), waiting(3)]
    assert [(p.task.id, p.account) for p in plan(queue, [niji, slow], {}, NOW)] == [("1", "a"), ("3", "b")]


def test_a_button_is_pressed_where_it_is_whatever_the_account_draws_with() -> None:
    press = waiting(1, account="a", custom_id="c", bot=Bot.NIJI, requested_mode=Mode.TURBO)
    assert ids([press], [account("a", bots=frozenset({Bot.MIDJOURNEY}), modes=(Mode.FAST,))]) == ["1"]


@given(st.sampled_from(AccountChoice), st.lists(st.integers(0, 3), min_size=1, max_size=4), st.integers(0, 12))
def test_every_choice_uses_every_slot(choice: AccountChoice, capacities: list[int], count: int) -> None:
    accounts = [account(f"a{n}", capacity=capacity) for n, capacity in enumerate(capacities)]
    placed = chosen(choice, accounts, count)
    assert len(placed) == min(count, sum(capacities))
    assert all(placed.count(a.id) <= a.capacity for a in accounts)


PICKY = st.fixed_dictionaries(
    {
        "lane": st.sampled_from(Lane),
        "account": st.sampled_from([None, "a", "b"]),
        "accounts": st.sampled_from([(), ("a",), ("b", "c")]),
        "bot": st.sampled_from(Bot),
        "requested_mode": st.sampled_from([None, *Mode]),
        "custom_id": st.sampled_from([None, "x", "y"]),
    }
)


@given(st.lists(PICKY, max_size=20), st.integers(0, 2))
def test_one_without_a_place_had_none_left_or_waits_behind_one_that_any_account_suits(
    asked: list[dict[str, Any]], capacity: int
) -> None:
    accounts = [
        account("a", capacity=capacity),
        account("b", capacity=1, bots=frozenset({Bot.NIJI})),
        account("c", capacity=1, modes=(Mode.FAST,), left=1),
    ]
    queue = [waiting(i + 1, **fields) for i, fields in enumerate(asked)]
    placed = {p.task.id: p.account for p in plan(queue, accounts, {}, NOW)}
    left = {(each.id, kind): each.limit(kind) for each in accounts for kind in SlotKind}
    today, closed = {"c": 1}, set()
    for each in queue:
        line = each.lane if each.lane is Lane.QUICK else each.request.requested_mode
        able = [
            a.id
            for a in accounts
            if fits(each, a)
            and (each.lane is Lane.QUICK or (left[a.id, kind_of(each, a)] > 0 and today.get(a.id, 1) > 0))
        ]
        if line in closed or not able:
            assert each.id not in placed
            if all(fits(each, a) for a in accounts):
                closed.add(line)
            continue
        chosen = next(a for a in accounts if a.id == placed[each.id])
        assert chosen.id in able
        if each.lane is Lane.DRAW:
            left[chosen.id, kind_of(each, chosen)] -= 1
            today = {**today, **({"c": 0} if chosen.id == "c" else {})}


def test_each_kind_has_its_own_slots() -> None:
    one = account(capacity=1, limits={SlotKind.IMAGES_RELAXED: 2, SlotKind.VIDEOS_FAST: 1})
    queue = [
        waiting(1),
        waiting(2),
        waiting(3, action=Action.VIDEO),
        waiting(4, requested_mode=Mode.RELAXED),
        waiting(5, requested_mode=Mode.RELAXED),
        waiting(6, requested_mode=Mode.RELAXED),
        waiting(7, action=Action.VIDEO, requested_mode=Mode.TURBO),
        waiting(8, action=Action.VIDEO, requested_mode=Mode.RELAXED),
    ]
    assert ids(queue, [one]) == ["1", "3", "4", "5", "8"]
    held = {Occupied("a", is_video=True, mode=Mode.FAST): 1, Occupied("a", mode=Mode.RELAXED): 1}
    assert [p.task.id for p in plan(queue, [one], held, NOW)] == ["1", "4", "8"]


def test_the_limits_by_default() -> None:
    assert [account(capacity=12).limit(kind) for kind in SlotKind] == [12, 3, 12, 3]
    assert [account(capacity=1).limit(kind) for kind in SlotKind] == [1, 1, 1, 1]
    slow = account(modes=(Mode.RELAXED, Mode.FAST))
    assert slow.kind_of(is_video=False, mode=None) is SlotKind.IMAGES_RELAXED
    assert slow.kind_of(is_video=True, mode=Mode.FAST) is SlotKind.VIDEOS_FAST


def test_a_slot_is_free_where_an_account_takes_drawings_and_has_room() -> None:
    full = {Occupied("a"): 1}
    one, asleep = account("a", capacity=1), [account("b", left=0), account("c", paused="captcha")]
    assert free_slots([one, account("b", capacity=1)], full) is FreeSlots.ANY
    assert free_slots([one, *asleep], full) is FreeSlots.BESIDE
    assert free_slots(asleep, {}) is FreeSlots.NONE
    fast = account("a", capacity=1, modes=(Mode.FAST,))
    assert free_slots([fast], {**full, Occupied("a", is_video=True): 1}) is FreeSlots.NONE
    slow = account("a", capacity=1, modes=(Mode.RELAXED,))
    assert free_slots([slow], {}) is FreeSlots.ANY
    assert free_slots([slow], full) is FreeSlots.BESIDE


def test_the_next_attempt() -> None:
    assert next_attempt([waiting(1), waiting(2, not_before=NOW + 50)], NOW) == NOW + 50
    assert next_attempt([waiting(1)], NOW) is None


@given(
    st.lists(st.tuples(st.sampled_from(Lane), st.sampled_from([None, "a", "b"])), max_size=30),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_capacity_and_order_hold(asked: list[tuple[Lane, str | None]], capacity: int, running: int) -> None:
    queue = [waiting(i + 1, lane=lane, account=pin) for i, (lane, pin) in enumerate(asked)]
    accounts = [account("a", capacity=capacity), account("b", capacity=1)]
    placed = plan(queue, accounts, {Occupied("a"): running}, NOW)
    drawn = [p for p in placed if p.task.lane is Lane.DRAW]
    assert sum(p.account == "a" for p in drawn) <= max(capacity - running, 0)
    assert sum(p.account == "b" for p in drawn) <= 1
    for lane in Lane:
        free = [int(p.task.id) for p in placed if p.task.lane is lane and p.task.account is None]
        assert free == sorted(free)
        unpinned = [int(t.id) for t in queue if t.lane is lane and t.account is None]
        assert free == unpinned[: len(free)]
    assert all(p.task.account in (None, p.account) for p in placed)
