"""Pictures changed by words: what is said to MidJourney."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.domain.errors import BadRequest, MissingPrompt
from tasks.domain.interactions import SlashCommandInteraction
from tasks.domain.model import Mode, Picture, SubmitOptions
from tests.support.house import house

PNG = Picture(filename="0.png", type="image/png", data=b"x")
LINK = "https://a.example/x.png"


async def test_the_links_stand_at_the_end_behind_edit(tmp_path: Path) -> None:
    async with house(tmp_path, suffix="--v 8.2") as home:
        await home.service.edit(SubmitOptions(), prompt="make it night --ar 16:9", pictures=[LINK, PNG])
        await home.until_said(1)
        order = home.desk.said[0][1]
        assert isinstance(order, SlashCommandInteraction)
        said = order.options["prompt"]
        assert said.startswith(f"make it night --ar 16:9 --v 8.2 --edit {LINK} https://")


async def test_the_mode_follows_the_links(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.service.edit(SubmitOptions(mode=Mode.FAST), prompt="make it night", pictures=[LINK])
        await home.until_said(1)
        order = home.desk.said[0][1]
        assert isinstance(order, SlashCommandInteraction)
        assert order.options["prompt"] == f"make it night --edit {LINK} --fast"


@pytest.mark.parametrize(
    ("prompt", "count", "error"), [("", 1, MissingPrompt), ("a", 0, BadRequest), ("a", 5, BadRequest)]
)
async def test_what_cannot_be_an_edit_is_refused(
    tmp_path: Path, prompt: str, count: int, error: type[BadRequest]
) -> None:
    async with house(tmp_path) as home:
        with pytest.raises(error):
            await home.service.edit(SubmitOptions(), prompt=prompt, pictures=[LINK] * count)


async def test_only_those_beyond_the_free_slots_are_queued(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        tasks = [await home.service.imagine(SubmitOptions(), prompt=f"a dog {n}") for n in range(5)]
        assert [await home.service.ahead(task) for task in tasks] == [0, 0, 0, 1, 2]
