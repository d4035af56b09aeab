"""The measured processes: the service and the simulator, each in its own process, as in normal use.

Servers bind to 127.0.0.1; nothing here measures.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 20


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@asynccontextmanager
async def program(*arguments: str, environ: Mapping[str, str] | None = None) -> AsyncIterator[Process]:
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "LOG_LEVEL": "WARNING", **(environ or {})},
        stdin=PIPE,
        stdout=DEVNULL,
    )
    try:
        yield started
    finally:
        started.terminate()
        await started.wait()


async def until_answered(client: httpx.AsyncClient, url: str, wanted: str) -> dict[str, Any]:
    """Poll until the answer contains `wanted`."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                answer = await client.get(url)
                if wanted in answer.text:
                    found: dict[str, Any] = answer.json()
                    return found
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


@asynccontextmanager
async def simulator(client: httpx.AsyncClient, **settings: Any) -> AsyncIterator[tuple[str, dict[str, str]]]:
    """A simulator process: its address, and the service's settings to use it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with program("-m", "simulator", "--port", str(port), "--accounts", "1"):
        account = (await until_answered(client, f"{url}/_simulator/state", "accounts"))["accounts"][0]
        (await client.post(f"{url}/_simulator/settings", json=settings)).raise_for_status()
        yield (
            url,
            {
                "DISCORD_TOKEN": account["token"],
                "DISCORD_GUILD_ID": account["guild_id"],
                "DISCORD_CHANNEL_ID": account["channel_id"],
                "DISCORD_API_BASE": f"{url}/api/v9",
                "DISCORD_GATEWAY_URL": f"ws://127.0.0.1:{port}/gateway",
                "DISCORD_CDN_BASE": url,
                "DISCORD_UPLOAD_BASE": url,
                "MYMEMORY_URL": f"{url}/translate",
                "SEND_INTERVAL_MS": "0",
                "ALLOW_PRIVATE_HOOKS": "true",
            },
        )


@asynccontextmanager
async def service(client: httpx.AsyncClient, environ: Mapping[str, str]) -> AsyncIterator[tuple[Process, str]]:
    """A service process with a connected account: its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with program("run.py", environ={**environ, "PORT": str(port)}) as process:
        await until_answered(client, f"{url}/health", '"connected":true')
        yield process, url
