"""The API on a free port, around the twin of the use-cases; receivers of call-backs, and the loop that tells them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.sqlite.database import Database
from tests.support.service_twin import Caller, running
from tests.support.webhook_receivers import TASK, Receiver, Telling


@pytest.fixture
async def api() -> AsyncIterator[Caller]:
    async with running() as caller:
        yield caller


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    async with made.serving():
        yield made


@pytest.fixture
async def other() -> AsyncIterator[Receiver]:
    made = Receiver()
    async with made.serving():
        yield made


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Telling]:
    async with Database(tmp_path / "tasks.db") as database:
        made = Telling(database)
        await made.store.insert(TASK)
        yield made
