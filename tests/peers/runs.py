"""Runs the programs, each in front of what it is meant for, and compares what they report.

Contract: at most `AT_ONCE` programs at a time; one that hangs is ended; the rows come in the order of the programs.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
from asyncio.subprocess import DEVNULL, STDOUT
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator import Simulator
from tests.chaos.child import child
from tests.e2e.test_process import ROOT, environment, free_port
from tests.peers.encryption import make_authority, terminated
from tests.peers.expectations import Expectations, Observation, Row, compared
from tests.peers.installation import NODE_MODULES, certificates
from tests.peers.isolation import HOSTS, hosts_file, with_hosts
from tests.peers.programs import OF_THE_SERVICE, Program

AT_ONCE = 3
PROGRAM_SECONDS = 150.0
JOB_SECONDS = 0.4  # long enough to be seen at work
BOT_DELAY_MS = 60  # programs begin to listen when their request is answered, and the real bot is never so fast
WEBHOOK_SECRET = "whsec_cGVlcnMgb2YgdGhlIHByb2plY3QsIGEgdGVzdCBzZWNyZXQ="
API_SECRET = "secret-of-the-peers"


@dataclass(frozen=True, kw_only=True)
class Authority:
    trusted: Path
    context: ssl.SSLContext


async def run_all(programs: Sequence[Program], expected: Expectations, folder: Path, era: str) -> list[Row]:
    """In this era, unless a program has its own."""
    trusted, context = make_authority(folder, HOSTS)
    authority = Authority(trusted=trusted, context=context)
    turns = asyncio.Semaphore(AT_ONCE)
    async with AsyncExitStack() as stack:
        service: dict[str, Any] = {}
        if any(program in OF_THE_SERVICE for program in programs):
            service = await stack.enter_async_context(_service(folder, era))

        async def one(number: int, program: Program) -> list[Row]:
            async with turns:
                if program in OF_THE_SERVICE:
                    seen = await _driven(program, service, folder, [])
                else:
                    seen = await _with_simulator(program, authority, folder, era=era, address=f"127.0.0.{number + 2}")
            return list(compared(program.name, expected.get(program.name, {}), seen))

        found = await asyncio.gather(*(one(number, program) for number, program in enumerate(programs)))
    return [row for rows in found for row in rows]


@asynccontextmanager
async def _service(folder: Path, era: str) -> AsyncIterator[dict[str, Any]]:
    """The service as a process of its own, with an account at a simulator."""
    async with Simulator(accounts=1, job_seconds=JOB_SECONDS, era=era) as simulator:
        given = environment(
            folder, simulator, PORT=str(free_port()), API_SECRET=API_SECRET, WEBHOOK_SECRET=WEBHOOK_SECRET
        )
        async with child(given) as running:
            await running.ready()
            yield {
                "service": running.url,
                "secret": API_SECRET,
                "webhook_secret": WEBHOOK_SECRET,
                "control": f"{simulator.url}/_simulator",
            }
            (folder / "service.log").write_text("\n".join(running.said), encoding="utf-8")


async def _with_simulator(
    program: Program, authority: Authority, folder: Path, *, era: str, address: str
) -> list[Observation]:
    usual = {"era": era, "job_seconds": JOB_SECONDS, "bot_delay_ms": BOT_DELAY_MS}
    settings: dict[str, Any] = {**usual, **program.simulated}
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(
            Simulator(accounts=1, discord_hosts=program.fixed_hosts, **settings)
        )
        prefix: list[str] = []
        if program.fixed_hosts:
            await stack.enter_async_context(terminated(address, simulator.port, authority.context))
            hosts = folder / f"{program.name}.hosts"
            hosts.write_text(hosts_file(address))
            prefix = with_hosts([], hosts=hosts, authority=authority.trusted, trusted=certificates())
        account = simulator.accounts[0]
        given = {
            "api": simulator.rest_url,
            "gateway": simulator.gateway_url,
            "url": simulator.url,
            "control": f"{simulator.url}/_simulator",
            "token": account.token,
            "guild": account.guild_id,
            "channel": account.channel_id,
        }
        environ = {"NODE_EXTRA_CA_CERTS": str(authority.trusted), "SSL_CERT_FILE": str(authority.trusted)}
        seen = await _driven(program, given, folder, prefix, environ if program.fixed_hosts else {})
        _write_down(simulator, folder / f"{program.name}.interactions")
    return seen


def _write_down(simulator: Simulator, path: Path) -> None:
    lines = [json.dumps(item) for item in [*simulator.interactions, *simulator.jobs, simulator.state()]]
    path.write_text("\n".join(lines), encoding="utf-8")


async def _driven(
    program: Program,
    given: Mapping[str, Any],
    folder: Path,
    prefix: Sequence[str],
    environ: Mapping[str, str] | None = None,
) -> list[Observation]:
    """Runs the driver in a folder of its own; what it reported, also when it had to be ended."""
    work, report = folder / program.name, folder / f"{program.name}.report"
    work.mkdir()
    report.touch()
    where = {
        "packages": str(NODE_MODULES.parent),
        "report": str(report),
        "folder": str(work),
        "project": str(ROOT),
        "python": sys.executable,
    }
    with (folder / f"{program.name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *prefix, *program.command(),
            cwd=work, stdin=DEVNULL, stdout=log, stderr=STDOUT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(work),
                "PYTHONUTF8": "1",
                "PEER": json.dumps({**given, **where}),
                **(environ or {}),
            },
        )  # fmt: skip
        try:
            async with asyncio.timeout(PROGRAM_SECONDS):
                await process.wait()
        except TimeoutError:
            pass  # the steps that it did not report are missing in the table
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return [Observation(**json.loads(line)) for line in report.read_text(encoding="utf-8").splitlines()]
