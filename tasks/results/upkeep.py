"""What is kept, and for how long: finished tasks go after some days, or all of them at an hour of the day.

Law: nothing is removed unless a setting says so, and what is in flight, waits, or owes a call-back never is: the
`Removal` sees to that. Deciding is pure; the loop around it works in small batches and can be stopped between any two.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Protocol

from tasks.domain.errors import StoreFailed
from tasks.domain.ports import Clock

log = logging.getLogger(__name__)

DAY = 24 * 3_600_000
LATE = 10 * 60_000  # ms after the hour of the purge in which it is made up for: a restart, not a night switched off
LOOK_SECONDS = 30.0
RETENTION_EVERY = 3_600_000  # ms between two looks for what is too old
PAUSE_SECONDS = 0.1  # between two batches: others write meanwhile


class Removal(Protocol):
    async def remove(self, *, finished_before: int, now: int, after: int = 0) -> tuple[int, int | None]:
        """One batch of what ended before that time (ms) and may go: how many went, and where the next batch begins."""

    async def shrink(self) -> None:
        """Give the freed space back, as far as that is worth while."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RetentionPolicy:
    """`days`: how long a finished task is kept; 0: for ever. `purge_at`: when each day all finished ones go. `zone` is
    the machine's own when None."""

    days: int = 0
    purge_at: time | None = None
    zone: tzinfo | None = None

    @property
    def is_off(self) -> bool:
        return not self.days and self.purge_at is None


def last_purge(at: time, now: int, zone: tzinfo | None = None) -> int:
    """The last time (ms) the clock on the wall said `at`.

    An hour that summer time leaves out counts as the one after it; of one that comes twice the first counts.
    """
    today = datetime.fromtimestamp(now / 1000, zone).date()
    for day in (today, today - timedelta(days=1)):
        moment = round(datetime.combine(day, at, zone).timestamp() * 1000)
        if moment <= now:
            return moment
    return round(datetime.combine(today - timedelta(days=2), at, zone).timestamp() * 1000)


def purge_due(keeping: RetentionPolicy, wall: int) -> int | None:
    """The hour (ms) of the purge that is due when the clock on the wall says `wall`; None when none is.

    One that was missed by more than `LATE` is left out.
    """
    if keeping.purge_at is None:
        return None
    hour = last_purge(keeping.purge_at, wall, keeping.zone)
    return hour if wall - hour <= LATE else None


class TaskRetention:
    """`clock` counts how old a task is; `wall` tells the hour of the day."""

    def __init__(
        self, removal: Removal, keeping: RetentionPolicy, clock: Clock, wall: Clock, *, pause: float = PAUSE_SECONDS
    ) -> None:
        self._removal = removal
        self._keeping = keeping
        self._clock = clock
        self._wall = wall
        self._pause = pause
        self._looked: int | None = None  # ms; when it last looked for what is too old
        self._purged: int | None = None  # the hour of the last purge

    async def run(self) -> None:
        """The loop; ends only by cancellation."""
        while True:
            try:
                await self.look()
            except StoreFailed as error:
                log.error("old tasks cannot be removed: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> int:
        """Remove what is to go now; how many went. Raises StoreFailed: then the next look does it."""
        now, wall = self._clock.now(), self._wall.now()
        is_time = self._looked is None or now - self._looked >= RETENTION_EVERY
        hour = purge_due(self._keeping, wall)
        ends = [now - self._keeping.days * DAY] if self._keeping.days and is_time else []
        if hour is not None and hour != self._purged:
            # What had ended by the hour, so that it does no more when it is done twice: after a restart, or on a wall
            # clock that was set back.
            ends.append(now - (wall - hour))
        if not ends:
            return 0
        removed = await self._remove(max(ends))
        self._purged = hour or self._purged
        self._looked = now if is_time else self._looked
        return removed

    async def _remove(self, before: int) -> int:
        removed, after = 0, 0
        while True:
            number, following = await self._removal.remove(finished_before=before, now=self._clock.now(), after=after)
            removed += number
            if following is None:
                break
            after = following
            await asyncio.sleep(self._pause)
        if removed:
            log.info("%d finished tasks were removed", removed)
            await self._removal.shrink()
        return removed
