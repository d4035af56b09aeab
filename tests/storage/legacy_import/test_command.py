"""The old service's file: what it says last holds, what can be used comes over once, and a bad line stops nothing."""

from __future__ import annotations

import json
import tracemalloc
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.grammar.ids import button_form
from storage.legacy_import import nedb
from storage.legacy_import.command import import_file
from storage.sqlite.checking import check
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.errors import StoreFailed
from tasks.domain.model import Action, Lane, Phase, Status
from tests.support.records import a_task

JOB = "adbd1ba4-0123-4567-89ab-cdef01234567"
MESSAGE = "1108302168013938689"
LINK = f"https://cdn.discordapp.com/attachments/22/33/me_A_dog_{JOB}.png"
TIME = 1_684_310_738_264


def a_document(old_id: str = "8a2c5959-1111-4222-8333-444455556666", **fields: Any) -> dict[str, Any]:
    """As that service left it in its file when the drawing was done."""
    return {
        "_id": old_id,
        "index": "",
        "action": "IMAGINE",
        "prompt": "一只狗",
        "promptEn": "A dog",
        "taskId": MESSAGE,
        "uri": LINK,
        "hash": JOB,
        "content": "A dog --seed 5587",
        "progress": "done",
        "description": "/imagine A dog",
        "submitTime": TIME,
        "finishTime": TIME + 60_000,
        "creationTime": TIME - 1000,
        "state": "main",
        "notifyHook": "http://receiver.test/hook",
        "imageUrl": LINK,
        "status": "SUCCESS",
    } | fields


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tasks.nedb"


def write(file: Path, lines: Iterable[dict[str, Any] | bytes]) -> Path:
    with file.open("wb") as out:
        for line in lines:
            out.write((line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode()) + b"\n")
    return file


async def test_a_drawing_comes_over_and_its_old_id_finds_it(file: Path, database: Database, store: Tasks) -> None:
    report = await import_file(write(file, [a_document()]), database, "22")
    assert (report.lines, report.imported, report.bad, report.unusable) == (1, 1, [], [])
    task = await store.get("8a2c5959-1111-4222-8333-444455556666")
    assert task is not None
    assert task.id == str(TIME * 1000)
    assert (task.status, task.phase, task.request.action, task.lane) == (
        Status.SUCCESS,
        Phase.OVER,
        Action.IMAGINE,
        Lane.DRAW,
    )
    assert (task.request.prompt, task.prompt_en, task.content, task.request.state) == (
        "一只狗",
        "A dog",
        "A dog --seed 5587",
        "main",
    )
    assert (task.request.submit_time, task.result.finish_time, task.account) == (TIME, TIME + 60_000, "22")
    assert task.result.image is not None
    assert task.result.image.url == LINK
    assert "Midjourney-node-api" in task.notes[0]
    assert await store.by_message(MESSAGE) == await store.by_job(JOB) == await store.get(task.id) == task
    assert await database.read("SELECT count(*) FROM outbox") == [(0,)], "its hook was told long ago"


async def test_a_grid_s_buttons_are_what_the_grammar_reads_in_them(
    file: Path, database: Database, store: Tasks
) -> None:
    grids = [
        a_document("variation-1", action="VARIATION", index="3", taskId="1108302168013938690"),
        a_document("grid-one"),
    ]
    await import_file(write(file, [*grids, a_document("upscale-1", action="UPSCALE", index=2)]), database, "22")
    for old_id, index in (("grid-one", None), ("variation-1", 3)):
        task = await store.get(old_id)
        assert task is not None
        assert task.request.index == index
        assert [(b.does, b.index) for b in task.result.buttons] == [
            *((Action.UPSCALE, n) for n in (1, 2, 3, 4)),
            (Action.REROLL, None),
            *((Action.VARIATION, n) for n in (1, 2, 3, 4)),
        ]
        for button in task.result.buttons:
            form = button_form(button.custom_id)
            assert (form.does, form.index, form.is_quick) == (button.does, button.index, button.is_quick)
            assert JOB in button.custom_id
    upscale = await store.get("upscale-1")
    assert upscale is not None
    assert (upscale.result.buttons, upscale.request.index, upscale.lane) == ((), 2, Lane.QUICK)


async def test_the_last_line_of_an_id_holds(file: Path, database: Database, store: Tasks) -> None:
    lines: list[dict[str, Any] | bytes] = [
        {"$$indexCreated": {"fieldName": "taskId"}},
        a_document("a-task-1", status="NOT_START", taskId="", hash=""),
        a_document("a-task-2"),
        a_document("a-task-1", prompt="later"),
        a_document("a-task-3"),
        {"$$deleted": True, "_id": "a-task-2"},
        a_document("a-task-3", status="FAILURE"),
        {"$$deleted": True, "_id": "a-task-9"},
        b"",
        a_document("a-task-4", submitTime={"$$date": TIME}, finishTime={"$$date": TIME + 5}),
    ]
    report = await import_file(write(file, lines), database, "22")
    assert (report.imported, report.deleted, report.unfinished, report.lines) == (2, 1, 1, 10)
    first, fourth = await store.get("a-task-1"), await store.get("a-task-4")
    assert first is not None
    assert fourth is not None
    assert first.request.prompt == "later"
    assert (fourth.request.submit_time, fourth.result.finish_time) == (TIME, TIME + 5)
    assert await store.get("a-task-2") is await store.get("a-task-3") is None


