"""The image archive: its places, the loops that make and remove copies, and its route.

Contract: constructs and connects; decides nothing. With ARCHIVE=off existing copies are still served, and are removed
with their tasks.
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
from storage.archive.archive import Archive, CopyStorage
from storage.archive.disk import DiskArchive
from storage.archive.image_variants import ImageVariants
from storage.database_port import SqlDatabase
from storage.images import CopyPolicy, Images
from storage.tasks import Tasks
from tasks.domain.events import CopyChange
from tasks.domain.ports import Clock
from tasks.effects.changes import Changes
from tasks.results.archiver import Archiver
from tasks.results.retention import ImageRetention, StorageLimit

log = logging.getLogger(__name__)


def make_copy_policy(given: ArchiveSettings) -> CopyPolicy | None:
    """What the store marks for copying; None: nothing."""
    if given.place == "off":
        return None
    return CopyPolicy(place=given.place, previews=given.previews, first_ms=given.first_seconds * 1000)


def set_address(links: Links, http: HttpSettings, url: str) -> None:
    """Use `url`, where the service listens, in links to itself, if only this machine is served."""
    if is_loopback(http.host):
        links.address = url
    elif not http.public_url:
        log.warning("PUBLIC_URL is not set: webhooks contain Discord's image links instead of links to archived copies")


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageArchive:
    """`archiver` is None where nothing is copied."""

    table: Images
    archiver: Archiver | None
    retention: ImageRetention
    routes: Sequence[Route]

    def problems(self) -> list[str]:
        """Why copies cannot be made now; empty if they can."""
        return [self.archiver.trouble] if self.archiver is not None and self.archiver.trouble else []

    def start(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        loops = [group.create_task(self.retention.run(), name="remove old copies")]
        if self.archiver is not None:
            loops.append(group.create_task(self.archiver.run(), name="copy results"))
        return loops


@asynccontextmanager
async def open_image_archive(
    given: ArchiveSettings,
    *,
    database: SqlDatabase,
    store: Tasks,
    pool: Pool,
    changes: Changes,
    publish: Callable[[CopyChange], None],
    clock: Clock,
    wall: Clock,
) -> AsyncIterator[ImageArchive]:
    disk = DiskArchive(given.folder)
    places: dict[str, CopyStorage] = {"disk": disk}
    if given.s3_bucket:
        places["s3"] = _open_bucket(given)
    if swept := await asyncio.to_thread(disk.sweep):
        log.info("removed %d unfinished files of an earlier crash", swept)
    table, variants = Images(database, places), ImageVariants(given.folder)
    archive = Archive(table, places, variants)
    archiver = None
    if given.place != "off":
        await table.start(given.place)
        archiver = Archiver(
            copies=table,
            archive=archive,
            loader=pool,
            store=store,
            gateway=pool,
            changes=changes,
            publish=publish,
            clock=clock,
            wall=wall,
        )
    retention = ImageRetention(
        copies=table,
        archive=archive,
        store=store,
        changes=changes,
        publish=publish,
        is_under_way=(lambda copy: False) if archiver is None else archiver.is_under_way,
        clock=clock,
        room=StorageLimit(days=given.days, most_bytes=given.max_mb * 2**20),
    )
    try:
        yield ImageArchive(table=table, archiver=archiver, retention=retention, routes=ImageRoutes(archive).routes())
    finally:
        await variants.close()


def _open_bucket(given: ArchiveSettings) -> CopyStorage:
    from storage.archive.s3 import Bucket, S3Archive  # noqa: PLC0415 - 4 MB that only users of a bucket need

    bucket = Bucket(
        name=given.s3_bucket,
        endpoint=given.s3_endpoint,
        region=given.s3_region,
        access_key_id=given.s3_access_key_id,
        secret_access_key=given.s3_secret_access_key,
        prefix=given.s3_prefix,
        virtual_hosted=given.s3_virtual_hosted,
    )
    return S3Archive(bucket, links=given.redirect)
