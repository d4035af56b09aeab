"""Copies of pictures as files, in folders named after the first letters of their secret. Only this user can read them.

Contract: a file gets its name only when it is complete and on disk. A crash leaves only files whose names start with a
dot; the next start removes them. The archive always leaves disk space for the database.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from storage.atomic_file import write_atomically
from tasks.domain.errors import ArchiveFailed
from tasks.results.image_copy import ImageCopy

RESERVE = 200 * 2**20  # bytes that stay free
PIECE = 256 * 1024  # bytes read at a time
NAME = re.compile(r"[0-9a-f-]{1,64}-(?P<secret>[0-9a-z]{32})\.[a-z0-9]{1,5}")
_PART = ".part-"


def place_of(name: str) -> str:
    """The relative path of a copy. Raises ArchiveFailed when `name` cannot be the name of a copy."""
    match = NAME.fullmatch(name)
    if match is None:
        raise ArchiveFailed(f"{name[:100]!r} is not the name of a copy.")
    secret = match["secret"]
    return f"{secret[:2]}/{secret[2:4]}/{name}"


class DiskArchive:
    def __init__(self, folder: Path, *, reserve: int = RESERVE) -> None:
        self._folder = folder
        self._reserve = reserve

    async def put(self, copy: ImageCopy, data: bytes, type: str) -> None:  # noqa: A002 - the field's name
        """Raises ArchiveFailed."""
        await asyncio.to_thread(self._put, self._folder / place_of(copy.name), data)

    async def delete(self, copies: Sequence[ImageCopy]) -> None:
        """Raises ArchiveFailed."""
        await asyncio.to_thread(self._delete, [self._folder / place_of(copy.name) for copy in copies])

    async def read(self, copy: ImageCopy, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`. Raises FileNotFoundError when the file is missing, ArchiveFailed."""
        with _translated(self._folder):
            file = await asyncio.to_thread((self._folder / place_of(copy.name)).open, "rb")
            try:
                await asyncio.to_thread(file.seek, start)
                left = copy.size - start if end is None else end - start
                while left > 0 and (piece := await asyncio.to_thread(file.read, min(PIECE, left))):
                    left -= len(piece)
                    yield piece
            finally:
                file.close()

    async def link(self, copy: ImageCopy) -> str | None:
        """None: a file on disk has no URL of its own."""
        return None

    def sweep(self) -> int:
        """Remove the temporary files that a crash left, and return their number. Call it before any other use of the
        archive."""
        left = [*self._folder.glob(f"*/*/{_PART}*"), *self._folder.glob(f"*/*/*/{_PART}*")]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _put(self, path: Path, data: bytes) -> None:
        with _translated(self._folder):
            make_folders(self._folder, path)
            free = shutil.disk_usage(self._folder).free
            if free < len(data) + self._reserve:
                raise ArchiveFailed(
                    f"The disk is nearly full: {free // 2**20} MB are left.",
                    hint=f"Free some space on the disk of {self._folder}. No restart is needed.",
                )
            write_whole(self._folder, path, data)

    def _delete(self, paths: Sequence[Path]) -> None:
        with _translated(self._folder):
            for path in paths:
                path.unlink(missing_ok=True)
                with suppress(OSError):  # it may still hold other files
                    path.parent.rmdir()
                    path.parent.parent.rmdir()


def make_folders(root: Path, path: Path) -> None:
    """Create the folders that this file of `root` needs, accessible to this user only."""
    below = [folder for folder in path.parents if folder.is_relative_to(root)]
    root.parent.mkdir(parents=True, exist_ok=True)
    for folder in reversed(below):
        folder.mkdir(mode=0o700, exist_ok=True)


def write_whole(root: Path, path: Path, data: bytes) -> None:
    """Write a file below `root` completely or not at all. Raises OSError."""
    try:
        write_atomically(path, data, prefix=_PART)
    except FileNotFoundError:  # a concurrent delete removed the folder together with its last file
        make_folders(root, path)
        write_atomically(path, data, prefix=_PART)


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ArchiveFailed(
            f"The copies of pictures cannot be stored. ({error.strerror})",
            hint=f"Check that the disk is not full and that this user can write to {folder}.",
        ) from error
