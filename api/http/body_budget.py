"""How many bytes of request bodies the process holds at once.

Contract: counts, and decides who may read on; it holds no body itself. A claim lasts until its request is answered, as
the body is held that long. One caller gets a part of the budget only, so that nobody takes the whole of it.
"""

from __future__ import annotations

from collections import Counter

from aiohttp import web

from api.http.errors import TooManyBodies

BODIES_AT_ONCE = 4  # of the largest size that is accepted, over all callers; of one caller: one
UNCOUNTED = 64 * 1024  # bytes of a body; shorter ones are bounded by the number of connections


class BodyBudget:
    """`largest`: bytes of the largest body that is accepted."""

    def __init__(self, largest: int) -> None:
        self._total = BODIES_AT_ONCE * largest
        self._per_caller = largest
        self._held = 0
        self._of: Counter[str] = Counter()  # by the caller's name

    @property
    def held(self) -> int:
        return self._held

    def claim(self, caller: str, more: int, *, expected: int = 0) -> None:
        """Count `more` bytes. `expected`: bytes that are still to come after these, as declared.

        Raises TooManyBodies, and counts nothing, where there is no room for all of them.
        """
        wanted = more + expected
        if self._held + wanted > self._total or self._of[caller] + wanted > self._per_caller:
            raise TooManyBodies
        self._held += more
        self._of[caller] += more

    def release(self, caller: str, claimed: int) -> None:
        self._held -= claimed
        self._of[caller] -= claimed
        if not self._of[caller]:
            del self._of[caller]


BODY_BUDGET = web.AppKey("body_budget", BodyBudget)
CLAIMED = web.RequestKey("claimed", int)  # bytes; absent where none were counted
