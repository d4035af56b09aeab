"""Killed in the middle of mixed work, and started again: what runs is found by its history, what waits goes on, a
dialog stays open for its caller, what is free is asked for again, and nothing is paid twice."""

from __future__ import annotations

import asyncio
import signal
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulator import Simulator
from simulator.data.eras import ERAS
from tests.e2e.test_mj import MjClient, button
from tests.e2e.test_process import running
from tests.support.whole_service import Receiver, Whole, receiver


@dataclass(kw_only=True)
class Life:
    """One life of the service's process, over the same database."""

    client: MjClient
    process: Process

    async def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(how)
        await self.process.wait()


@asynccontextmanager
async def life(folder: Path, simulator: Simulator, hooks: Receiver) -> AsyncIterator[Life]:
    async with running(folder, simulator, hooks) as (process, client):
        yield Life(client=MjClient(house=Whole(simulator=simulator, client=client, hooks=hooks)), process=process)


def accepted(simulator: Simulator, custom_id: str) -> int:
    """How often this button's press reached Discord."""
    return sum(post["custom_id"] == custom_id for post in simulator.interactions if post["type"] == 3)


def assert_each_paid_once(simulator: Simulator, commands: list[str]) -> None:
    assert Counter(job["command"] for job in simulator.jobs) == Counter(commands)
    assert simulator.state()["mixups"] == 0
    assert simulator.state()["counters"].get("repeated_nonces", 0) == 0


@pytest.mark.parametrize("era", ERAS)
async def test_kill_nine_amid_a_dialog_a_picture_and_drawings(tmp_path: Path, era: str) -> None:
    async with Simulator(era=era, job_seconds=0.1) as simulator, receiver() as hooks:
        async with life(tmp_path, simulator, hooks) as first:
            client = first.client
            grid = await client.drawn("imagine", prompt="a dog")
            up = await client.drawn("change", taskId=grid["id"], action="UPSCALE", index=1)
            zoom = button(up, "Custom Zoom")
            held = await client.submit("action", taskId=up["id"], customId=zoom)  # open, and left so
            under_way = await client.submit("action", taskId=up["id"], customId=zoom)
            simulator.configure(job_seconds=1.0, latency_ms=600)
            drawing = await client.submit("imagine", prompt="a cat")
            varied = await client.submit("change", taskId=grid["id"], action="VARIATION", index=3)
            await simulator.until(lambda: len(simulator.jobs) == 4)
            taken = await client.submit("change", taskId=grid["id"], action="UPSCALE", index=2)
            await client.submit("modal", taskId=under_way, prompt="wide --zoom 1.7")
            # Both presses are at Discord, which has not answered yet: neither picture nor dialog is there.
            await simulator.until(lambda: accepted(simulator, zoom) and accepted(simulator, button(grid, "U2")))
            await first.end()
        simulator.configure(latency_ms=0, job_seconds=0.1)
        async with life(tmp_path, simulator, hooks) as second:
            client = second.client
            ids = (drawing, varied, taken, under_way)
            ended = dict(zip(ids, await asyncio.gather(*map(client.ended, ids)), strict=True))
            assert [task["status"] for task in ended.values()] == ["SUCCESS"] * 4
            assert (await client.get(f"/task/{held}/fetch"))["status"] == "MODAL"
            answer = await client.post("/submit/modal", taskId=held, prompt="wider --zoom 1.9")
            assert (answer["code"], answer["result"]) == (1, held)
            ended[held] = await client.ended(held)
            commands = ["imagine", "upscale", "imagine", "variation", "upscale", "custom_zoom", "custom_zoom"]
            assert_each_paid_once(simulator, commands)
            jobs = {job["job_id"]: job for job in simulator.jobs}
            assert {task["jobId"] for task in (grid, up, *ended.values())} == set(jobs)
            for task_id, command, source, index in (
                (drawing, "imagine", None, None),
                (varied, "variation", grid, 3),
                (taken, "upscale", grid, 2),
                (under_way, "custom_zoom", up, None),
                (held, "custom_zoom", up, None),
            ):
                task = ended[task_id]
                job = jobs[task["jobId"]]
                assert job["command"] == command
                assert job["parent"] == (source["jobId"] if source else None)
                assert index in (None, job["index"])
                assert (await client.picture(task))["job_id"] == task["jobId"]
            assert jobs[ended[under_way]["jobId"]]["prompt"] == "wide --zoom 1.7"
            assert jobs[ended[held]["jobId"]]["prompt"] == "wider --zoom 1.9"
            ends = Counter(d["id"] for d in hooks.heard if d["finishTime"])
            assert set(ends) == {grid["id"], up["id"], *ended}


async def test_kill_nine_while_the_paid_half_of_a_dialog_is_drawn(tmp_path: Path) -> None:
    """The submit reached Discord: after the restart its result is found, and the dialog is not filled again."""
    async with Simulator(job_seconds=0.1) as simulator, receiver() as hooks:
        async with life(tmp_path, simulator, hooks) as first:
            client = first.client
            grid = await client.drawn("imagine", prompt="a dog")
            up = await client.drawn("change", taskId=grid["id"], action="UPSCALE", index=1)
            task = await client.submit("action", taskId=up["id"], customId=button(up, "Custom Zoom"))
            simulator.configure(job_seconds=0.6)
            await client.submit("modal", taskId=task, prompt="wide --zoom 1.7")
            await simulator.until(lambda: len(simulator.jobs) == 3)
            await first.end()
        async with life(tmp_path, simulator, hooks) as second:
            zoomed = await second.client.ended(task)
            assert zoomed["status"] == "SUCCESS"
            assert (await second.client.picture(zoomed))["parent"] == up["jobId"]
            assert_each_paid_once(simulator, ["imagine", "upscale", "custom_zoom"])


async def test_kill_nine_while_a_task_stands_in_midjourneys_own_queue(tmp_path: Path) -> None:
    """Only a private message told so, which no history has: it is neither lost nor sent twice."""
    async with Simulator(job_seconds=0.4, concurrency=2, queue=1) as simulator, receiver() as hooks:
        async with life(tmp_path, simulator, hooks) as first:
            tasks = [await first.client.submit("imagine", prompt=f"dog {n}") for n in range(3)]
            await simulator.until(lambda: len(simulator.jobs) == 3)
            simulator.configure(concurrency=12, queue=10)
            await first.end()
        async with life(tmp_path, simulator, hooks) as second:
            ended = await asyncio.gather(*map(second.client.ended, tasks))
            assert [task["status"] for task in ended] == ["SUCCESS"] * 3
            assert {task["jobId"] for task in ended} == {job["job_id"] for job in simulator.jobs}
            assert_each_paid_once(simulator, ["imagine"] * 3)


async def test_an_account_that_was_stopped_is_tried_again_after_a_restart(tmp_path: Path) -> None:
    """A human has mended it meanwhile: the task that waited goes on."""
    async with Simulator(job_seconds=0.3) as simulator, receiver() as hooks:
        async with life(tmp_path, simulator, hooks) as first:
            simulator.add_fault({"kind": "captcha"})
            waiting = await first.client.submit("imagine", prompt="a dog")
            await simulator.until(lambda: len(simulator.interactions) == 1)
            await first.end(signal.SIGTERM)  # in order: what Discord answered is written down
        assert simulator.jobs == []
        async with life(tmp_path, simulator, hooks) as second:
            ended = await second.client.ended(waiting)
            assert ended["status"] == "SUCCESS"
            assert_each_paid_once(simulator, ["imagine"])
