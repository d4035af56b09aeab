"""A PostgreSQL server that a test may stop and start."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from storage.postgres.database import PostgresDatabase
from tests.support.postgres import PostgresProcess, empty_database, running_postgres


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresProcess]:
    with running_postgres() as running:
        yield running


@pytest.fixture
def url(server: PostgresProcess) -> Iterator[str]:
    with empty_database(server.url) as named:
        yield named


@pytest.fixture
async def database(url: str) -> AsyncIterator[PostgresDatabase]:
    async with PostgresDatabase(url) as opened:
        yield opened
