"""Copies go when nobody wants them, when they are too old, or when all of them take too much room: the oldest first, a
few at once.

Law: a task that is kept forgets its copy before the file goes, and the row learns it last, so that what breaks off is
done once more. What is being written is left alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
NOTE_SECONDS = 10.0  # until the task does not name the copy any more
ALWAYS = 2**62


@dataclass(frozen=True, kw_only=True, slots=True)
class StorageLimit:
    """How long copies are kept and how much they may take; 0: no limit."""

    days: int = 0
    most_bytes: int = 0


class Copies(Protocol):
    async def unwanted(self, limit: int) -> Sequence[ImageCopy]: ...

    async def oldest(self, before: int, limit: int) -> Sequence[ImageCopy]: ...

    async def size(self) -> int: ...

    async def removed(self, copy: ImageCopy) -> None: ...

    async def forget(self, copies: Sequence[ImageCopy]) -> None: ...


class Archive(Protocol):
    async def delete(self, copies: Sequence[ImageCopy]) -> None:
        """The files are gone when this returns; one that is not there is gone already. Raises ArchiveFailed."""


class ImageRetention:
    """The loop. `is_under_way`: is it being written now?"""

    def __init__(
        self,
        *,
        copies: Copies,
        archive: Archive,
        store: TaskStore,
        changes: Changes,
        tell: Callable[[CopyRemoved], None],
        is_under_way: Callable[[ImageCopy], bool],
        clock: Clock,
        room: StorageLimit,
        seconds: float = LOOK_SECONDS,
    ) -> None:
        self._copies = copies
        self._archive = archive
        self._store = store
        self._changes = changes
        self._tell = tell
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
                log.error("copies cannot be removed: %s", error or "their tasks cannot be written")
            await asyncio.sleep(self._seconds)

    async def look(self) -> int:
        """Remove what is to go now; how many went. Raises ArchiveFailed, StoreFailed, TimeoutError."""
        gone = await self._unwanted()
        if self._room.days:
            before = self._clock.now() - self._room.days * DAY
            while old := await self._copies.oldest(before, BATCH):
                gone += await self._remove(old)
        if self._room.most_bytes:
            gone += await self._too_much()
        if gone:
            log.info("%d copies of pictures were removed", gone)
        return gone

    async def _unwanted(self) -> int:
        gone = 0
        while True:
            found = await self._copies.unwanted(BATCH)
            free = [copy for copy in found if not self._is_under_way(copy)]
            await self._archive.delete(free)
            await self._copies.forget(free)
            gone += len(free)
            if len(found) < BATCH or not free:
                return gone
            await asyncio.sleep(PAUSE_SECONDS)

    async def _too_much(self) -> int:
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
            await self._unnamed(copy)
        await self._archive.delete(copies)
        for copy in copies:
            await self._copies.removed(copy)
        await asyncio.sleep(PAUSE_SECONDS)
        return len(copies)

    async def _unnamed(self, copy: ImageCopy) -> None:
        """Until the task names Discord's link again."""
        with self._changes.listen() as listener:
            self._tell(CopyRemoved(task_id=copy.task_id, role=copy.role, url=copy.url, name=copy.name))
            async with asyncio.timeout(NOTE_SECONDS):
                while True:
                    task = await self._store.get(copy.task_id)
                    image = picture_of(task, copy) if task is not None else None
                    if image is None or image.stored != copy.name:
                        return
                    await listener.next()
