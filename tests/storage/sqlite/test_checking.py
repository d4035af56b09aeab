"""What `check` finds: nothing in a sound database, and each kind of damage."""

# ruff: noqa: ASYNC240 - nothing else runs in these loops that could be held up
from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.database_port import Statement
from storage.sqlite.checking import check
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.errors import StoreFailed
from tasks.domain.model import Phase, Status
from tasks.rules.lifecycle import cancel
from tests.support.database_dump import fill
from tests.support.file_damage import overwrite_middle, truncate
from tests.support.records import a_hook, a_task


def change(path: Path, statement: str, *values: object) -> None:
    """As a program that is not the service would."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement, values)


async def test_a_database_with_a_row_of_everything_is_sound(path: Path) -> None:
    await fill(path)
    found = check(path)
    assert found.problems == []
    assert found.facts[0].startswith("schema ")
    assert any(fact.startswith("8 tasks: ") and "1 SUCCESS" in fact for fact in found.facts)
    assert any(fact.startswith("4 webhook deliveries: 1 done, 2 due, 1 given_up") for fact in found.facts)


async def test_it_reads_a_live_database_and_writes_nothing(database: Database, store: Tasks, path: Path) -> None:
    await store.insert(a_task(1))
    before = (path.read_bytes(), Path(f"{path}-wal").read_bytes())
    found = check(path)
    assert found.problems == []
    assert any("1 tasks" in fact for fact in found.facts), "what is only in the -wal counts"
    assert (path.read_bytes(), Path(f"{path}-wal").read_bytes()) == before
    await store.insert(a_task(2))


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            """UPDATE tasks SET document = '{"id":"1","action":1}' WHERE id = 1""",
            "Task 1 in the database cannot be read",
        ),
        ("UPDATE tasks SET document = 'no JSON' WHERE id = 1", "Task 1 in the database cannot be read"),
        ("UPDATE tasks SET phase = 'over' WHERE id = 1", "task 1: column phase is 'over', but its document has 'new'"),
        (
            "UPDATE tasks SET message_id = 'm' WHERE id = 1",
            "task 1: column message_id is 'm', but its document has None",
        ),
        ("DELETE FROM tasks WHERE id = 1", "outbox: row 1 belongs to a row of tasks that does not exist"),
        ("UPDATE outbox SET snapshot = '{}'", "task 1: snapshot of row 1 of outbox cannot be read"),
        ("UPDATE timeline SET detail = 'x'", "detail of row 1 of timeline cannot be read"),
        ("PRAGMA user_version = 99", "written by a newer version"),
        ("PRAGMA user_version = 0", "not a database of this service"),
    ],
)
async def test_each_kind_of_damage_is_told(path: Path, statement: str, told: str) -> None:
    await fill(path)
    change(path, statement)
    assert any(told in problem for problem in check(path).problems), check(path).problems


async def test_a_contradiction_is_told(path: Path) -> None:
    async with Database(path) as database:
        await Tasks(database).insert(a_task(1, phase=Phase.OVER, status=Status.IN_PROGRESS))
    assert check(path).problems == ["task 1: its status is IN_PROGRESS, its phase over"]


async def test_a_cancelled_task_that_is_still_being_drawn_is_sound(path: Path) -> None:
    running = a_task(1, phase=Phase.SENT, status=Status.IN_PROGRESS, account="a")
    async with Database(path) as database:
        await Tasks(database).insert(cancel(running, 5, still_drawing=True))
    assert check(path).problems == []


@pytest.mark.parametrize(
    ("phase", "status"),
    [
        (Phase.READY, Status.CANCEL),
        (Phase.SENT, Status.FAILURE),
        (Phase.SENT, Status.SUCCESS),
        (Phase.OVER, Status.MODAL),
    ],
)
async def test_no_other_end_may_be_on_its_way(path: Path, phase: Phase, status: Status) -> None:
    async with Database(path) as database:
        await Tasks(database).insert(a_task(1, phase=phase, status=status))
    assert check(path).problems == [f"task 1: its status is {status}, its phase {phase}"]


async def test_many_problems_are_counted(path: Path) -> None:
    async with Database(path) as database:
        await Tasks(database).save([a_task(n) for n in range(1, 101)])
        await database.write(Statement("UPDATE tasks SET document = 'x'"))
    problems = check(path).problems
    assert len(problems) == 21
    assert problems[-1] == "… and 80 more"


async def full(path: Path) -> None:
    async with Database(path) as database:
        await Tasks(database).save([a_task(n, prompt="x" * 500) for n in range(500)], [a_hook(n) for n in range(500)])


async def test_noise_in_the_middle_is_told(path: Path) -> None:
    await full(path)
    overwrite_middle(path)
    problems = check(path).problems
    assert any("the file is damaged" in problem for problem in problems)


async def test_a_file_cut_off_is_told(path: Path) -> None:
    await full(path)
    truncate(path)
    with pytest.raises(StoreFailed, match="damaged"):
        check(path)


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"not a database, and long enough to be looked at as one" * 100)
    with pytest.raises(StoreFailed, match="not an SQLite database"):
        check(tmp_path / "a")
    with pytest.raises(StoreFailed, match="does not exist"):
        check(tmp_path / "b")


def test_an_empty_file_is_no_database_of_ours(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    assert any("not a database of this service" in problem for problem in check(tmp_path / "empty.db").problems)
