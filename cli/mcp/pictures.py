"""Pictures for MCP hosts: small enough, in formats that all hosts know.

Contract: the type of a picture comes from its bytes.
"""

from __future__ import annotations

import base64
import binascii
import io

from mcp_types import ImageContent
from PIL import Image, UnidentifiedImageError

from cli.errors import CommandFailed
from cli.picture_file import kind_of

LONGEST_SIDE = 1024  # pixels; enough for a model, and the link leads to the original
LARGE_FILE = 512 * 1024  # bytes; a larger file is encoded again
QUALITY = 88
MAX_PICTURE = 20 * 2**20  # bytes of an upload: the limit of the service
_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}


def to_content(data: bytes) -> ImageContent | None:
    """The picture, scaled down if it is large; None for other data, such as a clip."""
    kind = kind_of(data)
    if kind not in _TYPES:
        return None
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if max(picture.size) > LONGEST_SIDE or len(data) > LARGE_FILE:
                data, kind = _scaled_jpeg(picture), "jpg"
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError):
        return None
    return ImageContent(type="image", data=base64.b64encode(data).decode(), mime_type=_TYPES[kind])


def _scaled_jpeg(picture: Image.Image) -> bytes:
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture.getchannel("A") if "A" in picture.getbands() else None)
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def to_argument(text: str) -> str:
    """Convert a URL or base64 from a tool call to what the service accepts. Raises `CommandFailed`."""
    text = text.strip()
    if text.startswith(("http://", "https://")):
        return text
    try:
        data = base64.b64decode(text.partition("base64,")[2] or text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CommandFailed("A picture must be an http(s) URL or base64.") from error
    if len(data) > MAX_PICTURE:
        raise CommandFailed(f"The picture is larger than {MAX_PICTURE >> 20} MiB.")
    kind = kind_of(data)
    if kind not in _TYPES:
        raise CommandFailed("The picture is no PNG, JPEG, WebP or GIF.")
    return f"data:{_TYPES[kind]};base64,{base64.b64encode(data).decode()}"
