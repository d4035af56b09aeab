"""GET /api/v1/statistics: the operator's figures, over HTTP, from tallies of a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from api.admin.statistics import DAY, HOUR, StatisticsRoutes, percentile
from api.http.auth import Access
from storage.images import Images
from storage.sqlite.database import Database
from storage.sqlite.disk_figures import disk_figures
from storage.statistics import Statistics
from storage.tasks import Tasks
from tasks.domain.model import Phase, Status, TaskProgress
from tests.support.house import SetClock
from tests.support.records import a_task
from tests.support.service_twin import Caller, running

NOW = 500_000 * HOUR + 1
OPERATOR = {"mj-api-secret": "operator's"}
PATH = "/api/v1/statistics"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Caller]:
    path, clock = tmp_path / "tasks.db", SetClock(NOW)
    async with Database(path) as database:
        store = Tasks(database)
        for number, status, code in ((1, Status.SUCCESS, ""), (2, Status.SUCCESS, ""), (3, Status.FAILURE, "silence")):
            end = NOW - number * DAY
            task = a_task(number, status=status, owner="anna", submit_time=end - number * 30_000, account="22")
            result = replace(task.result, finish_time=end, fail_code=code)
            await store.insert(replace(task, phase=Phase.OVER, progress=TaskProgress(), result=result))
        await store.insert(a_task(4, submit_time=NOW - 90_000))
        part = StatisticsRoutes(
            Statistics(database, clock),
            tasks=store,
            copies=Images(database),
            disk=partial(disk_figures, path),
            clock=clock,
        )
        access = Access(secret="caller's", admin_secret="operator's")
        async with running(access=access, more=part.routes()) as caller:
            yield caller


async def test_thirty_days_and_the_present(api: Caller) -> None:
    found = (await api.get(PATH, headers=OPERATOR)).json
    assert found["until"] - found["since"] == 30 * DAY + HOUR
    assert (found["succeeded"], found["failed"], found["cancelled"]) == (2, 1, 0)
    assert found["successRate"] == 0.6667
    assert found["seconds"] == {"p50": 30, "p95": 60}
    assert found["byAction"] == {"IMAGINE": 3}
    assert found["byAccount"] == {"22": 3}
    assert found["bySecret"] == {"anna": 3}
    assert found["failures"] == {"silence": 1}
    assert (found["waiting"], found["oldestSeconds"]) == (1, 90)
    assert found["archive"] == {"stored": 0, "bytes": 0, "due": 0, "givenUp": 0}
    assert found["disk"]["free"] > 0 < found["disk"]["database"]
    assert found["lastBackup"] is None
    assert found["stepHours"] == 24
    assert len(found["series"]) == 31
    assert sum(each["succeeded"] for each in found["series"]) == 2


async def test_a_short_period_is_told_by_the_hour(api: Caller) -> None:
    found = (await api.get(f"{PATH}?from={NOW - DAY - HOUR}&to={NOW - DAY + HOUR}", headers=OPERATOR)).json
    assert (found["succeeded"], found["failed"], found["stepHours"]) == (1, 0, 1)
    assert [each["succeeded"] for each in found["series"]] == [0, 1, 0]
    assert found["series"][1]["start"] == NOW - DAY - 1


async def test_no_caller_sees_them(api: Caller) -> None:
    await api.refused("GET", PATH, 403, headers={"mj-api-secret": "caller's"})


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=9&to=9", "from must be before to"),
        (f"from=0&to={NOW}", "longer than 400 days"),
        ("from=yesterday", "from must be a time"),
        ("to=99999999999999999", "to must be a time"),
    ],
)
async def test_a_period_that_cannot_be_is_refused(api: Caller, query: str, words: str) -> None:
    assert words in await api.refused("GET", f"{PATH}?{query}", 400, headers=OPERATOR)


def test_percentiles() -> None:
    assert percentile({}, 50) is None
    assert percentile({7: 1}, 95) == 7
    assert percentile({1: 50, 2: 45, 9: 5}, 50) == 1
    assert percentile({1: 50, 2: 44, 9: 6}, 95) == 9
