"""Cancelling: what waits leaves the queue; what runs is told to MidJourney, by a button or by a message's own command;
what cannot be told ends for its caller alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_mj import MjClient, button, mj
from tests.support.mj_actions import act, asked, check_document, job_of, single_of, spending
from tests.support.whole_service import Document


async def heard_of(client: MjClient, task_id: str, is_so: Callable[[Document], bool]) -> None:
    hooks = client.house.hooks
    await hooks.until(lambda: any(d["id"] == task_id and is_so(d) for d in hooks.heard))


async def running(client: MjClient, route: str, **body: Any) -> str:
    """A task whose job MidJourney has begun."""
    task_id = await client.submit(route, **body)
    await heard_of(client, task_id, lambda d: d["status"] == "IN_PROGRESS")
    return task_id


async def cancelled(client: MjClient, task_id: str) -> Document:
    answer = await client.post(f"/task/{task_id}/cancel")
    assert (answer["code"], answer["result"]) == (1, task_id)
    document = await client.ended(task_id)
    assert (document["status"], document["failReason"]) == ("CANCEL", "")
    check_document(document)
    again = await client.post(f"/task/{task_id}/cancel")
    assert again["code"] == 4
    return document


async def test_what_waits_leaves_the_queue(tmp_path: Path) -> None:
    async with mj(tmp_path, concurrency=1) as client:
        client.house.simulator.configure(job_seconds=30)
        first = await running(client, "imagine", prompt="a dog")
        waiting = await client.submit("imagine", prompt="a cat")
        with spending(client, posts=0, jobs=0):
            await cancelled(client, waiting)
        assert [task["id"] for task in await client.get("/task/queue")] == []
        await cancelled(client, first)


async def test_what_waits_for_its_caller_is_never_pressed(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        single = await single_of(client)
        answer = await asked(client, single, "Custom Zoom")
        with spending(client, posts=0, jobs=0):
            await cancelled(client, answer["result"])
            late = await client.post("/submit/modal", taskId=answer["result"], prompt="a dog --zoom 2")
        assert late["code"] == 4


@pytest.mark.parametrize("era", ["2023", "2024", "2026"])
@pytest.mark.parametrize("label", ["Vary (Strong)", "➡️", "Zoom Out 2x"])
async def test_a_running_buttons_job_is_stopped_by_its_own_button(tmp_path: Path, era: str, label: str) -> None:
    async with mj(tmp_path, era=era) as client:
        single = await single_of(client)
        client.house.simulator.configure(job_seconds=30)
        task_id = await running(client, "action", taskId=single["id"], customId=button(single, label))
        with spending(client, posts=1, jobs=0):
            await cancelled(client, task_id)
        job, press = client.house.simulator.jobs[-1], client.house.simulator.interactions[-1]
        assert (job["status"], press["custom_id"]) == ("stopped", f"MJ::CancelJob::ByJobid::{job['job_id']}")


@pytest.mark.parametrize("era", ["2023", "2024", "2026"])
async def test_a_running_imagine_is_stopped_by_the_command_of_its_message(tmp_path: Path, era: str) -> None:
    async with mj(tmp_path, era=era, foreign=1) as client:
        client.house.simulator.configure(job_seconds=30)
        task_id = await running(client, "imagine", prompt="a dog")
        [job] = [job for job in client.house.simulator.jobs if not job["foreign"]]
        with spending(client, posts=1, jobs=0):
            await cancelled(client, task_id)
        assert client.house.simulator.interactions[-1]["command"] == "Cancel Job"
        assert next(j["status"] for j in client.house.simulator.jobs if j["job_id"] == job["job_id"]) == "stopped"


async def test_a_stop_that_nobody_asked_for_is_a_failure(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        document = await client.ended(await client.submit("imagine", prompt="a dog sim-stopped"))
        assert (document["status"], document["failCode"]) == ("FAILURE", "stopped")
        check_document(document)


async def test_what_cannot_be_stopped_ends_for_its_caller_and_keeps_its_slot(tmp_path: Path) -> None:
    """A video's private message has no Cancel button, and a message's own commands do not reach private ones."""
    async with mj(tmp_path, concurrency=1) as client:
        single = await single_of(client)
        client.house.simulator.configure(job_seconds=0.6)
        body = {"taskId": single["id"], "customId": button(single, "Animate (Low motion)")}
        task_id = await running(client, "action", **body)
        with spending(client, posts=0, jobs=0):
            await cancelled(client, task_id)
            after = await client.submit("video", prompt="a cat", image="https://example.com/cat.png")
            assert (await client.get(f"/task/{after}/fetch"))["status"] == "NOT_START"
        simulator = client.house.simulator
        video = simulator.jobs[-1]["job_id"]
        await client.ended(after)
        finished = {job["job_id"]: job["finished"] for job in simulator.jobs}
        assert finished[video] <= next(job["created"] for job in simulator.jobs if "a cat" in job["prompt"])
        document = await client.get(f"/task/{task_id}/fetch")
        assert (document["status"], document["jobId"]) == ("CANCEL", video)
        check_document(document)
        ends = [d["status"] for d in client.house.hooks.heard if d["id"] == task_id and d["finishTime"]]
        assert ends == ["CANCEL"]


async def test_a_cancel_that_midjourney_refuses_ends_the_task_for_its_caller(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        client.house.simulator.configure(job_seconds=0.6)
        task_id = await running(client, "imagine", prompt="a dog")
        client.house.simulator.add_fault({"kind": "interaction", "status": 403, "times": 5})
        await client.post(f"/task/{task_id}/cancel")
        document = await client.ended(task_id)
        assert document["status"] == "CANCEL"
        await client.house.simulator.until(lambda: client.house.simulator.jobs[0]["status"] == "finished")
        ends = [d["status"] for d in client.house.hooks.heard if d["id"] == task_id and d["finishTime"]]
        assert ends == ["CANCEL"]


async def test_a_cancelled_u_is_asked_for_again(tmp_path: Path) -> None:
    async with mj(tmp_path, concurrency=1) as client:
        grid = await client.drawn("imagine", prompt="a dog")
        client.house.simulator.configure(job_seconds=3)
        task_id = await running(client, "change", taskId=grid["id"], action="UPSCALE", index=1)
        await cancelled(client, task_id)
        client.house.simulator.configure(job_seconds=0.05)
        up = await act(client, grid, "U1")
        assert up["id"] != task_id
        assert (await job_of(client, up))["parent"] == grid["jobId"]


@pytest.mark.parametrize("era", ["2023", "2024", "2026"])
async def test_what_was_cancelled_before_its_first_message_is_stopped_at_that(tmp_path: Path, era: str) -> None:
    async with mj(tmp_path, era=era, concurrency=1) as client:
        simulator = client.house.simulator
        await client.drawn("imagine", prompt="a dog")
        simulator.configure(job_seconds=30, latency_ms=300)
        with spending(client, posts=2, jobs=1):
            task_id = await client.submit("imagine", prompt="a cat")
            await heard_of(client, task_id, lambda d: d["status"] == "SUBMITTED")
            await cancelled(client, task_id)
            await simulator.until(lambda: simulator.jobs[-1]["status"] == "stopped")
        simulator.configure(job_seconds=0.05, latency_ms=0)
        await client.drawn("imagine", prompt="a bird")  # the slot is free again


@pytest.mark.parametrize("era", ["2023", "2024", "2026"])
async def test_what_stands_in_midjourneys_queue_is_stopped_when_it_begins(tmp_path: Path, era: str) -> None:
    """Its note is private: no command of a message reaches it, and there is no button yet."""
    async with mj(tmp_path, era=era, concurrency=2) as client:
        simulator = client.house.simulator
        simulator.configure(concurrency=1, job_seconds=0.6)
        first = await running(client, "imagine", prompt="a dog")
        simulator.configure(job_seconds=30)
        second = await client.submit("imagine", prompt="a cat")
        await simulator.until(lambda: len(simulator.jobs) == 2 and bool(simulator.jobs[1]["message_ids"]))
        with spending(client, posts=1, jobs=0):
            await cancelled(client, second)
            assert (await client.ended(first))["status"] == "SUCCESS"
            await simulator.until(lambda: simulator.jobs[1]["status"] == "stopped")
        simulator.configure(job_seconds=0.05)
        await client.drawn("imagine", prompt="a bird")
