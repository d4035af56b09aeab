"""/api/v1/deliveries: what an operator sees of the call-backs, and one more try; over HTTP, on a real outbox."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from api.admin.deliveries import MAX_LIMIT, DeliveryRoutes, document
from api.http.auth import Access
from tasks.domain.webhooks import Attempt, Hook
from tests.support.service_twin import Caller, running
from tests.support.webhook_receivers import Receiver, Telling

LIST = "/api/v1/deliveries"
ADMIN = {"mj-api-secret": "operator"}
DOCS = (Path(__file__).parents[3] / "docs" / "http-api.md").read_text(encoding="utf-8")


@asynccontextmanager
async def asking(service: Telling, access: Access | None = None) -> AsyncIterator[Caller]:
    access = access or Access(secret="caller", admin_secret="operator")
    async with running(access=access, more=DeliveryRoutes(service.outbox, service.clock).routes()) as api:
        yield api


@pytest.fixture
async def admin(service: Telling) -> AsyncIterator[Caller]:
    async with asking(service) as api:
        yield api


async def settle(service: Telling, number: int, outcome: str, **fields: Any) -> None:
    row = await service.outbox.get(number)
    assert row
    known: dict[str, Any] = {"delivery_id": number, "task_id": "1", "receiver": row.receiver, "event": row.event}
    await service.outbox.settle(Attempt(**known, number=1, time=2_000_000, outcome=outcome, **fields))


async def listed(admin: Caller, query: str = "") -> list[str]:
    answer = await admin.get(f"{LIST}?{query}", headers=ADMIN)
    assert answer.status == 200, answer
    return [delivery["id"] for delivery in answer.json]


# ---------------------------------------------------------------- who may ask


@pytest.mark.parametrize(("method", "path"), [("GET", LIST), ("POST", f"{LIST}/1/retry")])
async def test_it_is_the_operators_alone(service: Telling, method: str, path: str) -> None:
    await service.owe("http://receiver.test/")
    async with asking(service, Access(secret="caller")) as api:
        assert "ADMIN_SECRET" in await api.refused(method, path, 403, headers={"mj-api-secret": "caller"})
    async with asking(service) as api:
        await api.refused(method, path, 403, headers={"mj-api-secret": "caller"})
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            await api.refused(method, path, 401, headers=headers)
        assert (await api.ask(method, path, headers=ADMIN)).status == 200
        other = "POST" if method == "GET" else "GET"
        await api.refused(other, path, 405, headers={"mj-api-secret": "caller"})


# ---------------------------------------------------------------- the list


async def test_a_delivery_as_it_is_shown(service: Telling, admin: Caller) -> None:
    await service.owe("https://me:passw0rd@Receiver.test/path-s3cret?key=qu3ry", api="mj")
    before = await admin.get(LIST, headers=ADMIN)
    row = await service.outbox.get(1)
    assert row
    shown = {"id": "1", "taskId": "1", "receiver": "https://receiver.test:443", "event": "end", "api": "mj"}
    new = {"status": "due", "attempts": 0, "due": row.created, "created": row.created, "settled": None}
    assert before.json == [shown | new | {"lastStatus": None, "lastError": ""}]
    await settle(service, 1, "due", due=3_000_000_000_000, status=503, error="answered 503")
    [waiting] = (await admin.get(LIST, headers=ADMIN)).json
    assert (waiting["attempts"], waiting["due"], waiting["settled"]) == (1, 3_000_000_000_000, None)
    assert (waiting["lastStatus"], waiting["lastError"]) == (503, "answered 503")
    await settle(service, 1, "given_up", error="no answer in time")
    after = await admin.get(LIST, headers=ADMIN)
    [given_up] = after.json
    assert (given_up["status"], given_up["due"], given_up["settled"]) == ("given_up", None, 2_000_000)
    assert (given_up["lastStatus"], given_up["lastError"]) == (None, "no answer in time")
    for secret in (b"passw0rd", b"s3cret", b"qu3ry"):
        assert secret not in before.body + after.body


async def test_newest_first_filtered_and_paged(service: Telling, admin: Caller) -> None:
    for n in range(5):
        await service.owe(f"http://host{n % 2}.test/{n}")
    await settle(service, 1, "done", status=200)
    await settle(service, 2, "given_up")
    assert await listed(admin) == ["5", "4", "3", "2", "1"]
    assert await listed(admin, "limit=2") == ["5", "4"]
    assert await listed(admin, "limit=2&before=4") == ["3", "2"]
    assert await listed(admin, "status=due") == ["5", "4", "3"]
    assert await listed(admin, "status=given_up") == ["2"]
    assert await listed(admin, "status=done&taskId=1") == ["1"]
    assert await listed(admin, "receiver=http://host1.test:80") == ["4", "2"]
    assert await listed(admin, "taskId=404") == await listed(admin, "taskId=x") == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("status=lost", "due, done, given_up"),
        *((f"limit={limit}", f"1 to {MAX_LIMIT}") for limit in ("0", "1001", "-1", "x", "1.5", "9" * 30)),
        *((f"before={before}", "id of a delivery") for before in ("x", "-1", "9" * 30)),
        ("status=due&status=done", "more than once"),
    ],
)
async def test_a_bad_question_is_told(admin: Caller, query: str, words: str) -> None:
    assert words in await admin.refused("GET", f"{LIST}?{query}", 400, headers=ADMIN)


# ---------------------------------------------------------------- once more


async def test_what_was_given_up_is_delivered_when_the_operator_says_so(
    service: Telling, admin: Caller, receiver: Receiver
) -> None:
    receiver.answer = 410
    async with service.delivering():
        await service.owe(receiver.url)
        assert (await service.settled()).status == "given_up"
        receiver.answer = 500
        assert (await admin.post(f"{LIST}/1/retry", headers=ADMIN)).json["status"] == "due"
        row = await service.settled()
        assert (row.status, row.attempts) == ("due", 1)  # the waits have begun anew
        receiver.answer = 200
        assert (await admin.post(f"{LIST}/1/retry", headers=ADMIN)).status == 200  # need not wait for its time
        assert (await service.settled()).status == "done"
    ids = {receiver.got.get_nowait().headers["webhook-id"] for _ in range(3)}
    assert len(ids) == 1


async def test_what_was_delivered_is_not_delivered_again(service: Telling, admin: Caller) -> None:
    await service.owe("http://receiver.test/")
    await settle(service, 1, "done", status=200)
    answer = await admin.post(f"{LIST}/1/retry", headers=ADMIN)
    assert (answer.status, answer.headers["Error-Code"]) == (409, "delivery_done")
    assert [row.id for row in await service.outbox.due(10**15, 10)] == []


@pytest.mark.parametrize("number", ["404", "x", "0", "1x", "9" * 30, "%20"])
async def test_what_is_not_there_is_told(service: Telling, admin: Caller, number: str) -> None:
    await service.store.save([], [Hook(task_id="1", url="http://receiver.test/")])
    answer = await admin.post(f"{LIST}/{number}/retry", headers=ADMIN)
    assert (answer.status, answer.headers["Error-Code"]) == (400, "delivery_not_found")


# ---------------------------------------------------------------- the document


async def test_the_documents_name_its_routes_and_fields(service: Telling) -> None:
    await service.owe("http://receiver.test/")
    row = await service.outbox.get(1)
    assert row
    section = DOCS.split("## Deliveries")[1].split("\n## ")[0]
    for route in DeliveryRoutes(service.outbox, service.clock).routes():
        assert route.is_admin
        assert f"`{route.methods[0]} {route.path}`" in section
    assert set(document(row)) == set(re.findall(r"^\| `(\w+)` \| (?:text|number)", section, re.MULTILINE))
