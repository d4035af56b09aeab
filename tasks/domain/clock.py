"""The two clocks of the service. Both tell milliseconds since 1970; what they are asked for differs.

Contract: nothing else reads the time for a decision. Deadlines, pauses and the order of things are counted on the
steady clock: an operator, a time server or a change of battery that sets the machine's clock moves none of them. The
wall clock is for what goes by the machine's day: working hours, the hour of a purge.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

_NANOSECONDS = 1_000_000  # in a millisecond

EXACT = 2_000  # ms of difference that are no difference: a Date has whole seconds, and takes its time
JUMP = 60_000  # ms by which the machine's clock must have moved to be worth a line in the log
LOOK_SECONDS = 10.0  # between two comparisons


def _since_boot() -> int:
    """Nanoseconds that pass as time does, while the machine sleeps, too, where the system can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)  # Linux; elsewhere time asleep may not be counted
    return time.monotonic_ns() if clock is None else time.clock_gettime_ns(clock)


class SystemClock:
    """The wall clock: what the machine says, jumps and all."""

    def now(self) -> int:
        return time.time_ns() // _NANOSECONDS


class SteadyClock:
    """The machine's time when this was made, and what has passed since: nobody who sets the machine's clock moves it.

    It is set by Discord's, whenever an account logs in: messages and the ends of links carry that time, and a machine
    whose clock is minutes wrong would look for what it has sent where it is not, and send it again.
    """

    def __init__(self, wall: Callable[[], int] = time.time_ns, passed: Callable[[], int] = _since_boot) -> None:
        self._wall = wall
        self._passed = passed
        self._zero = wall() - passed()
        self._told = 0

    def set_by(self, server_time: int) -> None:
        """Discord's clock says so (ms, to about a second)."""
        ahead = server_time - self.now()
        if abs(ahead) >= EXACT:
            log.warning("our clock is %+d s against Discord's, which is taken", -ahead // 1000)
            self._zero += ahead * _NANOSECONDS

    def now(self) -> int:
        return (self._zero + self._passed()) // _NANOSECONDS

    def jumped(self) -> int | None:
        """By how much (ms) the machine's clock is now ahead of this one; None when that is no news."""
        ahead = self._wall() // _NANOSECONDS - self.now()
        if abs(ahead - self._told) < JUMP:
            return None
        self._told = ahead
        return ahead


async def log_clock_jumps(clock: SteadyClock) -> None:
    """Say so when somebody sets the machine's clock: the times shown are then not those on the wall."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        ahead = clock.jumped()
        if ahead is not None:
            log.warning(
                "the machine's clock is now %+d s against that of this process: deadlines are not moved by it, "
                "the times that are shown follow at the next start",
                ahead // 1000,
            )
