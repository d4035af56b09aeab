"""Copies results while their links work: download, store, record; repeated until the copy exists or nothing is left to
download.

Contract: a problem with one picture concerns only that picture, which is retried for a day with growing delays. A full
disk or unreachable storage pauses all copies without counting as an attempt. The file exists before the task names it,
and the row is settled last: an interrupted copy is repeated under the same name.
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

AT_ONCE = 3  # concurrent copies; each may hold MOST_BYTES
MOST_BYTES = 64 * 2**20  # per picture or clip
LOAD_SECONDS = 300.0  # for one download over a slow connection
NOTE_SECONDS = 10.0  # until the task must name its copy
POLL = 30.0  # seconds between two looks without a wake-up
MARGIN = 60_000  # ms; a link is used as it is only if valid for at least so long
WAITS = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800)  # seconds after each failure; a day in total
JITTER = 0.2
PAUSES = (5.0, 10.0, 20.0, 40.0, 60.0)  # seconds, while nothing can be stored
GONE = (403, 404, 410)  # the CDN's answers to an expired signature or a missing file
SURELY = 3  # attempts, each with a newly renewed link, after which a missing file counts as gone


class CopyQueue(Protocol):
    """The rows of copies. Every method raises StoreFailed when the database cannot be read or written."""

    @property
    def wake(self) -> asyncio.Event: ...

    async def due(self, now: int, limit: int, without: Collection[int] = ()) -> Sequence[ImageCopy]: ...

    async def next_due_time(self, after: int) -> int | None: ...

    async def mark_written(self, copy: ImageCopy, *, type: str, size: int) -> None: ...  # noqa: A002 - the field's name

    async def mark_stored(self, copy: ImageCopy) -> None: ...

    async def retry(self, copy: ImageCopy, due: int, error: str) -> None: ...

    async def give_up(self, copy: ImageCopy, error: str) -> None: ...


class ArchiveWriter(Protocol):
    """The storage of the files."""

    async def put(self, copy: ImageCopy, data: bytes, type: str) -> None:  # noqa: A002 - the field's name
        """Store the file completely or not at all, under the copy's name. Raises ArchiveFailed."""


class Loader(Protocol):
    async def load(self, account: str, url: str, most: int) -> bytes:
        """Download a Discord link the way this account would. Raises NotSent; SendRefused (refused by the CDN, more
        than `most` bytes, or not a link of Discord)."""


class ImageUnavailable(Exception):
    """The picture no longer exists."""


def wait_after(attempts: int, chance: float) -> int | None:
    """Milliseconds until the next attempt after `attempts` failures; None: give up. `chance` is from 0 to 1."""
    if attempts > len(WAITS):
        return None
    return round(WAITS[attempts - 1] * 1000 * (1 + JITTER * (2 * chance - 1)))


