"""The routes of `/mj` that look up tasks and accounts, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.http.links import Links
from api.mj.routes import PREFIXES
from api.mj.schema import render_mj
from tasks.domain.errors import StoreFailed
from tasks.domain.model import Account, Status
from tests.support.mj_client import add_parent, speaking_mj, told
from tests.support.service_twin import FIRST_ID, Caller, Twin

FIRST = str(FIRST_ID)
BY_IDS = ("/mj/task/list-by-condition", "/mj/task/list-by-ids")


@pytest.fixture
async def mj() -> AsyncIterator[Caller]:
    async with speaking_mj() as caller:
        yield caller


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_a_task_is_fetched_under_every_prefix(mj: Caller, prefix: str) -> None:
    task = add_parent(mj.service)
    answer = await mj.get(f"{prefix}/task/{FIRST}/fetch")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.body == render_mj(task, Links())


async def test_an_unknown_task_is_null(mj: Caller) -> None:
    for task_id in ("1", "no-id", "%00", "9" * 40):
        answer = await mj.get(f"/mj/task/{task_id}/fetch")
        assert (answer.status, answer.body) == (200, b"null")
        assert answer.headers["Content-Type"] == "application/json"


async def test_a_submitted_task_can_be_fetched_at_once(mj: Caller) -> None:
    submitted = told(await mj.post("/mj/submit/imagine", json={"prompt": "a", "state": "ü 😀"}))
    fetched = (await mj.get(f"/mj/task/{submitted['result']}/fetch")).json
    assert (fetched["id"], fetched["status"], fetched["state"]) == (submitted["result"], "NOT_START", "ü 😀")


async def test_a_get_may_carry_a_body(mj: Caller) -> None:
    add_parent(mj.service)
    for path in (f"/mj/task/{FIRST}/fetch", "/mj/task/list", "/mj/task/queue", "/mj/account/list"):
        answer = await mj.get(path, data=b"{not json", headers={"Content-Type": "application/json"})
        assert answer.status == 200
        assert isinstance(answer.json, list | dict)


async def test_slashes_too_many_change_nothing(mj: Caller) -> None:
    add_parent(mj.service)
    assert (await mj.get(f"/mj//task/{FIRST}//fetch/")).json["id"] == FIRST
    assert told(await mj.post("//mj/submit//imagine/", json={"prompt": "a"}))["code"] == 1


@pytest.mark.parametrize("path", BY_IDS)
async def test_only_the_tasks_asked_for_are_listed(mj: Caller, path: str) -> None:
    for _ in range(4):
        mj.service.add()
    second = str(FIRST_ID + 1)

    async def listed(body: object) -> list[str]:
        answer = await mj.post(path, json=body)
        assert answer.status == 200
        return [task["id"] for task in answer.json]

    assert await listed({"ids": [second, FIRST]}) == [second, FIRST]
    assert await listed({"ids": [FIRST_ID + 1, FIRST, FIRST_ID, "1", 7, "no id"]}) == [second, FIRST]
    assert await listed({"ids": FIRST}) == [FIRST]
    for nothing in ([], None, ["", " "], [None]):
        assert await listed({"ids": nothing}) == []
    assert (await mj.post(path)).json == []


@pytest.mark.parametrize("ids", ['{"a":1}', "[[1]]", "[{}]", "true", "[true]"])
async def test_ids_are_plain(mj: Caller, ids: str) -> None:
    assert told(await mj.post(BY_IDS[0], data=f'{{"ids":{ids}}}'))["code"] == 4


async def test_the_list_is_newest_first_and_pages(mj: Caller) -> None:
    for status in (*Status, Status.SUCCESS):
        mj.service.add(status=status)
    whole = (await mj.get("/mj/task/list")).json
    assert [task["id"] for task in whole] == [str(FIRST_ID + number) for number in range(7, -1, -1)]
    assert [task["id"] for task in (await mj.get(f"/mj/task/list?limit=2&before={FIRST_ID + 3}")).json] == [
        str(FIRST_ID + 2),
        str(FIRST_ID + 1),
    ]
    assert {task["status"] for task in (await mj.get("/mj/task/list?status=modal,CANCEL")).json} == {"MODAL", "CANCEL"}
    for bad in ("limit=0", "before=x", "status=DONE", "limit=1&limit=2"):
        assert told(await mj.get(f"/mj/task/list?{bad}"))["code"] == 4


async def test_the_queue_is_what_waits(mj: Caller) -> None:
    assert (await mj.get("/mj/task/queue")).body == b"[]"
    mj.service.add(), mj.service.add(status=Status.SUCCESS), mj.service.add()
    assert [task["id"] for task in (await mj.get("/mj/task/queue")).json] == [FIRST, str(FIRST_ID + 2)]


async def test_the_seed_of_a_result(mj: Caller) -> None:
    add_parent(mj.service)
    answer = await mj.get(f"/mj/task/{FIRST}/image-seed")
    told(answer)
    assert answer.body.decode() == '{"code":1,"description":"成功","result":"3216547890","properties":{}}'
    assert told(await mj.get("/mj/task/1/image-seed"))["code"] == 4


async def test_a_task_is_cancelled(mj: Caller) -> None:
    mj.service.add()
    found = told(await mj.post(f"/mj/task/{FIRST}/cancel"))
    assert (found["code"], found["result"]) == (1, FIRST)
    assert (await mj.get(f"/mj/task/{FIRST}/fetch")).json["status"] == "CANCEL"
    assert told(await mj.post("/mj/task/1/cancel", json={}))["code"] == 4
    assert (await mj.get(f"/mj/task/{FIRST}/cancel")).status == 405


async def test_accounts_are_shown_without_secrets() -> None:
    accounts = (
        Account(id="6", connected=True, capacity=3, details={"guild_id": "5", "channel_id": "6"}),
        Account(id="6-2", connected=False, capacity=12, paused="captcha"),
    )
    async with speaking_mj(Twin(*accounts)) as mj:
        listed = (await mj.get("/mj/account/list")).json
        assert [account["id"] for account in listed] == ["6", "6-2"]
        assert (listed[0]["guildId"], listed[0]["coreSize"], listed[0]["enable"]) == ("5", 3, True)
        assert b"oken" not in (await mj.get("/mj/account/list")).body
        assert (await mj.get("/mj-turbo/mj/account/6-2/fetch")).json == listed[1]
        unknown = await mj.get("/mj/account/7/fetch")
        assert (unknown.status, unknown.body) == (200, b"null")


@pytest.mark.parametrize(
    "path", ["/mj/task/list", "/mj/task/queue", f"/mj/task/{FIRST}/fetch", f"/mj/task/{FIRST}/image-seed"]
)
async def test_a_database_that_cannot_be_read_is_9(mj: Caller, path: str) -> None:
    mj.service.breaks = StoreFailed()
    found = told(await mj.get(path))
    assert (found["code"], found["result"]) == (9, None)


async def test_what_does_not_exist_is_404_and_a_wrong_method_405(mj: Caller) -> None:
    assert await mj.refused("GET", "/mj/nothing", 404)
    assert await mj.refused("POST", "/mj/submit/swap-face", 404)
    assert await mj.refused("POST", "/mj/task/list", 405)
    assert await mj.refused("GET", "/mj/task/list-by-condition", 405)
