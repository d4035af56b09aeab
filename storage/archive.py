"""Copies of pictures, wherever they were put: each is read and removed where its row says it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Protocol

from storage.cuttings import Cuttings
from storage.images import Images
from tasks.copy import Copy
from tasks.errors import ArchiveFailed


class Place(Protocol):
    async def put(self, copy: Copy, data: bytes, type: str) -> None: ...  # noqa: A002 - the field's name

    async def delete(self, copies: Sequence[Copy]) -> None: ...

    def read(self, copy: Copy, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]: ...

    async def link(self, copy: Copy) -> str | None: ...


class Archive:
    """`places`: name, as rows have it -> where that is. The archive of `tasks.archiving` and `tasks.thinning`."""

    def __init__(self, images: Images, places: Mapping[str, Place], cuttings: Cuttings) -> None:
        self._images = images
        self._cuttings = cuttings
        self._places = places

    async def find(self, name: str) -> Copy | None:
        """The copy of this name whose file is there. Raises StoreFailed."""
        copy = await self._images.named(name)
        return copy if copy is not None and copy.has_file and copy.place in self._places else None

    async def put(self, copy: Copy, data: bytes, type: str) -> None:  # noqa: A002 - the field's name
        """Raises ArchiveFailed."""
        await self._place(copy.place).put(copy, data, type)

    async def delete(self, copies: Sequence[Copy]) -> None:
        """Raises ArchiveFailed."""
        for place, some in groupby(sorted(copies, key=attrgetter("place")), key=attrgetter("place")):
            gone = list(some)
            await self._place(place).delete(gone)
            await self._cuttings.forget(gone)

    def read(self, copy: Copy, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`. Raises FileNotFoundError when the file is gone, ArchiveFailed."""
        return self._place(copy.place).read(copy, start, end)

    async def cut(self, copy: Copy, width: int | None, tile: int | None) -> bytes:
        """As `storage.cuttings` has it. Raises CannotCut, CuttingBusy, FileNotFoundError, ArchiveFailed."""

        async def load() -> bytes:
            return b"".join([piece async for piece in self.read(copy)])

        return await self._cuttings.cut(copy, width, tile, load)

    async def link(self, copy: Copy) -> str | None:
        """Where readers are to be sent; None: the bytes are passed on. Raises ArchiveFailed."""
        return await self._place(copy.place).link(copy)

    def _place(self, name: str) -> Place:
        if name not in self._places:
            raise ArchiveFailed(
                f"Some copies are on {name}, which is not set up any more.",
                hint="Set its settings again; ARCHIVE may differ.",
            )
        return self._places[name]
