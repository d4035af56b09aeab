"""Many equal prompts at once, strangers' among them: each task gets its own picture, and nothing is paid twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from simulator import Simulator
from tests.support.whole_service import Document, Whole, whole

EQUAL = 100


async def draw_equal_ones(house: Whole, count: int) -> dict[str, Document]:
    ids = await asyncio.gather(*(house.client.submit(action="IMAGINE", prompt="one same dog") for _ in range(count)))
    return await house.hooks.until_ended(*ids, timeout=250)


@pytest.mark.parametrize("order", ["before", "after", "random"])
async def test_a_hundred_equal_prompts_get_a_hundred_own_pictures(tmp_path: Path, order: str) -> None:
    async with whole(tmp_path, success_order=order, foreign=2, chatter=1.0, job_seconds=0.2) as house:
        ended = await draw_equal_ones(house, EQUAL)
        assert [document["status"] for document in ended.values()] == ["SUCCESS"] * EQUAL
        assert len({document["hash"] for document in ended.values()}) == EQUAL
        assert len(house.hooks.heard) == EQUAL

        ours = {job["job_id"]: job for job in house.simulator.jobs if not job["foreign"]}
        sent = [post for post in house.simulator.interactions if post["outcome"] == "accepted"]
        assert (len(ours), len(sent), len(house.simulator.interactions)) == (EQUAL, EQUAL, EQUAL)
        assert house.simulator.state()["mixups"] == 0

        nonces = set()
        for document in ended.values():
            shown = await house.client.picture(document)
            assert shown["job_id"] == document["hash"]
            assert ours[shown["job_id"]]["nonce"] == shown["nonce"]
            nonces.add(shown["nonce"])
        assert len(nonces) == EQUAL


async def test_a_gateway_that_drops_ten_times_loses_nothing_and_sends_nothing_twice(tmp_path: Path) -> None:
    async with whole(tmp_path, foreign=1, job_seconds=1.5) as house:
        simulator = house.simulator
        drawing = asyncio.create_task(draw_equal_ones(house, EQUAL))
        for nth in range(10):
            await until_accepted(simulator, 10 * nth + 5)
            await simulator.drop_gateways(0.2)
        ended = await drawing
        assert [document["status"] for document in ended.values()] == ["SUCCESS"] * EQUAL
        ours = {job["job_id"] for job in simulator.jobs if not job["foreign"]}
        assert {document["hash"] for document in ended.values()} == ours
        assert len(ours) == len(simulator.interactions) == EQUAL


async def until_accepted(simulator: Simulator, count: int) -> None:
    await simulator.until(lambda: len(simulator.interactions) >= count, 30)
