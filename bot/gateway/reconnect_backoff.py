"""How long to wait before the next connection to the gateway.

Law: pure arithmetic over a given clock; it never sleeps itself. After a connection that was greeted and lived the
next one follows at once, after one that was greeted and cut in a moment, after a short pause. Attempts that come to
nothing wait twice as long each time, up to a cap. And however good they seem, connections are scarce, Discord counts
a thousand a day: after forty in a row they come one every ten seconds. The library itself reconnects without any
pause in one case, hundreds of times in three seconds, and after a quarter of an hour in another.
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
        self.strikes = 0  # attempts in a row that came to nothing

    def next_delay(self) -> float:
        """Seconds to wait before the attempt that is about to be made. To be asked once for each attempt."""
        now = self._clock()
        pause = max(self._pause(now), self._scarcity(now))
        self._tried, self._greeted = True, None
        return min(CAP_SECONDS, pause * self._chance.uniform(0.8, 1.2))

    def greeted(self) -> None:
        """The connection was accepted: READY or RESUMED came."""
        self._greeted = self._clock()

    def _pause(self, now: float) -> float:
        if not self._tried:
            return 0.0
        if self._greeted is None:
            self.strikes += 1
            return FIRST_SECONDS * 2.0 ** min(self.strikes - 1, 10)
        self.strikes = 0
        return 0.0 if now - self._greeted >= GOOD_AFTER_SECONDS else FIRST_SECONDS

    def _scarcity(self, now: float) -> float:
        """A bucket that holds a burst and refills slowly; what is missing must be waited for."""
        self._left = min(float(BURST), self._left + (now - self._counted) / REFILL_SECONDS)
        self._counted = now
        self._left -= 1.0
        return max(0.0, -self._left) * REFILL_SECONDS
