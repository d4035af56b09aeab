"""The two clocks of the service. Both return milliseconds since 1970; they serve different purposes.

Contract: no decision reads the time from anywhere else. Deadlines, pauses and ordering use the steady clock, which does
not move when an operator, a time server or a flat battery sets the machine's clock. The wall clock serves local time of
day: working hours, the hour of a purge.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

_NANOSECONDS = 1_000_000  # in a millisecond

EXACT = 2_000  # differences below this (ms) count as none: an HTTP Date has whole seconds, and the response takes time
JUMP = 60_000  # ms; the machine's clock must move this far to be logged
LOOK_SECONDS = 10.0  # between two comparisons


def _since_boot() -> int:
    """Nanoseconds since boot, including sleep where the system counts it."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)  # Linux; elsewhere sleep may not be counted
    return time.monotonic_ns() if clock is None else time.clock_gettime_ns(clock)


class SystemClock:
    """The wall clock: the machine's time, including its jumps."""

    def now(self) -> int:
        return time.time_ns() // _NANOSECONDS


class SteadyClock:
    """The machine's time at construction plus the time passed since. Setting the machine's clock does not move it.

    Discord's clock sets it whenever an account logs in: messages and link expiries carry Discord's time. With a
    clock that is minutes wrong, the service would search history in the wrong place, miss what it sent, and send it
    again.
    """

    def __init__(self, wall: Callable[[], int] = time.time_ns, elapsed: Callable[[], int] = _since_boot) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._zero = wall() - elapsed()
        self._reported = 0

    def set_by(self, server_time: int) -> None:
        """Follow Discord's clock (ms, precise to about a second)."""
        ahead = server_time - self.now()
        if abs(ahead) >= EXACT:
            log.warning("the machine's clock differs from Discord's by %+d s; using Discord's", -ahead // 1000)
            self._zero += ahead * _NANOSECONDS

    def now(self) -> int:
        return (self._zero + self._elapsed()) // _NANOSECONDS

    def jump(self) -> int | None:
        """How far (ms) the machine's clock is ahead of this one; None when unchanged since the last call."""
        ahead = self._wall() // _NANOSECONDS - self.now()
        if abs(ahead - self._reported) < JUMP:
            return None
        self._reported = ahead
        return ahead


async def log_clock_jumps(clock: SteadyClock) -> None:
    """Log when somebody sets the machine's clock: displayed times then differ from local time."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        ahead = clock.jump()
        if ahead is not None:
            log.warning(
                "the machine's clock now differs from the service's by %+d s: deadlines are unaffected, "
                "displayed times change at the next start",
                ahead // 1000,
            )
