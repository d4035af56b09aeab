"""A command whose outcome is unknown while MidJourney's slots are full: it may stand in MidJourney's queue, of which
only a private message tells. It is asked once, whoever fills the slots."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.e2e.test_eras import nonces_of
from tests.support.discord_wire_client import connected
from tests.support.whole_service import whole


@pytest.mark.parametrize("era", ["2023", "2024", "2026"])
async def test_what_waits_behind_another_hands_drawing_is_not_sent_again(tmp_path: Path, era: str) -> None:
    async with (
        whole(tmp_path, environ={"SETTLE_SECONDS": "1"}, era=era, job_seconds=4) as house,
        connected(house.simulator) as hand,
    ):
        simulator = house.simulator
        simulator.configure(concurrency=1)
        await hand.imagine("a cat")
        await simulator.until(lambda: [job["status"] for job in simulator.jobs] == ["running"])
        simulator.add_fault({"kind": "interaction", "status": 502, "accepted": True, "times": 1})
        simulator.add_fault(
            {"kind": "event_lost", "stage": "answer", "times": 4}
        )  # INTERACTION_CREATE and SUCCESS, for both sessions
        simulator.add_fault({"kind": "event_lost", "stage": "note", "times": 2})  # that it is queued
        simulator.configure(job_seconds=0.3)
        task = await house.client.submit(action="IMAGINE", prompt="a dog")
        await simulator.until(lambda: len(simulator.jobs) == 2)
        await simulator.drop_gateways()
        async with asyncio.timeout(15):
            ended = await house.hooks.until_ended(task)
        drawn = [job for job in simulator.jobs if job["prompt"] == "a dog"]
        assert [job["nonce"] for job in drawn] == [nonces_of(tmp_path)[task]]
        assert (ended[task]["status"], ended[task]["hash"]) == ("SUCCESS", drawn[0]["job_id"])
