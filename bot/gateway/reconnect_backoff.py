"""The delay before the next gateway connection.

Contract: pure arithmetic over a given clock; it never sleeps. A connection that was greeted and lasted is followed by
the next one at once; one that was greeted and cut within a second, after a short pause. Failed attempts double the
delay up to a cap. Discord allows a thousand connections a day, so after a burst of forty they are limited to one every
ten seconds. The library itself reconnects hundreds of times in three seconds in one case, and after a quarter of an
hour in another.
"""

import time
from collections.abc import Callable
from random import Random

FIRST_SECONDS = 0.25
CAP_SECONDS = 60.0
GOOD_AFTER_SECONDS = 1.0
BURST = 40
REFILL_SECONDS = 10.0


class ReconnectBackoff:
    def __init__(self, clock: Callable[[], float] = time.monotonic, chance: Random | None = None) -> None:
        self._clock = clock
        self._chance = chance or Random()
        self._left = float(BURST)
        self._counted = clock()
        self._greeted: float | None = None
        self._tried = False
        self.strikes = 0  # failed attempts in a row

    def next_delay(self) -> float:
        """Seconds to wait before the next attempt. Call this exactly once per attempt."""
        now = self._clock()
        pause = max(self._retry_delay(now), self._budget_delay(now))
        self._tried, self._greeted = True, None
        return min(CAP_SECONDS, pause * self._chance.uniform(0.8, 1.2))

    def mark_greeted(self) -> None:
        """The connection was accepted: READY or RESUMED came."""
        self._greeted = self._clock()

    def _retry_delay(self, now: float) -> float:
        if not self._tried:
            return 0.0
        if self._greeted is None:
            self.strikes += 1
            return FIRST_SECONDS * 2.0 ** min(self.strikes - 1, 10)
        self.strikes = 0
        return 0.0 if now - self._greeted >= GOOD_AFTER_SECONDS else FIRST_SECONDS

    def _budget_delay(self, now: float) -> float:
        """The wait of a token bucket that holds a burst and refills slowly."""
        self._left = min(float(BURST), self._left + (now - self._counted) / REFILL_SECONDS)
        self._counted = now
        self._left -= 1.0
        return max(0.0, -self._left) * REFILL_SECONDS
