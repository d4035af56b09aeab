"""The delay that the service adds to MidJourney's own time: submit → interaction, and final message → webhook.

One caller, then twelve, each submitting its next drawing after the end of the last. The simulator and the service run
in their own processes and read the same clock. `python -m benchmarks.overhead`
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from aiohttp import web

from benchmarks.processes import service, simulator

ROUNDS = {1: 100, 12: 25}  # concurrent callers -> drawings each
JOB = {"job_seconds": 0.3, "steps": 6, "concurrency": 100, "rate_limit": 100_000}


def now() -> float:
    return time.time() * 1000


class Hooks:
    """Records when each webhook arrived (ms). `url` is its address."""

    def __init__(self) -> None:
        self.url = ""
        self.arrived: dict[str, tuple[float, str]] = {}  # task id -> (time, job id)
        self._awaited: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def on_webhook(self, request: web.Request) -> web.Response:
        at = now()
        document = json.loads(await request.read())
        self.arrived[document["_id"]] = (at, document["hash"])
        self._awaited[document["_id"]].set()
        return web.Response()

    async def until(self, task: str) -> None:
        await self._awaited[task].wait()


class LoadCaller:
    """A caller's keep-alive connection. Minimal, because a client's own time is not the service's."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader, self._writer, self._host = reader, writer, host

    async def submit(self, hook: str, prompt: str) -> tuple[str, float]:
        """The task id, and when the request left (ms)."""
        body = json.dumps({"action": "IMAGINE", "prompt": prompt, "notifyHook": hook}).encode()
        head = f"POST /api/v1/trigger/submit HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
        request = head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
        began = now()
        self._writer.write(request)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", answer)
        assert length is not None, answer
        return json.loads(await self._reader.readexactly(int(length[1])))["result"], began


@asynccontextmanager
async def callers(url: str, count: int) -> AsyncIterator[list[LoadCaller]]:
    parts = httpx.URL(url)
    opened = [await asyncio.open_connection(parts.host, parts.port) for _ in range(count)]
    yield [LoadCaller(reader, writer, f"{parts.host}:{parts.port}") for reader, writer in opened]
    for _, writer in opened:
        writer.close()


async def measure(client: httpx.AsyncClient, url: str, control: str, hooks: Hooks, at_once: int) -> None:
    began: dict[str, float] = {}  # prompt -> ms
    task_of: dict[str, str] = {}

    async def draw_in_turn(line: LoadCaller, name: int) -> None:
        for nth in range(ROUNDS[at_once]):
            prompt = f"bench {at_once} {name} {nth}"
            task_of[prompt], began[prompt] = await line.submit(hooks.url, prompt)
            await hooks.until(task_of[prompt])

    async with callers(url, at_once) as lines:
        await asyncio.gather(*(draw_in_turn(line, name) for name, line in enumerate(lines)))
    jobs = {job["prompt"]: job for job in (await client.get(f"{control}/_simulator/jobs")).json()}
    posts = {post["nonce"]: post for post in (await client.get(f"{control}/_simulator/interactions")).json()}
    down = [posts[jobs[prompt]["nonce"]]["time"] - at for prompt, at in began.items()]
    up = [hooks.arrived[task_of[prompt]][0] - jobs[prompt]["finished"] for prompt in began]
    show(f"submit → interaction, {at_once:>2} at once", down)
    show(f"final message → hook, {at_once:>2} at once", up)


def show(name: str, values: list[float]) -> None:
    p99 = statistics.quantiles(values, n=100, method="inclusive")[98]  # within the samples, not extrapolated
    print(f"{name}   p50 {statistics.median(values):6.1f} ms   p99 {p99:6.1f} ms   ({len(values)} samples)")


async def main() -> None:
    hooks = Hooks()
    app = web.Application()
    app.router.add_post("/", hooks.on_webhook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hooks.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    with tempfile.TemporaryDirectory() as folder:
        async with (
            httpx.AsyncClient(trust_env=False, timeout=60) as client,
            simulator(client, **JOB) as (control, found),
        ):
            environ = {**found, "DATABASE_PATH": str(Path(folder) / "tasks.db"), "CONCURRENCY": "100", "ARCHIVE": "off"}
            async with service(client, environ) as (_, url):
                for at_once in ROUNDS:
                    await measure(client, url, control, hooks, at_once)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
