"""Quarters and smaller versions: the right part, in the right size, kept for a while, and refused where that is due."""

# ruff: noqa: ASYNC240 - nothing else runs in these loops that could be held up
from __future__ import annotations

import asyncio
import io
import stat
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from storage.archive import image_variants
from storage.archive.image_variants import ImageVariants, cut
from tasks.domain.errors import CannotCut, CuttingBusy
from tests.storage.archive.test_disk import COPY

COLOURS = {1: (200, 30, 30), 2: (30, 200, 30), 3: (30, 30, 200), 4: (200, 200, 30)}


def grid(kind: str = "PNG", width: int = 512, height: int = 256) -> bytes:
    """Four quarters, each of a colour of its own."""
    image = Image.new("RGB", (width, height))
    for tile, colour in COLOURS.items():
        place = ((tile - 1) % 2 * (width // 2), (tile - 1) // 2 * (height // 2))
        image.paste(Image.new("RGB", (width // 2, height // 2), colour), place)
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def is_like(image: Image.Image, colour: tuple[int, ...]) -> bool:
    width, height = image.size
    points = [(4, 4), (width - 5, 4), (4, height - 5), (width - 5, height - 5), (width // 2, height // 2)]
    found = [image.convert("RGB").getpixel(point) for point in points]
    return all(abs(a - b) < 12 for each in found for a, b in zip(each, colour, strict=True))  # type: ignore[arg-type]  # RGB: tuples


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("tile", [1, 2, 3, 4])
def test_a_quarter_is_the_right_one(kind: str, tile: int) -> None:
    image = opened(cut(grid(kind), None, tile))
    assert (image.format, image.size) == ("WEBP", (256, 128))
    assert is_like(image, COLOURS[tile])


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_smaller_version_keeps_its_shape(kind: str) -> None:
    image = opened(cut(grid(kind), 160, None))
    assert image.size == (160, 80)
    assert is_like(image.crop((0, 0, 70, 35)), COLOURS[1])
    assert opened(cut(grid(kind), 160, 3)).size == (160, 80)


def test_nothing_is_made_larger() -> None:
    assert opened(cut(grid(), 1024, None)).size == (512, 256)


def test_odd_edges_and_transparency() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (5, 3), (10, 20, 30, 0)).save(out, "PNG")
    image = opened(cut(out.getvalue(), None, 4))
    assert (image.size, image.mode) == ((2, 1), "RGBA")


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header says that it is huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "data", [bomb(9_000, 9_000), bomb(10_000, 10_000), bomb(60_000, 60_000), b"", b"\x89PNG\r\n\x1a\nx"]
)
def test_what_is_too_large_or_broken_is_refused(data: bytes) -> None:
    with pytest.raises(CannotCut):
        cut(data, 160, None)


async def test_what_was_cut_is_kept_and_loaded_once(tmp_path: Path) -> None:
    loads = 0

    async def load() -> bytes:
        nonlocal loads
        loads += 1
        return grid()

    shelf = ImageVariants(tmp_path)
    several = await asyncio.gather(*(shelf.cut(COPY, 160, None, load) for _ in range(5)))
    assert loads == 1
    assert (
        len(
            {*several, await shelf.cut(COPY, 160, None, load), await ImageVariants(tmp_path).cut(COPY, 160, None, load)}
        )
        == 1
    )
    assert loads == 1
    await shelf.cut(COPY, None, 1, load)
    assert loads == 2
    folders = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_dir()}
    assert folders == {0o700}
    await shelf.forget([COPY])
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_the_folder_stays_small(tmp_path: Path) -> None:
    async def load() -> bytes:
        return grid()

    shelf = ImageVariants(tmp_path, most_bytes=2000)
    for number in range(30):
        await shelf.cut(replace(COPY, name=COPY.name.replace("0123456", f"{number:07}")), None, 1, load)
        assert sum(path.stat().st_size for path in tmp_path.rglob("*.webp")) <= 2000
    assert [*tmp_path.rglob("*.webp")]


async def test_a_folder_that_cannot_be_written_is_not_needed(tmp_path: Path) -> None:
    (tmp_path / "cuttings").write_text("a file")

    async def load() -> bytes:
        return grid()

    assert opened(await ImageVariants(tmp_path).cut(COPY, 160, None, load)).size == (160, 80)


async def test_a_clip_has_no_smaller_version(tmp_path: Path) -> None:
    async def load() -> bytes:
        raise AssertionError

    with pytest.raises(CannotCut, match="clip"):
        await ImageVariants(tmp_path).cut(replace(COPY, type="video/mp4"), 160, None, load)


async def test_too_many_at_once_are_told_to_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_variants, "WAITING", 1)
    gate, begun = asyncio.Event(), asyncio.Event()

    async def load() -> bytes:
        begun.set()
        await gate.wait()
        return grid()

    shelf = ImageVariants(tmp_path)
    first = asyncio.create_task(shelf.cut(COPY, 160, None, load))
    await begun.wait()
    with pytest.raises(CuttingBusy):
        await shelf.cut(COPY, 320, None, load)
    gate.set()
    assert await first


async def test_closing_gives_up_what_is_being_cut(tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def load() -> bytes:
        begun.set()
        await asyncio.Event().wait()
        return b""

    shelf = ImageVariants(tmp_path)
    asking = asyncio.create_task(shelf.cut(COPY, 160, None, load))
    await begun.wait()
    await shelf.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
