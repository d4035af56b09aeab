"""A real database for each test: every test here runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.database_port import SqlDatabase
from storage.outbox import Outbox
from storage.postgres.database import PostgresDatabase
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tests.support.postgres import empty_database, postgres_url


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with postgres_url() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    if request.param == "sqlite":
        async with Database(tmp_path / "data" / "tasks.db") as opened:
            yield opened
        return
    with empty_database(request.getfixturevalue("postgres")) as url:
        async with PostgresDatabase(url) as opened_there:
            yield opened_there


@pytest.fixture
def store(database: SqlDatabase) -> Tasks:
    return Tasks(database)


@pytest.fixture
def outbox(database: SqlDatabase) -> Outbox:
    return Outbox(database)
