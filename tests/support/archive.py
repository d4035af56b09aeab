"""The archive around a `House`: real rows, real files, and a CDN that answers as told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from storage.archive.archive import Archive
from storage.archive.disk import DiskArchive
from storage.archive.image_variants import ImageVariants
from storage.images import CopyPolicy, Images
from tasks.domain.errors import NotSent
from tasks.domain.model import Image, Phase, Status, Task
from tasks.results.archiver import Archiver
from tasks.results.image_copy import ImageCopy
from tasks.results.retention import ImageRetention, StorageLimit
from tests.support.house import Desk, House, SetClock, house
from tests.support.tasks import NOW, task

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture"
CDN = "https://cdn.discordapp.com/attachments/1"
JOB = "adbd1ba4-0123-4567-89ab-cdef01234567"


class Cdn:
    """A Loader. `answers` are said one after another; then the picture comes."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: list[bytes | Exception] = []
        self.gate: asyncio.Event | None = None  # holds everybody up until it is set
        self.news = asyncio.Event()

    async def load(self, account: str, url: str, most: int) -> bytes:
        self.asked.append(url)
        self.news.set()
        if self.gate is not None:
            await self.gate.wait()
        answer = self.answers.pop(0) if self.answers else PNG
        if isinstance(answer, Exception):
            raise answer
        return answer


class Shelf:
    """The archive of one folder, with all that works on it."""

    def __init__(self, built: House, cdn: Cdn, folder: Path, room: StorageLimit, reserve: int) -> None:
        self.house, self.cdn, self.folder = built, cdn, folder / "images"
        self.images = Images(built.database)
        self.disk = DiskArchive(self.folder, reserve=reserve)
        self.archive = Archive(self.images, {"disk": self.disk}, ImageVariants(self.folder))
        self.archiving = Archiver(
            copies=self.images,
            archive=self.archive,
            loader=cdn,
            store=built.store,
            gateway=built.desk,
            changes=built.changes,
            publish=built.events.put_nowait,
            clock=built.clock,
            wall=built.clock,
            pauses=(0.05,),
        )
        self.thinning = ImageRetention(
            copies=self.images,
            archive=self.archive,
            store=built.store,
            changes=built.changes,
            publish=built.events.put_nowait,
            is_under_way=self.archiving.is_under_way,
            clock=built.clock,
            room=room,
        )

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    async def copies(self, of: Task) -> list[ImageCopy]:
        return await self.images.of_task(of.id)

    async def until_copied(self, of: Task) -> Task:
        return await self.house.until_task(of.id, lambda now: bool(now.result.image and now.result.image.stored))

    async def until_row(self, of: Task, is_so: Callable[[ImageCopy], bool]) -> ImageCopy:
        """Rows tell nobody, so they are read until it is so; each look yields to those who write."""
        async with asyncio.timeout(60):
            while not (rows := await self.copies(of)) or not is_so(rows[0]):
                pass
        return rows[0]

    def pass_time(self, ms: int) -> None:
        """What has become due by then is looked at."""
        self.house.clock.time += ms
        self.images.wake.set()


@asynccontextmanager
async def shelf(
    folder: Path,
    *,
    cdn: Cdn | None = None,
    desk: Desk | None = None,
    clock: SetClock | None = None,
    room: StorageLimit | None = None,
    wanted: CopyPolicy | None = None,
    reserve: int = 0,
    runs: bool = True,
) -> AsyncIterator[Shelf]:
    async with house(folder, desk, clock, copies=wanted or CopyPolicy(place="disk")) as built:
        made = Shelf(built, cdn or Cdn(), folder, room or StorageLimit(), reserve)
        loop = asyncio.create_task(made.archiving.run()) if runs else None
        try:
            yield made
        finally:
            if loop is not None:
                loop.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await loop


def result(nth: int = 1, url: str = "", **more: object) -> Task:
    """A drawing that has ended with a picture."""
    image = Image(url=url or f"{CDN}/{nth}/dog.png", filename="dog.png", width=4, height=2)
    fields = {"status": Status.SUCCESS, "phase": Phase.OVER, "image": image, "job_id": JOB, "account": "a"}
    return task(nth, **{**fields, **more})


def link(nth: int, ends: int) -> str:
    return f"{CDN}/{nth}/dog.png?ex={ends // 1000:x}&is=1&hm=a&"


EXPIRED = NOW - 1000
LOST = NotSent("The CDN cannot be reached.")
