"""The service beside which the documents' commands are typed, with everything on it that they name.

Law: what a page writes for an id or an address, and what stands for it here, is the table in `Props.names`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from assembly.service import service
from settings import load
from simulator import Simulator
from storage.database import Database
from storage.tasks import Tasks
from tasks.model import Phase, Status
from tests.e2e.test_many_accounts import table

SECRET, ADMIN = "the-callers-secret-of-the-pages", "the-operators-secret-of-the-pages"
NOBODY = "http://127.0.0.1:9/hook"  # a call-back to it stays due

Document = dict[str, Any]


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
    """What the pages name: two grids that were drawn, and one more whose task is to be an open end."""

    grid: Document
    variation: Document
    modal: str
    adoptable: str
    adoptable_message: str
    repeatable: str
    delivery: str

    def names(self) -> dict[str, str]:
        """What is written → what is meant."""
        return {
            "1684310738264000": self.grid["_id"],
            "1684310738264001": self.variation["_id"],
            "1684310738264002": self.modal,
            "1684310738264003": self.adoptable,
            "1684310738264004": self.repeatable,
            "1108302168013938689": self.adoptable_message,
            "deliveries/7/": f"deliveries/{self.delivery}/",
            "adbd1ba4-…": self.grid["hash"],
        }


@dataclass(frozen=True, kw_only=True)
class Caller:
    session: ClientSession
    url: str

    async def ask(self, path: str, **fields: Any) -> Any:
        headers = {"mj-api-secret": ADMIN}
        method = "POST" if fields else "GET"
        async with self.session.request(method, self.url + path, json=fields or None, headers=headers) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return answer

    async def draw(self, **fields: Any) -> Document:
        """The finished task of /api/v1."""
        task_id = (await self.ask("/api/v1/trigger/submit", **fields))["result"]
        document: Document = await self.ask(f"/api/v1/tasks/{task_id}/wait?timeout=20")
        assert document["status"] == "SUCCESS", document
        return document


async def props(folder: Path, simulator: Simulator) -> Props:
    """Drawn by a service that runs for it and is stopped again: then two tasks are made into open ends."""
    async with house(folder, simulator, with_secrets=True) as there, ClientSession() as session:
        caller = Caller(session=session, url=there.url)
        grid, adoptable, repeatable = await asyncio.gather(
            caller.draw(action="IMAGINE", prompt="a dog", notifyHook=NOBODY),
            caller.draw(action="IMAGINE", prompt="a cat"),
            caller.draw(action="IMAGINE", prompt="a fox"),
        )
        of_grid = {"taskId": grid["_id"]}
        variation, large = await asyncio.gather(
            caller.draw(action="VARIATION", index=3, **of_grid), caller.draw(action="UPSCALE", index=2, **of_grid)
        )
        buttons = (await caller.ask(f"/mj/task/{large['_id']}/fetch"))["buttons"]
        zoom = next(button["customId"] for button in buttons if "CustomZoom" in button["customId"])
        modal = (await caller.ask("/mj/submit/action", taskId=large["_id"], customId=zoom))["result"]
        [delivery] = await caller.ask(f"/api/v1/deliveries?taskId={grid['_id']}")
    async with Database(folder / "tasks.db") as database:
        store = Tasks(database)
        for document in (adoptable, repeatable):
            task = await store.get(document["_id"])
            assert task is not None
            failed = replace(task, status=Status.FAILURE, phase=Phase.OVER, fail_code="silence", fail_reason="Silence.")
            await store.save([replace(failed, message_id=None, job_id=None, image=None, buttons=())])
    return Props(
        grid=grid,
        variation=variation,
        modal=modal,
        adoptable=adoptable["_id"],
        adoptable_message=adoptable["taskId"],
        repeatable=repeatable["_id"],
        delivery=delivery["id"],
    )
