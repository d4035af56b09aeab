"""The service beside which the documents' commands are typed, with everything on it that they name.

Contract: what a page writes for an id or an address, and what stands for it here, is the table in `Props.names`.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from app.service import service
from settings import load
from simulator import Simulator
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.model import Action, Phase, Status, Task, TaskRequest, TaskResult
from tests.e2e.test_archive import copied
from tests.e2e.test_many_accounts import table
from tests.support.whole_service import Client, Document

SECRET, ADMIN = "the-callers-secret-of-the-pages", "the-operators-secret-of-the-pages"
NOBODY = "http://127.0.0.1:9/hook"  # a call-back to it stays due


@dataclass(frozen=True, kw_only=True)
class House:
    """One service that runs. `environ` is what a command line beside it finds."""

    url: str
    simulator: Simulator
    environ: dict[str, str]


@asynccontextmanager
async def house(folder: Path, simulator: Simulator, *, with_secrets: bool) -> AsyncIterator[House]:
    file = folder / "accounts.toml"
    if not file.exists():
        file.write_text(table(simulator, 0, concurrency=12))
        file.chmod(0o600)
    account = simulator.accounts[0]
    at = {"DISCORD_API_BASE": simulator.rest_url, "DISCORD_GATEWAY_URL": simulator.gateway_url}
    at |= {"DISCORD_CDN_BASE": simulator.url, "DISCORD_UPLOAD_BASE": simulator.url}
    environ = {
        **at,
        "DISCORD_ACTIVITY_BASE": simulator.url,
        "DISCORD_FETCH_BUILD": "false",
        "DATA_DIR": str(folder),
        "TRANSLATORS": "mymemory",
        "MYMEMORY_URL": simulator.translate_url,
        "SEND_INTERVAL_MS": "0",
        "ALLOW_PRIVATE_HOOKS": "true",
    }
    if with_secrets:
        environ |= {"API_SECRET": SECRET, "ADMIN_SECRET": ADMIN}
    async with service(load({**environ, "ACCOUNTS_FILE": str(file)}, ()), port=0) as url:
        plain = {"DISCORD_TOKEN": account.token, "DISCORD_GUILD_ID": account.guild_id}
        plain |= {"DISCORD_CHANNEL_ID": account.channel_id, "PORT": url.rpartition(":")[2]}
        yield House(url=url, simulator=simulator, environ={**environ, **plain})


@dataclass(frozen=True, kw_only=True)
class Props:
    """What the pages name. `stray` is a result of our account that no task has."""

    grid: Document
    variation: Document
    modal: str
    delivery: str
    stray: Document
    open_ends: tuple[str, str] = ("1684310738264003", "1684310738264004")

    def names(self) -> dict[str, str]:
        """What is written → what is meant."""
        picture = self.grid["imageUrl"].rpartition("/")[2]
        return {
            "1684310738264000": self.grid["_id"],
            "1684310738264001": self.variation["_id"],
            "1684310738264002": self.modal,
            "1108302168013938689": self.stray["taskId"],
            "deliveries/7/": f"deliveries/{self.delivery}/",
            "adbd1ba4-…": self.grid["hash"],
            "adbd1ba4-0123-4567-89ab-cdef01234567-0123456789abcdefghijklmnopqrstuv.webp": picture,
            "<name>": picture,
        }


async def props(folder: Path, simulator: Simulator) -> Props:
    """Drawn by a service that runs for it and is stopped again."""
    headers = {"mj-api-secret": ADMIN}
    async with house(folder, simulator, with_secrets=True) as there, ClientSession(headers=headers) as session:
        client = Client(session=session, url=there.url, hook=NOBODY)
        grid, stray = await asyncio.gather(_drawn(client, prompt="a dog"), _drawn(client, prompt="a cat"))
        variation, large = await asyncio.gather(
            _drawn(client, action="VARIATION", index=3, taskId=grid["_id"]),
            _drawn(client, action="UPSCALE", index=2, taskId=grid["_id"]),
        )
        [delivery] = await _got(client, f"/api/v1/deliveries?taskId={grid['_id']}")
        made = Props(
            grid=(await copied(client, grid["_id"]))[grid["_id"]],
            variation=variation,
            modal=await _asked(client, large),
            delivery=delivery["id"],
            stray=stray,
        )
    await _end_openly(folder / "tasks.db", made)
    return made


async def _drawn(client: Client, action: str = "IMAGINE", **fields: Any) -> Document:
    task_id = await client.submit(action=action, **fields)
    document: Document = await _got(client, f"/api/v1/tasks/{task_id}/wait")
    assert document["status"] == "SUCCESS", document
    return document


async def _asked(client: Client, large: Document) -> str:
    """A task that waits for its second input."""
    buttons = (await _got(client, f"/mj/task/{large['_id']}/fetch"))["buttons"]
    zoom = next(button["customId"] for button in buttons if "CustomZoom" in button["customId"])
    body = {"taskId": large["_id"], "customId": zoom}
    async with client.session.post(f"{client.url}/mj/submit/action", json=body) as response:
        return str((await response.json())["result"])


async def _got(client: Client, path: str) -> Any:
    async with client.session.get(client.url + path) as response:
        return await response.json()


async def _end_openly(path: Path, made: Props) -> None:
    """Two tasks of which nobody knows what became of them; the stray's own task is gone."""
    with closing(sqlite3.connect(path)) as rows, rows:
        rows.execute("PRAGMA foreign_keys = ON")
        rows.execute("DELETE FROM tasks WHERE id = ?", (int(made.stray["_id"]),))
    now = made.grid["finishTime"]
    ends = [
        Task(
            id=name,
            request=TaskRequest(action=Action.IMAGINE, submit_time=now),
            result=TaskResult(fail_code="silence", finish_time=now),
            status=Status.FAILURE,
            phase=Phase.OVER,
            account="a0",
            content=f"an owl {name}",
        )
        for name in made.open_ends
    ]
    async with Database(path) as database:
        await Tasks(database).save(ends)
