"""What the service adds to MidJourney's own time: submit → interaction, and final message → call-back.

The simulator runs in a process of its own, as does the service; both read the same clock. Each figure is printed with
its number of samples. `python -m benchmarks.overhead`
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

import httpx
from aiohttp import web

from benchmarks.processes import service, simulator

ROUNDS = {1: 60, 12: 20}  # concurrent submits -> rounds
JOB = {"job_seconds": 0.2, "steps": 3, "concurrency": 100, "rate_limit": 100_000}


def now() -> float:
    return time.time() * 1000


class Hooks:
    """Notes when each call-back arrived (ms). `url` is its address."""

    def __init__(self) -> None:
        self.url = ""
        self.arrived: dict[str, tuple[float, str]] = {}  # task id -> (time, job id)
        self._news = asyncio.Event()

    async def hear(self, request: web.Request) -> web.Response:
        at = now()
        document = json.loads(await request.read())
        self.arrived[document["_id"]] = (at, document["hash"])
        self._news.set()
        return web.Response()

    async def until(self, tasks: set[str]) -> None:
        while not tasks <= self.arrived.keys():
            self._news.clear()
            await self._news.wait()


async def submit(client: httpx.AsyncClient, url: str, hook: str, prompt: str) -> tuple[str, float]:
    began = now()
    body = {"action": "IMAGINE", "prompt": prompt, "notifyHook": hook}
    answer = (await client.post(f"{url}/api/v1/trigger/submit", json=body)).json()
    return answer["result"], began


async def measure(client: httpx.AsyncClient, url: str, control: str, hooks: Hooks, at_once: int) -> None:
    began: dict[str, float] = {}  # prompt -> ms
    task_of: dict[str, str] = {}
    for nth in range(ROUNDS[at_once]):
        prompts = [f"bench {at_once} {nth} {i}" for i in range(at_once)]
        submitted = await asyncio.gather(*(submit(client, url, hooks.url, prompt) for prompt in prompts))
        for prompt, (task, at) in zip(prompts, submitted, strict=True):
            began[prompt], task_of[prompt] = at, task
        await hooks.until({task for task, _ in submitted})
    jobs = {job["prompt"]: job for job in (await client.get(f"{control}/_simulator/jobs")).json()}
    posts = {post["nonce"]: post for post in (await client.get(f"{control}/_simulator/interactions")).json()}
    down = [posts[jobs[prompt]["nonce"]]["time"] - at for prompt, at in began.items()]
    up = [hooks.arrived[task_of[prompt]][0] - jobs[prompt]["finished"] for prompt in began]
    show(f"submit → interaction, {at_once:>2} at once", down)
    show(f"final message → hook, {at_once:>2} at once", up)


def show(name: str, values: list[float]) -> None:
    p99 = statistics.quantiles(values, n=100)[98]
    print(f"{name}   p50 {statistics.median(values):6.1f} ms   p99 {p99:6.1f} ms   ({len(values)} samples)")


async def main() -> None:
    hooks = Hooks()
    app = web.Application()
    app.router.add_post("/", hooks.hear)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hooks.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    with tempfile.TemporaryDirectory() as folder:
        async with (
            httpx.AsyncClient(trust_env=False, timeout=60) as client,
            simulator(client, **JOB) as (control, found),
        ):
            environ = {**found, "DATABASE_PATH": str(Path(folder) / "tasks.db"), "CONCURRENCY": "100"}
            async with service(client, environ) as url:
                for at_once in ROUNDS:
                    await measure(client, url, control, hooks, at_once)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
