"""Pictures: real files, the same for the same job, and their owner can be read back."""

import io
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from simulator.pictures import Picture, fitted, read_metadata, render
from simulator.scenery import scene_names

GRID = Picture(
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
def test_a_file_names_its_owner(picture: Picture) -> None:
    data = render(picture)
    assert read_metadata(data) == picture.metadata
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == (picture.format.upper(), (256, 256))


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
    assert fitted(prompt) == size


def test_a_strangers_picture_has_no_owner() -> None:
    for kind in ("PNG", "WEBP"):
        out = io.BytesIO()
        Image.new("RGB", (8, 8), Random(1).randbytes(3).hex().join(("#", ""))).save(out, kind)
        assert read_metadata(out.getvalue()) == {}
