"""Writes that are committed together stay each one's own: its order, its failure, its end."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from storage.database_port import Statement
from storage.outbox import Outbox
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.errors import StoreFailed
from tests.support.records import a_hook, a_send, a_task

LINES = Statement("CREATE TABLE lines (number INTEGER PRIMARY KEY, text TEXT) STRICT")


def line(number: int | str) -> Statement:
    return Statement("INSERT INTO lines (number) VALUES (?)", [(number,)])


async def test_one_that_fails_fails_alone(database: Database) -> None:
    await database.write(LINES)
    told: list[int] = []
    writes = [database.write(line(n), committed=partial(told.append, n)) for n in (1, 2, 2, 3, 1, 4)]
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert [isinstance(result, StoreFailed) for result in results] == [False, False, True, False, True, False]
    assert told == [1, 2, 3, 4]
    assert await database.read("SELECT number FROM lines") == [(1,), (2,), (3,), (4,)]


async def test_one_that_fails_halfway_leaves_nothing_of_itself(database: Database) -> None:
    await database.write(LINES)
    results = await asyncio.gather(
        database.write(line(1), line(2)),
        database.write(line(3), line("no number")),
        database.write(line(4), line(5)),
        return_exceptions=True,
    )
    assert [isinstance(result, StoreFailed) for result in results] == [False, True, False]
    assert await database.read("SELECT number FROM lines") == [(1,), (2,), (4,), (5,)]


async def test_different_writes_together(database: Database) -> None:
    store = Tasks(database)
    await asyncio.gather(
        *(store.insert(a_task(n)) for n in range(1, 150)),
        *(store.save([a_task(n, attempts=1)], sends=[a_send(f"n{n}", n)]) for n in range(1, 150)),
        *(store.save([a_task(n, attempts=2)], [a_hook(n)]) for n in range(1, 150)),
    )
    cold = Tasks(database)
    for n in range(1, 150):
        assert await store.get(str(n)) == await cold.get(str(n)) == a_task(n, attempts=2)
        assert await store.sends_of([str(n)]) == [a_send(f"n{n}", n)]
        assert len(await Outbox(database).of_task(str(n))) == 1


async def test_a_cancelled_one_among_others_is_written_and_logged_when_it_fails(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await database.write(LINES)
    tasks = [asyncio.create_task(database.write(line(n))) for n in (1, 1, 2)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    assert await database.read("SELECT number FROM lines") == [(1,), (2,)]
    assert "of a cancelled caller failed" in caplog.text


async def test_closing_waits_for_what_was_called(path: Path) -> None:
    async with Database(path) as database:
        await database.write(LINES)
        tasks = [asyncio.create_task(database.write(line(n))) for n in range(20)]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    async with Database(path) as database:
        assert await database.read("SELECT count(*) FROM lines") == [(20,)]
