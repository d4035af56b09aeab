"""The archive of results, wired together: where copies are kept, the loops that make and remove them, and their route.

Law: as in `app.service`; nothing is decided here. Where copying is off, those that are there are still shown, and
go with their tasks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.http.links import Links
from api.http.routes import Route
from api.images.routes import ImageRoutes
from bot.pool import Pool
from settings import ArchiveSettings, HttpSettings, is_loopback
from storage.archive.archive import Archive, Place
from storage.archive.disk import DiskArchive
from storage.archive.image_variants import ImageVariants
from storage.archive.s3 import Bucket, S3Archive
from storage.database import Database
from storage.images import Images, Wanted
from storage.tasks import Tasks
from tasks.domain.events import CopyChange
from tasks.domain.ports import Clock
from tasks.effects.changes import Changes
from tasks.results.archiver import Archiver
from tasks.results.retention import ImageRetention, StorageLimit

log = logging.getLogger(__name__)


def make_wanted(given: ArchiveSettings) -> Wanted | None:
    """What the store is to have copied; None: nothing."""
    if given.place == "off":
        return None
    return Wanted(place=given.place, previews=given.previews, first_ms=given.first_seconds * 1000)


def tell_address(links: Links, http: HttpSettings, url: str) -> None:
    """We listen at `url`: links to ourselves may name it, if only this machine is served."""
    if is_loopback(http.host):
        links.address = url
    elif not http.public_url:
        log.warning("PUBLIC_URL is not set: call-backs name Discord's links of pictures, not ours")


@dataclass(frozen=True, kw_only=True, slots=True)
class Copying:
    """`images` counts them; `archiving` is None where nothing is copied."""

    images: Images
    archiving: Archiver | None
    thinning: ImageRetention
    routes: Sequence[Route]

    def troubles(self) -> list[str]:
        """Why nothing can be copied now."""
        return [self.archiving.trouble] if self.archiving is not None and self.archiving.trouble else []

    def start(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        loops = [group.create_task(self.thinning.run(), name="remove old copies")]
        if self.archiving is not None:
            loops.append(group.create_task(self.archiving.run(), name="copy results"))
        return loops


@asynccontextmanager
async def copying(
    given: ArchiveSettings,
    *,
    database: Database,
    store: Tasks,
    pool: Pool,
    changes: Changes,
    tell: Callable[[CopyChange], None],
    clock: Clock,
    wall: Clock,
) -> AsyncIterator[Copying]:
    disk = DiskArchive(given.folder)
    places: dict[str, Place] = {"disk": disk}
    if given.s3_bucket:
        places["s3"] = S3Archive(make_bucket(given), links=given.redirect)
    if swept := await asyncio.to_thread(disk.sweep):
        log.info("%d files that a crash had left unfinished were removed", swept)
    images, cuttings = Images(database, places), ImageVariants(given.folder)
    archive = Archive(images, places, cuttings)
    archiving = None
    if given.place != "off":
        await images.start(given.place)
        archiving = Archiver(
            copies=images,
            archive=archive,
            loader=pool,
            store=store,
            gateway=pool,
            changes=changes,
            tell=tell,
            clock=clock,
            wall=wall,
        )
    thinning = ImageRetention(
        copies=images,
        archive=archive,
        store=store,
        changes=changes,
        tell=tell,
        is_under_way=(lambda copy: False) if archiving is None else archiving.is_under_way,
        clock=clock,
        room=StorageLimit(days=given.days, most_bytes=given.max_mb * 2**20),
    )
    try:
        yield Copying(images=images, archiving=archiving, thinning=thinning, routes=ImageRoutes(archive).routes())
    finally:
        await cuttings.close()


def make_bucket(given: ArchiveSettings) -> Bucket:
    return Bucket(
        name=given.s3_bucket,
        endpoint=given.s3_endpoint,
        region=given.s3_region,
        access_key_id=given.s3_access_key_id,
        secret_access_key=given.s3_secret_access_key,
        prefix=given.s3_prefix,
        virtual_hosted=given.s3_virtual_hosted,
    )
