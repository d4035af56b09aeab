"""Clips: a few H.264 frames in an MP4 file, written without an encoder.

Contract: pure. Every macroblock is stored uncompressed (I_PCM), so that the file is valid, plays everywhere and needs
no library. Edges are multiples of 16. A custom box of type `uuid` holds the clip's identity.
"""

import json
import re
import struct
from collections.abc import Mapping, Sequence

from PIL import Image

_TIMESCALE, _FRAME_TICKS = 1000, 500
_OWN = b"simulated clip 1"  # sixteen bytes, as a uuid has
_MACROBLOCK = b"\x0d\x00"  # mb_type I_PCM, then zeros up to the next byte
_UNITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_EMULATION = re.compile(rb"\x00\x00(?=[\x00-\x03])")


def movie(frames: Sequence[Image.Image], identity: Mapping[str, str]) -> bytes:
    width, height = frames[0].size
    samples = [_sized_unit(_slice(frame, number % 2)) for number, frame in enumerate(frames)]
    head = _box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomavc1")
    offset = len(head) + 8
    stored = json.dumps(dict(identity)).encode()
    return head + _box(b"mdat", *samples) + _moov(width, height, samples, offset) + _box(b"uuid", _OWN, stored)


def identity_of(data: bytes) -> dict[str, str]:
    """The identity stored by `movie`; empty without one."""
    place = data.rfind(b"uuid" + _OWN)
    return dict(json.loads(data[place + 4 + len(_OWN) :])) if place > 0 else {}


def is_movie(data: bytes) -> bool:
    return data[4:8] == b"ftyp"


# ---------------------------------------------------------------- H.264


class _Bits:
    """A bit string with the codes of the standard."""

    def __init__(self) -> None:
        self._text = ""

    def fixed(self, value: int, width: int) -> "_Bits":
        self._text += f"{value:0{width}b}"
        return self

    def golomb(self, *values: int) -> "_Bits":
        for value in values:
            code = f"{value + 1:b}"
            self._text += "0" * (len(code) - 1) + code
        return self

    def open_bytes(self, tail: str) -> bytes:
        """Ends with `tail`, then zeros up to the next byte."""
        text = self._text + tail
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big")


def _sequence(width: int, height: int) -> bytes:
    bits = _Bits().fixed(66, 8).fixed(0xC0, 8).fixed(30, 8).golomb(0, 0, 2, 0).fixed(0, 1)
    bits.golomb(width // 16 - 1, height // 16 - 1).fixed(0b1100, 4)
    return b"\x67" + _EMULATION.sub(b"\x00\x00\x03", bits.open_bytes("1"))


def _picture() -> bytes:
    bits = _Bits().golomb(0, 0).fixed(0, 2).golomb(0, 0, 0).fixed(0, 3).golomb(0, 0, 0).fixed(0b100, 3)
    return b"\x68" + bits.open_bytes("1")


def _slice(frame: Image.Image, number: int) -> bytes:
    """One complete picture without references to others."""
    luma, blue, red = frame.convert("YCbCr").split()
    half = (frame.width // 2, frame.height // 2)
    planes = [(_floored(luma), 16)] + [(_floored(plane.resize(half)), 8) for plane in (blue, red)]
    header = _Bits().golomb(0, 7, 0).fixed(0, 4).golomb(number).fixed(0, 2).golomb(0, 1)
    first = header.open_bytes("000011010")  # the first macroblock's type follows at once
    places = [(x, y) for y in range(frame.height // 16) for x in range(frame.width // 16)]
    blocks = [b"".join(_square(plane, edge, x, y) for plane, edge in planes) for x, y in places]
    return b"\x65" + _EMULATION.sub(b"\x00\x00\x03", first + _MACROBLOCK.join(blocks) + b"\x80")


def _floored(plane: Image.Image) -> tuple[bytes, int]:
    """Samples must not be 0."""
    return plane.point([max(1, value) for value in range(256)]).tobytes(), plane.width


def _square(plane: tuple[bytes, int], edge: int, x: int, y: int) -> bytes:
    data, width = plane
    start = y * edge * width + x * edge
    return b"".join(data[start + line * width : start + line * width + edge] for line in range(edge))


def _sized_unit(unit: bytes) -> bytes:
    return struct.pack(">I", len(unit)) + unit


# ---------------------------------------------------------------- MP4


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def _full(kind: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags), *parts)


def _moov(width: int, height: int, samples: Sequence[bytes], offset: int) -> bytes:
    ticks = _FRAME_TICKS * len(samples)
    times = struct.pack(">4I", 0, 0, _TIMESCALE, ticks)
    mvhd = _full(b"mvhd", times, struct.pack(">IHHII", 0x10000, 0x100, 0, 0, 0), _UNITY, bytes(24), b"\0\0\0\2")
    tkhd = _full(
        b"tkhd",
        struct.pack(">5I", 0, 0, 1, 0, ticks),
        bytes(16),
        _UNITY,
        struct.pack(">II", width << 16, height << 16),
        flags=3,
    )
    mdhd = _full(b"mdhd", times, struct.pack(">HH", 0x55C4, 0))
    hdlr = _full(b"hdlr", bytes(4), b"vide", bytes(12), b"clip\0")
    dinf = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
    minf = _box(b"minf", _full(b"vmhd", bytes(8), flags=1), dinf, _stbl(width, height, samples, offset))
    return _box(b"moov", mvhd, _box(b"trak", tkhd, _box(b"mdia", mdhd, hdlr, minf)))


def _stbl(width: int, height: int, samples: Sequence[bytes], offset: int) -> bytes:
    count = len(samples)
    sequence, picture = _sequence(width, height), _picture()
    avcc = _box(
        b"avcC",
        bytes((1, 66, 0xC0, 30, 0xFF, 0xE1)),
        struct.pack(">H", len(sequence)) + sequence,
        b"\1" + struct.pack(">H", len(picture)) + picture,
    )
    size = struct.pack(">HH", width, height)
    resolution = struct.pack(">III", 0x480000, 0x480000, 0)
    avc1 = _box(b"avc1", bytes(6), b"\0\1", bytes(16), size, resolution, b"\0\1", bytes(32), b"\0\x18\xff\xff", avcc)
    return _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), avc1),
        _full(b"stts", struct.pack(">3I", 1, count, _FRAME_TICKS)),
        _full(b"stsc", struct.pack(">4I", 1, 1, count, 1)),
        _full(b"stsz", struct.pack(">2I", 0, count), struct.pack(f">{count}I", *map(len, samples))),
        _full(b"stco", struct.pack(">2I", 1, offset)),
    )