async def test_a_second_time_adds_nothing_and_what_came_since_comes(
    file: Path, database: Database, store: Tasks
) -> None:
    documents = [a_document(f"a-task-{n}") for n in range(450)]
    assert (await import_file(write(file, documents), database, "22")).imported == 450
    before = await store.latest(1000)
    again = await import_file(file, database, "22")
    assert (again.imported, again.known) == (0, 450)
    assert await Tasks(database).latest(1000) == before
    more = await import_file(write(file, [*documents, a_document("a-task-new")]), database, "22")
    assert (more.imported, more.known) == (1, 450)


async def test_ids_rise_with_time_and_never_meet_ours(file: Path, database: Database, store: Tasks) -> None:
    ours = [a_task(TIME * 1000), a_task(TIME * 1000 + 2)]
    await store.save(ours)
    times = [TIME + 7, TIME, TIME, TIME, TIME - 5]
    lines = [a_document(f"a-task-{n}", submitTime=time) for n, time in enumerate(times)]
    await import_file(write(file, lines), database, "22")
    got = [await store.get(f"a-task-{n}") for n in (4, 1, 2, 3, 0)]
    assert [task.id for task in got if task] == [
        str((TIME - 5) * 1000),
        str(TIME * 1000 + 1),
        str(TIME * 1000 + 3),
        str(TIME * 1000 + 4),
        str((TIME + 7) * 1000),
    ]
    assert await store.get_many([task.id for task in ours]) == ours


@pytest.mark.parametrize("time", [None, "", 0, -1, "yesterday", 10**300, float("nan"), True])
async def test_a_time_that_is_none_is_taken_from_what_is_known(
    file: Path, database: Database, store: Tasks, time: object
) -> None:
    line = a_document("a-task-1", submitTime=time, creationTime=time, finishTime=time)
    await import_file(write(file, [line]), database, "22")
    task = await store.get("a-task-1")
    assert task is not None
    assert 1_600_000_000_000 < task.request.submit_time < 1_800_000_000_000, "as the message's id says"


async def test_a_time_to_come_does_not_push_our_ids_there(file: Path, database: Database, store: Tasks) -> None:
    await import_file(write(file, [a_document("a-task-1", submitTime=2**42)]), database, "22")
    [task] = await store.latest(1)
    assert int(task.id) < 2**52


async def test_bad_lines_are_told_by_number_and_stop_nothing(file: Path, database: Database) -> None:
    lines: list[dict[str, Any] | bytes] = [
        a_document("a-task-1"),
        b'{"_id":"cut off',
        b"[1,2]",
        b'{"_id": 7}',
        b"\xff\xfe",
        b"[" * 100_000,
        a_document("a-task-2", hash="no-job"),
        a_document("a-task-3", taskId=""),
        a_document("a-task-4", action="DANCE"),
        a_document("123456789"),
        a_document("a-task-5", prompt=7, state=None, index=[1]),
        a_document("a-task-6"),
    ]
    report = await import_file(write(file, lines), database, "22")
    assert report.imported == 3
    assert report.bad == [
        (2, "it is not JSON"),
        (3, "it is not a JSON object"),
        (4, "it has no _id"),
        (5, "it is not UTF-8"),
        (6, "it is not JSON"),
    ]
    assert [number for number, _ in report.unusable] == [7, 8, 9, 10]


async def test_half_a_character_becomes_a_question_mark(file: Path, database: Database, store: Tasks) -> None:
    line = json.dumps(a_document("a-task-1", prompt="half \ud83d")).encode()
    await import_file(write(file, [line]), database, "22")
    task = await store.get("a-task-1")
    assert task is not None
    assert task.request.prompt == "half ?"


def test_a_file_that_was_written_anew_meanwhile_is_noticed(file: Path) -> None:
    index = nedb.index_of(write(file, [a_document(f"a-task-{n}") for n in range(3)]))
    write(file, [a_document("a-task-2")])
    with pytest.raises(nedb.BadLine):
        list(nedb.documents(file, index.places.values()))


async def test_a_file_that_is_not_there_is_told(database: Database, tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(StoreFailed, match="cannot be read"):
            await import_file(path, database, "22")


async def test_what_came_over_is_sound(file: Path, database: Database, path: Path) -> None:
    await import_file(write(file, [a_document(str(uuid.uuid4())) for _ in range(300)]), database, "22")
    found = check(path)
    assert found.problems == []
    assert "300 rows in imported" in found.facts


def test_a_large_file_is_not_held(file: Path) -> None:
    line = json.dumps(a_document("an-id", content="x" * 10_000)).encode()
    write(file, (line.replace(b"an-id", b"a-task-%d" % (n % 500)) for n in range(2000)))  # 22 MB
    tracemalloc.start()
    try:
        index = nedb.index_of(file)
        assert sum(1 for _ in nedb.documents(file, index.places.values())) == 500
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@given(some.binary(max_size=60))
def test_any_line_is_read_or_refused(line: bytes) -> None:
    try:
        assert isinstance(nedb.read(line), dict)
    except nedb.BadLine as error:
        assert str(error)
