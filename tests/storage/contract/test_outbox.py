"""Call-backs: written with the task's change, due, done, given up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storage.database_port import SqlDatabase, Statement
from storage.outbox import Outbox
from storage.records import receiver_of
from storage.tasks import Tasks
from tasks.domain.errors import StoreFailed
from tasks.domain.model import Phase, Status
from tasks.domain.webhooks import CORRECTED, Hook
from tests.support.house import SetClock
from tests.support.records import a_hook, a_task, an_attempt


class At:
    def now(self) -> int:
        return 1234


async def test_a_row_is_written_with_the_task(database: SqlDatabase, outbox: Outbox) -> None:
    hook = a_hook(url="https://user:pass@Receiver.test/h?key=1", api="mj", state="mine", trusted=True)
    await Tasks(database, clock=At()).insert(a_task(1), [hook])
    [row] = await outbox.due(now=0, limit=10)
    assert (row.task_id, row.url, row.api, row.state, row.trusted) == ("1", hook.url, "mj", "mine", True)
    assert (row.event, row.attempts, row.due, row.status, row.last_error) == ("end", 0, 0, "due", "")
    assert (row.receiver, row.created) == ("https://receiver.test:443", 1234)
    assert await outbox.of_task("1") == [row]
    assert await outbox.of_task("2") == await outbox.of_task("x") == []


async def test_nothing_is_written_or_woken_when_the_change_fails(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1))
    with pytest.raises(StoreFailed):
        await store.save([a_task(1)], [a_hook(), a_hook(task=404)])
    assert await outbox.of_task("1") == []
    assert not outbox.wake.is_set()


async def test_wake_is_set_by_rows_only(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1))
    assert not outbox.wake.is_set()
    await store.save([], [a_hook()])
    assert outbox.wake.is_set()


async def test_an_end_is_told_once_to_each_caller(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1), [a_hook()])
    await store.save([a_task(1)], [a_hook(), a_hook(state="second caller"), a_hook(state=""), a_hook(api="mj")])
    await store.save([a_task(1)], [a_hook(state="second caller"), a_hook(url="http://other/")])
    rows = await outbox.of_task("1")
    assert [(row.state, row.api) for row in rows] == [
        (None, "v1"),
        ("second caller", "v1"),
        ("", "v1"),
        (None, "mj"),
        (None, "v1"),
    ]


async def test_other_events_may_come_again(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1), [a_hook(event="progress"), a_hook(event="progress")])
    assert len(await outbox.of_task("1")) == 2


async def test_a_row_s_life(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1), [a_hook(url=f"http://r{n}/") for n in range(3)])
    first, second, third = await outbox.due(now=0, limit=10)
    await outbox.settle(an_attempt(first, "done", status=204))
    await outbox.settle(an_attempt(second, "due", due=5000, status=500, error="answered 500"))
    await outbox.settle(an_attempt(third, "given_up", error="gone"))
    assert await outbox.due(now=4999, limit=10) == []
    assert await outbox.next_due_time() == 5000
    assert await outbox.next_due_time(after=5000) is None
    [again] = await outbox.due(now=5000, limit=10)
    assert (again.id, again.attempts, again.last_error) == (second.id, 1, "answered 500")
    rows = await outbox.of_task("1")
    assert [(row.status, row.attempts, row.last_error, row.last_status, row.settled) for row in rows] == [
        ("done", 1, "", 204, 77),
        ("due", 1, "answered 500", 500, None),
        ("given_up", 1, "gone", None, 77),
    ]


async def test_due_leaves_out_places_and_keeps_to_the_limit(store: Tasks, outbox: Outbox) -> None:
    for number, owner in enumerate(("a", "b"), start=1):
        hooks = [a_hook(number, f"http://{host}/{n}?q") for host in ("dead", "alive") for n in range(3)]
        await store.insert(a_task(number, owner=owner), hooks)

    async def found(limit: int, *without: str) -> list[str]:
        return [f"{row.owner} {row.url}" for row in await outbox.due(0, limit, without)]

    assert await found(3) == [f"a http://dead/{n}?q" for n in range(3)]
    assert await found(1, "a") == ["b http://dead/0?q"]
    assert await found(1, "a http://dead:80") == ["a http://alive/0?q"]
    assert await found(1, "a http://dead/0") == ["a http://dead/1?q"]


@pytest.mark.parametrize(
    ("url", "receiver"),
    [
        ("http://u:p@[::1]:8080/x?y", "http://::1:8080"),
        ("http://host:99999/", ""),
        ("http://[broken", ""),
        ("nonsense", "://:0"),
    ],
)
def test_receiver(url: str, receiver: str) -> None:
    assert receiver_of(url) == receiver


async def test_of_a_task_and_url_the_oldest_end_is_due_and_else_the_newest_step(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1))
    step = Hook(task_id="1", url="http://x.example/", event="IN_PROGRESS", snapshot=a_task(1))
    other = Hook(task_id="1", url="http://y.example/")

    async def told() -> tuple[int, str]:
        [row] = [row for row in await outbox.due(10**15, 100) if row.url == step.url]
        await outbox.settle(an_attempt(row, "done"))
        return row.id, row.event

    await store.save([], [step, step, step])
    assert await told() == (3, "IN_PROGRESS")
    ends = [Hook(task_id="1", url=step.url, event=event) for event in ("end", CORRECTED)]
    await store.save([], [step, *ends, other])
    assert await told() == (5, "end")
    assert await told() == (6, "corrected")
    assert [row.id for row in await outbox.of_task("1")] == [3, 5, 6, 7]  # what was superseded is gone


async def test_ends_come_before_steps(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1))
    step = Hook(task_id="1", url="http://x.example/", event="IN_PROGRESS", snapshot=a_task(1))
    await store.save([], [step, Hook(task_id="1", url="http://y.example/")])
    assert [row.event for row in await outbox.due(10**15, 100)] == ["end", "IN_PROGRESS"]
    assert [row.event for row in await outbox.due(10**15, 1)] == ["end"]


# ---------------------------------------------------------------- corrections


async def test_a_correction_is_told_besides_the_end_to_followers_too(database: SqlDatabase, outbox: Outbox) -> None:
    clock = SetClock()
    store = Tasks(database, clock=clock)
    failed = a_task(1, status=Status.FAILURE, phase=Phase.OVER)
    await store.insert(a_task(1))
    await store.follow(a_hook(url="http://follower/", state="theirs"))
    await store.save([failed], [a_hook()])
    clock.time += 1
    corrected = replace(
        failed, result=replace(failed.result, finish_time=clock.time), status=Status.SUCCESS, corrected=True
    )
    await store.save([corrected], [a_hook(event=CORRECTED)])
    await store.save([corrected])
    await store.follow(a_hook(url="http://late/"))  # whoever comes now hears the right end at once, and no other
    await store.save([corrected])
    rows = [(row.url, row.event, row.state) for row in await outbox.of_task("1")]
    assert rows == [
        ("http://receiver.test/hook", "end", None),
        ("http://follower/", "end", "theirs"),
        ("http://follower/", "corrected", "theirs"),
        ("http://receiver.test/hook", "corrected", None),
        ("http://late/", "end", None),
    ]


@pytest.mark.parametrize(("first", "then"), [(1000, -120_000), (-120_000, 1000), (0, 0)])
async def test_who_hears_of_a_correction_does_not_hang_on_the_clock(
    database: SqlDatabase, outbox: Outbox, first: int, then: int
) -> None:
    """Discord's clock sets ours at each login, forwards or back: so many ms pass until the correction, and after."""
    clock = SetClock()
    store = Tasks(database, clock=clock)
    failed = a_task(1, status=Status.FAILURE, phase=Phase.OVER, finish_time=clock.time)
    await store.save([failed])
    await store.follow(a_hook(url="http://early/"))
    clock.time += first
    corrected = replace(
        failed, result=replace(failed.result, finish_time=clock.time), status=Status.SUCCESS, corrected=True
    )
    await store.save([corrected])
    clock.time += then
    await store.follow(a_hook(url="http://late/"))
    await store.save([replace(corrected, result=replace(corrected.result, seed="7"))])
    rows = [(row.url, row.event) for row in await outbox.of_task("1")]
    assert rows == [("http://early/", "end"), ("http://early/", "corrected"), ("http://late/", "end")]


