"""How often something may be done: token buckets, one for each key.

Contract: pure but for the clock, and of bounded size: the keys used longest ago are forgotten.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable


class RateLimiter:
    """`per_minute` for each key, as many of them at once; 0: no limit. `now` is in seconds."""

    def __init__(self, per_minute: int, *, size: int = 4096, now: Callable[[], float] = time.monotonic) -> None:
        self._capacity = float(per_minute)
        self._size = size
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens there were, and when

    def take(self, key: str) -> float:
        """0.0: taken. Else nothing was taken, and this many seconds are to be waited."""
        if not self._capacity:
            return 0.0
        now, rate = self._now(), self._capacity / 60
        tokens, then = self._buckets.get(key, (self._capacity, now))
        tokens = min(self._capacity, tokens + (now - then) * rate)
        taken = tokens >= 1
        self._buckets[key] = (tokens - 1 if taken else tokens, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._size:
            self._buckets.popitem(last=False)
        return 0.0 if taken else (1 - tokens) / rate

    def __len__(self) -> int:
        return len(self._buckets)
