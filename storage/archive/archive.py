"""Archived copies, in any of the configured places. Reads and removes each copy in the place that its row names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Protocol

from storage.archive.image_variants import ImageVariants
from storage.images import Images
from tasks.domain.errors import ArchiveFailed
from tasks.results.image_copy import ImageCopy


class CopyStorage(Protocol):
    async def put(self, copy: ImageCopy, data: bytes, type: str) -> None: ...  # noqa: A002 - the field's name

    async def delete(self, copies: Sequence[ImageCopy]) -> None: ...

    def read(self, copy: ImageCopy, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]: ...

    async def link(self, copy: ImageCopy) -> str | None: ...


class Archive:
    """`places` maps the place names used in rows to their implementations. Implements the archive ports of
    `tasks.results.archiver` and `tasks.results.retention`."""

    def __init__(self, images: Images, places: Mapping[str, CopyStorage], variants: ImageVariants) -> None:
        self._images = images
        self._variants = variants
        self._places = places

    async def find(self, name: str) -> ImageCopy | None:
        """The stored copy with this name. Raises StoreFailed."""
        copy = await self._images.by_name(name)
        return copy if copy is not None and copy.has_file and copy.place in self._places else None

    async def put(self, copy: ImageCopy, data: bytes, type: str) -> None:  # noqa: A002 - the field's name
        """Raises ArchiveFailed."""
        await self._place(copy.place).put(copy, data, type)

    async def delete(self, copies: Sequence[ImageCopy]) -> None:
        """Raises ArchiveFailed."""
        for place, some in groupby(sorted(copies, key=attrgetter("place")), key=attrgetter("place")):
            gone = list(some)
            await self._place(place).delete(gone)
            await self._variants.forget(gone)

    def read(self, copy: ImageCopy, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`. Raises FileNotFoundError when the file is gone, ArchiveFailed."""
        return self._place(copy.place).read(copy, start, end)

    async def cut(self, copy: ImageCopy, width: int | None, tile: int | None) -> bytes:
        """Return a smaller version or one quarter; see `storage.archive.image_variants`. Raises CannotCut,
        CuttingBusy, FileNotFoundError, ArchiveFailed."""

        async def load() -> bytes:
            return b"".join([piece async for piece in self.read(copy)])

        return await self._variants.cut(copy, width, tile, load)

    async def link(self, copy: ImageCopy) -> str | None:
        """The URL that readers are redirected to; None: the service streams the bytes itself. Raises ArchiveFailed."""
        return await self._place(copy.place).link(copy)

    def _place(self, name: str) -> CopyStorage:
        if name not in self._places:
            raise ArchiveFailed(
                f"Some copies are on {name}, which is no longer configured.",
                hint="Restore its settings; ARCHIVE may name another place.",
            )
        return self._places[name]
