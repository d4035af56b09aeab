"""Any task that the model allows comes back from the disk as it went."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.model import Task

TEXT = some.text(some.characters(exclude_categories=["Cs"]), max_size=30)
NUMBER = some.integers(-(2**53), 2**53)


def tasks() -> some.SearchStrategy[Task]:
    some.register_type_strategy(str, TEXT)
    some.register_type_strategy(int, NUMBER)
    return some.builds(Task, id=some.integers(0, 2**53 - 1).map(str))


@given(given_tasks=some.lists(tasks(), min_size=1, max_size=5, unique_by=lambda task: task.id))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_round_trip(tmp_path: Path, given_tasks: list[Task]) -> None:
    async def there_and_back() -> None:
        async with Database(tmp_path / "tasks.db") as database:
            await Tasks(database).save(given_tasks)
            assert await Tasks(database).get_many([task.id for task in given_tasks]) == given_tasks

    asyncio.run(there_and_back())
