"""Who may change which tasks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.clock import SteadyClock
from tasks.domain.model import Phase, Status, Task
from tasks.effects.changes import Changes
from tasks.effects.journal import WAITING, Journal
from tasks.rules.lifecycle import cancel
from tests.support.tasks import NOW, task


async def stored(database: Database, *tasks: Task) -> tuple[Tasks, Journal]:
    store = Tasks(database)
    await store.save(tasks)
    return store, Journal(store, Changes(), SteadyClock())


def ready() -> Task:
    return task(1, phase=Phase.READY, status=Status.NOT_START)


@pytest.mark.parametrize("phase", sorted(WAITING))
async def test_a_waiting_task_is_changed_only_by_the_holder_of_waiting_tasks(tmp_path: Path, phase: Phase) -> None:
    async with Database(tmp_path / "tasks.db") as database:
        waiting = replace(ready(), phase=phase)
        store, journal = await stored(database, waiting)
        with pytest.raises(RuntimeError, match="waiting_tasks"):
            await journal.record({"1": (waiting, cancel(waiting, NOW))})
        assert await store.get("1") == waiting
        async with journal.waiting_tasks() as waiting_tasks:
            await waiting_tasks.record({"1": (waiting, cancel(waiting, NOW))})
        assert await store.get("1") == cancel(waiting, NOW)


async def test_waiting_tasks_cannot_be_changed_after_the_block(tmp_path: Path) -> None:
    async with Database(tmp_path / "tasks.db") as database:
        store, journal = await stored(database, ready())
        async with journal.waiting_tasks() as waiting_tasks:
            assert await waiting_tasks.is_still(ready(), Phase.READY)
        with pytest.raises(RuntimeError, match="only inside"):
            await waiting_tasks.save([replace(ready(), phase=Phase.CLAIMED)])
        with pytest.raises(RuntimeError, match="only inside"):
            await waiting_tasks.record({"1": (ready(), cancel(ready(), NOW))})
        assert await store.get("1") == ready()
