"""The judge finds what is wrong: each answer here breaks one promise."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from api.http.links import Links
from api.mj.routes import MjRoutes
from api.ops.openapi import document
from api.v1.routes import V1Routes
from tasks.domain.model import Action, Phase, Status, Task, TaskRequest
from tests.schema.judging import Answer, Judge
from tests.schema.rounds import rubbish
from tests.schema.spoiling import SPOILERS, Asked
from tests.support.service_twin import Twin
from tests.support.tasks import changed

LIST = "/api/v1/task/list"
REFUSED = b'{"code":0,"description":"No."}'
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def judge() -> Judge:
    routes = (*V1Routes(Twin(), Links()).routes(), *MjRoutes(Twin(), Links()).routes())
    return Judge(msgspec.json.decode(msgspec.json.encode(document(routes, wants_secret=True))))


def answer(status: int = 200, body: bytes = b"[]", **headers: str) -> Answer:
    return Answer(
        status=status, headers=JSON | {name.replace("_", "-"): value for name, value in headers.items()}, body=body
    )


GOOD = (
    answer(),
    answer(400, REFUSED, Error_Code="bad_request"),
    answer(503, REFUSED, Error_Code="store_failed", Retry_After="30"),
)
BAD: dict[str, Answer] = {
    "the status is 500": answer(500, REFUSED, Error_Code="internal_error"),
    "the status 418": answer(418, REFUSED, Error_Code="bad_request"),
    "Error-Code queue_full": answer(400, REFUSED, Error_Code="queue_full"),
    "another shape": answer(400, b'{"code":0}', Error_Code="bad_request"),
    "without Retry-After": answer(503, REFUSED, Error_Code="store_failed"),
    "does not fit": answer(body=b'[{"_id":1}]'),
    "is no JSON": answer(body=b"[") ,
    "our inside": answer(body=b'["Traceback"]'),
    "Content-Type 'text/html'": Answer(status=200, headers={"Content-Type": "text/html"}, body=b"[]"),
    "a refusal is 'text/plain'": Answer(status=400, headers={"Content-Type": "text/plain"}, body=b"No"),
}  # fmt: skip


@pytest.mark.parametrize("good", GOOD)
def test_what_is_promised_passes(judge: Judge, good: Answer) -> None:
    assert [*judge.problems("GET", LIST, good)] == []


@pytest.mark.parametrize("problem", BAD)
def test_a_broken_promise_is_found(judge: Judge, problem: str) -> None:
    assert any(problem in found for found in judge.problems("GET", LIST, BAD[problem]))


def test_each_spoiler_leaves_something_that_can_be_sent() -> None:
    asked = Asked(method="POST", target="/mj/x?a=1", headers=(("mj-api-secret", "s"),), body=b"{}")
    for spoil in SPOILERS:
        for seed in range(50):
            spoilt = spoil(asked, Random(seed))
            assert spoilt.method
            assert spoilt.target.startswith("/")
            assert spoilt == spoil(asked, Random(seed))


DRAWING = Task(id="1684310738264000", request=TaskRequest(action=Action.IMAGINE, prompt="a dog", submit_time=1))
RUBBISH: dict[str, Any] = {
    "no number": {"id": "x"},
    "nothing to draw": {"prompt": " "},
    "the index": {"index": 5},
    "the hook": {"notify_hook": "ftp://x"},
    "a button without": {"custom_id": "MJ::x"},
    "in phase": {"status": Status.FAILURE, "phase": Phase.OVER},
    "no time": {"submit_time": 0},
}


@pytest.mark.parametrize("problem", RUBBISH)
def test_rubbish_is_found(problem: str) -> None:
    assert [*rubbish(DRAWING)] == []
    assert any(problem in found for found in rubbish(changed(DRAWING, **RUBBISH[problem])))
