"""Every operation of the document, asked as its own examples say, of the whole service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.data.pictures import read_metadata
from tests.e2e.test_archive import copied, on_disk
from tests.schema.judging import METHODS, Answer, Judge
from tests.support.whole_service import Whole, whole

Json = dict[str, Any]
CHARGED = ("mj_video", "mj_blend")  # named here so that nobody takes them out unseen


@dataclass(kw_only=True)
class Example:
    """One request as the document shows it."""

    method: str
    path: str
    name: str
    tag: str
    query: Json
    place: Json
    body: Json | None


def examples(document: Json) -> Iterator[Example]:
    for path, entry in document["paths"].items():
        for method in METHODS:
            operation = entry.get(method)
            if operation is None:
                continue
            shown: dict[str, Json] = {"query": {}, "path": {}, "header": {}}
            for parameter in operation.get("parameters", []):
                found = parameter.get("example", parameter["schema"].get("examples", [None])[0])
                if found is not None and ("example" in parameter or parameter["in"] == "path"):
                    shown[parameter["in"]][parameter["name"]] = found
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
            yield Example(
                method=method.upper(),
                path=path,
                name=operation["operationId"],
                tag=operation["tags"][0],
                query=shown["query"],
                place=shown["path"],
                body=body,
            )


def with_real(values: Json, real: Json) -> Json:
    """With the ids of what exists here in place of those that the document invented."""
    return {name: real.get(name, value) for name, value in values.items()}


async def ask(house: Whole, example: Example) -> Answer:
    path = example.path
    for name, value in example.place.items():
        path = path.replace(f"{{{name}}}", str(value))
    async with house.client.session.request(
        example.method, house.client.url + path, params=example.query, json=example.body
    ) as response:
        endless = response.content_type == "text/event-stream"
        body = b"" if endless else await response.read()
        return Answer(status=response.status, headers=dict(response.headers), body=body)


async def told(house: Whole, path: str) -> Any:
    async with house.client.session.get(house.client.url + path) as response:
        return await response.json()


async def test_each_example_is_answered_as_the_document_says(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        document = await told(house, "/openapi.json")
        judge = Judge(document)
        for example in examples(document):
            answer = await ask(house, example)
            assert [*judge.problems(example.method, example.path, answer)] == [], (example, answer)


async def test_each_example_does_what_it_says_where_its_ids_exist(tmp_path: Path) -> None:
    async with whole(tmp_path, environ=on_disk(tmp_path)) as house:
        document = await told(house, "/openapi.json")
        judge = Judge(document)
        task_id = await house.client.submit(action="IMAGINE", prompt="a dog")
        await house.hooks.until_ended(task_id)
        await copied(house.client, task_id)
        task = await told(house, f"/mj/task/{task_id}/fetch")
        [account] = await told(house, "/mj/account/list")
        real: Json = {
            "taskId": task_id,
            "_id": task_id,
            "id": task_id,
            "ids": [task_id],
            "content": f"{task_id} V3",
            "customId": next(button["customId"] for button in task["buttons"] if "reroll" in button["customId"]),
            "jobId": task["jobId"],
            "name": task["imageUrl"].rpartition("/")[2],
        }
        taken: list[str] = []
        for example in examples(document):
            example.query = with_real(example.query, real)
            example.place = with_real(
                example.place, real | ({"id": account["id"]} if "account" in example.name else {})
            )
            example.body = None if example.body is None else with_real(example.body, real)
            if example.name in ("mj_modal", "mj_cancel") or example.tag == "operator":
                continue  # the first want a task of their own, below, the others the operator
            answer = await ask(house, example)
            assert [*judge.problems(example.method, example.path, answer)] == [], (example, answer)
            refused = "not_offered" if example.name == "mj_swap" else ""
            assert (answer.status in (200, 204), answer.code) == (True, refused), (example, answer)
            taken.append(example.name)
        assert {*CHARGED, "submit", "submit_post", "mj_action", "mj_image_seed", "health_live"} <= {*taken}
        await _modal_and_cancel(house, judge, document, task_id)
        async with house.client.session.get(task["imageUrl"]) as response:
            assert read_metadata(await response.read())["job_id"] == task["jobId"]


async def _modal_and_cancel(house: Whole, judge: Judge, document: Json, task_id: str) -> None:
    upscaled = await house.client.submit(action="UPSCALE", taskId=task_id, index=1)
    await house.hooks.until_ended(upscaled)
    buttons = (await told(house, f"/mj/task/{upscaled}/fetch"))["buttons"]
    zoom = next(button["customId"] for button in buttons if "CustomZoom" in button["customId"])
    by_name = {example.name: example for example in examples(document)}
    action, modal, cancel = by_name["mj_action"], by_name["mj_modal"], by_name["mj_cancel"]
    assert modal.body is not None
    for example, sent in ((modal, "body"), (cancel, "place")):
        action.body = {"taskId": upscaled, "customId": zoom}
        held = await ask(house, action)
        assert b'"code":21' in held.body, held
        found = next(int(word) for word in held.body.decode().split('"') if word.isdigit() and len(word) > 10)
        if sent == "body":
            modal.body = {**modal.body, "taskId": str(found)}
        else:
            cancel.place = {"id": str(found)}
        answer = await ask(house, example)
        assert [*judge.problems(example.method, example.path, answer)] == [], answer
        assert answer.code == "", answer
