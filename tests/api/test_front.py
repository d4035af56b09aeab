"""The front page: short, self-contained, and naming what is there."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex

from api.auth import Access
from api.front import base_of, render
from api.links import Links
from tests.api.twin import SUBMIT, Caller, running


async def test_it_names_the_routes_and_a_first_call(api: Caller) -> None:
    answer = await api.get("/")
    page = answer.body.decode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    for path in (SUBMIT, "/api/v1/task/fetch", "/api/v1/task/list", "/health"):
        assert path in page
    assert f"curl &#x27;{api.base}{SUBMIT}&#x27;" in page
    assert "绘图" in page
    assert "API_SECRET" not in page
    assert (await api.ask("HEAD", "/")).status == 200


async def test_nothing_is_loaded_and_only_its_own_style_applies(api: Caller) -> None:
    answer = await api.get("/")
    page = answer.body.decode()
    assert not re.search(r"<script|src=|href=|@import|url\(|style=", page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = answer.headers["Content-Security-Policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


async def test_with_a_secret_the_call_shows_where_it_goes() -> None:
    async with running(access=Access(secret="sesame"), links=Links(public_url="https://draw.example/")) as api:
        page = (await api.get("/")).body.decode()
    assert "mj-api-secret: $API_SECRET" in page
    assert "https://draw.example/api/v1" in page
    assert "sesame" not in page


def test_a_strange_host_is_not_repeated() -> None:
    assert base_of("[::1]:3000") == "http://[::1]:3000"
    for host in ("", "a'b", "<x>", "a b", "$(x)"):
        assert base_of(host) == "http://127.0.0.1:3000"


def test_the_call_is_one_a_shell_reads() -> None:
    page = render("http://127.0.0.1:3000", wants_secret=False)
    line = re.search(r"<code>(curl .*?)</code>", page, re.DOTALL)
    assert line
    words = shlex.split(line[1].replace("&#x27;", "'").replace("&quot;", '"'))
    assert words[-1] == '{"action":"IMAGINE","prompt":"a red fox in the snow"}'
