"""Real files of every format, and bytes that are none."""

from __future__ import annotations

import base64
import io
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from tasks.prompts.images import (
    ACCEPTED,
    MOST_BYTES,
    BadPicture,
    PictureInfo,
    from_data_url,
    inspect,
    inspect_all,
)

DOCS = Path(__file__).parents[3] / "docs"
SIZE = (37, 23)


def picture(form: str, size: tuple[int, int] = SIZE, mode: str = "RGB", **options: Any) -> bytes:
    data = io.BytesIO()
    Image.effect_noise(size, 60).convert(mode).save(data, form, **options)
    return data.getvalue()


def frames(mode: str = "RGB") -> list[Image.Image]:
    return [Image.effect_noise(SIZE, 60 + step).convert(mode) for step in range(3)]


def exif() -> bytes:
    tags = Image.Exif()
    tags[0x010E] = "a long description " * 3000
    return tags.tobytes()


def with_thumbnail() -> bytes:
    """A JPEG with a whole small JPEG, end mark and all, inside a segment before its own size."""
    inner, outer = picture("JPEG", (8, 8)), picture("JPEG")
    return outer[:2] + b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner + outer[2:]


def fill_bytes() -> bytes:
    data = picture("JPEG")
    return data[:2] + b"\xff" * 50 + data[2:]


FILES = {
    "png": picture("PNG"),
    "png with a palette": picture("PNG", mode="P"),
    "png with alpha": picture("PNG", mode="RGBA"),
    "apng": picture("PNG", save_all=True, append_images=frames()),
    "png with bytes behind it": picture("PNG") + b"more",
    "jpeg": picture("JPEG"),
    "jpeg, progressive": picture("JPEG", progressive=True),
    "jpeg, grey": picture("JPEG", mode="L"),
    "jpeg, cmyk": picture("JPEG", mode="CMYK"),
    "jpeg with exif": picture("JPEG", exif=exif()),
    "jpeg with a large profile": picture("JPEG", icc_profile=bytes(400_000)),
    "jpeg with a thumbnail": with_thumbnail(),
    "jpeg with fill bytes": fill_bytes(),
    "jpeg with bytes behind it": picture("JPEG") + b"more",
    "webp": picture("WEBP"),
    "webp, lossless": picture("WEBP", lossless=True),
    "webp with alpha": picture("WEBP", mode="RGBA"),
    "webp, lossless with alpha": picture("WEBP", mode="RGBA", lossless=True),
    "webp, extended": picture("WEBP", icc_profile=b"profile", exif=exif()),
    "webp, animated": picture("WEBP", save_all=True, append_images=frames(), duration=50),
    "gif": picture("GIF"),
    "gif, animated": picture("GIF", save_all=True, append_images=frames(), duration=50),
}
TYPES = {
    "png": ("image/png", "png"),
    "apng": ("image/png", "png"),
    "jpeg": ("image/jpeg", "jpg"),
    "webp": ("image/webp", "webp"),
    "gif": ("image/gif", "gif"),
}


@pytest.mark.parametrize("name", FILES)
def test_real_files_are_known_by_their_content(name: str) -> None:
    info = inspect(FILES[name])
    kind, extension = TYPES[re.split("[ ,]", name)[0]]
    assert (info.type, info.extension, info.width, info.height) == (kind, extension, *SIZE)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (1000, 2)])
def test_the_size_is_that_of_the_picture(form: str, size: tuple[int, int]) -> None:
    info = inspect(picture(form, size))
    assert (info.width, info.height) == size


def test_a_large_webp_has_its_size() -> None:
    for size, lossless in [((2, 16000), False), ((16000, 2), True)]:
        data = io.BytesIO()
        Image.new("RGB", size).save(data, "WEBP", lossless=lossless)
        info = inspect(data.getvalue())
        assert (info.width, info.height) == size


