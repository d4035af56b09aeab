"""What readers see while a commit is reported late, and that no file names the operator's URL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from storage.database_port import Statement
from storage.outbox import Outbox
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.model import Status
from tasks.domain.webhooks import Hook
from tests.support.records import a_hook, a_task


class Slow(Database):
    """What is committed can be read by others before the one who wrote it has heard so."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.heard = asyncio.Event()
        self.on_disk = asyncio.Semaphore(0)  # released by each write

    async def write(self, *statements: Statement, committed: Callable[[], None] | None = None) -> None:
        await super().write(*statements)
        self.on_disk.release()
        await self.heard.wait()
        if committed is not None:
            committed()


async def test_who_sees_an_ends_call_back_sees_the_end(path: Path) -> None:
    async with Slow(path) as database:
        store, outbox = Tasks(database), Outbox(database)
        database.heard.set()
        await store.insert(a_task(1))
        assert await store.get("1") == a_task(1)  # remembered from here on
        database.heard.clear()
        ended = a_task(1, status=Status.SUCCESS)
        saving = asyncio.create_task(store.save([ended], [a_hook()]))
        await database.on_disk.acquire()
        await database.on_disk.acquire()
        assert len(await outbox.due(now=0, limit=1)) == 1
        assert await store.get("1") == ended
        assert await store.get_many(["1"]) == [ended]
        database.heard.set()
        await saving
        assert await store.get("1") == ended


async def test_of_two_writes_of_a_task_the_first_is_not_remembered_over_the_second(path: Path) -> None:
    async with Slow(path) as database:
        store = Tasks(database)
        database.heard.set()
        await store.insert(a_task(1))
        database.heard.clear()
        first = asyncio.create_task(store.save([a_task(1, percent=1)]))
        second = asyncio.create_task(store.save([a_task(1, percent=2)]))
        for _ in range(3):
            await database.on_disk.acquire()
        assert await store.get("1") == a_task(1, percent=2)
        database.heard.set()
        await asyncio.gather(first, second)
        assert await store.get("1") == a_task(1, percent=2)


async def test_the_operators_own_url_is_in_no_file(path: Path) -> None:
    url = "https://hooks.example/unmistakable-path?key=unmistakable-key"
    async with Database(path) as database:
        store = Tasks(database, operator_hook=url)
        await store.insert(
            a_task(1), [Hook(task_id="1", url=url, trusted=True), Hook(task_id="1", url="https://a.example")]
        )
        rows = await Outbox(database, url).due(0, 10)
        assert [row.url for row in rows] == [url, "https://a.example"]
        assert rows[0].receiver == "https://hooks.example:443"
        assert [row.url for row in await Outbox(database).due(0, 10)] == ["", "https://a.example"]
        assert not any(b"unmistakable" in file.read_bytes() for file in path.parent.iterdir())
