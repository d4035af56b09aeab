"""The pictures: landscapes generated from a job's identity, which is also in their metadata.

Contract: pure and deterministic: a `DrawnPicture` in, bytes out. `read_metadata` returns the identity of a picture or
clip, so that a test can prove ownership. The CDN handles caching and threads.
"""

import io
import json
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from PIL import ExifTags, Image, ImageChops, ImageDraw, ImageFilter, ImageFont
from PIL.PngImagePlugin import PngImageFile, PngInfo

from simulator.data import movies
from simulator.data import scenery
from simulator.data.rewriting import split_parameters

KEYS = ("job_id", "index", "prompt", "nonce", "parent")
CONTENT_TYPES = {"png": "image/png", "webp": "image/webp", "jpeg": "image/jpeg", "mp4": "video/mp4"}
_LONGEST_EDGE = 1024
_MAX_CAPTION = 60
_LACKED = re.compile(r"[^\x20-\u024f…]+(?:\s+[^\x20-\u024f…]+)*")  # by the built-in font
_FRAME_MS = 200


@dataclass(frozen=True, kw_only=True)
class DrawnPicture:
    """The content and owner of a file. Four scenes make a grid, one makes a single picture."""

    job_id: str
    index: str
    prompt: str
    nonce: str
    parent: str
    scenes: tuple[str, ...]
    percent: int = 100
    width: int = _LONGEST_EDGE
    height: int = _LONGEST_EDGE
    format: str = "webp"
    frames: int = 1  # more than one: animated

    @property
    def metadata(self) -> dict[str, str]:
        return {key: getattr(self, key) for key in KEYS}

    def sized(self, edge: int) -> "DrawnPicture":
        """The picture in the largest size within `edge` that fits the prompt's --ar."""
        width, height = size_within(self.prompt, edge)
        return replace(self, width=width, height=height)


def size_within(prompt: str, edge: int = _LONGEST_EDGE) -> tuple[int, int]:
    """Width and height for the prompt's aspect ratio, both even; square without a valid ratio."""
    _, parameters = split_parameters(prompt)
    for parameter in reversed(parameters):
        name, _, value = parameter.partition(" ")
        across, _, down = value.partition(":")
        if name in ("--ar", "--aspect") and across.isdecimal() and down.isdecimal() and int(across) and int(down):
            ratio = min(max(int(across) / int(down), 0.25), 4.0)
            return (edge, _even(edge / ratio)) if ratio >= 1 else (_even(edge * ratio), edge)
    return edge, edge


def render(picture: DrawnPicture) -> bytes:
    """The bytes of the file."""
    image = _grid(picture) if len(picture.scenes) > 1 else _single(picture)
    if picture.percent < 100:
        image = image.filter(ImageFilter.GaussianBlur((100 - picture.percent) * max(image.size) / 2500))
    _caption(image, picture)
    return _encoded(image, picture)


def read_metadata(data: bytes) -> dict[str, str]:
    """The identity stored in a simulated file; empty for any other picture."""
    if movies.is_movie(data):
        return movies.identity_of(data)
    with Image.open(io.BytesIO(data)) as image:
        if isinstance(image, PngImageFile):
            return {key: str(image.text[key]) for key in KEYS if key in image.text}
        stored = image.getexif().get(ExifTags.Base.ImageDescription)
    if not isinstance(stored, str):
        return {}
    found = json.loads(stored)
    return {key: str(found[key]) for key in KEYS if key in found}


def inspect_file(data: bytes) -> tuple[str, tuple[int, int]]:
    """Content type and size of a received file; size 0 if it is not a picture."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return Image.MIME.get(str(image.format), "application/octet-stream"), image.size
    except OSError:
        return "application/octet-stream", (0, 0)


def _even(value: float) -> int:
    return max(2, round(value / 2) * 2)


def _grid(picture: DrawnPicture) -> Image.Image:
    half = (picture.width // 2, picture.height // 2)
    image = Image.new("RGB", (picture.width, picture.height))
    for number, scene in enumerate(picture.scenes):
        part = scenery.paint(scene, half)
        _badge(part, str(number + 1))
        image.paste(part, (number % 2 * half[0], number // 2 * half[1]))
    return image


def _single(picture: DrawnPicture) -> Image.Image:
    image = scenery.paint(picture.scenes[0], (picture.width, picture.height))
    if picture.index:
        _badge(image, picture.index)
    return image


def _badge(image: Image.Image, text: str) -> None:
    """Draw the number of the quadrant in the upper left corner."""
    size = max(18, min(image.size) // 9)
    edge = size // 3
    draw = ImageDraw.Draw(image, "RGBA")
    draw.ellipse((edge, edge, edge + size, edge + size), fill=(12, 14, 28, 150), outline=(255, 255, 255, 210), width=2)
    draw.text((edge + size / 2, edge + size / 2), text, font=_font(size * 2 // 3), fill="white", anchor="mm")


def _caption(image: Image.Image, picture: DrawnPicture) -> None:
    """Draw prompt and job on a dark band, so that nobody mistakes the picture for a real one."""
    size = max(10, image.width // 42)
    band = size * 3
    draw = ImageDraw.Draw(image, "RGBA")
    top = image.height - band
    draw.rectangle((0, top, image.width, image.height), fill=(10, 12, 24, 165))
    words = picture.prompt if len(picture.prompt) <= _MAX_CAPTION else picture.prompt[: _MAX_CAPTION - 1] + "…"
    label = f"simulated · job {picture.job_id}" + (f" · index {picture.index}" if picture.index else "")
    if picture.percent < 100:
        label += f" · {picture.percent}%"
    for line, text in enumerate((_drawable(words), label)):
        font = _font(size if line == 0 else size * 4 // 5)
        draw.text((size, top + band * (0.32 + 0.4 * line)), text, font=font, fill="white", anchor="lm")


def _drawable(text: str) -> str:
    """Replace text outside Latin, which the built-in font lacks, by a marker."""
    return _LACKED.sub("…", text)


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _encoded(image: Image.Image, picture: DrawnPicture) -> bytes:
    frames = [ImageChops.offset(image, number * image.width // 32, 0) for number in range(picture.frames)]
    if picture.format == "mp4":
        return movies.movie(frames, picture.metadata)
    out = io.BytesIO()
    if picture.format == "png":
        info = PngInfo()
        for key, value in picture.metadata.items():
            info.add_itxt(key, _storable(value))
        image.save(out, "PNG", pnginfo=info, compress_level=1)
        return out.getvalue()
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = json.dumps(picture.metadata)
    if picture.format == "jpeg":
        image.save(out, "JPEG", quality=82, exif=exif)
    elif picture.frames > 1:
        moving = {"save_all": True, "append_images": frames[1:], "duration": _FRAME_MS, "loop": 0}
        image.save(out, "WEBP", quality=75, method=0, exif=exif, **moving)
    else:
        image.save(out, "WEBP", quality=82, method=1, exif=exif)
    return out.getvalue()


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
