"""Errors have one status each, and the documents know every one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import api.http.errors
from api.app import make_app
from api.http.auth import Access
from api.http.errors import RETRY_SECONDS, refusal, status_of
from api.http.links import Links
from api.v1.schema import SHOWN, v1_document
from tasks.domain.errors import BadIndex, QueueFull, RecordRefused, ServiceError, StoreFailed, Unauthorized
from tasks.domain.model import Action, Task, TaskRequest
from tests.support.service_twin import Twin

DOCS = Path(__file__).parents[3] / "docs"
OURS = {"outcome_unknown", "silence", "discord_refused", "account_blocked", "message_gone"} | {
    "account_gone",
    "mask_missing",
    "banned_word",
}


def kinds(root: type[ServiceError] = ServiceError) -> Iterator[type[ServiceError]]:
    """Every class of the two trees that callers can meet."""
    if root.__module__ in ("tasks.domain.errors", api.http.errors.__name__):
        yield root
    for kind in root.__subclasses__():
        yield from kinds(kind)


def listed(text: str) -> set[str]:
    return set(re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE))


def test_every_code_is_documented() -> None:
    refused, failed = (DOCS / "errors.md").read_text().split("## Failed tasks")
    codes = {kind.code for kind in kinds()}
    assert codes <= listed(refused) | listed(failed)
    assert listed(refused) <= codes
    assert listed(failed) >= OURS


def test_the_documented_status_is_the_real_one() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (\d+) \|", (DOCS / "errors.md").read_text(), re.MULTILINE))
    assert rows
    for kind in kinds():
        if kind.code in rows:
            assert status_of(kind()) == int(rows[kind.code]), kind


def test_codes_are_stable_words_used_once() -> None:
    codes = [kind.code for kind in kinds()]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z_]+", code) for code in codes)


def test_the_api_document_names_every_route_and_field() -> None:
    text = (DOCS / "http-api.md").read_text()
    app = make_app(service=Twin(), access=Access(), links=Links())
    paths = {resource.canonical for resource in app.router.resources() if "{" not in resource.canonical}
    assert paths == {
        "/",
        "/health",
        "/health/live",
        "/health/ready",
        "/openapi.json",
        "/docs",
        "/api/v1/trigger/submit",
        "/api/v1/task/fetch",
        "/api/v1/task/list",
    }
    for path in paths:
        assert re.search(rf"(`|: ){path}(`|$)", text, re.MULTILINE), path
    for field in v1_document(Task(id="1", request=TaskRequest(action=Action.IMAGINE)), Links()):
        assert f"\n| `{field}` |" in text, field
    for shown in SHOWN.values():
        assert f"`{shown}`" in text


@pytest.mark.parametrize("error", [QueueFull(), StoreFailed()])
def test_who_may_come_back_is_told_when(error: ServiceError) -> None:
    assert refusal(error).headers["Retry-After"] == str(RETRY_SECONDS)


def test_a_refusal_has_the_contracts_two_keys() -> None:
    assert refusal(BadIndex(hint="Give 1.")).body == (
        b'{"code":0,"description":"The index must be a number from 1 to 4. Give 1."}'
    )
    assert refusal(BadIndex()).headers["Error-Code"] == "bad_index"


def test_a_401_says_it_in_every_dialect() -> None:
    text = "The API secret is missing or wrong."
    assert refusal(Unauthorized()).body == (
        f'{{"code":0,"description":"{text}","message":"{text}","error":"{text}"}}'.encode()
    )


def test_what_callers_should_not_see_is_an_internal_error() -> None:
    answer = refusal(ServiceError("row 5 of table tasks"))
    assert answer.status == 500
    assert answer.body == b'{"code":0,"description":"internal error"}'


def test_a_record_that_is_never_taken_asks_nobody_to_come_back() -> None:
    answer = refusal(RecordRefused("Task 5 cannot be read. (row 5, column 3)"))
    assert answer.status == 500
    assert answer.headers["Error-Code"] == "record_refused"
    assert "Retry-After" not in answer.headers
    assert answer.body == b'{"code":0,"description":"Task 5 cannot be read. The operator\'s log says more."}'
