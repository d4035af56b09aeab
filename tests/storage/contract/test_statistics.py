"""The tallies follow every end of a task, whatever replaces it, and outlive the task."""

from __future__ import annotations

from dataclasses import replace

from storage.database_port import SqlDatabase, Statement
from storage.statistics import HOUR, KEPT_HOURS, Statistics
from storage.tasks import Tasks
from tasks.domain.model import Mode, Phase, Status, Task, TaskProgress
from tests.support.house import SetClock
from tests.support.records import a_task

NOW = 500_000 * HOUR
FIRST, LAST = 499_000, 500_001


def ended(
    number: int, status: Status, *, seconds: int = 60, hours_ago: int = 0, code: str = "", owner: str = ""
) -> Task:
    end = NOW - hours_ago * HOUR
    task = a_task(number, status=status, owner=owner, submit_time=end - seconds * 1000, account="22")
    result = replace(task.result, finish_time=end, fail_code=code)
    return replace(task, phase=Phase.OVER, progress=TaskProgress(mode=Mode.FAST), result=result)


async def test_each_end_is_counted_once(database: SqlDatabase) -> None:
    store, statistics = Tasks(database), Statistics(database, SetClock(NOW))
    for number in (1, 2):
        await store.insert(a_task(number))
    assert await statistics.totals(FIRST, LAST) == {}
    drawn = ended(1, Status.SUCCESS, owner="anna")
    await store.save([drawn, ended(2, Status.FAILURE, code="silence", hours_ago=2)])
    await store.save([replace(drawn, attempts=2)])  # saved again: the copy of its picture
    await store.insert(ended(3, Status.SUCCESS, seconds=131))  # imported
    assert await statistics.totals(FIRST, LAST) == {
        "status": {"SUCCESS": 2, "FAILURE": 1},
        "action": {"IMAGINE": 3},
        "mode": {"fast": 3},
        "account": {"22": 3},
        "owner": {"": 3},  # the owner is that of the submit
        "reason": {"silence": 1},
        "seconds": {"60": 1, "130": 1},
    }
    assert await statistics.ends(499_997, LAST, 1) == {1: {"FAILURE": 1}, 3: {"SUCCESS": 2}}
    assert await statistics.totals(FIRST, 499_998) == {}


async def test_a_replaced_end_no_longer_counts(database: SqlDatabase) -> None:
    store, statistics = Tasks(database), Statistics(database, SetClock(NOW))
    await store.insert(a_task(1))
    await store.save([ended(1, Status.FAILURE, code="silence", hours_ago=3)])
    await store.save([ended(1, Status.SUCCESS)])  # its result came late
    found = await statistics.totals(FIRST, LAST)
    assert (found["status"], found["action"]) == ({"SUCCESS": 1}, {"IMAGINE": 1})
    assert "reason" not in found
    await store.save([a_task(1)])  # the operator's retry
    assert await statistics.totals(FIRST, LAST) == {}


async def test_tallies_outlive_their_tasks_for_the_longest_period(database: SqlDatabase) -> None:
    store, clock = Tasks(database), SetClock(NOW)
    statistics = Statistics(database, clock)
    await store.insert(ended(1, Status.SUCCESS))
    await database.write(Statement("DELETE FROM tasks"))
    await statistics.start()
    assert (await statistics.totals(FIRST, LAST))["status"] == {"SUCCESS": 1}
    clock.time += (KEPT_HOURS + 1) * HOUR
    await statistics.start()
    assert await statistics.totals(FIRST, LAST) == {}
