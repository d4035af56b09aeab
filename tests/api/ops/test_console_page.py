"""The console's files: what is served, as what, and that nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.http.auth import Access
from api.ops.console_page import FOLDER, ConsolePage, policy
from tests.support.service_twin import Caller, running

FILES = sorted(path.name for path in FOLDER.iterdir())
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}


async def test_each_file_is_served_as_what_it_is_and_kept_by_its_etag(api: Caller) -> None:
    for name in FILES:
        address = f"/console/{name}"
        answer = await api.get(address)
        assert (answer.status, answer.headers["Content-Type"]) == (200, TYPES[name.rpartition(".")[2]])
        assert answer.body == (FOLDER / name).read_bytes()
        assert answer.headers["Cache-Control"] == "no-cache"
        known = await api.ask("GET", address, headers={"If-None-Match": answer.headers["ETag"]})
        assert (known.status, known.body, known.headers["ETag"]) == (304, b"", answer.headers["ETag"])
        assert (await api.ask("GET", address, headers={"If-None-Match": '"another"'})).status == 200
        head = await api.ask("HEAD", address)
        assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(answer.body)))


@pytest.mark.parametrize(
    "path",
    [
        *("/console/", "/console", "/console/nothing.js", "/console/x/main.js", "/console/../front.py"),
        *(
            "/console/%2e%2e/front.py",
            "/console/..%2ffront.py",
            "/console//etc/passwd",
            "/console/%00",
            "/console/INDEX.HTML",
        ),
    ],
)
async def test_nothing_else_is(api: Caller, path: str) -> None:
    answer = await api.get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/json")


async def test_it_is_open_where_a_secret_is_set_and_knows_none() -> None:
    async with running(access=Access(secret="sesame")) as api:
        answer = await api.get("/")
        assert answer.status == 200
        assert b"sesame" not in answer.body


async def test_the_page_names_only_files_that_are_there_and_runs_nothing_inline(api: Caller) -> None:
    page = (await api.get("/")).body.decode()
    named = re.findall(r'(?:href|src)="/console/([^"]+)"', page)
    assert {"main.js", "icon.svg"} <= set(named) <= set(FILES)
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)|https?://", page)
    imported = {
        name for path in FOLDER.glob("*.js") for name in re.findall(r'from "\./([^"]+)"', path.read_text("utf-8"))
    }
    assert imported <= set(FILES)


async def test_the_policy_lets_scripts_come_from_here_and_pictures_from_their_hosts(api: Caller) -> None:
    given = (await api.get("/")).headers["Content-Security-Policy"]
    assert given == policy(())
    rules = dict(rule.split(" ", 1) for rule in policy(["http://127.0.0.1:8765/x", ""]).split("; "))
    assert rules["default-src"] == rules["form-action"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules["img-src"] == "'self' https: http://127.0.0.1:8765 blob: data:"
    assert rules["media-src"] == "'self' https: http://127.0.0.1:8765"


def test_a_folder_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("one")
    front = ConsolePage(folder=tmp_path)
    (tmp_path / "index.html").write_text("two")
    (tmp_path / "late.js").write_text("")
    assert [(name, file.body) for name, file in front.files.items()] == [("index.html", b"one")]
