"""How many drawings an account may start now: working hours, daily limit, and the back-off after MidJourney's full
queue. Pure except for its cached counts.

Contract: a limit only holds back new tasks. Running ones continue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tasks.domain.model import Account, SlotKind
from tasks.domain.ports import Clock, TaskStore

COUNTED_FOR = 2_000  # ms until today's drawings are counted again

_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


def is_span(text: str) -> bool:
    """Whether the text is a span of hours, such as 08:00-22:30. A span that ends before it begins crosses midnight."""
    return _HOURS.fullmatch(text) is not None


def is_within(hours: str, moment: datetime) -> bool:
    """Whether this moment is within the working hours, first minute included, last excluded. Equal ends mean the
    whole day."""
    found = _HOURS.fullmatch(hours)
    if found is None:
        return True
    begin, end = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
    minute = moment.hour * 60 + moment.minute
    if begin <= end:
        return begin <= minute < end or begin == end
    return minute >= begin or minute < end


def midnight(moment: datetime) -> int:
    """The start of this day in local time, in ms. Correct also on days of a daylight saving change."""
    begin = moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
    return int(begin.timestamp() * 1000)


class AccountLimits:
    """`wall`: the machine's clock, in whose local time hours and days are counted."""

    def __init__(self, store: TaskStore, wall: Clock) -> None:
        self._store = store
        self._wall = wall
        self._drawn: Mapping[str, int] = {}
        self._counted = 0

    async def count(self, accounts: Sequence[Account]) -> None:
        """Update today's numbers of drawings, if any account has a limit and the last count is not recent."""
        now = self._wall.now()
        if any(account.daily_limit for account in accounts) and not 0 <= now - self._counted < COUNTED_FOR:
            self._drawn = await self._store.drawn_since(midnight(_local(now)))
            self._counted = now

    def count_send(self, account: str) -> None:
        """Count one more drawing at once."""
        self._drawn = {**self._drawn, account: self._drawn.get(account, 0) + 1}

    def apply(self, accounts: Sequence[Account]) -> list[Account]:
        """The accounts with their current limits applied."""
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


REDUCED_FOR = 5 * 60_000  # ms


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reduction:
    capacity: int
    until: int  # ms


class QueueFullBackoff:
    """Lowers the capacity of an account for a while after MidJourney's queue was full. CONCURRENCY is the operator's
    estimate of what the plan allows; MidJourney's refusal corrects it."""

    def __init__(self) -> None:
        self._reductions: dict[tuple[str, SlotKind], _Reduction] = {}

    def note_queue_full(self, account: str, kind: SlotKind, running: int, now: int) -> None:
        """MidJourney answered "Queue full" to a drawing of this kind while this number of the service's drawings of
        the kind ran on the account."""
        self._reductions[account, kind] = _Reduction(capacity=max(running, 1), until=now + REDUCED_FOR)

    def apply(self, accounts: Sequence[Account], now: int) -> list[Account]:
        """The accounts with their current capacity."""
        return [self._account(account, now) for account in accounts]

    def _account(self, account: Account, now: int) -> Account:
        found = {kind: self._reductions.get((account.id, kind)) for kind in SlotKind}
        limits = {
            kind: min(account.limit(kind), reduction.capacity)
            for kind, reduction in found.items()
            if reduction is not None and reduction.until > now
        }
        return replace(account, limits={**account.limits, **limits}) if limits else account
