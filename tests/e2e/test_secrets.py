"""No secret of the settings is anywhere but in the settings: the real process at LOG_LEVEL=DEBUG draws, fails and is
asked badly; then everything it wrote and answered is searched."""

from __future__ import annotations

import asyncio
import signal
from asyncio.subprocess import Process
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientSession

from simulator import Simulator
from tests.e2e.test_process import environment, free_port, process
from tests.support.whole_service import receiver

ANNA, SHOP, ADMIN = "unmistakable-of-anna/1+", "unmistakable-of-shop/2+", "unmistakable-of-admin/3+"
BAIDU, HOOK, ALERT, PROXY = (
    "unmistakable-of-baidu/4",
    "unmistakable-hook-5",
    "unmistakable-alert-6",
    "unmistakable-proxy-7",
)
KEY = "unmistakable-signing-key-8-8-8-8"
SIGNING = f"whsec_{b64encode(KEY.encode()).decode()}"


class Said:
    """What the process writes, kept as it comes."""

    def __init__(self) -> None:
        self.text = b""
        self._more = asyncio.Event()

    async def hear(self, stream: asyncio.StreamReader | None) -> None:
        assert stream is not None
        while part := await stream.read(65536):
            self.text += part
            self._more.set()

    async def until(self, words: bytes) -> None:
        async with asyncio.timeout(60):
            while words not in self.text:
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def heard(environ: dict[str, str]) -> AsyncIterator[tuple[Process, Said]]:
    said = Said()
    async with process(environ) as running, asyncio.TaskGroup() as group:
        group.create_task(said.hear(running.stdout))
        group.create_task(said.hear(running.stderr))
        try:
            yield running, said
        finally:
            with suppress(ProcessLookupError):
                running.send_signal(signal.SIGTERM)
            await running.wait()


def forms(secret: str) -> set[bytes]:
    """As one would look for it; of base64 the letters that are the same whatever stands around."""
    plain = {secret, quote(secret, safe=""), quote(secret)}
    shifted = [bytes(n) + secret.encode() for n in range(3)]
    coded = {encode(data)[4:-4] for encode in (b64encode, urlsafe_b64encode) for data in shifted}
    return {form.encode() for form in plain} | coded


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def command_of(running: Process) -> bytes:
    return Path(f"/proc/{running.pid}/cmdline").read_bytes()


def check(everything: dict[str, bytes], secrets: dict[str, str]) -> None:
    for where, found in everything.items():
        for name, secret in secrets.items():
            assert not any(form in found for form in forms(secret)), f"{name} in {where}"


@pytest.mark.parametrize(
    "written",
    [ANNA, quote(ANNA, safe=""), b64encode(ANNA.encode()).decode(), b64encode(f"me:{ANNA}".encode()).decode()],
)
def test_the_search_finds_what_it_looks_for(written: str) -> None:
    with pytest.raises(AssertionError, match="anna in the log"):
        check({"the log": f"Authorization: {written}".encode()}, {"anna": ANNA, "shop": SHOP})


