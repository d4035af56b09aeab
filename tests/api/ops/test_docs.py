"""/docs: what it is made of, how it is served."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.http.auth import Access
from api.http.links import Links
from api.mj.routes import MjRoutes
from api.ops.docs import FILES
from tests.support.service_twin import Caller, Twin, running

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "api" / "docs_viewer"


@pytest.fixture
async def api() -> AsyncIterator[Caller]:
    service = Twin()
    async with running(service, access=Access(secret="s"), more=MjRoutes(service, Links()).routes()) as caller:
        yield caller


@pytest.mark.parametrize("path", ["/docs", "/docs/", *(f"/docs/{name}" for name in FILES)])
async def test_each_file_is_served_to_everybody(api: Caller, path: str) -> None:
    answer, head = await api.get(path), await api.ask("HEAD", path)
    assert (answer.status, head.status, head.body) == (200, 200, b"")
    name = path.removeprefix("/docs").strip("/")
    assert answer.headers["Content-Type"] == FILES.get(name, "text/html; charset=utf-8")
    assert answer.body == (FOLDER / (name or "index.html")).read_bytes()
    for told in (answer, head):
        assert told.headers["Cache-Control"] == "public, max-age=3600"
        assert told.headers["X-Content-Type-Options"] == "nosniff"
        assert "'unsafe" not in told.headers["Content-Security-Policy"]
        assert "http" not in told.headers["Content-Security-Policy"]


async def test_what_the_browser_has_is_not_sent_again(api: Caller) -> None:
    tag = (await api.get("/docs/start.js")).headers["ETag"]
    answer = await api.get("/docs/start.js", headers={"If-None-Match": tag})
    assert (answer.status, answer.body) == (304, b"")
    assert (await api.get("/docs", headers={"If-None-Match": tag})).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/docs/index.html",
        "/docs/../health",
        "/docs/..%2Fdocs.py",
        "/docs/%2e%2e/docs.py",
        "/docs/start.js/x",
        "/docs/start.js%00",
        "/docs/.",
        "/docs/START.JS",
    ],
)
async def test_no_other_file_is_there(api: Caller, path: str) -> None:
    answer = await api.get(path, headers={"mj-api-secret": "s"})
    assert answer.status in (200, 404), answer
    assert b"import" not in answer.body
    if answer.status == 200:  # the client itself took the dots away
        assert path == "/docs/." or answer.json["status"]


def test_every_file_is_named() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*FILES, "index.html"}


def test_the_viewer_is_the_one_that_was_published() -> None:
    text = (ROOT / "docs" / "libraries.md").read_text()
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert f"| `{name}` | `{hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()}` |" in text


async def test_the_document_wants_no_secret_and_no_body_for_head(api: Caller) -> None:
    assert (await api.get("/openapi.json")).json["openapi"] == "3.1.0"
    head = await api.ask("HEAD", "/openapi.json")
    assert (head.status, head.body) == (200, b"")
    assert (await api.post("/openapi.json", headers={"mj-api-secret": "s"})).status == 405
