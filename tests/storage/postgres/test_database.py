"""Opening, the lock of the writing process, lost sessions, a server that restarts, refusals."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from storage.database_port import Statement
from storage.postgres.database import PostgresDatabase
from storage.postgres.migrating import scripts
from storage.sqlite.migrating import scripts as sqlite_scripts
from storage.tasks import Tasks
from tasks.domain.errors import RecordRefused, StoreFailed
from tasks.domain.timeline import Entry
from tests.support.postgres import PostgresProcess
from tests.support.records import a_hook, a_task


def _end_sessions(url: str) -> None:
    """End every session of the database but this one."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_migrations_are_numbered_like_sqlites() -> None:
    assert max(scripts()) == len(sqlite_scripts())


async def test_a_second_process_is_refused_until_the_first_has_closed(url: str) -> None:
    async with PostgresDatabase(url):
        with pytest.raises(StoreFailed, match="Another process"):
            async with PostgresDatabase(url):
                pass
    async with PostgresDatabase(url) as again:
        assert await Tasks(again).newest_id() == "0"


async def test_tasks_outlive_the_process(url: str) -> None:
    async with PostgresDatabase(url) as database:
        await Tasks(database).insert(a_task(1), [a_hook()])
    async with PostgresDatabase(url) as database:
        assert await Tasks(database).get("1") == a_task(1)


async def test_a_newer_schema_is_refused(url: str, database: PostgresDatabase) -> None:
    await database.write(Statement("UPDATE schema_version SET number = 9999"))
    await database.__aexit__(None, None, None)
    with pytest.raises(StoreFailed, match="newer version"):
        async with PostgresDatabase(url):
            pass


async def test_lost_sessions_are_opened_again(url: str, database: PostgresDatabase) -> None:
    store = Tasks(database, recent=1)
    await store.insert(a_task(1))
    await asyncio.to_thread(_end_sessions, url)
    with pytest.raises(StoreFailed):  # the loss is noticed by the first write
        await store.insert(a_task(2))
    await store.insert(a_task(2))
    await asyncio.to_thread(_end_sessions, url)
    assert await store.get_many(["1", "2"]) == [a_task(1), a_task(2)]


async def test_a_process_that_lost_its_lock_can_change_nothing(url: str, database: PostgresDatabase) -> None:
    store = Tasks(database)
    await store.insert(a_task(1))
    await asyncio.to_thread(_end_sessions, url)
    async with PostgresDatabase(url) as successor:
        for _ in range(3):
            with pytest.raises(StoreFailed):
                await store.save([a_task(1, percent=50)])
        assert await Tasks(successor).get("1") == a_task(1)


async def test_the_watch_ends_when_another_process_has_the_lock(url: str) -> None:
    async with PostgresDatabase(url, beat=0.01) as database:
        await asyncio.to_thread(_end_sessions, url)
        async with PostgresDatabase(url):
            with pytest.raises(StoreFailed, match="Another process"):
                async with asyncio.timeout(30):
                    await database.watch()


async def test_a_commit_whose_answer_was_lost_is_not_reported_as_failed(url: str, database: PostgresDatabase) -> None:
    """The server commits; the connection is gone before the writer reads the answer."""
    writer = database._writer
    store = Tasks(database)
    await store.insert(a_task(1))
    row = await (await writer._session.execute("SELECT pg_current_xact_id()::text")).fetchone()
    assert row is not None
    await asyncio.to_thread(_end_sessions, url)
    with pytest.raises(psycopg.OperationalError):
        await writer._session.execute("SELECT 1")
    assert await writer._was_committed(row[0])
    assert await store.get("1") == a_task(1)


async def test_a_restarted_server_is_used_again(server: PostgresProcess, url: str) -> None:
    async with PostgresDatabase(url) as database:
        store = Tasks(database)
        await store.insert(a_task(1))
        await asyncio.to_thread(server.stop)
        with pytest.raises(StoreFailed):
            await store.insert(a_task(2))
        await asyncio.to_thread(server.start)
        await store.insert(a_task(3))
        assert await Tasks(database).get("1") == a_task(1)
        assert await Tasks(database).get("2") is None


async def test_a_bad_row_does_not_fail_the_writes_committed_with_it(database: PostgresDatabase) -> None:
    store = Tasks(database)
    await store.insert(a_task(1))
    done = await asyncio.gather(
        store.insert(a_task(2)), store.insert(a_task(1)), store.insert(a_task(3)), return_exceptions=True
    )
    assert [type(each) for each in done] == [type(None), RecordRefused, type(None)]
    assert [task.id for task in await store.get_many(["1", "2", "3"])] == ["1", "2", "3"]


async def test_concurrent_writes_keep_their_order(database: PostgresDatabase) -> None:
    store = Tasks(database)
    await store.insert(a_task(1))
    lines = [Entry(task_id="1", time=number, kind="test", detail={}) for number in range(250)]
    await asyncio.gather(*(store.save([], entries=[line]) for line in lines))
    assert [line.time for line in await store.timeline_of("1")] == list(range(250))


async def test_errors_name_no_address_and_no_password() -> None:
    url = "postgresql://someone:unmistakable@127.0.0.1:1/none"
    with pytest.raises(StoreFailed) as caught:
        async with PostgresDatabase(url):
            pass
    assert "unmistakable" not in f"{caught.value} {caught.value.hint}"


async def test_a_database_that_does_not_exist_is_refused(server: PostgresProcess) -> None:
    with pytest.raises(StoreFailed, match="cannot be reached"):
        async with PostgresDatabase(server.url.replace("/postgres", "/nowhere")):
            pass
