"""How many drawings an account may begin now: its working hours, its daily limit, and the back-off after MidJourney's
full queue. Pure but for the counts that it keeps.

Contract: a limit only holds back new tasks. Running ones go on to their end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tasks.domain.model import Account
from tasks.domain.ports import Clock, TaskStore

COUNTED_FOR = 2_000  # ms until the drawings of today are counted anew

_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


def is_span(text: str) -> bool:
    """Is it a span of hours, such as 08:00-22:30? One that ends before it begins goes on past midnight."""
    return _HOURS.fullmatch(text) is not None


def is_within(hours: str, moment: datetime) -> bool:
    """Is this moment in these working hours? The first minute is, the last is not; equal ends mean the whole day."""
    found = _HOURS.fullmatch(hours)
    if found is None:
        return True
    begin, end = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
    minute = moment.hour * 60 + moment.minute
    if begin <= end:
        return begin <= minute < end or begin == end
    return minute >= begin or minute < end


def midnight(moment: datetime) -> int:
    """When this day began by the machine's own clock, in ms: on a day of the clock change, too, whose midnight was an
    hour nearer or further."""
    begin = moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
    return int(begin.timestamp() * 1000)


class AccountLimits:
    """`wall`: the machine's clock, by whose hours and days it goes."""

    def __init__(self, store: TaskStore, wall: Clock) -> None:
        self._store = store
        self._wall = wall
        self._drawn: Mapping[str, int] = {}
        self._counted = 0

    async def count(self, accounts: Sequence[Account]) -> None:
        """Look how much was drawn today, if that matters and was not looked at just now."""
        now = self._wall.now()
        if any(account.daily_limit for account in accounts) and not 0 <= now - self._counted < COUNTED_FOR:
            self._drawn = await self._store.drawn_since(midnight(_local(now)))
            self._counted = now

    def begun(self, account: str) -> None:
        """One more was sent: it counts at once."""
        self._drawn = {**self._drawn, account: self._drawn.get(account, 0) + 1}

    def applied(self, accounts: Sequence[Account]) -> list[Account]:
        """The accounts with what they may do now."""
        moment = _local(self._wall.now())
        return [
            replace(
                account,
                asleep=not is_within(account.hours, moment),
                left=account.daily_limit - self._drawn.get(account.id, 0) if account.daily_limit else None,
            )
            for account in accounts
        ]


def _local(now: int) -> datetime:
    return datetime.fromtimestamp(now / 1000).astimezone()


EASED_FOR = 5 * 60_000  # ms


@dataclass(frozen=True, kw_only=True, slots=True)
class _Eased:
    capacity: int
    until: int  # ms


class QueueFullBackoff:
    """Lowers the capacity of an account for a while after MidJourney's queue was full. CONCURRENCY is the operator's
    guess of what the plan allows; MidJourney's refusal corrects it."""

    def __init__(self) -> None:
        self._eased: dict[str, _Eased] = {}

    def full(self, account: str, running: int, now: int) -> None:
        """MidJourney said "Queue full" while so many drawings of ours were running there."""
        self._eased[account] = _Eased(capacity=max(running, 1), until=now + EASED_FOR)

    def eased(self, accounts: Sequence[Account], now: int) -> list[Account]:
        """The accounts with the capacity they have now."""
        return [self._account(account, now) for account in accounts]

    def _account(self, account: Account, now: int) -> Account:
        eased = self._eased.get(account.id)
        if eased is None or eased.until <= now:
            return account
        return replace(account, capacity=min(account.capacity, eased.capacity))
