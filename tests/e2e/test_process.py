"""The process as a user runs it: killed, restarted, stopped, misconfigured."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulator import Simulator
from tests.support.whole_service import Client, Receiver, calling, receiver

ROOT = Path(__file__).parents[2]


def environment(folder: Path, simulator: Simulator | None = None, **more: str) -> dict[str, str]:
    environ = {"PATH": os.environ["PATH"], "DATABASE_PATH": str(folder / "tasks.db"), "LOG_FORMAT": "json"}
    environ |= {"ARCHIVE": "off", **more}
    if simulator is not None:
        account = simulator.accounts[0]
        environ |= {
            "DISCORD_TOKEN": account.token,
            "DISCORD_GUILD_ID": account.guild_id,
            "DISCORD_CHANNEL_ID": account.channel_id,
            "DISCORD_API_BASE": simulator.rest_url,
            "DISCORD_GATEWAY_URL": simulator.gateway_url,
            "DISCORD_CDN_BASE": simulator.url,
            "DISCORD_UPLOAD_BASE": simulator.url,
            "MYMEMORY_URL": simulator.translate_url,
            "TRANSLATORS": "mymemory",
            "SEND_INTERVAL_MS": "0",
            "ALLOW_PRIVATE_HOOKS": "true",
        }
    return environ


@asynccontextmanager
async def process(environ: dict[str, str], *arguments: str) -> AsyncIterator[Process]:
    started = await asyncio.create_subprocess_exec(
        sys.executable, "run.py", *arguments, cwd=ROOT, env=environ, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def line_with(stream: asyncio.StreamReader | None, words: str) -> str:
    assert stream is not None
    async with asyncio.timeout(60):
        async for line in stream:
            if words in line.decode():
                return line.decode()
    raise AssertionError(f"it ended without saying {words!r}")


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@asynccontextmanager
async def running(folder: Path, simulator: Simulator, hooks: Receiver) -> AsyncIterator[tuple[Process, Client]]:
    port = free_port()
    environ = environment(folder, simulator, PORT=str(port), CONCURRENCY="12")
    async with process(environ) as service:
        await line_with(service.stderr, "is connected")
        async with calling(f"http://127.0.0.1:{port}", hooks.url) as client:
            yield service, client


async def test_kill_nine_in_the_middle_loses_nothing_and_pays_nothing_twice(tmp_path: Path) -> None:
    count = 24
    async with Simulator(job_seconds=1.0) as simulator, receiver() as hooks:
        async with running(tmp_path, simulator, hooks) as (service, client):
            tasks = [await client.submit(action="IMAGINE", prompt=f"dog {i % 3}") for i in range(count)]
            await simulator.until(lambda: len(simulator.interactions) >= 12)
            service.send_signal(signal.SIGKILL)
            await service.wait()
        async with running(tmp_path, simulator, hooks) as (_, client):
            ended = await hooks.until_ended(*tasks, timeout=250)
            assert {document["status"] for document in ended.values()} == {"SUCCESS"}
            assert {document["hash"] for document in ended.values()} == {job["job_id"] for job in simulator.jobs}
            assert len(simulator.interactions) == count
            for task in tasks[:6]:
                document = ended[task]
                assert (await client.picture(document))["prompt"].startswith(document["prompt"])


async def test_sigterm_ends_in_order_and_soon(tmp_path: Path) -> None:
    async with (
        Simulator(job_seconds=60) as simulator,
        receiver() as hooks,
        running(tmp_path, simulator, hooks) as (service, client),
    ):
        await client.submit(action="IMAGINE", prompt="a dog")
        await simulator.until(lambda: bool(simulator.interactions))
        service.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            _, said = await service.communicate()
        assert service.returncode == 0
        assert b'"stopped"' in said
        assert b"Traceback" not in said


async def test_the_simulator_command_needs_no_settings(tmp_path: Path) -> None:
    environ = environment(tmp_path, PORT=str(free_port()), SIMULATOR_PORT=str(free_port()))
    async with process(environ, "--simulator") as service:
        assert "nothing here is real" in await line_with(service.stdout, "Simulator")
        assert f":{environ['PORT']}/" in await line_with(service.stdout, "Open ")
        assert "trigger/submit" in await line_with(service.stdout, "curl")


async def test_an_account_without_a_token_is_refused_and_both_ways_are_named(tmp_path: Path) -> None:
    async with process(environment(tmp_path) | {"DISCORD_TOKEN": "", "DISCORD_GUILD_ID": "1"}) as service:
        _, said = await service.communicate()
        assert service.returncode == 2
        assert b"DISCORD_TOKEN" in said
        assert b"--simulator" in said


async def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    environ = environment(tmp_path, DISCORD_TOKEN="t", PORT="many", HOST="0.0.0.0", DISCORD_GUILD_ID="x")
    async with process(environ) as service:
        _, said = await service.communicate()
        assert service.returncode == 2
        for name in (b"PORT", b"HOST", b"API_SECRET", b"ALLOW_ANONYMOUS", b"DISCORD_GUILD_ID", b"DISCORD_CHANNEL_ID"):
            assert name in said


async def test_a_taken_port_is_said_plainly(tmp_path: Path) -> None:
    async with Simulator() as simulator:
        environ = environment(tmp_path, simulator, PORT=str(simulator.port))
        async with process(environ) as service:
            _, said = await service.communicate()
            assert service.returncode == 1
            assert b"cannot be listened on" in said
            assert b"Traceback" not in said


async def test_read_shows_how_messages_are_understood() -> None:
    lines = b'{"event":"INTERACTION_SUCCESS","d":{"id":"1"}}\nnot json\n'
    async with process({"PATH": os.environ["PATH"]}, "read") as reading:
        out, said = await reading.communicate(lines)
        assert reading.returncode == 0
        assert [line.startswith(b'{"kind":"ignore"') for line in out.splitlines()] == [True, True]
        assert said == b""


async def test_no_secret_is_ever_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = "the-api-secret-of-the-test"
    async with Simulator() as simulator:
        port = str(free_port())
        environ = environment(tmp_path, simulator, PORT=port, API_SECRET=secret, LOG_LEVEL="DEBUG")
        async with process(environ) as service:
            connected = await line_with(service.stderr, "is connected")
            url = f"http://127.0.0.1:{port}/api/v1/trigger/submit"
            async with calling(url, "") as client:
                body = {"action": "IMAGINE", "prompt": "a dog"}
                headers = {"mj-api-secret": secret}
                async with client.session.post(url, json=body, headers=headers) as response:
                    accepted = await response.text()
                async with client.session.post(url, json=body, headers={"mj-api-secret": "wrong"}) as response:
                    assert response.status == 401
                    refused = await response.text()
                simulator.add_fault({"kind": "dead_token"})
                last = await line_with(service.stderr, "token")
            service.send_signal(signal.SIGTERM)
            out, said = await service.communicate()
        everything = connected + accepted + refused + last + out.decode() + said.decode()
        assert simulator.accounts[0].token not in everything
        assert secret not in everything
