"""A record that the database refuses costs its own task alone: the others of the turn, and all later turns, go on."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.gateway.receiver import EventReceiver
from storage.database_port import Statement
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.events import Finished, Progressed, Refused, Started
from tasks.domain.interactions import ButtonInteraction
from tasks.domain.model import (
    Action,
    Button,
    Image,
    Occupied,
    Phase,
    Purpose,
    Send,
    Status,
    SubmitOptions,
    Task,
    TaskRequest,
)
from tasks.domain.timeline import Entry
from tasks.tracking.unit_of_work import ChangeSet, by_task
from tests.bot.grammar.test_properties import PLACES, anything, damaged
from tests.support.house import Desk, House, house
from tests.support.tasks import account, keys, task
from tests.tasks.sending.test_dispatcher import over, result

HALF = "a\ud83d"


async def two_in_flight(home: House) -> tuple[Task, Task, str, str]:
    """Both with a running message; then their nonces."""
    first = await home.service.imagine(SubmitOptions(), prompt="a dog")
    await home.until_said(1)
    second = await home.service.imagine(SubmitOptions(), prompt="a cat")
    await home.until_said(2)
    nonces = [nonce for _, _, nonce in home.desk.said]
    for nth, nonce in enumerate(nonces, start=1):
        home.tracker.enqueue(Started(keys=keys(nonce=nonce, message_id=f"p{nth}")))
    for each in (first, second):
        await home.until_task(each.id, lambda t: t.status is Status.IN_PROGRESS)
    return first, second, nonces[0], nonces[1]


async def reasons(home: House, task: Task) -> list[object]:
    """Once there are any."""

    async def told() -> list[object]:
        return [line.detail["reason"] for line in await home.store.timeline_of(task.id) if line.kind == "set_aside"]

    async def some() -> bool:
        return bool(await told())

    await home.until(some)
    return await told()


async def test_progress_that_cannot_be_stored_leaves_its_task_as_it_was(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        first, second, *_ = await two_in_flight(home)
        home.tracker.enqueue(Progressed(keys=keys(message_id="p1"), percent=40, preview=Image(url=HALF)))
        home.tracker.enqueue(result(2, message_id="r2", job_id="j2", reference_id="p2", prompt="a cat"))
        assert (await home.until_task(second.id, over)).status is Status.SUCCESS
        kept = await home.store.get(first.id)
        assert kept is not None
        assert (kept.progress.percent, kept.status) == (0, Status.IN_PROGRESS)
        assert await reasons(home, first) == ["The text cannot be stored: it contains a lone surrogate."]
        home.tracker.enqueue(Progressed(keys=keys(message_id="p1"), percent=60))
        await home.until_task(first.id, lambda t: t.progress.percent == 60)
        home.tracker.enqueue(result(1, reference_id="p1"))
        assert (await home.until_task(first.id, over)).status is Status.SUCCESS


async def test_an_end_that_cannot_be_stored_is_told_as_a_failure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(tmp_path) as home:
        first, second, *_ = await two_in_flight(home)
        strange = Finished(
            keys=keys(message_id="p1", edited=True), image=Image(url="x"), buttons=(Button(custom_id=HALF),)
        )
        home.tracker.enqueue(strange)
        home.tracker.enqueue(result(2, message_id="r2", job_id="j2", reference_id="p2", prompt="a cat"))
        failed = await home.until_task(first.id, over)
        assert (failed.status, failed.result.fail_code) == (Status.FAILURE, "store_failed")
        assert "lone surrogate" in failed.result.fail_reason
        assert (await home.until_task(second.id, over)).status is Status.SUCCESS
        assert [r.__dict__.get("task") for r in caplog.records if "refuses" in r.message] == [first.id]
        third = await home.service.imagine(SubmitOptions(), prompt="a cow")
        await home.until_said(3)
        home.tracker.enqueue(result(3, nonce=home.desk.said[2][2], prompt="a cow"))
        assert (await home.until_task(third.id, over)).status is Status.SUCCESS


async def test_what_follows_from_a_refused_change_is_not_sent(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        first, second, *_ = await two_in_flight(home)
        await home.database.write(
            Statement(
                f"CREATE TRIGGER refuses BEFORE UPDATE ON tasks WHEN new.id = {first.id} "
                "BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        )
        await home.service.cancel(first.id)
        await home.service.cancel(second.id)
        await home.until_said(3)
        home.tracker.enqueue(Refused(keys=keys(message_id="p2"), code="stopped", reason="Stopped"))
        assert (await home.until_task(second.id, over)).status is Status.CANCEL
        cancelled: list[Any] = [order for _, order, _ in home.desk.said[2:]]
        assert [order.message_id for order in cancelled] == ["p2"]
        assert await reasons(home, first) == ["The database refused a row."]
        await home.database.write(Statement("DROP TRIGGER refuses"))
        home.tracker.enqueue(result(1, reference_id="p1"))
        assert (await home.until_task(first.id, over)).status is Status.SUCCESS


async def test_a_task_whose_row_is_gone_holds_up_nobody(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        first, second, *_ = await two_in_flight(home)
        await home.database.write(
            Statement("DELETE FROM tasks WHERE id = ?", [(int(first.id),)]),
            Statement("CREATE TRIGGER gone BEFORE INSERT ON tasks BEGIN SELECT RAISE(ABORT, 'gone'); END"),
        )
        home.tracker.enqueue(Progressed(keys=keys(message_id="p1"), percent=40))
        await home.database.write(Statement("DROP TRIGGER gone"))
        home.tracker.enqueue(result(2, message_id="r2", job_id="j2", reference_id="p2", prompt="a cat"))
        assert (await home.until_task(second.id, over)).status is Status.SUCCESS


def test_a_turn_comes_apart_by_task_and_loses_nothing() -> None:
    one, two = (
        Task(id="1", request=TaskRequest(action=Action.IMAGINE)),
        Task(id="2", request=TaskRequest(action=Action.IMAGINE)),
    )
    sends = [Send(nonce=f"n{t}", task_id=t, account="a", purpose=Purpose.DRAW) for t in "123"]
    order = ButtonInteraction(message_id="m", custom_id="c")
    entries = [Entry(task_id=t, time=n, kind="heard", detail={}) for n, t in enumerate("1421")]
    changes = ChangeSet(
        changed={"1": (one, one), "2": (two, two)},
        marks={send.nonce: send for send in sends[1:]},
        follow_ups=[(sends[0], order)],
        entries=entries,
    )
    parts = by_task(changes)
    assert list(parts) == ["1", "2", "3", "4"]
    assert [e.time for e in parts["1"].entries] == [0, 3]
    assert parts["1"].follow_ups == changes.follow_ups
    assert sum(len(part.entries) for part in parts.values()) == 4
    assert [*parts["2"].marks, *parts["3"].marks] == ["n2", "n3"]


# ---------------------------------------------------------------- what waits, and what is found at the start


async def test_a_send_that_the_database_refuses_holds_up_no_other(tmp_path: Path) -> None:
    desk = Desk()
    desk.known = {}
    async with house(tmp_path, desk) as home:
        first = await home.service.imagine(SubmitOptions(), prompt="a dog")
        second = await home.service.imagine(SubmitOptions(), prompt="a cat")
        refuses = f"BEFORE INSERT ON sends WHEN new.task_id = {first.id} BEGIN SELECT RAISE(ABORT, 'no'); END"
        await home.database.write(Statement(f"CREATE TRIGGER refuses {refuses}"))
        desk.known["a"] = account("a")
        home.awake.set()
        await home.until_said(1)
        await home.until_task(second.id, lambda t: t.in_flight)
        third = await home.service.imagine(SubmitOptions(), prompt="a cow")
        await home.until_said(2)
        await home.until_task(third.id, lambda t: t.in_flight)
        assert desk.prompts == ["a cat", "a cow"]


@pytest.mark.parametrize("phase", [Phase.READY, Phase.SENT])
async def test_a_row_that_cannot_be_read_holds_up_no_other(
    tmp_path: Path, phase: Phase, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the start nor the queue; its slot stays taken, as nobody knows what became of it."""
    async with Database(tmp_path / "tasks.db") as database:
        await Tasks(database).insert(task(1, phase=phase, status=Status.NOT_START))
        await database.write(Statement("UPDATE tasks SET document = '{}'"))
    async with house(tmp_path) as home:
        await home.service.imagine(SubmitOptions(), prompt="a cat")
        await home.until_said(1)
        assert home.desk.prompts == ["a cat"]
        assert [r.__dict__["task"] for r in caplog.records if "task skipped" in r.message] == ["1"]
        assert await home.store.in_flight() == {Occupied("a"): 2 if phase is Phase.SENT else 1}


# ---------------------------------------------------------------- whatever arrives

any_text = st.text(st.characters(exclude_categories=()))
payloads = st.builds(
    damaged, st.lists(st.sampled_from(PLACES), unique=True, max_size=3), any_text | anything, remove=st.booleans()
)
names = st.sampled_from(
    ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "INTERACTION_SUCCESS", "INTERACTION_MODAL_CREATE"]
)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(names, payloads), min_size=5, max_size=40))
def test_no_payload_stops_the_tracker(arriving: list[tuple[str, dict[str, Any]]]) -> None:
    """They name a task in flight by every key, and another task, which they do not name, is drawn meanwhile."""

    async def run(folder: Path) -> None:
        async with house(folder) as home:
            ear = EventReceiver(account="a", channel_id="77", sink=home.tracker.enqueue, private=False)
            _, second, nonce, _ = await two_in_flight(home)
            for name, payload in arriving:
                ear.on_event(name, {**payload, "channel_id": "77", "nonce": nonce})
                ear.on_event(name, {**payload, "channel_id": "77"})
            home.tracker.enqueue(result(2, message_id="r2", job_id="j2", reference_id="p2", prompt="a cat"))
            assert (await home.until_task(second.id, over)).status is Status.SUCCESS

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))
