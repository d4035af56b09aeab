"""An account whose queue at MidJourney was full takes fewer drawings for a while. Pure but for what it remembers.

What the plan allows is the operator's guess (CONCURRENCY) until MidJourney says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tasks.domain.model import Account

EASED_FOR = 5 * 60_000  # ms


@dataclass(frozen=True, kw_only=True, slots=True)
class _Eased:
    capacity: int
    until: int  # ms


class QueueFullBackoff:
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
