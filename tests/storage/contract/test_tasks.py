"""Every method of the store, on a real file."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from storage.database_port import SqlDatabase, Statement
from storage.tasks import Tasks
from tasks.domain.errors import StoreFailed
from tasks.domain.model import Action, Lane, Mode, Occupied, Phase, SendState, Status, Task
from tasks.domain.ports import TaskStore
from tests.support.records import a_hook, a_send, a_task
from tests.support.tasks import changed


def ids(tasks: list[Task]) -> list[str]:
    return [task.id for task in tasks]


async def test_it_is_the_port(store: Tasks) -> None:
    port: TaskStore = store
    assert port


async def test_a_task_comes_back_as_it_went(store: Tasks, database: SqlDatabase) -> None:
    task = a_task(prompt="一只狗", notes=("note",), status=Status.MODAL)
    await store.insert(task)
    assert await store.get("1") == task
    assert await Tasks(database).get("1") == task


@pytest.mark.parametrize("wrong", ["", "2", "01", "x", "1 ", "-1", "1.0", "٣", "9" * 40])
async def test_what_is_no_id_finds_nothing(store: Tasks, wrong: str) -> None:
    await store.insert(a_task(1))
    assert await store.get(wrong) is None
    assert await store.get_many([wrong, "1"]) == [a_task(1)]
    assert await store.sends_of([wrong]) == []


async def test_an_id_that_is_no_number_is_a_defect(store: Tasks) -> None:
    with pytest.raises(ValueError, match="decimal"):
        await store.insert(replace(a_task(), id="one"))


async def test_the_same_id_twice_is_refused_and_changes_nothing(store: Tasks) -> None:
    await store.insert(a_task(prompt="first"))
    with pytest.raises(StoreFailed):
        await store.insert(a_task(prompt="second"))
    assert await store.get("1") == a_task(prompt="first")


async def test_half_a_character_is_refused_in_words(store: Tasks) -> None:
    with pytest.raises(StoreFailed, match="lone surrogate"):
        await store.insert(a_task(prompt="\ud83d"))


async def test_save_changes_what_is_there_and_adds_what_is_not(store: Tasks, database: SqlDatabase) -> None:
    await store.insert(a_task(1))
    changed = [a_task(1, status=Status.IN_PROGRESS), a_task(2)]
    await store.save(changed)
    assert await store.get_many(["1", "2"]) == changed
    assert await Tasks(database).get_many(["1", "2"]) == changed
    await store.save([])


async def test_get_many_keeps_the_order_asked_and_what_was_asked_twice(store: Tasks, database: SqlDatabase) -> None:
    await store.save(a_task(n) for n in range(1, 6))
    cold = Tasks(database)
    await cold.get("3")
    assert ids(await cold.get_many(["5", "3", "9", "1", "3"])) == ["5", "3", "1", "3"]
    assert await cold.get_many([]) == []


async def test_by_message_and_by_job_give_the_task_that_made_it(store: Tasks) -> None:
    first = a_task(1, message_id="m", job_id="j")
    await store.save([a_task(2, message_id="m", job_id="j"), first])
    assert await store.by_message("m") == first
    assert await store.by_job("j") == first
    assert await store.by_message("other") is None
    assert await store.by_job("other") is None


async def test_waiting_is_first_in_first_out_by_number(store: Tasks) -> None:
    await store.save(a_task(n, phase=Phase.READY if n % 2 else Phase.NEW) for n in (1000, 9, 10, 999))
    await store.save([a_task(1, phase=Phase.SENT), a_task(2, phase=Phase.HELD), a_task(3, phase=Phase.OVER)])
    assert ids(await store.waiting(10)) == ["9", "10", "999", "1000"]
    assert ids(await store.waiting(2)) == ["9", "10"]
    assert await store.count_waiting() == 4


async def test_drawings_that_wait_for_a_slot_are_left_out(store: Tasks) -> None:
    await store.save(a_task(n, phase=Phase.READY) for n in range(1, 80))
    await store.save([a_task(80, phase=Phase.NEW), a_task(81, phase=Phase.READY, lane=Lane.QUICK)])
    await store.save([a_task(82, phase=Phase.SENT, lane=Lane.QUICK)])
    assert ids(await store.waiting_for_no_slot(10)) == ["80", "81"]
    assert ids(await store.waiting_for_no_slot(1)) == ["80"]


async def test_clips_and_relaxed_drawings_wait_beside_fast_images(store: Tasks) -> None:
    await store.save(a_task(n, phase=Phase.READY) for n in range(1, 80))
    await store.save(
        [a_task(80, phase=Phase.READY, lane=Lane.QUICK), a_task(81, phase=Phase.SENT, action=Action.VIDEO)]
    )
    await store.save([a_task(82, phase=Phase.READY, action=Action.VIDEO)])
    await store.save([a_task(83, phase=Phase.READY, requested_mode=Mode.RELAXED)])
    await store.save([a_task(84, phase=Phase.READY, requested_mode=Mode.FAST)])
    assert ids(await store.waiting_beside(10)) == ["80", "82", "83"]
    assert ids(await store.waiting_beside(2)) == ["80", "82"]


async def test_in_phase(store: Tasks) -> None:
    await store.save(a_task(n, phase=phase) for n, phase in enumerate(Phase, start=1))
    assert ids(await store.in_phase(Phase.OVER, Phase.NEW)) == ["1", "6"]
    assert await store.in_phase() == []


async def test_in_flight_counts_what_holds_a_slot(store: Tasks) -> None:
    await store.save(
        [
            a_task(1, phase=Phase.CLAIMED, account="a"),
            a_task(2, phase=Phase.SENT, account="a"),
            a_task(3, phase=Phase.SENT, account="b"),
            a_task(4, phase=Phase.SENT, account="b", lane=Lane.QUICK),
            a_task(5, phase=Phase.READY, account="b"),
            a_task(6, phase=Phase.OVER, account="c"),
            a_task(7, phase=Phase.SENT, account="b", action=Action.VIDEO, requested_mode=Mode.RELAXED),
        ]
    )
    clip = Occupied("b", is_video=True, mode=Mode.RELAXED)
    assert await store.in_flight() == {Occupied("a"): 2, Occupied("b"): 1, clip: 1}


async def test_sends(store: Tasks) -> None:
    task = a_task(1, phase=Phase.SENT)
    await store.save([task], sends=[a_send("late", time=20)])
    await store.save([task], sends=[a_send("early", time=10)])
    await store.save([a_task(2)], sends=[a_send("other", task=2, time=15)])
    assert await store.get("1") == task
    assert [send.nonce for send in await store.sends_of(["2", "1"])] == ["early", "other", "late"]
    assert (await store.sends_of(["2"])) == [a_send("other", task=2, time=15)]


async def test_a_nonce_belongs_to_one_send(store: Tasks) -> None:
    await store.save([a_task(1)], sends=[a_send("n")])
    with pytest.raises(StoreFailed):
        await store.save([a_task(1, attempts=2)], sends=[a_send("n")])
    assert await store.get("1") == a_task(1)


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ([SendState.POSTED], SendState.POSTED),
        ([SendState.UNKNOWN, SendState.POSTED], SendState.POSTED),
        ([SendState.POSTED, SendState.UNKNOWN], SendState.POSTED),
        ([SendState.REFUSED, SendState.UNKNOWN], SendState.REFUSED),
        ([SendState.REFUSED, SendState.POSTED], SendState.POSTED),
        ([SendState.POSTED, SendState.WRITTEN], SendState.POSTED),
    ],
)
async def test_what_is_known_of_a_send_is_not_unlearnt(
    store: Tasks, marks: list[SendState], expected: SendState
) -> None:
    await store.save([a_task(1)], sends=[a_send("n")])
    await store.save((), marks=[a_send("n", state=SendState.UNKNOWN, interaction_id="interaction")])
    for mark in marks:
        await store.save((), marks=[a_send("n", state=mark)])
    assert await store.sends_of(["1"]) == [a_send("n", state=expected, interaction_id="interaction")]


async def test_latest_pages_by_number(store: Tasks) -> None:
    await store.save(a_task(n) for n in (8, 9, 10, 11))
    assert ids(await store.latest(3)) == ["11", "10", "9"]
    assert ids(await store.latest(3, before="10")) == ["9", "8"]
    assert await store.latest(3, before="nonsense") == []


async def test_latest_of_some_statuses(store: Tasks) -> None:
    states = [Status.SUCCESS, Status.FAILURE, Status.CANCEL]
    await store.save(a_task(n, status=states[n % 3]) for n in range(30))
    wanted = (Status.SUCCESS, Status.CANCEL)
    assert ids(await store.latest(4, status=wanted)) == ["29", "27", "26", "24"]
    assert ids(await store.latest(4, before="26", status=wanted)) == ["24", "23", "21", "20"]
    assert ids(await store.latest(4, status=(Status.FAILURE, Status.FAILURE))) == ["28", "25", "22", "19"]
    assert await store.latest(4, status=(Status.MODAL,)) == []


async def test_saves_land_in_the_order_called(store: Tasks, database: SqlDatabase) -> None:
    await store.insert(a_task(1))
    async with asyncio.TaskGroup() as group:
        for attempt in range(200):
            hooks = [a_hook(url=f"http://r/{attempt}")] if attempt % 3 == 0 else []
            group.create_task(store.save([a_task(1, attempts=attempt)], hooks))
    assert await store.get("1") == await Tasks(database).get("1") == a_task(1, attempts=199)


async def test_memory_never_serves_what_was_rolled_back(store: Tasks) -> None:
    await store.insert(a_task(1, prompt="kept"))
    with pytest.raises(StoreFailed):  # the call-back of a task that does not exist undoes the whole
        await store.save([a_task(1, prompt="lost")], [a_hook(task=404)])
    assert await store.get("1") == a_task(1, prompt="kept")


async def test_readers_do_not_see_a_write_before_its_commit(database: SqlDatabase) -> None:
    cold = Tasks(database, recent=1)
    await cold.save([a_task(1, attempts=0), a_task(2)])
    seen: list[int] = []

    async def look() -> None:
        while len(seen) < 300:
            task = await cold.get("1")
            assert task
            await cold.get("2")  # pushes the other out of memory
            seen.append(task.attempts)

    async def change() -> None:
        for attempt in range(1, 100):
            await cold.save([a_task(1, attempts=attempt)], [a_hook(url=f"http://r/{attempt}")])
            with pytest.raises(StoreFailed):
                await cold.save([a_task(1, attempts=-1)], [a_hook(task=404)])

    await asyncio.gather(look(), change())
    assert -1 not in seen
    assert seen == sorted(seen)


async def test_memory_is_bounded_and_forgetting_loses_nothing(database: SqlDatabase) -> None:
    small = Tasks(database, recent=3)
    for n in range(1, 11):
        await small.insert(a_task(n))
    assert ids(await small.get_many([str(n) for n in range(1, 11)])) == [str(n) for n in range(1, 11)]
    assert len(small._cache._tasks) == 3


async def test_a_recent_task_costs_no_read(
    store: Tasks, database: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.insert(a_task(1))

    async def no_read(*_: object) -> None:
        raise AssertionError("the database was read")

    monkeypatch.setattr(database, "read", no_read)
    assert await store.get("1") == a_task(1)


async def test_open_ends_page_by_the_time_of_their_end(store: Tasks) -> None:
    failed = a_task(status=Status.FAILURE, phase=Phase.OVER, fail_code="silence")
    tasks = [
        replace(failed, id=str(n), result=replace(failed.result, finish_time=time))
        for n, time in enumerate((30, 10, 20, 20, 9, 20), start=1)
    ]
    refused = replace(failed, id="7", result=replace(failed.result, finish_time=20, fail_code="moderated"))
    await store.save([*tasks, refused, a_task(8)])
    await store.save([changed(tasks[5], status=Status.SUCCESS, fail_code="")])  # corrected
    assert [task.id for task in await store.open_ends(10, 100)] == ["2", "3", "4", "1"]
    first = await store.open_ends(10, 2)
    second = await store.open_ends(10, 2, first[-1])
    assert [task.id for task in (*first, *second)] == ["2", "3", "4", "1"]
    assert await store.open_ends(10, 2, second[-1]) == []


async def test_a_cancelled_save_is_written_all_the_same(store: Tasks, database: SqlDatabase) -> None:
    await store.insert(a_task(1))
    saving = asyncio.create_task(store.save([a_task(1, attempts=7)], [a_hook()]))
    await asyncio.sleep(0)
    saving.cancel()
    await asyncio.sleep(0)
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    assert await store.get("1") == await Tasks(database).get("1") == a_task(1, attempts=7)


async def test_documents_of_other_versions_are_read(store: Tasks, database: SqlDatabase) -> None:
    row = (1, "new", "NOT_START", "draw", None, None, None, '{"id":"1","action":"IMAGINE","from_the_future":[1]}')
    statement = "INSERT INTO tasks (id, phase, status, lane, account, message_id, job_id, document) VALUES "
    await database.write(Statement(statement + "(?,?,?,?,?,?,?,?)", [row]))
    assert await store.get("1") == a_task(1)


async def test_a_damaged_document_is_told_and_names_the_task(store: Tasks, database: SqlDatabase) -> None:
    await store.save([a_task(1), a_task(2)])
    await database.write(Statement("UPDATE tasks SET document = ? WHERE id = 1", [('{"id":"1","action":1}',)]))
    cold = Tasks(database)
    with pytest.raises(StoreFailed, match="Task 1"):
        await cold.get("1")
    assert await cold.get("2") == a_task(2)
