"""One task: its document, its timeline, its end as soon as it comes."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from api.http.links import Links
from api.mj.schema import mj_document
from api.v1.schema import v1_document
from tasks.domain.model import Status
from tasks.domain.timeline import recorded_fields
from tests.support.sse_client import house
from tests.support.tasks import built


async def test_the_document_in_both_shapes(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.add(state="given back")
        assert await home.get(f"/api/v1/tasks/{task.id}") == v1_document(task, Links()) | {"notes": []}
        assert await home.get(f"/api/v1/tasks/{task.id}?shape=mj") == mj_document(task, Links())


async def test_the_timeline_in_order(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task, other = await home.add(), await home.add()
        await home.end(await home.change(task, attempts=10, status=Status.SUBMITTED))
        told = await home.get(f"/api/v1/tasks/{task.id}/timeline")
        assert told["taskId"] == task.id
        assert [(line["id"], line["kind"]) for line in told["lines"]] == [
            (1, "submitted"),
            (3, "changed"),
            (4, "changed"),
        ]
        assert told["lines"][1]["detail"] == {"attempts": 10, "status": "SUBMITTED"}
        assert len((await home.get(f"/api/v1/tasks/{other.id}/timeline"))["lines"]) == 1


async def test_a_wait_ends_with_the_task(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.add()
        waiting = asyncio.create_task(home.get(f"/api/v1/tasks/{task.id}/wait?shape=mj"))
        await home.until(lambda: home.seats.kinds["wait"] == 1)
        task = await home.change(task, attempts=10, status=Status.SUBMITTED)
        await home.told()
        assert not waiting.done()
        await home.end(task)
        assert (await waiting)["status"] == "SUCCESS"
        assert (await home.get(f"/api/v1/tasks/{task.id}/wait"))["status"] == "SUCCESS"
        assert not home.seats.kinds.total()


@pytest.mark.parametrize("timeout", ["0", "0.01"])
async def test_a_wait_ends_when_its_time_is_up(tmp_path: Path, timeout: str) -> None:
    async with house(tmp_path) as home:
        task = await home.add()
        assert (await home.get(f"/api/v1/tasks/{task.id}/wait?timeout={timeout}"))["status"] == "NOT_START"


@pytest.mark.parametrize("timeout", ["301", "-1", "x", "nan", "1e1", "٣"])
async def test_a_wrong_time_is_refused(tmp_path: Path, timeout: str) -> None:
    async with house(tmp_path) as home:
        task = await home.add()
        told = await home.get(f"/api/v1/tasks/{task.id}/wait?timeout={timeout}", 400)
        assert "from 0 to 300" in told["description"]


async def test_who_stops_waiting_gives_the_seat_back(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.add()
        waiting = asyncio.create_task(home.get(f"/api/v1/tasks/{task.id}/wait"))
        await home.until(lambda: home.seats.kinds["wait"] == 1)
        waiting.cancel()
        await home.until(lambda: not home.seats.kinds.total())


async def test_the_document_names_every_route(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "http-api.md").read_text()
    async with house(tmp_path) as home:
        for route in home.looks.routes():
            assert f"\n| `{route.path}` |" in text


async def test_the_timeline_s_document_names_every_kind_and_detail() -> None:
    text = (Path(__file__).parents[3] / "docs" / "timeline.md").read_text()
    for name in recorded_fields(built()):
        assert f"`{name}`" in text
    tasks = Path(__file__).parents[3] / "tasks"
    source = "".join(path.read_text() for path in tasks.rglob("*.py"))
    kinds = re.findall(r'\bkind="(\w+)"|\.add_line\([\w.]+, "(\w+)"', source)
    assert len(kinds) >= 8
    for kind in {one or other for one, other in kinds}:
        assert f"\n| `{kind}` |" in text


async def test_a_search_answers_a_page_and_the_number_of_all(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        ids = [(await home.add()).id for _ in range(3)]
        told = await home.get("/api/v1/tasks?limit=2&shape=mj")
        assert (told["total"], [task["id"] for task in told["tasks"]]) == (3, [ids[2], ids[1]])
        told = await home.get(f"/api/v1/tasks?before={ids[1]}")
        assert (told["total"], [task["_id"] for task in told["tasks"]]) == (3, [ids[0]])
        assert (await home.get("/api/v1/tasks?q=nowhere"))["total"] == 0
        assert (await home.get("/api/v1/tasks?status=not_start&action=imagine"))["total"] == 3


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=x", "before=x", "status=DONE", "action=DRAW", "q=a+b+c+d+e+f+g+h+i", "shape=x"],
)
async def test_what_a_search_does_not_understand_is_refused(tmp_path: Path, query: str) -> None:
    async with house(tmp_path) as home:
        assert (await home.get(f"/api/v1/tasks?{query}", 400))["description"]
