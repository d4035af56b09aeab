"""The service as a process that is killed, started again, and robbed of its disk."""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from tests.e2e.test_process import ROOT

START_SECONDS = 30.0
STOP_SECONDS = 12.0
LONGEST_LINE = 2**22  # a trace is one line of JSON
_LOOK_SECONDS = 0.02


class Child:
    """`program` is what Python runs; what it logs is kept in `said`, life after life."""

    def __init__(self, environ: dict[str, str], *, program: tuple[str, ...] = ("run.py",)) -> None:
        self.port = int(environ["PORT"])
        self.url = f"http://127.0.0.1:{self.port}"
        self.said: list[str] = []
        self.lives = 0
        self.has_served = False  # in this life
        self._environ = environ
        self.program = program
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def process(self) -> Process:
        assert self._process is not None
        return self._process

    async def start(self) -> None:
        """Returns at once."""
        self.lives += 1
        self.has_served = False
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self.program,
            cwd=ROOT,
            env=self._environ,
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=PIPE,
            limit=LONGEST_LINE,
        )
        self._reading = asyncio.create_task(self._read(self._process), name="read what the service says")

    async def ready(self) -> float:
        """Until it serves and its account is connected; the seconds that took."""
        began = time.monotonic()
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
            while not await self._is_ready(session):
                assert self.process.returncode is None, "the service ended: " + "\n".join(self.said[-5:])
                await asyncio.sleep(_LOOK_SECONDS)
        self.has_served = True
        return time.monotonic() - began

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(self.url + "/health/ready") as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError):
            return False

    async def kill(self) -> None:
        self.process.kill()
        await self._gone()

    async def stop(self) -> int:
        """In order; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
        await self._gone()
        return self.process.returncode or 0

    async def _gone(self) -> None:
        await self.process.wait()
        if self._reading is not None:
            await self._reading

    def fill_disk(self) -> None:
        """From now on no file of it can grow or be written to, as on a full disk."""
        self._limit(1)

    def empty_disk(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    async def _read(self, process: Process) -> None:
        assert process.stderr is not None
        while line := await process.stderr.readline():
            self.said.append(line.decode(errors="replace").rstrip())

    @property
    def tracebacks(self) -> list[str]:
        return [line for line in self.said if "Traceback" in line]


@asynccontextmanager
async def child(environ: dict[str, str], *, program: tuple[str, ...] = ("run.py",)) -> AsyncIterator[Child]:
    running = Child(environ, program=program)
    await running.start()
    try:
        yield running
    finally:
        if running.process.returncode is None:
            await running.kill()