class Archiver:
    """The loop. `wall` is the clock that link expiries are compared with. `publish` queues events for the tracker,
    which alone changes tasks."""

    def __init__(
        self,
        *,
        copies: CopyQueue,
        archive: ArchiveWriter,
        loader: Loader,
        store: TaskStore,
        gateway: Gateway,
        changes: Changes,
        publish: Callable[[CopyStored], None],
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
        self._publish = publish
        self._clock = clock
        self._wall = wall
        self._poll = poll
        self._pauses = pauses
        self._under_way: set[int] = set()
        self._failures = 0  # consecutive failures of the archive
        self._paused_until = 0
        self.trouble = ""  # why nothing can be copied now, for the operator; "" if copying works

    def is_under_way(self, copy: ImageCopy) -> bool:
        return copy.id in self._under_way

    async def run(self) -> None:
        """Ends only by cancellation."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._copies.wake.clear()  # before reading the rows: later additions wake the loop again
                try:
                    pause = await self._start_due(group, self._clock.now())
                except StoreFailed as error:
                    log.error("cannot read the due copies: %s", error)
                    pause = self._poll
                await self._sleep(pause)

    async def _start_due(self, group: asyncio.TaskGroup, now: int) -> float:
        """Start due copies up to the limit; return the seconds until the next look."""
        if now < self._paused_until:
            return (self._paused_until - now) / 1000
        room = AT_ONCE - len(self._under_way)
        due = await self._copies.due(now, room, self._under_way) if room > 0 else []
        for copy in due:
            self._under_way.add(copy.id)
            group.create_task(self._copy_or_retry(copy), name=f"copy a picture of task {copy.task_id}")
        following = await self._copies.next_due_time(now)
        return self._poll if following is None else min(self._poll, max(0.0, (following - now) / 1000))

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._copies.wake.wait()
        except TimeoutError:
            pass

    # ------------------------------------------------------------ one copy

    async def _copy_or_retry(self, copy: ImageCopy) -> None:
        try:
            await self._copy(copy)
        except (ArchiveFailed, StoreFailed) as error:
            self._pause(error)
        except ImageUnavailable as error:
            await self._give_up(copy, str(error))
        except (SendError, TimeoutError) as error:
            await self._try_later(copy, str(error) or "The download timed out.")
        except Exception:  # a defect must neither end the loop nor lose the picture
            log.exception("task %s: copying failed unexpectedly", copy.task_id)
            await self._try_later(copy, "a defect of the service")
        finally:
            self._under_way.discard(copy.id)
            self._copies.wake.set()  # a slot is free again

    async def _copy(self, copy: ImageCopy) -> None:
        task = await self._store.get(copy.task_id)
        image = picture_of(task, copy) if task is not None else None
        if task is None or image is None:
            raise ImageUnavailable("The task no longer shows it.")
        if not copy.has_file:
            copy = await self._store_copy(task, image, copy)
        if not await self._task_names_copy(copy):
            raise ImageUnavailable("The task no longer shows it.")
        await self._copies.mark_stored(copy)
        log.info("copied: %s, %d bytes", copy.type, copy.size, extra={"task": copy.task_id})

    async def _store_copy(self, task: Task, image: Image, copy: ImageCopy) -> ImageCopy:
        async with asyncio.timeout(LOAD_SECONDS):
            data = await self._load(task, image.url, copy.attempts + 1)
        kind = type_of(data)
        if kind is None:
            raise NotSent("The download is neither a picture nor a clip.")
        await self._archive.put(copy, data, kind)
        self._failures, self.trouble = 0, ""
        await self._copies.mark_written(copy, type=kind, size=len(data))
        return replace(copy, type=kind, size=len(data))

    async def _load(self, task: Task, url: str, attempt: int) -> bytes:
        """Download with a valid link; a link that has expired or is rejected is renewed first."""
        if expires(url) > self._wall.now() + MARGIN:
            try:
                return await self._loader.load(task.account or "", url, MOST_BYTES)
            except SendRefused as error:
                if error.status not in GONE:
                    raise ImageUnavailable(str(error)) from error
        try:
            return await self._loader.load(task.account or "", await self._renew_link(task, url), MOST_BYTES)
        except SendRefused as error:
            if error.status in GONE and attempt < SURELY:
                raise NotSent("Discord does not have it now.") from error
            raise ImageUnavailable("Discord no longer has it." if error.status in GONE else str(error)) from error

    async def _renew_link(self, task: Task, url: str) -> str:
        usable = [account.id for account in self._gateway.accounts() if account.is_usable]
        account = task.account if task.account in usable else next(iter(usable), None)
        if account is None:
            raise NotSent("Its link has expired, and no account is connected to renew it.")
        fresh = (await self._gateway.refresh(account, [url])).get(url)
        if fresh is None:
            raise ImageUnavailable("Its link has expired, and Discord does not renew it.")
        return fresh

    async def _task_names_copy(self, copy: ImageCopy) -> bool:
        """Let the task name its copy; False when the task shows another picture by now. Raises TimeoutError."""
        with self._changes.listen() as listener:
            self._publish(
                CopyStored(task_id=copy.task_id, role=copy.role, url=copy.url, name=copy.name, size=copy.size)
            )
            async with asyncio.timeout(NOTE_SECONDS):
                while True:
                    task = await self._store.get(copy.task_id)
                    image = picture_of(task, copy) if task is not None else None
                    if image is None or image.stored == copy.name:
                        return image is not None
                    await listener.next()

    # ------------------------------------------------------------ outcomes

    def _pause(self, error: ArchiveFailed | StoreFailed) -> None:
        """Pause without recording anything: due copies stay due."""
        seconds = self._pauses[min(self._failures, len(self._pauses) - 1)]
        self._failures += 1
        self.trouble = f"Pictures cannot be copied; retrying automatically: {error}"
        self._paused_until = self._clock.now() + round(seconds * 1000)
        log.error("pictures cannot be copied; retry in %d s: %s", seconds, error)

    async def _try_later(self, copy: ImageCopy, why: str) -> None:
        wait = wait_after(copy.attempts + 1, random.random())
        if wait is None:
            await self._give_up(copy, why)
            return
        log.info("copy failed; retry in %d s: %s", wait // 1000, why, extra={"task": copy.task_id})
        try:
            await self._copies.retry(copy, self._clock.now() + wait, why)
        except StoreFailed as error:
            self._pause(error)

    async def _give_up(self, copy: ImageCopy, why: str) -> None:
        log.warning("copy failed; given up: %s", why, extra={"task": copy.task_id})
        try:
            await self._copies.give_up(copy, why)
        except StoreFailed as error:
            self._pause(error)
