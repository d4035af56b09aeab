"""Checks whether MidJourney accepts a picture, and reads its size.

Contract: pure; only the content counts, not a name or declared type. Reads headers only, in a bounded number of steps,
and decodes nothing, so a hostile file costs no more than its bytes. Refuses truncated files, but not files with
trailing bytes.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from tasks.domain.errors import BadRequest

MOST_PICTURES = 5
MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 50_000_000
ACCEPTED = "Give a PNG, JPEG, WebP or GIF of at most 20 MB and 50 megapixels."

PictureType = Literal["image/png", "image/jpeg", "image/webp", "image/gif"]
Size = tuple[int, int]

_MOST_SEGMENTS = 4096  # of a JPEG before its size; real files with large EXIF data have a few hundred
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG's SOF markers; the three are tables
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # JPEG's markers without a length
_FILL = re.compile(rb"\xff+")
_DATA_URL = re.compile(r"\s*data:(?P<head>[^,]{0,200}),", re.IGNORECASE)
# Common mistakes, by their first bytes.
_OTHERS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("an SVG drawing", re.compile(rb"\s*(?:<\?xml.*|<!--.*|<!doctype svg.*)?<svg[\s>]", re.IGNORECASE | re.DOTALL)),
    ("a web page", re.compile(rb"\s*(?:<!doctype html|<html|<head|<body|<script|<\?xml.*<html)", re.I | re.DOTALL)),
    ("a PDF document", re.compile(rb"%PDF-")),
    ("an AVIF picture", re.compile(rb".{4}ftypavi", re.DOTALL)),
    ("a HEIC picture", re.compile(rb".{4}ftyp(?:he|mif|msf)", re.DOTALL)),
    ("a video", re.compile(rb".{4}ftyp|\x1a\x45\xdf\xa3", re.DOTALL)),
    ("a BMP picture", re.compile(rb"BM.{12}", re.DOTALL)),
    ("a TIFF picture", re.compile(rb"II\*\0|MM\0\*")),
    ("text, or base64 twice over", re.compile(rb"[\t\n\r\x20-\x7e]+\Z")),
)


class BadPicture(BadRequest):
    """The picture cannot be used."""

    code = "bad_picture"

    def __init__(self, message: str = "", *, hint: str = ACCEPTED) -> None:
        super().__init__(message, hint=hint)


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureInfo:
    type: PictureType
    extension: str  # without a dot
    width: int
    height: int


class _Truncated(Exception):
    """The file ends inside its header, or before its end mark."""


def inspect_all(pictures: Sequence[bytes]) -> tuple[PictureInfo, ...]:
    """Each picture's type and size. An error names the picture by its position."""
    if len(pictures) > MOST_PICTURES:
        raise BadPicture(f"{len(pictures)} pictures are too many.", hint=f"Give at most {MOST_PICTURES}.")
    found = []
    for place, data in enumerate(pictures, start=1):
        try:
            found.append(inspect(data))
        except BadPicture as error:
            if len(pictures) == 1:
                raise
            raise BadPicture(f"Picture {place} of {len(pictures)}: {error.message}", hint=error.hint) from error
    return tuple(found)


def inspect(data: bytes) -> PictureInfo:
    """The picture's type and size, from its content. Raises BadPicture."""
    if not data:
        raise BadPicture("The picture is empty.")
    if len(data) > MOST_BYTES:
        raise BadPicture(f"The picture has {len(data) / 1024**2:.1f} MB, which is too much.")
    try:
        info = _identify(data)
    except _Truncated as error:
        raise BadPicture("The picture is damaged or was cut off.") from error
    if not (info.width and info.height):
        raise BadPicture(f"The picture has no area: it is {info.width}×{info.height}.")
    if info.width * info.height > MOST_PIXELS:
        raise BadPicture(f"The picture is too large: {info.width}×{info.height} pixels.")
    return info


def begins_as_picture(head: bytes | bytearray) -> bool:
    """Whether a file with these first 12 bytes may be an accepted picture."""
    return head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")) or (
        head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    )