async def test_a_second_correction_is_told_as_the_first_was(store: Tasks, outbox: Outbox) -> None:
    failed = a_task(1, status=Status.FAILURE, phase=Phase.OVER, finish_time=1)
    waiting = replace(
        failed,
        result=replace(failed.result, finish_time=None),
        status=Status.NOT_START,
        phase=Phase.READY,
        corrected=True,
    )
    await store.save([failed])
    await store.follow(a_hook())
    for end in (replace(failed, corrected=True), replace(failed, corrected=True, status=Status.SUCCESS)):
        await store.save([waiting])
        await store.save([end])
        await store.save([replace(end, result=replace(end.result, seed="7"))])
    assert [row.event for row in await outbox.of_task("1")] == ["end", "corrected", "corrected"]


async def test_who_follows_while_a_correction_is_being_written_hears_of_it(
    database: SqlDatabase, outbox: Outbox
) -> None:
    clock = SetClock()
    store = Tasks(database, clock=clock)
    failed = a_task(1, status=Status.FAILURE, phase=Phase.OVER, finish_time=clock.time)
    await store.save([failed])
    clock.time += 1000
    corrected = replace(
        failed, result=replace(failed.result, finish_time=clock.time), status=Status.SUCCESS, corrected=True
    )
    clock.time += 1000  # the disk is slow
    await store.follow(a_hook())
    await store.save([corrected])
    assert [row.event for row in await outbox.of_task("1")] == ["end", "corrected"]


