"""Adopt and retry over HTTP: only with the operator's secret, and in the one shape of errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession

from api.admin.manual_resolution import ManualResolutionRoutes
from api.app import make_app, serve
from api.http.auth import Access
from api.http.errors import status_of
from api.http.links import Links
from api.live.operations import ADOPT
from tasks.domain.errors import CannotAdopt, NotOpen, NotSent, SendError, SendRefused, TaskNotFound
from tasks.domain.model import Status, Task
from tests.support.service_twin import Twin
from tests.support.tasks import task

SECRET, ADMIN = "callers-secret", "operators-secret"


class Decisions:
    """Knows one task."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.error: Exception | None = None

    async def adopt(self, task_id: str, message_id: str = "") -> Task:
        return self._decided("adopt", task_id, message_id)

    async def retry(self, task_id: str) -> Task:
        return self._decided("retry", task_id)

    def _decided(self, *words: str) -> Task:
        self.asked.append(words)
        if self.error is not None:
            raise self.error
        return task(7, status=Status.SUCCESS, message_id="55")


@asynccontextmanager
async def asking(decisions: Decisions, *, admin: str = ADMIN) -> AsyncIterator[Any]:
    access = Access(secret=SECRET, admin_secret=admin)
    app = make_app(
        service=Twin(), access=access, links=Links(), more=ManualResolutionRoutes(decisions, Links()).routes()
    )
    async with serve(app, "127.0.0.1", 0) as url, ClientSession() as session:

        async def post(path: str, secret: str = ADMIN, **fields: Any) -> tuple[int, dict[str, Any]]:
            headers = {"mj-api-secret": secret} if secret else {}
            async with session.post(f"{url}/api/v1/tasks{path}", headers=headers, **fields) as response:
                return response.status, await response.json()

        yield post


async def test_the_task_is_answered_as_it_is_then() -> None:
    decisions = Decisions()
    async with asking(decisions) as post:
        status, document = await post("/7/adopt", json={"messageId": "1108302168013938689"})
        assert (status, document["_id"], document["status"], document["taskId"]) == (200, "7", "SUCCESS", "55")
        assert (await post("/7/adopt"))[0] == 200
        assert (await post("//7//retry/", data={}))[0] == 200
    assert decisions.asked == [("adopt", "7", "1108302168013938689"), ("adopt", "7", ""), ("retry", "7")]


@pytest.mark.parametrize("secret", ["", SECRET, "wrong"])
async def test_callers_may_not(secret: str) -> None:
    decisions = Decisions()
    async with asking(decisions) as post:
        for path in ("/7/adopt", "/7/retry"):
            status, body = await post(path, secret)
            assert (status, body["code"]) == (403 if secret == SECRET else 401, 0)
    assert decisions.asked == []


async def test_without_an_operators_secret_nobody_may() -> None:
    decisions = Decisions()
    async with asking(decisions, admin="") as post:
        status, body = await post("/7/retry", SECRET)
        assert status == 403
        assert "ADMIN_SECRET" in body["description"]
    assert decisions.asked == []


@pytest.mark.parametrize("error", [NotOpen(), CannotAdopt("2 results fit it."), TaskNotFound()])
async def test_a_no_is_told_with_its_reason(error: Exception) -> None:
    decisions = Decisions()
    decisions.error = error
    async with asking(decisions) as post:
        assert await post("/7/retry") == (400, {"code": 0, "description": str(error)})


@pytest.mark.parametrize("error", [NotSent("The account is not logged in."), SendRefused("The channel is gone.")])
async def test_that_discord_cannot_be_asked_is_told_and_is_no_mystery(error: SendError) -> None:
    decisions = Decisions()
    decisions.error = error
    async with asking(decisions) as post:
        assert await post("/7/adopt") == (503, {"code": 0, "description": str(error)})
    promised = {kind.code for kind in ADOPT.errors if status_of(kind()) == 503}
    assert error.code in promised
