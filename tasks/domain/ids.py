"""The ids of tasks: milliseconds and a counter. Digits only, increasing, below 2**53 until the year 2255."""

from __future__ import annotations

from tasks.domain.ports import Clock

IDS_PER_MS = 1000


class IdGenerator:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def go_on_from(self, newest: str) -> None:
        """Make new ids greater than `newest`, even if the clock was set back."""
        self._last = int(newest)

    def new(self) -> str:
        self._last = max(self._clock.now() * IDS_PER_MS, self._last + 1)
        return str(self._last)
