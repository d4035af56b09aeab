"""No look-up reads a whole table, and none sorts one: SQLite's own plans say so, with 100,000 tasks in it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import image_sql, sql
from storage.database_port import Statement
from storage.outbox import Outbox
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.model import Phase, Status

TASKS = 100_000

FILL = f"""
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT {TASKS})
INSERT INTO tasks (id, phase, status, lane, account, message_id, job_id, document)
SELECT n, 'over', iif(n % 10, 'SUCCESS', 'FAILURE'), 'draw', 'a', 'm' || n, 'j' || n,
    json_object('id', '' || n, 'action', 'IMAGINE', 'phase', 'over')
FROM numbers
"""


@pytest.fixture
async def full(path: Path) -> AsyncIterator[Database]:
    async with Database(path) as database:
        await database.write(Statement(FILL))
        await database.write(
            Statement(
                "INSERT INTO outbox (task_id, url, receiver, api, trusted, event, due, status, created)"
                " SELECT id, 'u', 'r', 'v1', 0, 'end', 0, 'done', 0 FROM tasks"
            ),
            Statement(
                "INSERT INTO sends (nonce, task_id, account, purpose, state, time)"
                " SELECT 'n' || id, id, 'a', 'draw', 'posted', 0 FROM tasks"
            ),
            Statement(
                "INSERT INTO images (task_id, role, url, name, place, state, due, created)"
                " SELECT id, 'result', 'u', 'n' || id, 'disk', 'stored', 0, id FROM tasks"
            ),
        )
        yield database


READS = {
    name: text
    for name, text in (vars(sql) | vars(image_sql)).items()
    if name.isupper() and not name.startswith(("_", "INSERT", "SAVE")) and isinstance(text, str)
}

# A partial index that holds a few open rows is read from end to end: that is what it is for.
SMALL = ("tasks_waiting", "tasks_in_flight", "outbox_due", "outbox_given_up", "images_due", "images_given_up")


async def test_no_statement_scans_a_table(full: Database) -> None:
    assert len(READS) >= 15
    for name, text in READS.items():
        named = {word: "[]" if word in ("statuses", "without") else 1 for word in re.findall(r":(\w+)", text)}
        parameters = named or ("[]",) * text.count("?")
        plan = [str(row[3]) for row in await full.read(f"EXPLAIN QUERY PLAN {text}", parameters)]
        for step in plan:
            table = re.match(r"SCAN (tasks|sends|outbox|images)\b", step)
            # The sizes of all copies are added up once a minute, from the index alone.
            counts = name == "IMAGES_SIZE" and "COVERING INDEX images_stored" in step
            assert not table or counts or any(f"INDEX {index}" in step for index in SMALL), (name, plan)
            if "USE TEMP B-TREE" in step:  # sorts what was asked for, never the table
                few = (
                    "IN_PHASE",
                    "IN_FLIGHT",
                    "SENDS",
                    "DRAWN_SINCE",
                    "COUNT_OPEN",
                    "DELIVERIES_DUE",
                    "IMAGES_OF_TASK",
                    "TALLIED_ENDS",
                )
                assert name in few, (name, plan)


async def test_look_ups_in_a_full_table(full: Database) -> None:
    store = Tasks(full)
    work = 0

    def count() -> int:
        nonlocal work
        work += 1
        return work > 200  # of 1,000 instructions of SQLite's machine each; a scan takes thousands

    await full._reader.set_progress_handler(count, 1000)
    by_message, by_job = await store.by_message("m77777"), await store.by_job("j77777")
    assert by_message == by_job == await store.get("77777")
    assert await store.waiting(10) == []
    assert await store.in_flight() == {}
    assert await store.count_waiting() == 0
    assert await store.in_phase(Phase.NEW, Phase.SENT) == []
    assert [task.id for task in await store.latest(2)] == ["100000", "99999"]
    failed = await store.latest(3, before="50000", status=(Status.FAILURE, Status.CANCEL, Status.SUCCESS))
    assert [task.id for task in failed] == ["49999", "49998", "49997"]
    assert await store.open_ends(0, 10) == []
    assert len(await store.sends_of(["5", "6"])) == 2
    outbox = Outbox(full)
    assert [row.task_id for row in await outbox.latest(2, receiver="r")] == ["100000", "99999"]
    for status in (None, "done", "due", "given_up"):
        assert await outbox.latest(10, receiver="nobody", status=status) == []
    await full._reader.set_progress_handler(lambda: 0, 0)
