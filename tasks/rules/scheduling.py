"""Which task runs next, and on which account. Pure: takes the queue, the accounts and the rows in flight; returns a
plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tasks.domain.model import Account, Action, Lane, Occupied, Phase, SlotKind, Task


class AccountChoice(StrEnum):
    """How the account of a drawing is chosen when several have a free slot."""

    FREE = "free"  # the one with the most free slots
    TURN = "turn"  # in turn
    WEIGHT = "weight"  # by weight: twice the weight, twice the drawings
    FILL = "fill"  # the first with a slot, in the configured order


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    task: Task
    account: str


def plan(
    queue: Sequence[Task],
    accounts: Sequence[Account],
    in_flight: Mapping[Occupied, int],
    now: int,
    *,
    choice: AccountChoice = AccountChoice.FREE,
    last: str = "",
) -> list[Placement]:
    """The tasks to claim now. First in, first out in each lane, and there among images and among clips of each mode,
    whose slots are limited separately; `queue` is oldest first.

    A task in preparation holds up those behind it in its lane (preparation has its own time limit). A task in
    back-off does not, nor does one that only some of the accounts can run. A button's task runs on the account that
    has the button and waits for it alone. `last`: the account chosen last, for taking turns.
    """
    bench = AccountChooser(accounts, in_flight, choice, last)
    closed: set[tuple[object, ...]] = set()
    placed: list[Placement] = []
    for task in queue:
        if _line(task) in closed or task.not_before > now:
            continue
        if task.phase is Phase.NEW:
            closed.add(_line(task))
            continue
        account = bench.choose(task)
        if account is not None:
            placed.append(Placement(task=task, account=account))
        elif bench.suits_all(task):
            closed.add(_line(task))
    return placed


class AccountChooser:
    """The accounts during one plan: free slots and drawings left today.

    During a plan slots are only taken, so a task with the same needs as one without a place finds none either, and
    no account is checked again for it.
    """

    def __init__(
        self, accounts: Sequence[Account], in_flight: Mapping[Occupied, int], choice: AccountChoice, last: str
    ) -> None:
        self._accounts = accounts
        self._running = running_of(accounts, in_flight)
        self._left = {account.id: account.left for account in accounts if account.left is not None}
        self._choice = choice
        self._last = last
        self._without_place: dict[tuple[object, ...], bool] = {}

    def choose(self, task: Task) -> str | None:
        """The account to run it, with one of its slots taken."""
        if _needs(task) in self._without_place:
            return None
        able = [a for a in self._accounts if fits(task, a) and a.takes(task.lane) and self._has_room(task, a)]
        if not able:
            self._without_place[_needs(task)] = all(fits(task, each) for each in self._accounts)
            return None
        chosen = self._best(able, task)
        if task.lane is Lane.DRAW:
            self._running[chosen.id, kind_of(task, chosen)] += 1
            if chosen.id in self._left:
                self._left[chosen.id] -= 1
        self._last = chosen.id
        return chosen.id

    def suits_all(self, task: Task) -> bool:
        """Whether every account could run this unplaced task, given a slot."""
        return self._without_place[_needs(task)]

    def _has_room(self, task: Task, account: Account) -> bool:
        has_slot = self._free(task, account) > 0 and self._left.get(account.id, 1) > 0
        return task.lane is Lane.QUICK or has_slot

    def _free(self, task: Task, account: Account) -> int:
        kind = kind_of(task, account)
        return account.limit(kind) - self._running[account.id, kind]

    def _best(self, able: Sequence[Account], task: Task) -> Account:
        match self._choice:
            case AccountChoice.FREE:
                return max(able, key=lambda account: self._free(task, account))
            case AccountChoice.WEIGHT:
                return min(able, key=lambda account: (self._drawings(account) + 1) / max(account.weight, 1))
            case AccountChoice.FILL:
                return able[0]
            case AccountChoice.TURN:
                return self._next(able)

    def _drawings(self, account: Account) -> int:
        return sum(self._running[account.id, kind] for kind in SlotKind)

    def _next(self, able: Sequence[Account]) -> Account:
        order = [account.id for account in self._accounts]
        at = order.index(self._last) if self._last in order else -1
        return min(able, key=lambda account: (order.index(account.id) - at - 1) % len(order))


def kind_of(task: Task, account: Account) -> SlotKind:
    """The kind of slot that the task holds on this account."""
    return account.kind_of(is_video=task.request.action is Action.VIDEO, mode=task.request.requested_mode)


def running_of(accounts: Sequence[Account], in_flight: Mapping[Occupied, int]) -> dict[tuple[str, SlotKind], int]:
    """The number of slots in use, by account and kind."""
    running = {(account.id, kind): 0 for account in accounts for kind in SlotKind}
    by_id = {account.id: account for account in accounts}
    for occupied, number in in_flight.items():
        if (account := by_id.get(occupied.account)) is not None:
            running[account.id, account.kind_of(is_video=occupied.is_video, mode=occupied.mode)] += number
    return running


class FreeSlots(StrEnum):
    """Which waiting tasks need a look."""

    ANY = "any"  # an image without a requested mode may start
    BESIDE = "beside"  # only clips and drawings requested in relaxed mode
    NONE = "none"  # only tasks without a slot


def free_slots(accounts: Sequence[Account], in_flight: Mapping[Occupied, int]) -> FreeSlots:
    """Which slots are free now."""
    able, running = [each for each in accounts if each.takes(Lane.DRAW)], running_of(accounts, in_flight)
    free = {
        (each.id, kind)
        for each in able
        for kind in SlotKind
        if each.has(kind) and running[each.id, kind] < each.limit(kind)
    }
    own = {(each.id, each.kind_of(is_video=False, mode=None)) for each in able}
    if free & own or any(kind is SlotKind.IMAGES_FAST for _, kind in free):
        return FreeSlots.ANY
    return FreeSlots.BESIDE if free else FreeSlots.NONE


def _line(task: Task) -> tuple[object, ...]:
    """The tasks that are first in, first out among themselves."""
    if task.lane is Lane.QUICK:
        return (task.lane,)
    return task.lane, task.request.action is Action.VIDEO, task.request.requested_mode


def _needs(task: Task) -> tuple[object, ...]:
    """Everything that decides which accounts may run the task."""
    request = task.request
    has_button = request.custom_id is not None
    return (*_line(task), task.account, request.accounts, request.bot, request.requested_mode, has_button)


def fits(task: Task, account: Account) -> bool:
    """Whether this account may run it at all: a button's task only where the button is, others as the caller chose."""
    if task.account not in (None, account.id) or (task.request.accounts and account.id not in task.request.accounts):
        return False
    if task.request.custom_id is not None:  # its account has the button, and so its bot
        return True
    if account.bots and task.request.bot not in account.bots:
        return False
    return task.request.requested_mode is None or not account.modes or task.request.requested_mode in account.modes


def next_attempt(queue: Sequence[Task], now: int) -> int | None:
    """When (ms) the first task in back-off may be sent; None without any."""
    return min((task.not_before for task in queue if task.not_before > now), default=None)
