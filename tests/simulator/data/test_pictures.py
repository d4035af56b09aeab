"""Pictures: real files, the same for the same job, and their owner can be read back."""

import io
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from simulator.data.pictures import DrawnPicture, size_within, inspect_file, read_metadata, render
from simulator.data.scenery import scene_names

GRID = DrawnPicture(
    job_id="0f6cbd8e-3f0a-4b3c-9d2e-5a1c2b3d4e5f",
    index="",
    prompt="一只狗 “on a hill” 🐕",
    nonce="1400000000000000001",
    parent="",
    scenes=scene_names("dusk", "hill", 4),
    width=256,
    height=256,
)
SINGLE = replace(GRID, index="2", parent=GRID.job_id, scenes=GRID.scenes[1:2], format="png")


@pytest.mark.parametrize("picture", [GRID, SINGLE, replace(GRID, format="png"), replace(SINGLE, format="webp")])
def test_a_file_names_its_owner(picture: DrawnPicture) -> None:
    data = render(picture)
    assert read_metadata(data) == picture.metadata
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == (picture.format.upper(), (256, 256))


def test_what_moves() -> None:
    data = render(replace(GRID, frames=3))
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, getattr(image, "n_frames", 1)) == ("WEBP", 3)
    assert read_metadata(data) == GRID.metadata


def test_a_frame_of_a_video() -> None:
    data = render(replace(SINGLE, format="jpeg", percent=40))
    assert read_metadata(data) == SINGLE.metadata
    assert inspect_file(data) == ("image/jpeg", (256, 256)) and inspect_file(b"cat")[1] == (0, 0)


def test_a_clip_is_an_mp4_with_its_frames_as_they_are() -> None:
    clip = replace(SINGLE, format="mp4", frames=3)
    data = render(clip)
    assert read_metadata(data) == clip.metadata and data[4:8] == b"ftyp"
    boxes, place = {}, 0
    while place < len(data):
        length, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        boxes[kind] = data[place + 8 : place + length]
        place += length
    assert place == len(data) and list(boxes) == [b"ftyp", b"mdat", b"moov", b"uuid"]
    # Each frame is one key picture of 256 macroblocks, 384 bytes each, stored.
    sizes, samples = [], boxes[b"mdat"]
    while samples:
        size = int.from_bytes(samples[:4], "big")
        assert samples[4] & 31 == 5
        sizes.append(size)
        samples = samples[4 + size :]
    assert len(sizes) == 3 and all(256 * 386 <= size < 256 * 386 * 1.01 for size in sizes)
    assert (
        b"stsz" + bytes(8) + (3).to_bytes(4, "big") + b"".join(n.to_bytes(4, "big") for n in _with_lengths(sizes))
        in data
    )


def _with_lengths(sizes: list[int]) -> list[int]:
    return [size + 4 for size in sizes]


def test_the_same_job_has_the_same_picture_and_another_job_another() -> None:
    assert render(GRID) == render(GRID)
    assert render(GRID) != render(replace(GRID, scenes=scene_names("dusk", "valley", 4)))


def test_four_quadrants_differ() -> None:
    with Image.open(io.BytesIO(render(replace(GRID, format="png")))) as image:
        boxes = [(x, y, x + 128, y + 128) for y in (0, 128) for x in (0, 128)]
        assert len({image.crop(box).tobytes() for box in boxes}) == 4


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=80))
def test_any_prompt_can_be_drawn(prompt: str) -> None:
    picture = replace(GRID, prompt=prompt, width=64, height=64)
    assert read_metadata(render(picture))["prompt"] == prompt


@pytest.mark.parametrize(
    ("prompt", "size"),
    [
        ("a fox", (1024, 1024)),
        ("a fox --ar 16:9", (1024, 576)),
        ("a fox --ar 2:3 --v 7", (682, 1024)),
        ("a fox --ar 1:99", (256, 1024)),
        ("a fox --ar 0:1", (1024, 1024)),
        ("a fox --ar wide", (1024, 1024)),
    ],
)
def test_the_aspect_ratio_is_the_prompts(prompt: str, size: tuple[int, int]) -> None:
    assert size_within(prompt) == size


def test_a_strangers_picture_has_no_owner() -> None:
    for kind in ("PNG", "WEBP"):
        out = io.BytesIO()
        Image.new("RGB", (8, 8), Random(1).randbytes(3).hex().join(("#", ""))).save(out, kind)
        assert read_metadata(out.getvalue()) == {}