async def test_whoever_follows_again_and_again_is_kept_once(store: Tasks, database: SqlDatabase) -> None:
    await store.insert(a_task(1))
    for state in ("one", "one", None, None, "one", "two"):
        await store.follow(a_hook(url="http://follower/", state=state))
    kept = await database.read("SELECT state FROM followers ORDER BY id")
    assert [state for (state,) in kept] == ["one", None, "two"]


# ---------------------------------------------------------------- what an operator sees


async def test_an_attempt_and_its_line_are_written_together(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1), [a_hook(url="https://me:pass@receiver.test/path?key=1")])
    [row] = await outbox.due(0, 10)
    before = len(await store.timeline_of("1"))
    await outbox.settle(an_attempt(row, "due", due=99, status=503, error="answered 503"))
    await outbox.settle(an_attempt(row, "done", number=2, status=200))
    lines = (await store.timeline_of("1"))[before:]
    told = {"receiver": "https://receiver.test:443", "event": "end"}
    failed = {"attempt": 1, "outcome": "due", "due": 99, "http_status": 503, "error": "answered 503"}
    assert [(line.time, line.kind, line.detail) for line in lines] == [
        (77, "told", told | failed),
        (77, "told", told | {"attempt": 2, "outcome": "done", "http_status": 200}),
    ]


async def test_a_line_that_cannot_be_written_leaves_the_row_as_it_was(
    store: Tasks, outbox: Outbox, database: SqlDatabase
) -> None:
    await store.insert(a_task(1), [a_hook()])
    [row] = await outbox.due(0, 10)
    await database.write(Statement("ALTER TABLE timeline RENAME TO away"))
    with pytest.raises(StoreFailed):
        await outbox.settle(an_attempt(row, "done"))
    assert await outbox.due(0, 10) == [row]


async def test_what_became_of_a_removed_task_s_delivery_is_nobody_s_business(
    store: Tasks, outbox: Outbox, database: SqlDatabase
) -> None:
    await store.insert(a_task(1), [a_hook()])
    [row] = await outbox.due(0, 10)
    await database.write(Statement("DELETE FROM tasks"))
    await outbox.settle(an_attempt(row, "done"))
    assert await outbox.get(row.id) is None
    assert await store.timeline_of("1") == []


async def test_latest_pages_and_filters(store: Tasks, outbox: Outbox) -> None:
    for number in (1, 2):
        hooks = [a_hook(task=number, url=f"http://{host}/") for host in ("a", "b", "c")]
        await store.insert(a_task(number), hooks)
    for row, outcome in zip(await outbox.due(0, 4), ("done", "given_up", "given_up", "due"), strict=True):
        await outbox.settle(an_attempt(row, outcome))

    async def found(**wanted: Any) -> list[int]:
        return [row.id for row in await outbox.latest(10, **wanted)]

    assert await found() == [6, 5, 4, 3, 2, 1]
    assert await found(before=3) == [2, 1]
    assert [row.id for row in await outbox.latest(2)] == [6, 5]
    assert await found(status="due") == [6, 5, 4]
    assert await found(status="given_up") == [3, 2]
    assert await found(status="done") == [1]
    assert await found(receiver="http://b:80") == [5, 2]
    assert await found(receiver="http://b:80", status="due", before=6) == [5]
    assert await found(task_id="1") == [3, 2, 1]
    assert await found(task_id="1", status="given_up", receiver="http://c:80") == [3]
    assert await found(task_id="x") == await found(task_id="404") == []


async def test_delivering_again_begins_anew_but_for_what_was_delivered(store: Tasks, outbox: Outbox) -> None:
    await store.insert(a_task(1), [a_hook(url=f"http://r{n}/") for n in range(3)])
    done, waiting, given_up = await outbox.due(0, 10)
    await outbox.settle(an_attempt(done, "done"))
    await outbox.settle(an_attempt(waiting, "due", due=10**9))
    await outbox.settle(an_attempt(given_up, "given_up", status=410, error="answered 410"))
    outbox.wake.clear()
    for row in (done, waiting, given_up):
        await outbox.deliver_again(row.id, now=500)
    assert outbox.wake.is_set()
    rows = await outbox.of_task("1")
    assert [(row.status, row.due, row.attempts, row.settled) for row in rows] == [
        ("done", 0, 1, 77),
        ("due", 500, 0, None),
        ("due", 500, 0, None),
    ]
    assert (rows[2].last_status, rows[2].last_error) == (410, "answered 410")
    await outbox.deliver_again(404, now=500)
