"""Removes copies of images and finished tasks by age, size or hour of the day.

Contract: nothing is removed unless a setting requires it. Unfinished tasks and tasks with due webhooks are never
removed (`TaskPurger` ensures that). A task that stays forgets its copy before the file is deleted, and the row is
deleted last, so an interrupted removal is repeated. Files being written stay. Removal runs in small batches and can
stop between any two.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Protocol

from tasks.domain.errors import ArchiveFailed, StoreFailed
from tasks.domain.events import CopyRemoved
from tasks.domain.ports import Clock, TaskStore
from tasks.effects.changes import Changes
from tasks.results.image_copy import ImageCopy, picture_of

log = logging.getLogger(__name__)

DAY = 24 * 3_600_000
LOOK_SECONDS = 60.0
BATCH = 20
PAUSE_SECONDS = 0.1  # between two batches
NOTE_SECONDS = 10.0  # until the task must have dropped the copy
ALWAYS = 2**62


@dataclass(frozen=True, kw_only=True, slots=True)
class StorageLimit:
    """How long copies are kept and how much space they may use; 0: no limit."""

    days: int = 0
    most_bytes: int = 0


class CopyIndex(Protocol):
    async def unneeded(self, limit: int) -> Sequence[ImageCopy]: ...

    async def oldest(self, before: int, limit: int) -> Sequence[ImageCopy]: ...

    async def size(self) -> int: ...

    async def mark_removed(self, copy: ImageCopy) -> None: ...

    async def forget(self, copies: Sequence[ImageCopy]) -> None: ...


class ArchiveCleaner(Protocol):
    async def delete(self, copies: Sequence[ImageCopy]) -> None:
        """Delete the files; missing files count as deleted. Raises ArchiveFailed."""


class ImageRetention:
    """The loop. `is_under_way` returns whether a copy is being written."""

    def __init__(
        self,
        *,
        copies: CopyIndex,
        archive: ArchiveCleaner,
        store: TaskStore,
        changes: Changes,
        publish: Callable[[CopyRemoved], None],
        is_under_way: Callable[[ImageCopy], bool],
        clock: Clock,
        room: StorageLimit,
        seconds: float = LOOK_SECONDS,
    ) -> None:
        self._copies = copies
        self._archive = archive
        self._store = store
        self._changes = changes
        self._publish = publish
        self._is_under_way = is_under_way
        self._clock = clock
        self._room = room
        self._seconds = seconds

    async def run(self) -> None:
        """Ends only by cancellation."""
        while True:
            try:
                await self.look()
            except (ArchiveFailed, StoreFailed, TimeoutError) as error:
                log.error("cannot remove copies: %s", error or "their tasks cannot be saved")
            await asyncio.sleep(self._seconds)

    async def look(self) -> int:
        """Remove the copies that are due for removal; return their number. Raises ArchiveFailed, StoreFailed,
        TimeoutError."""
        gone = await self._remove_unneeded()
        if self._room.days:
            before = self._clock.now() - self._room.days * DAY
            while old := await self._copies.oldest(before, BATCH):
                gone += await self._remove(old)
        if self._room.most_bytes:
            gone += await self._remove_excess()
        if gone:
            log.info("removed %d copies of pictures", gone)
        return gone

    async def _remove_unneeded(self) -> int:
        gone = 0
        while True:
            found = await self._copies.unneeded(BATCH)
            free = [copy for copy in found if not self._is_under_way(copy)]
            await self._archive.delete(free)
            await self._copies.forget(free)
            gone += len(free)
            if len(found) < BATCH or not free:
                return gone
            await asyncio.sleep(PAUSE_SECONDS)

    async def _remove_excess(self) -> int:
        gone = 0
        over = await self._copies.size() - self._room.most_bytes
        while over > 0 and (oldest := await self._copies.oldest(ALWAYS, BATCH)):
            going = []
            for copy in oldest:
                if over <= 0:
                    break
                over -= copy.size
                going.append(copy)
            gone += await self._remove(going)
        return gone

    async def _remove(self, copies: Sequence[ImageCopy]) -> int:
        for copy in copies:
            await self._wait_until_unnamed(copy)
        await self._archive.delete(copies)
        for copy in copies:
            await self._copies.mark_removed(copy)
        await asyncio.sleep(PAUSE_SECONDS)
        return len(copies)

    async def _wait_until_unnamed(self, copy: ImageCopy) -> None:
        """Wait until the task shows Discord's link again."""
        with self._changes.listen() as listener:
            self._publish(CopyRemoved(task_id=copy.task_id, role=copy.role, url=copy.url, name=copy.name))
            async with asyncio.timeout(NOTE_SECONDS):
                while True:
                    task = await self._store.get(copy.task_id)
                    image = picture_of(task, copy) if task is not None else None
                    if image is None or image.stored != copy.name:
                        return
                    await listener.next()


