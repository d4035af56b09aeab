"""Which task runs next, and on which account? Pure: a queue, the accounts and the rows in flight in, a plan out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.model import Account, Lane, Phase, Task


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    task: Task
    account: str


def plan(queue: Sequence[Task], accounts: Sequence[Account], in_flight: Mapping[str, int], now: int) -> list[Placement]:
    """What may be claimed now. First in, first out in each lane; `queue` is oldest first.

    A task that is still being prepared holds up those behind it in its lane (preparing has its own time limit), one
    in back-off does not. A button's task runs on the account that has the button and waits for it alone.
    """
    free = {a.id: a.capacity - in_flight.get(a.id, 0) for a in accounts if a.is_usable}
    closed: set[Lane] = set()
    placed: list[Placement] = []
    for task in queue:
        if task.lane in closed or task.not_before > now:
            continue
        if task.phase is Phase.NEW:
            closed.add(task.lane)
            continue
        account = _choose(task, free)
        if account is not None:
            placed.append(Placement(task=task, account=account))
            if task.lane is Lane.DRAW:
                free[account] -= 1
        elif task.account is None and not task.accounts:
            closed.add(task.lane)
    return placed


def _choose(task: Task, free: Mapping[str, int]) -> str | None:
    usable = [account for account in free if fits(task, account) and (task.lane is Lane.QUICK or free[account] > 0)]
    return max(usable, key=lambda account: free[account], default=None)


def fits(task: Task, account: str) -> bool:
    """May this account run it at all? A button's task only where the button is, and as the caller chose."""
    return task.account in (None, account) and (not task.accounts or account in task.accounts)


def next_attempt(queue: Sequence[Task], now: int) -> int | None:
    """When (ms) the first task in back-off may be sent; None when none is."""
    return min((task.not_before for task in queue if task.not_before > now), default=None)
