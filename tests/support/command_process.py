"""Commands as they are typed, in processes of their own, beside a service that draws with the simulator."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator import Simulator
from tests.support.whole_service import Whole, whole

ROOT = Path(__file__).parents[2]
SECRET = "the-secret-of-the-commands"


@dataclass(frozen=True, kw_only=True)
class Done:
    code: int
    out: str
    said: str


async def typed(*arguments: str, **environ: str) -> Done:
    """`python run.py …` to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "run.py"),
        *arguments,
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1", **environ},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        out, said = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    return Done(code=process.returncode or 0, out=out.decode(), said=said.decode())


@asynccontextmanager
async def served(folder: Path, **simulated: Any) -> AsyncIterator[tuple[Whole, dict[str, str]]]:
    """The service, and the environment in which a command finds it."""
    async with whole(folder, environ={"API_SECRET": SECRET}, **simulated) as world:
        yield world, {"API_SECRET": SECRET, "PUBLIC_URL": world.client.url, "DATA_DIR": str(folder)}


def environment_of(simulator: Simulator, folder: Path, **more: str) -> dict[str, str]:
    """What `doctor` finds when all is well."""
    account = simulator.accounts[0]
    return {
        "DATA_DIR": str(folder),
        "DISCORD_TOKEN": "MTEwODMwMjE2ODAxMzkzODY4OA.GzABCD.abcdefghijklmnopqrstuvwxyz0123456789AB",
        "DISCORD_GUILD_ID": account.guild_id,
        "DISCORD_CHANNEL_ID": account.channel_id,
        "DISCORD_API_BASE": simulator.rest_url,
        **more,
    }
