"""What MidJourney or Discord may say instead of drawing, and what becomes of the task and of the money."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.whole_service import receiver, whole


@pytest.mark.parametrize(
    ("word", "fail_code"),
    [
        ("sim-fail", "job_failed"),
        ("sim-banned", "banned_prompt"),
        ("sim-invalid", "invalid_parameter"),
        ("sim-stopped", "stopped"),
    ],
)
async def test_midjourneys_errors_end_the_task_with_their_reason(tmp_path: Path, word: str, fail_code: str) -> None:
    async with whole(tmp_path) as house:
        task = await house.client.submit(action="IMAGINE", prompt=f"a dog {word}")
        ended = (await house.hooks.until_ended(task))[task]
        assert (ended["status"], ended["failCode"]) == ("FAILURE", fail_code)
        assert ended["failReason"]
        assert ended["description"] == ended["failReason"]
        other = await house.client.submit(action="IMAGINE", prompt="a dog")
        assert (await house.hooks.until_ended(other))[other]["status"] == "SUCCESS"


async def test_queued_at_midjourney_is_waited_for(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        task = await house.client.submit(action="IMAGINE", prompt="a dog sim-queued")
        assert (await house.hooks.until_ended(task))[task]["status"] == "SUCCESS"


async def test_more_than_midjourneys_concurrency_is_queued_there_and_all_get_their_own(tmp_path: Path) -> None:
    async with whole(tmp_path, concurrency=6) as house:
        house.simulator.configure(concurrency=2, queue=4)
        tasks = [await house.client.submit(action="IMAGINE", prompt="a dog") for _ in range(6)]
        ended = await house.hooks.until_ended(*tasks)
        assert {document["status"] for document in ended.values()} == {"SUCCESS"}
        assert len({document["hash"] for document in ended.values()}) == 6
        assert len(house.simulator.interactions) == 6


@pytest.mark.parametrize(
    ("fault", "posts"),
    [
        ({"kind": "interaction", "status": 500, "accepted": True}, 1),
        ({"kind": "interaction", "status": 502, "accepted": True}, 1),
        ({"kind": "drop_connection", "accepted": True}, 1),
        ({"kind": "interaction", "status": 429, "retry_after": 0.01}, 2),
        ({"kind": "new_versions"}, 2),
    ],
)
async def test_one_submit_is_one_picture_whatever_discord_answers(
    tmp_path: Path, fault: dict[str, Any], posts: int
) -> None:
    async with whole(tmp_path) as house:
        first = await house.client.submit(action="IMAGINE", prompt="first")
        await house.hooks.until_ended(first)
        house.simulator.add_fault(fault)
        task = await house.client.submit(action="IMAGINE", prompt="a dog")
        ended = (await house.hooks.until_ended(task))[task]
        assert ended["status"] == "SUCCESS"
        assert (await house.client.picture(ended))["job_id"] == ended["hash"]
        assert len(house.simulator.jobs) == 2
        assert len(house.simulator.interactions) == 1 + posts


@pytest.mark.parametrize("status", [403, 404])
async def test_a_definite_no_to_the_task_is_told(tmp_path: Path, status: int) -> None:
    """Its code speaks of nothing that we know: neither of the account nor of the moment."""
    async with whole(tmp_path) as house:
        house.simulator.add_fault({"kind": "interaction", "status": status, "code": 20009})
        task = await house.client.submit(action="IMAGINE", prompt="a dog")
        ended = (await house.hooks.until_ended(task))[task]
        assert (ended["status"], ended["failCode"]) == ("FAILURE", "discord_refused")
        assert house.simulator.jobs == []


@pytest.mark.parametrize(
    ("status", "code", "reason"), [(403, 50001, "missing_access"), (404, 10003, "unknown_channel")]
)
async def test_a_no_that_speaks_of_the_account_pauses_it_and_keeps_the_task(
    tmp_path: Path, status: int, code: int, reason: str
) -> None:
    async with receiver() as operator, whole(tmp_path, environ={"ALERT_HOOK": operator.url}) as house:
        house.simulator.add_fault({"kind": "interaction", "status": status, "code": code})
        task = await house.client.submit(action="IMAGINE", prompt="a dog")
        await operator.until(lambda: bool(operator.heard))
        assert operator.heard[0]["reason"] == reason
        kept = await house.client.fetch(task)
        assert kept["status"] in ("NOT_START", "IN_PROGRESS")  # it goes back to the queue, or is there already
        assert (len(house.simulator.interactions), house.simulator.jobs) == (1, [])


async def test_a_dead_token_pauses_the_account_and_keeps_the_task(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        house.simulator.add_fault({"kind": "interaction", "status": 401})
        task = await house.client.submit(action="IMAGINE", prompt="a dog")
        async with house.client.session.get(f"{house.client.url}/health") as response:
            assert response.status == 200
        await house.simulator.until(lambda: bool(house.simulator.interactions))
        # Nothing was drawn and nothing is lost: the task waits for the operator.
        assert (await house.client.fetch(task))["status"] in ("NOT_START", "IN_PROGRESS")
        assert house.simulator.jobs == []