async def raw(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_no_secret_is_anywhere_but_in_the_settings(tmp_path: Path) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    answers: list[bytes] = []
    async with Simulator(job_seconds=0.2) as simulator, receiver() as hooks, ClientSession() as session:
        environ = environment(
            tmp_path,
            simulator,
            PORT=str(port),
            LOG_LEVEL="DEBUG",
            API_SECRET=f"anna:{ANNA},shop:{SHOP}:shared",
            ADMIN_SECRET=ADMIN,
            BAIDU_APPID="app",
            BAIDU_SECRET=BAIDU,
            BAIDU_URL=simulator.url,
            WEBHOOK_SECRET=SIGNING,
            NOTIFY_HOOK=f"{hooks.url}?key={HOOK}",
            ALERT_HOOK=f"{hooks.url.replace('/hook', '/none')}?key={ALERT}",
        )
        token = simulator.accounts[0].token

        async def ask(method: str, path: str, headers: dict[str, str], **more: Any) -> bytes:
            async with session.request(method, base + path, headers=headers, **more) as response:
                answers.append(repr(response.headers).encode() + await response.read())
                return answers[-1]

        async def submit(prompt: str) -> str:
            body = {"action": "IMAGINE", "prompt": prompt, "notifyHook": hooks.url}
            async with session.post(f"{base}/api/v1/trigger/submit", json=body, headers={"mj-api-secret": ANNA}) as got:
                return str((await got.json())["result"])

        async with heard(environ) as (running, said):
            await said.until(b"is connected")
            await hooks.until_ended(await submit("一只狗"))  # Baidu is asked, and answers what makes no sense
            simulator.add_fault({"kind": "interaction", "status": 400, "message": "no"})
            await hooks.until_ended(await submit("a refused dog"))
            simulator.add_fault({"kind": "interaction", "status": 500})
            await submit("a dog of an unknown fate")
            await simulator.until(lambda: len(simulator.interactions) >= 3)
            for secret in (ANNA, SHOP, ADMIN):
                for path in (
                    "/health",
                    "/api/v1/task/list",
                    "/mj/task/list",
                    "/mj/task/queue",
                    "/mj/account/list",
                    "/",
                ):
                    await ask("GET", path, {"Authorization": f"Bearer {secret}"})
            for secret in (ANNA, SHOP, ADMIN, BAIDU, token):
                await ask("GET", "/api/v1/task/list", {"mj-api-secret": secret + "x"})
                await ask("DELETE", "/api/v1/task/list", {"mj-api-secret": ANNA, "X-Other": secret})
                await ask("POST", "/api/v1/trigger/submit", {"mj-api-secret": ANNA, "X-Other": secret}, data=b"{")
                await ask("POST", "/mj/submit/imagine", {"mj-api-secret": ANNA, "Cookie": secret}, data=b"{")
                bad = f"GET /x HTTP/1.1\r\nHost: a\r\nmj-api-secret: {secret}\x00\r\n\r\n".encode()
                answers.append(await raw(port, bad))
            simulator.add_fault({"kind": "abort_gateway"})
            simulator.add_fault({"kind": "dead_token"})
            await submit("a dog too late")
            await said.until(b"alert about account")
            for path in ("/health", "/api/v1/deliveries", "/api/v1/accounts", "/metrics"):
                assert b"unmistakable" not in await ask("GET", path, {"mj-api-secret": ADMIN})
            files = files_in(tmp_path)
            command = command_of(running)
    everything = {"stdout and stderr": said.text, "its command line": command, **files}
    everything |= {f"answer {number}": answer for number, answer in enumerate(answers)}
    everything |= files_in(tmp_path)
    assert b"a dog too late" in b"".join(files.values())  # what is searched is what was written
    assert b"Traceback" not in b"".join(answers)
    assert any(name.endswith("-wal") for name in files)
    secrets = {"anna": ANNA, "shop": SHOP, "admin": ADMIN, "baidu": BAIDU, "hook": HOOK, "alert": ALERT, "token": token}
    secrets |= {"signing": SIGNING, "signing key": KEY}
    check(everything, secrets)


async def test_a_proxy_that_cannot_be_reached_is_not_told_with_its_password(tmp_path: Path) -> None:
    port = free_port()
    async with Simulator() as simulator, ClientSession() as session:
        proxy = f"http://somebody:{PROXY}@127.0.0.1:{free_port()}"
        environ = environment(tmp_path, simulator, PORT=str(port), LOG_LEVEL="DEBUG", PROXY_URL=proxy)
        async with heard(environ) as (_, said):
            await said.until(b"next login in")
            async with session.get(f"http://127.0.0.1:{port}/health") as response:
                health = await response.read()
            async with session.post(
                f"http://127.0.0.1:{port}/mj/submit/upload-discord-images", json={"base64Array": []}
            ) as response:
                refused = await response.read()
    files = files_in(tmp_path)
    secrets = {"proxy": PROXY, "proxy's user and password": f"somebody:{PROXY}"}
    check({"stderr": said.text, "health": health, "refused": refused, **files}, secrets)
