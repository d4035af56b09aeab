"""Results are copied while their links still work: load, store, note; again until it is done, or there is nothing left
to load.

Contract: a picture's trouble is its own and is tried again for a day, with growing pauses; a full disk or a storage
that cannot be reached is nobody's fault, stops all of it, and ends by itself. The file is there before anybody is told
its name, and the row is settled last: whatever breaks off is done once more, under the same name.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Protocol

from tasks.domain.errors import ArchiveFailed, NotSent, SendError, SendRefused, StoreFailed
from tasks.domain.events import CopyStored
from tasks.domain.model import Image, Task
from tasks.domain.ports import Clock, Gateway, TaskStore
from tasks.effects.changes import Changes
from tasks.results.image_copy import ImageCopy, picture_of, type_of
from tasks.results.link_refresh import expires

log = logging.getLogger(__name__)

AT_ONCE = 3  # copies under way; each may hold MOST_BYTES
MOST_BYTES = 64 * 2**20  # of one picture or clip
LOAD_SECONDS = 300.0  # for one, over a slow line
NOTE_SECONDS = 10.0  # until the task names its copy
POLL = 30.0  # seconds between two looks when nothing wakes
MARGIN = 60_000  # ms that a link must still be good for, to be loaded as it is
WAITS = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800)  # seconds after each failure; a day in all
JITTER = 0.2
PAUSES = (5.0, 10.0, 20.0, 40.0, 60.0)  # seconds, while nothing can be stored
GONE = (403, 404, 410)  # what the CDN answers when a signature has expired or the file is not there
SURELY = 3  # attempts, each with a link just renewed, after which what is not there is gone


class CopyQueue(Protocol):
    """The rows, on disk. Every method raises StoreFailed when the database cannot be read or written."""

    @property
    def wake(self) -> asyncio.Event: ...

    async def due(self, now: int, limit: int, without: Collection[int] = ()) -> Sequence[ImageCopy]: ...

    async def next_due_time(self, after: int) -> int | None: ...

    async def written(self, copy: ImageCopy, *, type: str, size: int) -> None: ...  # noqa: A002 - the field's name

    async def stored(self, copy: ImageCopy) -> None: ...

    async def retry(self, copy: ImageCopy, due: int, error: str) -> None: ...

    async def give_up(self, copy: ImageCopy, error: str) -> None: ...


class ArchiveWriter(Protocol):
    """Where the files are."""

    async def put(self, copy: ImageCopy, data: bytes, type: str) -> None:  # noqa: A002 - the field's name
        """The whole file, or nothing of it, under the copy's name. Raises ArchiveFailed."""


class Loader(Protocol):
    async def load(self, account: str, url: str, most: int) -> bytes:
        """What stands behind a link of Discord's, loaded as this account would. Raises NotSent; SendRefused (the CDN's
        definite no, more bytes than `most`, no link of Discord's)."""


class ImageUnavailable(Exception):
    """There is nothing to load, and never will be."""


def wait_after(attempts: int, chance: float) -> int | None:
    """Milliseconds until the next attempt when `attempts` have failed; None: enough. `chance` is from 0 to 1."""
    if attempts > len(WAITS):
        return None
    return round(WAITS[attempts - 1] * 1000 * (1 + JITTER * (2 * chance - 1)))


