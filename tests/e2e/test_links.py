"""Pictures that come by a URL or as a file, and results whose link has expired, through the whole service."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web

from simulator.world.records import now_ms
from tests.e2e.test_mj import MjClient, mj
from tests.support.mj_actions import check_document, data_url, spending
from tests.support.web_server import loopback
from tests.support.whole_service import Document

PICTURE = b64decode(data_url(90).partition(",")[2])


@asynccontextmanager
async def picture_server() -> AsyncIterator[str]:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=PICTURE)

    app = web.Application()
    app.router.add_get("/dog.png", answer)
    async with loopback(app) as base:
        yield f"{base}/dog.png"


async def load(client: MjClient, url: str) -> tuple[int, bytes]:
    async with client.house.client.session.get(url) as response:
        return response.status, await response.read()


async def test_a_picture_behind_a_url_is_drawn_from(tmp_path: Path) -> None:
    async with mj(tmp_path) as client, picture_server() as url:
        with spending(client, posts=1, jobs=1):
            result = await client.drawn("imagine", prompt="a dog", base64Array=[f"{url}?token=x"])
        check_document(result)
        link, _, text = client.house.simulator.jobs[0]["prompt"].partition(" ")
        assert (text, link.startswith(client.house.simulator.url)) == ("a dog", True)
        assert await load(client, link) == (200, PICTURE)


async def test_private_addresses_are_refused_unless_allowed(tmp_path: Path) -> None:
    environ = {"ALLOW_PRIVATE_HOOKS": "false"}
    async with mj(tmp_path, environ=environ) as client, picture_server() as url:
        with spending(client, posts=0, jobs=0):
            answer = await client.post("/submit/imagine", prompt="a dog", base64Array=[url])
        assert answer["code"] == 4
        assert "not public" in answer["description"]


async def test_a_file_is_described(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        form = aiohttp.FormData()
        form.add_field("notifyHook", client.house.hooks.url)
        form.add_field("file", PICTURE, filename="dog.png", content_type="image/png")
        with spending(client, posts=1, jobs=1):
            url = f"{client.house.client.url}/mj/submit/describe"
            async with client.house.client.session.post(url, data=form) as response:
                answer: Document = await response.json()
            assert answer["code"] in (1, 22), answer
            result = await client.ended(str(answer["result"]))
        check_document(result)
        assert (result["status"], result["action"]) == ("SUCCESS", "DESCRIBE")
        assert await load(client, result["imageUrl"]) == (200, PICTURE)


async def test_an_expired_link_is_renewed_when_it_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with mj(tmp_path, era="2026") as client:
        with monkeypatch.context() as expired:
            expired.setattr("simulator.world.chat._SIGNATURE_SECONDS", -10)
            task_id = await client.submit("imagine", prompt="a dog")
            hooks = client.house.hooks
            await hooks.until(lambda: any(d["id"] == task_id and d["finishTime"] for d in hooks.heard))
        [told] = [document for document in hooks.heard if document["finishTime"]]
        assert (await load(client, told["imageUrl"]))[0] == 404
        through_v1 = await client.house.client.fetch(task_id)
        fetched = await client.get(f"/task/{task_id}/fetch")
        check_document(fetched)
        assert fetched["imageUrl"] == through_v1["imageUrl"] != told["imageUrl"]
        assert urlsplit(fetched["imageUrl"]).path == urlsplit(told["imageUrl"]).path
        [ends] = parse_qs(urlsplit(fetched["imageUrl"]).query)["ex"]
        assert int(ends, 16) * 1000 > now_ms() + 3_600_000
        assert (await load(client, fetched["imageUrl"]))[0] == 200
        [listed] = await client.get("/task/list")
        assert listed["imageUrl"] == fetched["imageUrl"]
        assert len([document for document in hooks.heard if document["finishTime"]]) == 1
        assert not client.house.simulator.state()["counters"].get("unknown_routes")
