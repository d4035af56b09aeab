"""Who listens hears of every end, over a kill and a restart of the service, and learns of a stop at once."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from simulator import Simulator
from tests.e2e.test_process import running
from tests.support.sse_client import Ear
from tests.support.whole_service import Client, receiver, whole

EVENTS = "/api/v1/events"


async def ends(client: Client, last: str, wanted: set[str]) -> tuple[dict[str, str], list[int], str]:
    """Listen from `last` until all of `wanted` are over or the stream ends: statuses, ids in order, the last id."""
    ended: dict[str, str] = {}
    ids: list[int] = []
    headers = {"Last-Event-ID": last} if last else {}
    async with client.session.get(client.url + EVENTS, headers=headers) as response:
        assert response.status == 200
        ear = Ear(response)
        while not wanted <= ended.keys() and (heard := await ear.next()) is not None:
            if heard.event:
                assert heard.event == "task"
                ids.append(int(heard.id))
                if heard.data["task"]["finishTime"]:
                    ended[heard.data["taskId"]] = heard.data["task"]["status"]
        return ended, ids, ear.last_id


async def test_a_listener_hears_every_end_over_a_restart(tmp_path: Path) -> None:
    async with Simulator(job_seconds=0.5) as simulator, receiver() as hooks:
        async with running(tmp_path, simulator, hooks) as (service, client):
            first = [await client.submit(action="IMAGINE", prompt=f"dog {n}") for n in range(3)]
            heard, ids, _ = await ends(client, "0", {first[0]})
            more = [await client.submit(action="IMAGINE", prompt=f"cat {n}") for n in range(3)]
            await simulator.until(lambda: len(simulator.jobs) == 6)
            service.send_signal(signal.SIGKILL)
            await service.wait()
        async with running(tmp_path, simulator, hooks) as (_, client):
            async with asyncio.timeout(60):
                rest, later, _ = await ends(client, str(ids[-1]), {*first, *more} - heard.keys())
        assert heard.keys() | rest.keys() == {*first, *more}
        assert {*heard.values(), *rest.values()} == {"SUCCESS"}
        assert [*ids, *later] == sorted({*ids, *later})


async def test_many_wait_and_listen_at_once(tmp_path: Path) -> None:
    async with whole(tmp_path, job_seconds=0.3) as house:
        client = house.client
        tasks = [await client.submit(action="IMAGINE", prompt=f"dog {n}") for n in range(10)]

        async def wait(task_id: str) -> str:
            async with client.session.get(f"{client.url}/api/v1/tasks/{task_id}/wait") as response:
                return str((await response.json())["status"])

        async def hear(task_id: str) -> str:
            async with client.session.get(f"{client.url}/api/v1/tasks/{task_id}/events") as response:
                *_, last = await Ear(response).rest()
                return str(last.data["task"]["status"])

        async with asyncio.timeout(60):
            told = await asyncio.gather(*((wait if n % 2 else hear)(tasks[n % 10]) for n in range(90)))
            assert set(told) == {"SUCCESS"}


async def test_a_stop_ends_every_stream_within_its_time(tmp_path: Path) -> None:
    async with (
        Simulator(job_seconds=30) as simulator,
        receiver() as hooks,
        running(tmp_path, simulator, hooks) as (service, client),
    ):
        task = await client.submit(action="IMAGINE", prompt="a dog")
        await simulator.until(lambda: len(simulator.jobs) == 1)
        async with (
            client.session.get(client.url + EVENTS) as all_tasks,
            client.session.get(f"{client.url}/api/v1/tasks/{task}/events") as one,
        ):
            await Ear(one).heard()
            service.send_signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                await asyncio.gather(Ear(all_tasks).rest(), Ear(one).rest())
            async with asyncio.timeout(20):
                assert await service.wait() == 0
