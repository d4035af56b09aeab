"""The documents name every route, field and code of `/mj`; the table of codes knows every error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.http.errors import TooFast
from api.http.links import Links
from api.mj import responses
from api.mj.requests import MODES
from api.mj.responses import BAD, FAILED, code_of
from api.mj.routes import PREFIXES, MjRoutes
from api.mj.schema import account_document, mj_document
from tasks.domain.errors import NoAccount, QueueFull, ServiceError
from tasks.domain.model import Account, Action, Bot, Status, Task, TaskRequest
from tasks.prompts.banned import BannedWord
from tests.api.http.test_errors import kinds
from tests.support.service_twin import Twin

TEXT = (Path(__file__).parents[3] / "docs" / "http-api.md").read_text().split("## The /mj contract")[1]
ROUTES = MjRoutes(Twin(), Links()).routes()
PATHS = sorted({route.path for route in ROUTES if route.path.startswith("/mj/")})


def test_every_route_stands_under_every_prefix() -> None:
    plain = {path.removeprefix("/mj") for path in PATHS}
    assert {route.path for route in ROUTES} == {prefix + path for prefix in PREFIXES for path in plain}
    assert len(ROUTES) == len(PREFIXES) * len(plain)
    assert not any(route.is_open for route in ROUTES)
    for prefix in PREFIXES:
        assert f"`{prefix}`" in TEXT


@pytest.mark.parametrize("path", PATHS)
def test_every_route_is_documented(path: str) -> None:
    assert f"\n| `{path}` |" in TEXT


def test_every_documented_route_exists() -> None:
    assert set(re.findall(r"^\| `(/mj/[^`]+)` \|", TEXT, re.MULTILINE)) == set(PATHS)


def test_every_field_is_documented() -> None:
    rows = "".join(re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE))
    document = mj_document(Task(id="1", request=TaskRequest(action=Action.IMAGINE)), Links())
    account = account_document(Account(id="1", connected=True, capacity=1), queue_size=1, timeout_minutes=1)
    properties = document["properties"]
    assert isinstance(properties, dict)
    for field in (*document, *properties, *account):
        assert f"`{field}`" in rows, field
    for word in (*Status, *Action, *Bot, *MODES):
        assert f"`{word}`" in TEXT, word


def test_every_code_is_documented() -> None:
    codes = {value for name, value in vars(responses).items() if name.isupper() and isinstance(value, int)}
    assert codes == {1, 3, 4, 9, 21, 22, 23, 24}
    assert {int(code) for code in re.findall(r"^\| `(\d+)` \|", TEXT, re.MULTILINE)} == codes


def test_every_error_has_its_code() -> None:
    """3 switches a whole channel off at a gateway: one error alone may say it."""
    for kind in kinds():
        code = code_of(kind())
        assert (code == 3) is issubclass(kind, NoAccount)
        assert (code == 23) is issubclass(kind, QueueFull | TooFast)
        assert code in (BAD, FAILED, 3, 23)
    assert code_of(BannedWord("x")) == 24
    assert code_of(ServiceError()) == 9
