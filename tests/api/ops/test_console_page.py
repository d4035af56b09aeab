"""The console's files: what is served, as what, and that nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.http.auth import Access
from api.ops.console_bundle import NotBundled, bundled
from api.ops.console_page import FOLDER, ConsolePage, policy
from tests.support.chromium import chromium
from tests.support.service_twin import Caller, running

FILES = sorted(path.name for path in FOLDER.iterdir())
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
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
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Length"] == answer.headers["Content-Length"]


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/console/",
            "/console",
            "/console/nothing.js",
            "/console/x/main.js",
            "/console/x/index.html",
            "/console/../front.py",
        ),
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
    named = re.findall(r'(?:href|src)="(/console/[^"]+)"', page)
    assert {"/console/icon.svg", "/console/manifest.webmanifest"} <= set(named)
    assert [(await api.get(address)).status for address in named] == [200] * len(named)
    source = (FOLDER / "index.html").read_text("utf-8")
    assert {"main.js", "icon.svg"} <= set(re.findall(r'(?:href|src)="/console/([^"]+)"', source)) <= set(FILES)
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)|https?://", page)
    imported = {
        name for path in FOLDER.glob("*.js") for name in re.findall(r'from "\./([^"]+)"', path.read_text("utf-8"))
    }
    assert imported <= set(FILES)


async def test_the_page_is_one_script_and_one_style_sheet_that_are_kept_for_ever(api: Caller) -> None:
    page = (await api.get("/")).body.decode()
    addresses = re.findall(r'(?:href|src)="(/console/\w{12}/bundle\.\w+)"', page)
    assert [address.rpartition("/")[2] for address in addresses] == ["bundle.css", "bundle.js"]
    for address in addresses:
        answer = await api.get(address)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        older = await api.get(re.sub(r"/\w{12}/", "/000000000000/", address))  # a page from before an update
        assert (older.body, older.headers["Cache-Control"]) == (answer.body, "no-cache")
    assert re.search(r'<script type="module" src="[^"]+"></script>', page)
    assert page.count("<script") == 1


async def test_text_is_sent_compressed_to_whom_it_may_be(api: Caller) -> None:
    [address] = re.findall(r'src="(/console/[^"]+)"', (await api.get("/")).body.decode())
    plain = await api.ask("GET", address, headers={"Accept-Encoding": "identity"})
    packed = await api.ask("GET", address, headers={"Accept-Encoding": "br, gzip"})
    assert "Content-Encoding" not in plain.headers
    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert packed.body == plain.body  # the client has unpacked it
    assert int(packed.headers["Content-Length"]) < len(plain.body) / 3
    assert plain.headers["ETag"] != packed.headers["ETag"]


MODULES = {
    "main.js": 'import { one, two as second } from "./a.js";\nimport * as all from "./b.js";\n'
    "globalThis.found = [one(), second, all.three, all.Four.name, all.h];",
    "a.js": 'import { three } from "./b.js";\nexport function one() {\n  return three + 1;\n}\nexport const two = 2;\n',
    "b.js": "let x = 5;\nexport const three = 3;\nexport class Four {}\nexport async function f() {}\nexport{x as h};",
}


async def test_modules_do_the_same_as_one_script() -> None:
    script = bundled(MODULES, "main.js")
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    async with running() as api, chromium() as browser:
        page = await browser.new_page()
        await page.goto(f"{api.base}/health")
        assert await page.evaluate(f"() => {{ {script}; return globalThis.found }}") == [4, 2, 3, "Four", 5]


@pytest.mark.parametrize(
    ("modules", "why"),
    [
        ({"main.js": 'import { a } from "./main.js";'}, "import each other"),
        ({"main.js": 'import { a } from "./gone.js";'}, "missing"),
        ({"main.js": 'import a from "./main.js";'}, "not supported"),
        ({"main.js": "export default 1;"}, "not supported"),
    ],
)
def test_what_cannot_be_bundled_is_refused(modules: dict[str, str], why: str) -> None:
    with pytest.raises(NotBundled, match=why):
        bundled(modules, "main.js")


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
