"""Several secrets on the wire: to one caller another's task is, byte for byte, one that never was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.http.links import Links
from api.live.events import EventRoutes
from api.live.tasks import TaskRoutes
from api.mj.routes import PREFIXES, MjRoutes
from api.v1.routes import V1Routes
from tests.support.service_twin import Twin
from tests.support.whole_service import Whole, whole

SECRETS = {"anna": "secret-of-anna", "bert": "secret-of-bert", "shop": "secret-of-shop", "admin": "secret-of-admin"}
ENVIRON = {"API_SECRET": "anna:secret-of-anna,bert:secret-of-bert,shop:secret-of-shop:shared"}
ENVIRON["ADMIN_SECRET"] = SECRETS["admin"]

# Every route that names a task, and how; the rest name none. A new route belongs into one of the two.
NAMING: dict[str, dict[str, Any] | None] = {
    "/task/{id}/fetch": None,
    "/task/{id}/image-seed": None,
    "/task/{id}/cancel": {},
    "/task/list-by-condition": {"ids": ["{id}"]},
    "/task/list-by-ids": {"ids": ["{id}"]},
    "/submit/change": {"taskId": "{id}", "action": "UPSCALE", "index": 1},
    "/submit/simple-change": {"content": "{id} U1"},
    "/submit/action": {"taskId": "{id}", "customId": "{custom_id}"},
    "/submit/modal": {"taskId": "{id}", "prompt": "a cat"},
    "/submit/video": {"taskId": "{id}", "action": "extend", "index": 1},
    "/api/v1/task/fetch": {"_id": "{id}"},
    "/api/v1/tasks/{id}": None,
    "/api/v1/tasks/{id}/timeline": None,
    "/api/v1/tasks/{id}/wait": None,
    "/api/v1/tasks/{id}/events": None,
    "/api/v1/trigger/submit": {"action": "UPSCALE", "taskId": "{id}", "index": "1"},
}
NAMING_NONE = {
    "/api/v1/events", "/api/v1/events/ticket", "/api/v1/tasks",
    "/task/list", "/task/queue", "/account/list", "/account/{id}/fetch", "/api/v1/task/list",
    "/submit/imagine", "/submit/describe", "/submit/blend", "/submit/shorten", "/submit/show", "/submit/info",
    "/submit/settings", "/submit/switch", "/submit/upload-discord-images", "/submit/edits", "/submit/edit",
    "/insight-face/swap",
}  # fmt: skip
UNKNOWN = "1600000000000000"


def test_every_route_is_judged() -> None:
    mj = {
        route.path.removeprefix("/mj") for route in MjRoutes(Twin(), Links()).routes() if route.path.startswith("/mj/")
    }
    none: Any = None
    looks = TaskRoutes(Twin(), none, none, seats=none, shapes=none)
    streams = EventRoutes(Twin(), none, none, gate=none, seats=none, tickets=none, shapes=none)
    v1 = {route.path for part in (V1Routes(Twin(), Links()), looks, streams) for route in part.routes()}
    assert mj | v1 == NAMING.keys() | NAMING_NONE


def filled(value: Any, **words: str) -> Any:
    if isinstance(value, dict):
        return {name: filled(each, **words) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, **words) for each in value]
    return value.format(**words) if isinstance(value, str) else value


async def ask(home: Whole, who: str, path: str, body: Any) -> tuple[int, bytes]:
    method = "GET" if body is None else "POST"
    headers = {"mj-api-secret": SECRETS[who]}
    async with home.client.session.request(method, home.client.url + path, json=body, headers=headers) as answer:
        return answer.status, await answer.read()


async def drawn_by_anna(home: Whole) -> tuple[str, str, str]:
    """A finished task of Anna's: its id, its message's id and the custom id of U1."""
    async with home.client.session.post(
        f"{home.client.url}/api/v1/trigger/submit",
        json={"action": "IMAGINE", "prompt": "a dog", "notifyHook": home.hooks.url},
        headers={"mj-api-secret": SECRETS["anna"]},
    ) as answer:
        task_id = str((await answer.json())["result"])
    document = (await home.hooks.until_ended(task_id))[task_id]
    return task_id, document["taskId"], f"MJ::JOB::upsample::1::{document['hash']}"


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_anothers_task_is_like_none_on_every_route(tmp_path: Path, prefix: str) -> None:
    async with whole(tmp_path, environ=ENVIRON, job_seconds=0.1) as home:
        task_id, message_id, custom_id = await drawn_by_anna(home)
        for path, body in NAMING.items():
            route = path if path.startswith("/api") else prefix + path
            for name in (task_id, message_id):
                got = [
                    await ask(home, "bert", route.format(id=each), filled(body, id=each, custom_id=custom_id))
                    for each in (name, UNKNOWN[: len(name)])
                ]
                assert got[0] == got[1], route
                assert task_id.encode() not in got[0][1]
        for path in ("/mj/task/list", "/mj/task/queue", "/api/v1/task/list"):
            assert await ask(home, "bert", path, None) == (200, b"[]")
        for query in ("", "?q=dog", f"?q={task_id}", "?status=SUCCESS&action=IMAGINE"):
            assert await ask(home, "bert", f"/api/v1/tasks{query}", None) == (200, b'{"total":0,"tasks":[]}')
            status, told = await ask(home, "anna", f"/api/v1/tasks{query}", None)
            assert (status, told.startswith(b'{"total":1,')) == (200, True)
        assert len(home.simulator.interactions) == 1  # nothing was pressed


async def test_who_sees_all_sees_it_and_each_has_a_task_of_its_own(tmp_path: Path) -> None:
    async with whole(tmp_path, environ=ENVIRON, job_seconds=0.1) as home:
        task_id, _, custom_id = await drawn_by_anna(home)
        for who in ("anna", "shop", "admin"):
            status, body = await ask(home, who, f"/mj/task/{task_id}/fetch", None)
            assert (status, task_id.encode() in body) == (200, True)
            assert b"owner" not in body
            assert b"anna" not in body
        press = {"taskId": task_id, "customId": custom_id}
        of_shop = await ask(home, "shop", "/mj/submit/action", press)
        of_anna = await ask(home, "anna", "/mj/submit/action", press)
        assert of_shop != of_anna
        assert await ask(home, "anna", "/mj/submit/action", press) == of_anna
        key = {"mj-api-secret": SECRETS["bert"], "Idempotency-Key": "k"}
        cat = {"prompt": "a cat"}
        url = f"{home.client.url}/mj/submit/imagine"
        async with home.client.session.post(url, json=cat, headers=key) as first:
            mine = await first.json()
        async with home.client.session.post(url, json=cat, headers=key) as again:
            assert (await again.json())["result"] == mine["result"]
        key["mj-api-secret"] = SECRETS["anna"]
        async with home.client.session.post(url, json=cat, headers=key) as other:
            assert (await other.json())["result"] != mine["result"]
