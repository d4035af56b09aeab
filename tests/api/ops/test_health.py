"""/health: one word for everybody, reasons for those who may ask."""

from __future__ import annotations

import pytest

from api.http.auth import Access
from tasks.domain.errors import StoreFailed
from tasks.domain.model import Account
from tasks.domain.version import VERSION
from tests.support.service_twin import Twin, running

WELL = Account(id="11", connected=True, capacity=3, connected_since=5, details={"heartbeat": 20, "remix": None})
AWAY = Account(id="22", connected=False, capacity=12)
PAUSED = Account(id="33", connected=True, capacity=3, paused="The token is dead.")
SECRET = {"mj-api-secret": "sesame"}


async def test_all_is_well() -> None:
    service = Twin(WELL)
    service.add()
    async with running(service) as api:
        answer = await api.get("/health")
    assert answer.status == 200
    assert answer.json == {
        "status": "ok",
        "version": VERSION,
        "reasons": [],
        "queue": {"waiting": 1},
        "accounts": [
            {
                "id": "11",
                "usable": True,
                "connected": True,
                "connectedSince": 5,
                "paused": "",
                "capacity": 3,
                "asleep": False,
                "spent": False,
                "details": {"heartbeat": 20, "remix": None},
            }
        ],
    }


async def test_what_is_wrong_is_named() -> None:
    async with running(Twin(WELL, AWAY, PAUSED)) as api:
        told = (await api.get("/health")).json
    assert told["status"] == "degraded"
    assert [account["usable"] for account in told["accounts"]] == [True, False, False]
    assert "Account 22 is not connected" in told["reasons"][0]
    assert "The token is dead." in told["reasons"][1]


async def test_what_else_is_wrong_is_named() -> None:
    async with running(Twin(WELL), troubles=["Pictures cannot be copied."]) as api:
        told = (await api.get("/health")).json
    assert (told["status"], told["reasons"]) == ("degraded", ["Pictures cannot be copied."])


async def test_a_broken_store_degrades() -> None:
    service = Twin(WELL)
    service.breaks = StoreFailed(hint="The disk is full.")
    async with running(service) as api:
        answer = await api.get("/health")
    assert answer.status == 200
    assert answer.json["status"] == "degraded"
    assert answer.json["queue"] == {"waiting": None}
    assert "The disk is full." in answer.json["reasons"][0]


async def test_strangers_learn_one_word() -> None:
    async with running(Twin(WELL), access=Access(secret="sesame")) as api:
        assert (await api.get("/health")).body == b'{"status":"ok"}'
        assert (await api.get("/health", headers={"mj-api-secret": "x"})).body == b'{"status":"ok"}'
        assert "accounts" in (await api.get("/health", headers=SECRET)).json
    async with running(Twin(AWAY), access=Access(secret="sesame")) as api:
        assert (await api.get("/health")).body == b'{"status":"degraded"}'


@pytest.mark.parametrize(("accounts", "status"), [((WELL, AWAY), 200), ((AWAY, PAUSED), 503)])
async def test_ready_while_one_account_can_draw(accounts: tuple[Account, ...], status: int) -> None:
    async with running(Twin(*accounts)) as api:
        assert (await api.get("/health/ready")).status == status
        assert (await api.get("/health/live")).status == 200
        assert (await api.ask("HEAD", "/health/")).status == 200
        assert (await api.post("/health")).status == 405
