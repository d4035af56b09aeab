"""The whole service on PostgreSQL: submit, drawing, webhook, and a database that restarts in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from app.service import service
from settings import Settings
from simulator import Simulator
from storage.postgres.database import PostgresDatabase
from storage.tasks import Tasks
from tests.support.postgres import PostgresProcess, running_postgres
from tests.support.whole_service import Receiver, calling, receiver, settings_for


def on_postgres(settings: Settings, server: PostgresProcess) -> Settings:
    return msgspec.structs.replace(settings, storage=msgspec.structs.replace(settings.storage, database_url=server.url))


@asynccontextmanager
async def house(folder: Path, server: PostgresProcess) -> AsyncIterator[tuple[Simulator, Receiver, Settings]]:
    async with Simulator(job_seconds=1) as simulator, receiver() as hooks:
        yield simulator, hooks, on_postgres(settings_for(simulator, folder, environ={}), server)


async def test_drawings_outlive_a_restart_of_postgres_and_of_the_service(tmp_path: Path) -> None:
    with running_postgres() as server:
        async with house(tmp_path, server) as (simulator, hooks, settings):
            async with service(settings, port=0) as url, calling(url, hooks.url) as client:
                before = [await client.submit(action="IMAGINE", prompt=f"dog {n}") for n in range(4)]
                await simulator.until(lambda: len(simulator.interactions) == 4)
                await asyncio.to_thread(server.stop)
                await asyncio.to_thread(server.start)
                after = await client.submit(action="IMAGINE", prompt="cat")
                ended = await hooks.until_ended(*before, after)
                assert [each["status"] for each in ended.values()] == ["SUCCESS"] * 5
            assert len(simulator.interactions) == 5
            async with service(settings, port=0) as url, calling(url, hooks.url) as client:
                assert (await client.fetch(after))["status"] == "SUCCESS"
        async with PostgresDatabase(server.url) as database:
            assert len(await Tasks(database).get_many([*before, after])) == 5
        assert not (tmp_path / "tasks.db").exists()
