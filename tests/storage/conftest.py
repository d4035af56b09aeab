"""A real database on disk for each test of `storage`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.outbox import Outbox
from storage.sqlite.database import Database
from storage.tasks import Tasks


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tasks.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    async with Database(path) as opened:
        yield opened


@pytest.fixture
def store(database: Database) -> Tasks:
    return Tasks(database)


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database)
