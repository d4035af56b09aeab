"""Copies of pictures as files, in folders by the first letters of their secret: readable by this user alone.

Contract: a file has its name only when it is whole and on disk. What a crash leaves behind begins with a dot and is
swept away at the next start. A disk is never filled to the brim: the database needs room, too.
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
    """The folders and the name. Raises ArchiveFailed for what is no name of ours."""
    match = NAME.fullmatch(name)
    if match is None:
        raise ArchiveFailed(f"{name[:100]!r} is no name of a copy.")
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
        """The bytes from `start` to before `end`. Raises FileNotFoundError when it is not there, ArchiveFailed."""
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
        """None: a file has no address of its own."""
        return None

    def sweep(self) -> int:
        """Remove what a crash left behind; how many files. Before anything else is done with the archive."""
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
                    hint=f"Free some space where {self._folder} is; nothing has to be restarted.",
                )
            write_whole(self._folder, path, data)

    def _delete(self, paths: Sequence[Path]) -> None:
        with _translated(self._folder):
            for path in paths:
                path.unlink(missing_ok=True)
                with suppress(OSError):  # others may be in them
                    path.parent.rmdir()
                    path.parent.parent.rmdir()


def make_folders(root: Path, path: Path) -> None:
    """Those in which this file of `root` lies, for this user alone."""
    below = [folder for folder in path.parents if folder.is_relative_to(root)]
    root.parent.mkdir(parents=True, exist_ok=True)
    for folder in reversed(below):
        folder.mkdir(mode=0o700, exist_ok=True)


def write_whole(root: Path, path: Path, data: bytes) -> None:
    """Write the file of `root` with all of its bytes, or nothing. Raises OSError."""
    try:
        write_atomically(path, data, prefix=_PART)
    except FileNotFoundError:  # the last file of that folder was removed just now, and the folder with it
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
            f"The copies of pictures cannot be kept. ({error.strerror})",
            hint=f"Is the disk full? Let this user write {folder}.",
        ) from error