LATE = 10 * 60_000  # ms; a purge missed by less is made up for: a restart counts, a night without power does not
TASKS_POLL_SECONDS = 30.0
RETENTION_EVERY = 3_600_000  # ms between two looks for tasks that are too old


class TaskPurger(Protocol):
    async def remove(self, *, finished_before: int, now: int, after: int = 0) -> tuple[int, int | None]:
        """Remove one batch of tasks that ended before that time (ms) and may be removed. Return their number and the
        start of the next batch."""

    async def shrink(self) -> None:
        """Return freed space to the disk, where worthwhile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RetentionPolicy:
    """`days`: how long finished tasks are kept; 0: for ever. `purge_at`: a time of day at which all finished tasks
    are removed. `zone`: None is the machine's own."""

    days: int = 0
    purge_at: time | None = None
    zone: tzinfo | None = None

    @property
    def is_off(self) -> bool:
        return not self.days and self.purge_at is None


def last_purge(at: time, now: int, zone: tzinfo | None = None) -> int:
    """The last time (ms) that local time was `at`.

    A time skipped by daylight saving counts as the one an hour later; of a repeated time the first counts.
    """
    today = datetime.fromtimestamp(now / 1000, zone).date()
    for day in (today, today - timedelta(days=1)):
        moment = round(datetime.combine(day, at, zone).timestamp() * 1000)
        if moment <= now:
            return moment
    return round(datetime.combine(today - timedelta(days=2), at, zone).timestamp() * 1000)


def purge_due(keeping: RetentionPolicy, wall: int) -> int | None:
    """The time (ms) of the purge that is due at local time `wall`; None when none is.

    A purge missed by more than `LATE` is skipped.
    """
    if keeping.purge_at is None:
        return None
    hour = last_purge(keeping.purge_at, wall, keeping.zone)
    return hour if wall - hour <= LATE else None


class TaskRetention:
    """`clock` measures the age of tasks; `wall` gives the time of day."""

    def __init__(
        self, removal: TaskPurger, keeping: RetentionPolicy, clock: Clock, wall: Clock, *, pause: float = PAUSE_SECONDS
    ) -> None:
        self._removal = removal
        self._policy = keeping
        self._clock = clock
        self._wall = wall
        self._pause = pause
        self._last_look: int | None = None  # ms; the last look for tasks that are too old
        self._last_purge: int | None = None  # the time of the last purge

    async def run(self) -> None:
        """The loop; ends only by cancellation."""
        while True:
            try:
                await self.look()
            except StoreFailed as error:
                log.error("cannot remove old tasks: %s", error)
            await asyncio.sleep(TASKS_POLL_SECONDS)

    async def look(self) -> int:
        """Remove tasks that are due for removal; return their number. Raises StoreFailed: then the next look repeats
        it."""
        now, wall = self._clock.now(), self._wall.now()
        is_time = self._last_look is None or now - self._last_look >= RETENTION_EVERY
        hour = purge_due(self._policy, wall)
        ends = [now - self._policy.days * DAY] if self._policy.days and is_time else []
        if hour is not None and hour != self._last_purge:
            # Remove only tasks that ended by the purge time, so that repeating the purge removes no more: after a
            # restart, or when the wall clock was set back.
            ends.append(now - (wall - hour))
        if not ends:
            return 0
        removed = await self._remove(max(ends))
        self._last_purge = hour or self._last_purge
        self._last_look = now if is_time else self._last_look
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
            log.info("removed %d finished tasks", removed)
            await self._removal.shrink()
        return removed
