"""Pictures as MCP hosts can show them: small enough, in a form that all of them know."""

from __future__ import annotations

import base64
import binascii
import io

from mcp_types import ImageContent
from PIL import Image, UnidentifiedImageError

from cli.errors import CommandFailed
from cli.saving import kind_of

LONGEST_SIDE = 1024  # pixels: what a model looks at; the link leads to the whole
ENOUGH = 512 * 1024  # bytes: a smaller picture of that size is passed on as it is
QUALITY = 88
MAX_PICTURE = 20 * 2**20  # bytes, of one that is uploaded: the service's own limit
_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}


def shown(data: bytes) -> ImageContent | None:
    """The picture, scaled down where it is huge; None for what is none, as a clip."""
    kind = kind_of(data)
    if kind not in _TYPES:
        return None
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if max(picture.size) > LONGEST_SIDE or len(data) > ENOUGH:
                data, kind = _smaller(picture), "jpg"
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError):
        return None
    return ImageContent(type="image", data=base64.b64encode(data).decode(), mime_type=_TYPES[kind])


def _smaller(picture: Image.Image) -> bytes:
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture.getchannel("A") if "A" in picture.getbands() else None)
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def given(text: str) -> str:
    """A picture as a caller gave it, as the service takes it: an http(s) URL, or base64 with or without `data:`."""
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
        raise CommandFailed("That is no PNG, JPEG, WebP or GIF.")
    return f"data:{_TYPES[kind]};base64,{base64.b64encode(data).decode()}"
