"""Call-backs: written with the task's change, due, done, given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.database import Database
from storage.outbox import Outbox
from storage.records import receiver_of
from storage.tasks import Tasks
from storage.writer import Statement
from tasks.errors import StoreFailed
from tasks.model import Hook, Status
from tests.storage.builders import a_hook, a_task


class At:
    def now(self) -> int:
        return 1234


async def test_a_row_is_written_with_the_task(database: Database, outbox: Outbox) -> None:
    hook = a_hook(url="https://user:pass@Receiver.test/h?key=1", api="mj", state="mine", trusted=True)
    await Tasks(database, clock=At()).insert(a_task(1), [hook])
    [row] = await outbox.due(now=0, limit=10)
    assert (row.task_id, row.url, row.api, row.state, row.trusted) == ("1", hook.url, "mj", "mine", True)
    assert (row.event, row.attempts, row.due, row.status, row.last_error) == ("end", 0, 0, "due", "")
    assert (row.receiver, row.created) == ("https://receiver.test:443", 1234)
    assert await outbox.of_task("1") == [row]
    assert await outbox.of_task("2") == await outbox.of_task("x") == []


async def test_nothing_is_written_or_woken_when_the_change_fails(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1))
    with pytest.raises(StoreFailed):
        await store.save([a_task(1)], [a_hook(), a_hook(task=404)])
    assert await outbox.of_task("1") == []
    assert not outbox.wake.is_set()


async def test_wake_is_set_by_rows_only(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1))
    assert not outbox.wake.is_set()
    await store.save([], [a_hook()])
    assert outbox.wake.is_set()


async def test_an_end_is_told_once_to_each_caller(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1), [a_hook()])
    await store.save([a_task(1)], [a_hook(), a_hook(state="second caller"), a_hook(state=""), a_hook(api="mj")])
    await store.save([a_task(1)], [a_hook(state="second caller"), a_hook(url="http://other/")])
    rows = await outbox.of_task("1")
    assert [(row.state, row.api) for row in rows] == [
        (None, "v1"),
        ("second caller", "v1"),
        ("", "v1"),
        (None, "mj"),
        (None, "v1"),
    ]


async def test_other_events_may_come_again(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1), [a_hook(event="progress"), a_hook(event="progress")])
    assert len(await outbox.of_task("1")) == 2


async def test_a_row_s_life(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1), [a_hook(url=f"http://r{n}/") for n in range(3)])
    first, second, third = await outbox.due(now=0, limit=10)
    await outbox.done(first.id)
    await outbox.retry(second.id, due=5000, error="answered 500")
    await outbox.give_up(third.id, error="gone")
    assert await outbox.due(now=4999, limit=10) == []
    assert await outbox.next_due_time() == 5000
    assert await outbox.next_due_time(after=5000) is None
    [again] = await outbox.due(now=5000, limit=10)
    assert (again.id, again.attempts, again.last_error) == (second.id, 1, "answered 500")
    rows = await outbox.of_task("1")
    assert [(row.status, row.attempts, row.last_error) for row in rows] == [
        ("done", 1, ""),
        ("due", 1, "answered 500"),
        ("given_up", 1, "gone"),
    ]


async def test_due_leaves_out_receivers_and_keeps_to_the_limit(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1), [a_hook(url=f"http://{host}/{n}") for host in ("dead", "alive") for n in range(5)])
    assert {row.receiver for row in await outbox.due(0, 5)} == {"http://dead:80"}
    assert {row.receiver for row in await outbox.due(0, 5, without=["http://dead:80"])} == {"http://alive:80"}


@pytest.mark.parametrize(
    ("url", "receiver"),
    [
        ("http://u:p@[::1]:8080/x?y", "http://::1:8080"),
        ("http://host:99999/", ""),
        ("http://[broken", ""),
        ("nonsense", "://:0"),
    ],
)
def test_receiver(url: str, receiver: str) -> None:
    assert receiver_of(url) == receiver


async def test_of_a_task_and_url_only_the_oldest_is_due(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1))
    steps = [Hook(task_id="1", url="http://x.example/", event="IN_PROGRESS", snapshot=a_task(1)) for _ in range(3)]
    other = Hook(task_id="1", url="http://y.example/")
    await store.save([], [*steps, Hook(task_id="1", url="http://x.example/"), other])
    told = []
    for _ in range(4):
        rows = await outbox.due(10**15, 100)
        mine = [row for row in rows if row.url == "http://x.example/"]
        assert len(mine) == 1
        told.append(mine[0].event)
        await outbox.done(mine[0].id)
    assert told == ["IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "end"]


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
        first = asyncio.create_task(store.save([a_task(1, progress=1)]))
        second = asyncio.create_task(store.save([a_task(1, progress=2)]))
        for _ in range(3):
            await database.on_disk.acquire()
        assert await store.get("1") == a_task(1, progress=2)
        database.heard.set()
        await asyncio.gather(first, second)
        assert await store.get("1") == a_task(1, progress=2)
