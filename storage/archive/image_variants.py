"""Smaller versions and quarters of archived pictures: made on request and cached in a folder of bounded size.

Contract: pictures are decoded in a thread, few at a time, and never when the header gives too large a size. Variants
can be made again, so the folder may be emptied at any time.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from PIL import Image

from storage.archive.disk import make_folders, place_of, write_whole
from tasks.domain.errors import CannotCut, CuttingBusy
from tasks.results.image_copy import ImageCopy

log = logging.getLogger(__name__)

WIDTHS = (160, 320, 640, 1024)
QUALITY = 90
MOST_PIXELS = 80_000_000  # of the original; about 250 MB when decoded
AT_ONCE = 2
WAITING = 64  # requests waiting for a variant; more are refused and may be retried
MOST_BYTES = 256 * 2**20  # in the folder
FOLDER = "cuttings"


class ImageVariants:
    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder / FOLDER
        self._most_bytes = most_bytes
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._in_progress: dict[Path, asyncio.Task[bytes]] = {}
        self._size: int | None = None  # bytes in the folder; None: not counted yet

    async def cut(
        self, copy: ImageCopy, width: int | None, tile: int | None, load: Callable[[], Awaitable[bytes]]
    ) -> bytes:
        """Return the picture, or its quarter `tile` (1 to 4, from the top left), at most `width` wide, as WebP.

        `load` returns the original. Raises CannotCut, CuttingBusy, and any error of `load`.
        """
        if not copy.type.startswith("image/"):
            raise CannotCut("A clip has no smaller versions.", hint="Request it without w and tile.")
        path = self._folder / f"{place_of(copy.name)}-{width or 0}-{tile or 0}.webp"
        if (kept := await asyncio.to_thread(_read_cached, path)) is not None:
            return kept
        job = self._in_progress.get(path)
        if job is None:
            if len(self._in_progress) >= WAITING:
                raise CuttingBusy
            job = asyncio.create_task(self._cut(path, width, tile, load), name="cut a picture")
            self._in_progress[path] = job
            job.add_done_callback(lambda done: self._on_done(path, done))
        return await asyncio.shield(job)

    async def forget(self, copies: Sequence[ImageCopy]) -> None:
        """Remove the variants of removed copies."""
        await asyncio.to_thread(self._delete, copies)

    async def close(self) -> None:
        """Cancel the variants in progress."""
        for job in (in_progress := list(self._in_progress.values())):
            job.cancel()
        await asyncio.gather(*in_progress, return_exceptions=True)

    async def _cut(
        self, path: Path, width: int | None, tile: int | None, load: Callable[[], Awaitable[bytes]]
    ) -> bytes:
        async with self._slots:
            data = await asyncio.to_thread(cut, await load(), width, tile)
            await asyncio.to_thread(self._keep, path, data)
        return data

    def _on_done(self, path: Path, job: asyncio.Task[bytes]) -> None:
        self._in_progress.pop(path, None)
        if not job.cancelled():
            job.exception()  # its waiters have received it, or are gone

    def _delete(self, copies: Sequence[ImageCopy]) -> None:
        for copy in copies:
            place = self._folder / place_of(copy.name)
            for path in place.parent.glob(f"{place.name}-*"):
                path.unlink(missing_ok=True)

    def _keep(self, path: Path, data: bytes) -> None:
        try:
            make_folders(self._folder.parent, path)
            write_whole(self._folder.parent, path, data)
            self._size = _size_of(self._folder) if self._size is None else self._size + len(data)
            if self._size > self._most_bytes:
                self._size = _evict(self._folder, self._most_bytes // 2)
        except OSError as error:
            log.warning("cannot cache a picture variant: %s", error.strerror)


def cut(data: bytes, width: int | None, tile: int | None) -> bytes:
    """Raises CannotCut."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise CannotCut(
                    f"It is too large: {image.width}×{image.height}.", hint="Request it without w and tile."
                )
            across, down = image.size
            if tile is None and width is not None:
                image.draft("RGB", (width, max(1, round(down * width / across))))  # decodes a JPEG at reduced size
            picture = image.convert("RGBA" if image.has_transparency_data else "RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise CannotCut("Its file cannot be read.", hint="Request it without w and tile.") from error
    if tile is not None:
        left, top = (tile - 1) % 2 * (picture.width // 2), (tile - 1) // 2 * (picture.height // 2)
        picture = picture.crop((left, top, left + picture.width // 2, top + picture.height // 2))
    if width is not None and picture.width > width:
        height = max(1, round(picture.height * width / picture.width))
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=QUALITY, method=2)
    return out.getvalue()


def _read_cached(path: Path) -> bytes | None:
    try:
        data = path.read_bytes()
        os.utime(path)  # mark as recently used
    except OSError:
        return None
    return data


def _files(folder: Path) -> list[tuple[float, int, Path]]:
    found = []
    for path in folder.glob("*/*/*.webp"):
        with suppress(OSError):
            stat = path.stat()
            found.append((stat.st_mtime, stat.st_size, path))
    return found


def _size_of(folder: Path) -> int:
    return sum(size for _, size, _ in _files(folder))


def _evict(folder: Path, most: int) -> int:
    """Remove the least recently used files. Return the remaining bytes."""
    files = sorted(_files(folder), key=lambda file: file[0])
    left = sum(size for _, size, _ in files)
    for _, size, path in files:
        if left <= most:
            break
        path.unlink(missing_ok=True)
        left -= size
    return left
