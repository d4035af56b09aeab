"""The three generations of MidJourney's messages: a hundred equal prompts, strangers' equal ones among them, and the
chain of a result's buttons. Where an era links a result to its start the picture is the task's own; where it does not
(2023) each job still goes to one task only."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from simulator.data.eras import ERAS
from tests.e2e.test_mj import MjClient, button, mj
from tests.support.whole_service import Document

EQUAL = 100
LINKED = ("2024", "2026")


async def draw_equal_ones(client: MjClient) -> dict[str, Document]:
    submits = (client.submit("imagine", prompt="one same dog") for _ in range(EQUAL))
    ids = await asyncio.gather(*submits)
    await client.house.hooks.until(lambda: set(ids) <= {d["id"] for d in client.house.hooks.heard if d["finishTime"]})
    ended = {task_id: await client.get(f"/task/{task_id}/fetch") for task_id in ids}
    assert {document["status"] for document in ended.values()} == {"SUCCESS"}
    return ended


def assert_one_job_each(client: MjClient, ended: dict[str, Document]) -> None:
    simulator = client.house.simulator
    ours = {job["job_id"] for job in simulator.jobs if not job["foreign"]}
    assert {document["jobId"] for document in ended.values()} == ours
    assert len(ours) == len(simulator.interactions) == EQUAL
    assert len({document["properties"]["messageId"] for document in ended.values()}) == EQUAL
    state = simulator.state()
    assert (state["mixups"], state["counters"].get("repeated_nonces", 0)) == (0, 0)


def nonces_of(folder: Path) -> dict[str, str]:
    """The nonce that was sent for each task, from the database itself."""
    reading = sqlite3.connect(f"file:{folder / 'tasks.db'}?mode=ro", uri=True)
    try:
        return {str(task): str(nonce) for task, nonce in reading.execute("select task_id, nonce from sends")}
    finally:
        reading.close()


@pytest.mark.parametrize("era", LINKED)
async def test_a_hundred_equal_prompts_get_their_own_pictures(tmp_path: Path, era: str) -> None:
    async with mj(tmp_path, era=era, foreign=1, chatter=0.5, job_seconds=0.2, success_order="random") as client:
        ended = await draw_equal_ones(client)
        assert_one_job_each(client, ended)
        nonces = nonces_of(tmp_path)
        for task_id, document in ended.items():
            shown = await client.picture(document)
            assert (shown["job_id"], shown["nonce"]) == (document["jobId"], nonces[task_id])


async def test_a_hundred_equal_prompts_without_links_are_a_hundred_jobs(tmp_path: Path) -> None:
    async with mj(tmp_path, era="2023", foreign=1, chatter=0.5, job_seconds=0.2, success_order="random") as client:
        ended = await draw_equal_ones(client)
        assert_one_job_each(client, ended)
        ours = set(nonces_of(tmp_path).values())
        for document in list(ended.values())[::10]:
            shown = await client.picture(document)
            assert shown["job_id"] == document["jobId"]
            assert shown["nonce"] in ours  # never a stranger's


@pytest.mark.parametrize("previews", [True, False])
@pytest.mark.parametrize("era", ERAS)
async def test_a_chain_of_buttons(tmp_path: Path, era: str, previews: bool) -> None:
    prompt = "a dog" if previews else "a dog sim-no-preview"
    async with mj(tmp_path, era=era, foreign=2, job_seconds=0.05) as client:
        grid = await client.drawn("imagine", prompt=prompt)
        up = await client.drawn("change", taskId=grid["id"], action="UPSCALE", index=2)
        varied = await client.drawn("change", taskId=grid["id"], action="VARIATION", index=3)
        single = await client.drawn("simple-change", content=f"{varied['id']} U1")
        zoomed = await client.drawn("action", taskId=single["id"], customId=button(single, "Zoom Out 2x"))
        panned = await client.drawn("action", taskId=up["id"], customId=button(up, "⬅️"))
        again = await client.drawn("change", taskId=zoomed["id"], action="REROLL")
        ours = {job["job_id"]: job for job in client.house.simulator.jobs if not job["foreign"]}
        for result, parent, index in (
            (up, grid, 2),
            (varied, grid, 3),
            (single, varied, 1),
            (zoomed, single, None),
            (panned, up, None),
            (again, zoomed, None),
        ):
            shown = await client.picture(result)
            assert (shown["job_id"], shown["parent"]) == (result["jobId"], parent["jobId"])
            assert result["parentId"] == parent["id"]
            assert index in (None, ours[result["jobId"]]["index"])
        actions = [d["action"] for d in (grid, up, varied, single, zoomed, panned, again)]
        assert actions == ["IMAGINE", "UPSCALE", "VARIATION", "UPSCALE", "ZOOM", "PAN", "REROLL"]
        assert len(ours) == len(client.house.simulator.interactions) == 7


@pytest.mark.parametrize("era", ERAS)
async def test_four_variations_and_four_pictures_of_one_grid_at_once(tmp_path: Path, era: str) -> None:
    async with mj(tmp_path, era=era, foreign=1, job_seconds=0.1, success_order="random") as client:
        grid = await client.drawn("imagine", prompt="four winds")
        asked = [(action, index) for index in range(1, 5) for action in ("VARIATION", "UPSCALE")]
        results = await asyncio.gather(
            *(client.drawn("change", taskId=grid["id"], action=action, index=index) for action, index in asked)
        )
        ours = {job["job_id"]: job for job in client.house.simulator.jobs if not job["foreign"]}
        nonces = nonces_of(tmp_path)
        for (action, index), result in zip(asked, results, strict=True):
            shown = await client.picture(result)
            assert (shown["job_id"], shown["nonce"]) == (result["jobId"], nonces[result["id"]])
            assert (result["action"], ours[result["jobId"]]["index"]) == (action, index)
