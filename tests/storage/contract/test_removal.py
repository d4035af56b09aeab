"""Removing finished tasks: what goes goes whole, what must stay stays, and the file gets smaller."""

from __future__ import annotations

from typing import Any

import pytest

from storage.database_port import SqlDatabase, Statement
from storage.outbox import Outbox
from storage.removal import BATCH, Removal
from storage.tasks import Tasks
from tasks.domain.model import IdempotencyKey, Phase, Picture, Status, Task
from tasks.domain.timeline import Entry
from tasks.rules.reopening import OPEN_ENDS
from tests.support.records import a_hook, a_send, a_task, an_attempt

DAY = 24 * 3_600_000
NOW = 1_700_000_000_000
OLD = NOW - 10 * DAY


class At:
    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        return self._now


def done(nth: int = 0, *, at: int = OLD, **fields: Any) -> Task:
    """A task that was over a minute after it was asked for."""
    fields = {"status": Status.SUCCESS, "phase": Phase.OVER, "finish_time": at + 60_000, "submit_time": at} | fields
    return a_task(at * 1000 + nth, **fields)


@pytest.fixture
def removal(database: SqlDatabase, store: Tasks) -> Removal:
    return Removal(database, store)


async def remove_all(removal: Removal, before: int = NOW - DAY) -> int:
    removed, after = 0, 0
    while True:
        number, following = await removal.remove(finished_before=before, now=NOW, after=after)
        removed += number
        if following is None:
            return removed
        after = following


async def left(database: SqlDatabase, *tables: str) -> dict[str, int]:
    counts = {}
    for table in tables or ("tasks", "sends", "outbox", "followers", "pictures", "keys", "timeline", "imported"):
        [(counts[table],)] = await database.read(f"SELECT count(*) FROM {table}")
    return counts


async def test_a_task_goes_with_every_row_of_its(database: SqlDatabase, removal: Removal) -> None:
    store, task = Tasks(database, clock=At(OLD)), done()
    number = int(task.id)
    picture = Picture(filename="a.png", type="image/png", data=b"x")
    entry = Entry(task_id=task.id, time=1, kind="submitted")
    await store.insert(task, [a_hook(number)], once=IdempotencyKey(key="k", body="b"), entries=[entry])
    await store.save([task], sends=[a_send("n", number)], pictures=[picture])
    await store.follow(a_hook(number, "http://follower/"))
    await database.write(Statement("INSERT INTO imported (old_id, task_id) VALUES ('old-id-of-it', ?)", [(number,)]))
    for row in await Outbox(database).of_task(task.id):
        await Outbox(database).settle(an_attempt(row, "given_up", error="gone"))
    assert await remove_all(removal) == 1
    assert set((await left(database)).values()) == {0}


async def test_only_what_ended_before_goes(store: Tasks, removal: Removal) -> None:
    old, new = done(), done(at=NOW - 1000)
    late = done(1, finish_time=NOW - 1000)  # asked for long ago, over just now
    failed, cancelled = done(2, status=Status.FAILURE), done(3, status=Status.CANCEL)
    never_said = done(4, finish_time=None)
    await store.save([old, new, late, failed, cancelled, never_said])
    assert await remove_all(removal) == 4
    assert await store.get_many([task.id for task in (old, new, late, failed, cancelled)]) == [new, late]


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.OVER])
async def test_what_is_not_over_stays_and_so_does_its_parent(store: Tasks, removal: Removal, phase: Phase) -> None:
    parent, other = done(), done(1)
    child = a_task(OLD * 1000 + 2, phase=phase, parent_id=parent.id, start_time=NOW)
    await store.save([parent, other, child])
    assert await remove_all(removal) == 1
    assert await store.get_many([parent.id, other.id, child.id]) == [parent, child]
    await store.save([done(2, parent_id=parent.id)])  # the child is over
    assert await remove_all(removal) == 2


async def test_what_owes_a_call_back_stays_until_it_is_told_or_given_up(
    database: SqlDatabase, store: Tasks, removal: Removal
) -> None:
    task, outbox = done(), Outbox(database)
    await store.save([task], [a_hook(int(task.id)), a_hook(int(task.id), "http://other/")])
    first, second = await outbox.of_task(task.id)
    await outbox.settle(an_attempt(first, "done"))
    await outbox.settle(an_attempt(second, "due", due=NOW + DAY, error="answered 500"))
    assert await remove_all(removal) == 0
    await outbox.settle(an_attempt(second, "done"))
    assert await remove_all(removal) == 1


async def test_a_key_that_is_still_good_keeps_its_task(database: SqlDatabase, removal: Removal) -> None:
    """Sent again, the request would be a second drawing."""
    task = done()
    await Tasks(database, clock=At(NOW - DAY + 1)).insert(task, once=IdempotencyKey(key="k", body="b"))
    assert await remove_all(removal) == 0
    assert (await removal.remove(finished_before=NOW - DAY, now=NOW + 2))[0] == 1


@pytest.mark.parametrize("code", sorted(OPEN_ENDS))
async def test_what_failed_in_silence_stays_as_long_as_its_result_may_come(
    store: Tasks, removal: Removal, code: str
) -> None:
    silent, refused = (
        done(n, status=Status.FAILURE, fail_code=given, finish_time=NOW - DAY + 1)
        for n, given in enumerate((code, "discord_refused"))
    )
    await store.save([silent, refused])
    assert await remove_all(removal, NOW) == 1
    assert await store.get_many([silent.id, refused.id]) == [silent]
    assert (await removal.remove(finished_before=NOW, now=NOW + 2))[0] == 1


async def test_what_ended_after_the_oldest_in_flight_was_sent_stays(store: Tasks, removal: Removal) -> None:
    """History is read from there: its results must be known for what they are."""
    before, after = done(), done(at=OLD + DAY)
    running = a_task(OLD * 1000 + 5, phase=Phase.SENT, start_time=OLD + DAY // 2)
    await store.save([before, after, running])
    assert await remove_all(removal, NOW) == 1
    assert await store.get_many([before.id, after.id]) == [after]


async def test_memory_forgets_what_is_gone(store: Tasks, removal: Removal) -> None:
    task = done(message_id="m", job_id="j")
    await store.insert(task)
    assert await store.get(task.id) == task
    await remove_all(removal)
    assert await store.get(task.id) is None
    assert await store.get_many([task.id]) == []
    assert await store.by_message("m") is None


async def test_batches_are_small_and_pass_over_what_stays(
    database: SqlDatabase, store: Tasks, removal: Removal
) -> None:
    count = 3 * BATCH + 7
    tasks = [done(n) for n in range(count)]
    await store.save(tasks, [a_hook(int(task.id)) for task in tasks[:BATCH]])  # the first batch owes call-backs
    assert await removal.remove(finished_before=NOW, now=NOW) == (0, int(tasks[BATCH - 1].id))
    assert await remove_all(removal) == count - BATCH
    assert (await left(database, "tasks"))["tasks"] == BATCH
