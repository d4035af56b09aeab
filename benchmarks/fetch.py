"""Requests per second of /api/v1/task/fetch compared with a bare aiohttp handler that returns a document of the same
size.

Both servers run at the same time, each in its own process, under the same load: 32 connections, each sending the next
request as soon as it has the response. The ratio carries over to other machines, the figures do not. `wrk` generates
the load if installed, otherwise a plain asyncio client does, which may itself be the bottleneck (then the ratio looks
better than it is; the output states which was used). On a busy machine requests per second mean little, so on Linux the
server's processor time per request is printed, too. `python -m benchmarks.fetch`
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from aiohttp import web

from benchmarks.processes import free_port, program, service, simulator, until_answered
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.model import Action, Button, Image, Phase, Status, Task, TaskProgress, TaskRequest, TaskResult

TASKS = 1000
CONNECTIONS = 32
SECONDS = 3
ROUNDS = 3
FIRST_ID = 1_795_000_000_000_000

# The body of both handlers, for a fair comparison.
DOCUMENT = {
    "_id": str(FIRST_ID), "index": "", "action": "IMAGINE", "prompt": "一只狗", "promptEn": "A dog", "taskId": "1" * 19,
    "uri": "https://cdn.discordapp.com/attachments/1/2/" + "x" * 150, "hash": "8" * 36, "content": "A dog",
    "progress": "done", "description": "/imagine A dog", "submitTime": 1_795_000_000_000,
    "finishTime": 1_795_000_060_000, "state": "", "notifyHook": "", "status": "SUCCESS", "parentId": "",
    "imageUrl": "https://cdn.discordapp.com/attachments/1/2/" + "x" * 150,
}  # fmt: skip


def bare(port: int) -> None:
    """The baseline: a handler without middleware, look-up or database."""

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(DOCUMENT)

    app = web.Application()
    app.router.add_get("/", answer)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None)


def finished_task(nth: int) -> Task:
    job = f"{nth:08d}-0000-4000-8000-000000000000"
    attachment = "https://cdn.discordapp.com/attachments/1/2/" + "x" * 100
    url = f"{attachment}_{job}.webp?ex=7fffffff&is=2&hm=3"  # expires far in the future
    buttons = (Button(custom_id=f"MJ::JOB::upsample::{i}::{job}", label=f"U{i}") for i in range(1, 10))
    message = str(10**18 + nth)
    return Task(
        id=str(FIRST_ID + nth),
        request=TaskRequest(action=Action.IMAGINE, prompt="一只狗", submit_time=1),
        progress=TaskProgress(percent=100, job_id=job),
        result=TaskResult(finish_time=2, message_id=message, image=Image(url=url), buttons=tuple(buttons)),
        status=Status.SUCCESS,
        phase=Phase.OVER,
        prompt_en="A dog",
        content="A dog",
        account="1",
    )


async def fill(path: Path) -> None:
    async with Database(path) as database:
        await Tasks(database).save([finished_task(nth) for nth in range(TASKS)])


async def by_wrk(url: str, ids: list[str]) -> float:
    """Requests `ids` in turn, if any."""
    script = "" if not ids else (
        "local n = 0\nrequest = function()\n"
        f"  n = (n + 1) % {len(ids)}\n"
        f'  return wrk.format("GET", "/api/v1/task/fetch?_id=" .. string.format("%d", {ids[0]} + n))\nend\n'
    )  # fmt: skip
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        lua.write(script)
        lua.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *(["-s", lua.name] if script else []), url]
        running = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
        out, _ = await running.communicate()
    assert b"Non-2xx" not in out, out.decode()
    found = re.search(r"Requests/sec:\s+([\d.]+)", out.decode())
    assert found is not None, out.decode()
    return float(found[1])


async def by_asyncio(url: str, ids: list[str]) -> float:
    parts = httpx.URL(url)
    paths = [f"/api/v1/task/fetch?_id={task_id}" for task_id in ids] or ["/"]
    counts = await asyncio.gather(*(_ask(parts, paths[i:] + paths[:i]) for i in range(CONNECTIONS)))
    return sum(counts) / SECONDS


async def _ask(url: httpx.URL, paths: list[str]) -> int:
    reader, writer = await asyncio.open_connection(url.host, url.port)
    requests = [f"GET {path} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n\r\n".encode() for path in paths]
    end, count = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        writer.write(requests[count % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = re.search(rb"(?i)content-length: (\d+)", head)
        assert length is not None
        await reader.readexactly(int(length[1]))
        count += 1
    writer.close()
    return count


def spent(pid: int) -> float:
    """Processor seconds of a process so far; 0.0 where they are not available."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Server:
    """One of the compared servers: requests per second, and processor time per request (µs), by round."""

    def __init__(self, pid: int, url: str, ids: list[str]) -> None:
        self._pid, self._url, self._ids = pid, url, ids
        self._rates: list[float] = []
        self._costs: list[float] = []

    async def load(self, by: Callable[[str, list[str]], Awaitable[float]]) -> None:
        before = spent(self._pid)
        self._rates.append(await by(self._url, self._ids))
        self._costs.append((spent(self._pid) - before) / (self._rates[-1] * SECONDS) * 1e6)

    @property
    def rate(self) -> float:
        return statistics.median(self._rates)

    @property
    def cost(self) -> float:
        return statistics.median(self._costs)


async def main() -> None:
    load = by_wrk if shutil.which("wrk") else by_asyncio
    ids = [str(FIRST_ID + nth) for nth in range(TASKS)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tasks.db"
        await fill(path)
        port = free_port()
        async with (
            httpx.AsyncClient(trust_env=False) as client,
            simulator(client) as (_, found),
            service(client, {**found, "DATABASE_PATH": str(path)}) as (process, url),
            program("-m", "benchmarks.fetch", "bare", str(port)) as yardstick,
        ):
            await until_answered(client, f"http://127.0.0.1:{port}/", "SUCCESS")
            ours, plain = Server(process.pid, url, ids), Server(yardstick.pid, f"http://127.0.0.1:{port}/", [])
            await load(url, ids)  # reads the tasks from disk into the cache
            for _ in range(ROUNDS):
                await ours.load(load)
                await plain.load(load)
    print(f"fetch, {TASKS} tasks, {CONNECTIONS} connections   {ours.rate:,.0f} requests/s")
    print(f"bare aiohttp JSON handler              {plain.rate:,.0f} requests/s   ratio {ours.rate / plain.rate:.2f}")
    if ours.cost:
        cost_line = f"{ours.cost:.0f} µs   bare {plain.cost:.0f} µs   ratio {plain.cost / ours.cost:.2f}"
        print(f"processor time of each request         {cost_line}")
    print(f"(medians of {ROUNDS} rounds alternating; load generator: {load.__name__[3:]})")


if __name__ == "__main__":
    if sys.argv[1:2] == ["bare"]:
        bare(int(sys.argv[2]))
    else:
        asyncio.run(main())