def _identify(data: bytes) -> PictureInfo:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        width, height = _png(data)
        return PictureInfo(type="image/png", extension="png", width=width, height=height)
    if data.startswith(b"\xff\xd8\xff"):
        width, height = _jpeg(data)
        return PictureInfo(type="image/jpeg", extension="jpg", width=width, height=height)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        width, height = _webp(data)
        return PictureInfo(type="image/webp", extension="webp", width=width, height=height)
    if data.startswith((b"GIF87a", b"GIF89a")):
        width, height = _gif(data)
        return PictureInfo(type="image/gif", extension="gif", width=width, height=height)
    beginning = data[:1024].removeprefix(b"\xef\xbb\xbf")
    name = next((name for name, pattern in _OTHERS if pattern.match(beginning)), "no picture that we know")
    raise BadPicture(f"This is {name}.")


# ---------------------------------------------------------------- one function per format: its size, or _Cut


def _number(data: bytes, at: int, length: int, order: Literal["big", "little"]) -> int:
    if at + length > len(data):
        raise _Truncated
    return int.from_bytes(data[at : at + length], order)


def _png(data: bytes) -> Size:
    if data[12:16] != b"IHDR" or data.find(b"IEND\xaeB`\x82", 33) < 0:  # the end mark with its checksum
        raise _Truncated
    return _number(data, 16, 4, "big"), _number(data, 20, 4, "big")


def _jpeg(data: bytes) -> Size:
    at = 2
    for _ in range(_MOST_SEGMENTS):
        fill = _FILL.match(data, at)
        if not fill:
            break
        at = fill.end()
        marker = _number(data, at, 1, "big")
        if marker in _FRAMES:
            # An end mark before this position belongs to the thumbnail inside the EXIF data.
            if data.find(b"\xff\xd9", at) < 0:
                break
            return _number(data, at + 6, 2, "big"), _number(data, at + 4, 2, "big")
        length = 0 if marker in _ALONE else _number(data, at + 1, 2, "big")
        if marker not in _ALONE and length < 2:
            break
        at += 1 + length
    raise _Truncated


def _webp(data: bytes) -> Size:
    if _number(data, 4, 4, "little") + 8 > len(data):
        raise _Truncated
    match data[12:16]:
        case b"VP8 " if data[23:26] == b"\x9d\x01\x2a":
            return _number(data, 26, 2, "little") & 0x3FFF, _number(data, 28, 2, "little") & 0x3FFF
        case b"VP8L" if data[20:21] == b"\x2f":
            bits = _number(data, 21, 4, "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            return _number(data, 24, 3, "little") + 1, _number(data, 27, 3, "little") + 1
    raise _Truncated


def _gif(data: bytes) -> Size:
    # The last picture ends with an empty block (0), the file with a semicolon.
    if data.find(b"\0;", 13) < 0:
        raise _Truncated
    return _number(data, 6, 2, "little"), _number(data, 8, 2, "little")


# ---------------------------------------------------------------- pictures as text


def check_link(text: str) -> None:
    """Raises BadPicture for a link that contains a blank, where readers would end it."""
    before, *after = text.split(maxsplit=1)
    if after and re.match(r"https?://", before, re.IGNORECASE):
        raise BadPicture(f'The link has a blank in it, after "{before[-40:]}".', hint="Write a blank in a link as %20.")


def from_data_url(text: str) -> bytes:
    """The bytes of a data URL, or of bare base64; raises BadPicture."""
    hint = "Give a data URL (data:image/png;base64,…) or bare base64."
    if re.match(r"\s*https?://", text, re.IGNORECASE):
        check_link(text)
        raise BadPicture("This is a link, not a picture.", hint=hint)
    payload = text
    if match := _DATA_URL.match(text):
        if not match["head"].replace(" ", "").lower().endswith(";base64"):
            raise BadPicture("The data URL is not in base64.", hint=hint)
        payload = text[match.end() :]
    if len(payload) > 2 * MOST_BYTES:  # base64 is a third longer, and line breaks add to that
        raise BadPicture("The picture is larger than 20 MB.")
    if "%" in payload:
        payload = unquote(payload)
    letters = "".join(payload.split()).rstrip("=").replace("-", "+").replace("_", "/")
    if not letters:
        raise BadPicture("The picture is empty.")
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except ValueError as error:  # also raised for letters beyond ASCII
        raise BadPicture("The picture is not valid base64.", hint=hint) from error