@pytest.mark.parametrize("name", [name for name in FILES if "behind" not in name])
def test_a_file_that_was_cut_off_is_refused(name: str) -> None:
    data = FILES[name]
    for length in {1, 3, 9, 12, 16, 20, 25, 30, len(data) // 2, len(data) - 2}:
        with pytest.raises(BadPicture):
            inspect(data[:length])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x -->\n<svg width='1'></svg>", "an SVG drawing"),
        (b"<!DOCTYPE html><html><svg></svg></html>", "a web page"),
        (b"  <html>", "a web page"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\0\0\0\x20ftypavif" + bytes(20), "an AVIF picture"),
        (b"\0\0\0\x20ftypheic" + bytes(20), "a HEIC picture"),
        (b"\0\0\0\x20ftypisom" + bytes(20), "a video"),
        (picture("BMP"), "a BMP picture"),
        (picture("TIFF"), "a TIFF picture"),
        (base64.b64encode(FILES["png"]), "text, or base64 twice over"),
        (b"\x00\x01\x02", "no picture that we know"),
        (b"RIFF\x24\0\0\0WAVEfmt " + bytes(28), "no picture that we know"),
        (b"\x89PNG\r\n\x1a\n", "cut off"),
        (b"\xff\xd8\xff\xe0\0\0" * 9, "cut off"),
        (b"\xff\xd8\xff\xda\0\x02", "cut off"),
        (b"\xff\xd8" + b"\xff\x01" * 100_000, "cut off"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, why: str) -> None:
    with pytest.raises(BadPicture, match=why) as caught:
        inspect(data)
    assert caught.value.hint == ACCEPTED
    assert caught.value.code == "bad_picture"


def png_of(width: int, height: int) -> bytes:
    data = FILES["png"]
    return data[:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + data[24:]


def test_sizes_have_their_limits() -> None:
    assert inspect(png_of(10_000, 5_000)).width == 10_000
    for width, height, why in [(10_000, 5_001, "too large"), (2**32 - 1, 2**32 - 1, "too large"), (0, 9, "no area")]:
        with pytest.raises(BadPicture, match=why):
            inspect(png_of(width, height))
    with pytest.raises(BadPicture, match="no area: it is 0×23"):
        inspect(FILES["gif"][:6] + b"\0\0" + FILES["gif"][8:])


def test_bytes_have_their_limit() -> None:
    padding = MOST_BYTES - len(FILES["png"])
    assert inspect(FILES["png"] + bytes(padding)).type == "image/png"
    with pytest.raises(BadPicture, match=r"20\.0 MB, which is too much"):
        inspect(FILES["png"] + bytes(padding + 1))


def test_there_are_at_most_five() -> None:
    data = FILES["png"]
    assert len(inspect_all([data] * 5)) == 5
    assert inspect_all([]) == ()
    with pytest.raises(BadPicture, match="6 pictures are too many"):
        inspect_all([data] * 6)
    with pytest.raises(BadPicture, match="Picture 2 of 3: This is a PDF document"):
        inspect_all([data, b"%PDF-1", data])
    with pytest.raises(BadPicture, match=r"^This is a PDF document"):
        inspect_all([b"%PDF-1"])


# ---------------------------------------------------------------- pictures as text


@pytest.mark.parametrize(
    "dress",
    [
        "data:image/png;base64,{}",
        " data:image/png;base64, {}\n",
        "DATA:;BASE64,{}",
        "data:image/png;name=a.png;base64,{}",
        "{}",
        "\r\n {} ",
    ],
)
def test_a_data_url_gives_its_bytes(dress: str) -> None:
    data = random.Random(1).randbytes(1000)
    text = base64.b64encode(data).decode()
    assert from_data_url(dress.format(text)) == data
    assert from_data_url(dress.format(text.rstrip("="))) == data
    assert from_data_url(dress.format(base64.encodebytes(data).decode())) == data
    assert from_data_url(dress.format(base64.urlsafe_b64encode(data).decode())) == data
    assert from_data_url(dress.format(text.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"))) == data


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("data:image/png;base64,", "is empty"),
        ("data:image/png,abcd", "not in base64"),
        ("data:image/svg+xml;utf8,<svg/>", "not in base64"),
        ("https://example.com/a.png", "is a link"),
        ("abcde", "not valid base64"),
        ("ab=cd", "not valid base64"),
        ("图片", "not valid base64"),
        ("\ud800", "not valid base64"),
        ("<svg/>", "not valid base64"),
        ("A" * (2 * MOST_BYTES + 1), "larger than 20 MB"),
    ],
    ids=range(11),
)
def test_what_is_no_base64_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadPicture, match=why):
        from_data_url(text)


# ---------------------------------------------------------------- any bytes at all

MAGIC = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff", b"\xff\xd8\xff\xc0", b"RIFF\0\0\0\0WEBPVP8 ", b"GIF89a"]
MAGIC += [b"RIFF\0\0\0\0WEBPVP8X", b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f", b"GIF87a", b"<svg", b"\0\0\0\0ftyp", b""]


@given(st.sampled_from(MAGIC), st.binary(max_size=80))
@example(b"\xff\xd8\xff", b"\xff")
def test_any_bytes_are_a_picture_or_refused(magic: bytes, rest: bytes) -> None:
    try:
        info = inspect(magic + rest)
    except BadPicture as error:
        assert error.message
    else:
        assert isinstance(info, PictureInfo)
        assert info.width
        assert info.height


@given(st.sampled_from(list(FILES)), st.data())
def test_damaged_files_raise_nothing_else(name: str, data: st.DataObject) -> None:
    content = bytearray(FILES[name][:2000])
    for _ in range(4):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        inspect(bytes(content))
    except BadPicture as error:
        assert error.message


@given(st.text(max_size=80))
def test_any_text_is_base64_or_refused(text: str) -> None:
    try:
        assert from_data_url(text)
    except BadPicture as error:
        assert error.message


def test_the_code_is_documented() -> None:
    assert f"\n| `{BadPicture.code}` | 400 |" in (DOCS / "errors.md").read_text()
