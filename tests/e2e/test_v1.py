"""What a newcomer does first, through /api/v1: draw, enlarge, vary, and hear of each end once."""

from __future__ import annotations

from pathlib import Path

from tests.support.mj_actions import data_url
from tests.support.whole_service import whole


async def test_a_chinese_prompt_then_u2_then_v3(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        client, hooks = house.client, house.hooks
        imagine = await client.submit(action="IMAGINE", prompt="一只狗", state="main")
        grid = (await hooks.until_ended(imagine))[imagine]
        assert (grid["status"], grid["promptEn"], grid["progress"], grid["state"]) == (
            "SUCCESS",
            "A dog",
            "done",
            "main",
        )
        assert grid == await client.fetch(imagine)

        upscale = await client.submit(action="UPSCALE", taskId=imagine, index=2)
        single = (await hooks.until_ended(upscale))[upscale]
        shown = await client.picture(single)
        assert (shown["job_id"], shown["index"]) == (single["hash"], "2")
        assert shown["parent"] == grid["hash"]

        variation = await client.submit(action="VARIATION", taskId=imagine, index="3")
        varied = (await hooks.until_ended(variation))[variation]
        shown = await client.picture(varied)
        assert (shown["job_id"], shown["parent"]) == (varied["hash"], grid["hash"])
        assert len({grid["hash"], single["hash"], varied["hash"]}) == 3
        assert (varied["parentId"], varied["index"]) == (imagine, "3")

        assert [document["_id"] for document in hooks.heard] == [imagine, upscale, variation]
        assert house.simulator.state()["mixups"] == 0
        assert [job["status"] for job in house.simulator.jobs] == ["finished"] * 3


async def test_variation_one_to_four_at_once_get_each_their_own(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        grid = await house.client.submit(action="IMAGINE", prompt="four winds")
        await house.hooks.until_ended(grid)
        varied = {
            index: await house.client.submit(action="VARIATION", taskId=grid, index=index) for index in range(1, 5)
        }
        ended = await house.hooks.until_ended(*varied.values())
        by_nonce = {job["nonce"]: job for job in house.simulator.jobs}
        for index, task_id in varied.items():
            shown = await house.client.picture(ended[task_id])
            assert shown["job_id"] == ended[task_id]["hash"]
            assert by_nonce[shown["nonce"]]["index"] == index
        assert len({document["hash"] for document in ended.values()}) == 5


async def test_reroll_has_no_index(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        grid = await house.client.submit(action="IMAGINE", prompt="a dog")
        await house.hooks.until_ended(grid)
        again = await house.client.submit(action="REROLL", taskId=grid)
        ended = (await house.hooks.until_ended(again))[again]
        assert ended["status"] == "SUCCESS"
        assert ended["hash"] != (await house.client.fetch(grid))["hash"]


async def test_an_edit_sends_its_pictures_at_the_end(tmp_path: Path) -> None:
    link = "https://pictures.example/dog.png"
    async with whole(tmp_path) as house:
        task = await house.client.submit(action="EDIT", prompt="make it night", image=f" {link} {data_url()} ")
        ended = (await house.hooks.until_ended(task))[task]
        assert ended["status"] == "SUCCESS"
        [sent] = house.simulator.jobs
        words, _, pictures = sent["prompt"].partition(" --edit ")
        assert words.startswith("make it night")
        first, second = pictures.split()[:2]
        assert first == link
        assert second.startswith("http")