class Archiver:
    """The loop. `wall` is the clock that the ends of links are compared with; `tell` is the queue of events, as the
    tracker alone changes tasks."""

    def __init__(
        self,
        *,
        copies: CopyQueue,
        archive: ArchiveWriter,
        loader: Loader,
        store: TaskStore,
        gateway: Gateway,
        changes: Changes,
        tell: Callable[[CopyStored], None],
        clock: Clock,
        wall: Clock,
        poll: float = POLL,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._copies = copies
        self._archive = archive
        self._loader = loader
        self._store = store
        self._gateway = gateway
        self._changes = changes
        self._tell = tell
        self._clock = clock
        self._wall = wall
        self._poll = poll
        self._pauses = pauses
        self._under_way: set[int] = set()
        self._failures = 0  # of the archive, one after another
        self._paused_until = 0
        self.trouble = ""  # why nothing can be copied now, for the operator; "" while all is well

    def is_under_way(self, copy: ImageCopy) -> bool:
        return copy.id in self._under_way

    async def run(self) -> None:
        """Ends only by cancellation."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._copies.wake.clear()  # before looking: what comes from here on wakes again
                try:
                    pause = await self._start_due(group, self._clock.now())
                except StoreFailed as error:
                    log.error("what is to be copied cannot be read: %s", error)
                    pause = self._poll
                await self._sleep(pause)

    async def _start_due(self, group: asyncio.TaskGroup, now: int) -> float:
        """Start what is due, as far as there is room; seconds to the next look."""
        if now < self._paused_until:
            return (self._paused_until - now) / 1000
        room = AT_ONCE - len(self._under_way)
        due = await self._copies.due(now, room, self._under_way) if room > 0 else []
        for copy in due:
            self._under_way.add(copy.id)
            group.create_task(self._see_to(copy), name=f"copy a picture of task {copy.task_id}")
        following = await self._copies.next_due_time(now)
        return self._poll if following is None else min(self._poll, max(0.0, (following - now) / 1000))

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._copies.wake.wait()
        except TimeoutError:
            pass

    # ------------------------------------------------------------ one copy

    async def _see_to(self, copy: ImageCopy) -> None:
        try:
            await self._copy(copy)
        except (ArchiveFailed, StoreFailed) as error:
            self._pause(error)
        except ImageUnavailable as error:
            await self._give_up(copy, str(error))
        except (SendError, TimeoutError) as error:
            await self._try_later(copy, str(error) or "It did not come in time.")
        except Exception:  # a defect of ours must not end the loop, nor lose the picture
            log.exception("task %s: copying broke off", copy.task_id)
            await self._try_later(copy, "a defect of the service")
        finally:
            self._under_way.discard(copy.id)
            self._copies.wake.set()  # there is room

    async def _copy(self, copy: ImageCopy) -> None:
        task = await self._store.get(copy.task_id)
        image = picture_of(task, copy) if task is not None else None
        if task is None or image is None:
            raise ImageUnavailable("The task does not show it any more.")
        if not copy.has_file:
            copy = await self._written(task, image, copy)
        if not await self._noted(copy):
            raise ImageUnavailable("The task does not show it any more.")
        await self._copies.stored(copy)
        log.info("copied: %s, %d bytes", copy.type, copy.size, extra={"task": copy.task_id})

    async def _written(self, task: Task, image: Image, copy: ImageCopy) -> ImageCopy:
        async with asyncio.timeout(LOAD_SECONDS):
            data = await self._load(task, image.url, copy.attempts + 1)
        kind = type_of(data)
        if kind is None:
            raise NotSent("What came is neither a picture nor a clip.")
        await self._archive.put(copy, data, kind)
        self._failures, self.trouble = 0, ""
        await self._copies.written(copy, type=kind, size=len(data))
        return replace(copy, type=kind, size=len(data))

    async def _load(self, task: Task, url: str, attempt: int) -> bytes:
        """With a link that works; one that has expired, or is not honoured, is renewed first."""
        if expires(url) > self._wall.now() + MARGIN:
            try:
                return await self._loader.load(task.account or "", url, MOST_BYTES)
            except SendRefused as error:
                if error.status not in GONE:
                    raise ImageUnavailable(str(error)) from error
        try:
            return await self._loader.load(task.account or "", await self._renewed(task, url), MOST_BYTES)
        except SendRefused as error:
            if error.status in GONE and attempt < SURELY:
                raise NotSent("It is not at Discord now.") from error
            raise ImageUnavailable("It is not at Discord any more." if error.status in GONE else str(error)) from error

    async def _renewed(self, task: Task, url: str) -> str:
        usable = [account.id for account in self._gateway.accounts() if account.is_usable]
        account = task.account if task.account in usable else next(iter(usable), None)
        if account is None:
            raise NotSent("Its link has expired, and no account is connected to renew it.")
        fresh = (await self._gateway.refresh(account, [url])).get(url)
        if fresh is None:
            raise ImageUnavailable("Its link has expired, and Discord does not renew it.")
        return fresh

    async def _noted(self, copy: ImageCopy) -> bool:
        """Let the task name its copy; False when it shows another picture by now. Raises TimeoutError."""
        with self._changes.listen() as listener:
            self._tell(CopyStored(task_id=copy.task_id, role=copy.role, url=copy.url, name=copy.name, size=copy.size))
            async with asyncio.timeout(NOTE_SECONDS):
                while True:
                    task = await self._store.get(copy.task_id)
                    image = picture_of(task, copy) if task is not None else None
                    if image is None or image.stored == copy.name:
                        return image is not None
                    await listener.next()

    # ------------------------------------------------------------ what became of it

    def _pause(self, error: ArchiveFailed | StoreFailed) -> None:
        """Nothing is written down: what is due stays so."""
        seconds = self._pauses[min(self._failures, len(self._pauses) - 1)]
        self._failures += 1
        self.trouble = f"Pictures cannot be copied, it is tried again by itself: {error}"
        self._paused_until = self._clock.now() + round(seconds * 1000)
        log.error("pictures cannot be copied, trying again in %d s: %s", seconds, error)

    async def _try_later(self, copy: ImageCopy, why: str) -> None:
        wait = wait_after(copy.attempts + 1, random.random())
        if wait is None:
            await self._give_up(copy, why)
            return
        log.info("not copied, again in %d s: %s", wait // 1000, why, extra={"task": copy.task_id})
        try:
            await self._copies.retry(copy, self._clock.now() + wait, why)
        except StoreFailed as error:
            self._pause(error)

    async def _give_up(self, copy: ImageCopy, why: str) -> None:
        log.warning("not copied, given up: %s", why, extra={"task": copy.task_id})
        try:
            await self._copies.give_up(copy, why)
        except StoreFailed as error:
            self._pause(error)
