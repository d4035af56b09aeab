"""Who may ask, over real sockets: with a secret, without one, and from web pages."""

from __future__ import annotations

import pytest

from api.http.auth import Access, host_name, is_loopback
from tests.support.service_twin import FETCH, LIST, SUBMIT, Caller, running

SECRET = Access(secret="sesame ☂")
PAGE = "https://page.example"
OPEN = ("/", "/health", "/health/live", "/health/ready")


@pytest.mark.parametrize(
    "headers",
    [
        {"mj-api-secret": "sesame ☂"},
        {"Authorization": "Bearer sesame ☂"},
        {"Authorization": "bearer  sesame ☂"},
        {"Authorization": "sesame ☂"},
        {"Authorization": "Bearer for-the-gateway", "mj-api-secret": "sesame ☂"},
        {"Authorization": "Bearer sesame ☂", "mj-api-secret": "for-another"},
    ],
)
async def test_the_secret_opens_in_each_of_its_ways(headers: dict[str, str]) -> None:
    async with running(access=SECRET) as api:
        assert (await api.get(LIST, headers={**headers, "Host": "any.example"})).status == 200


@pytest.mark.parametrize("path", [SUBMIT, FETCH, LIST, "/api/v1//task/list/", "/unknown", "/metrics"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"mj-api-secret": "wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic sesame ☂"},
        {"mj-api-secret": ""},
    ],
)
async def test_without_it_nothing_opens(path: str, headers: dict[str, str]) -> None:
    async with running(access=SECRET) as api:
        assert "mj-api-secret" in await api.refused("POST", path + "?action=IMAGINE&prompt=x", 401, headers=headers)
        answer = await api.get(path, headers=headers)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.headers["Error-Code"] == "unauthorized"
        assert answer.json["error"] == answer.json["message"] == answer.json["description"]
        assert not api.service.tasks


async def test_a_secret_in_an_address_opens_nothing() -> None:
    async with running(access=Access(secret="sesame")) as api:
        assert await api.refused("GET", LIST + "?mj-api-secret=sesame&secret=sesame", 401)


@pytest.mark.parametrize("path", OPEN)
async def test_open_routes_need_no_secret(path: str) -> None:
    async with running(access=SECRET) as api:
        assert (await api.get(path)).status == 200


# ---------------------------------------------------------------- without a secret


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost:3000", "[::1]:80", "127.0.0.2", "LOCALHOST", "box.lan:9", "a:81"]
)
async def test_our_own_names_are_served(host: str) -> None:
    async with running(access=Access(allowed_hosts=frozenset({"Box.lan", "a:81"}))) as api:
        assert (await api.get(LIST, headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a:82", "localhost:x", "10.0.0.1"]
)
async def test_a_rebound_name_is_refused(host: str) -> None:
    async with running(access=Access(allowed_hosts=frozenset({"a:81"}))) as api:
        why = await api.refused("GET", SUBMIT + "?action=IMAGINE&prompt=x", 403, headers={"Host": host})
        assert "ALLOWED_HOSTS" in why
        assert not api.service.tasks


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Referer": "https://evil.example/page"},
]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("headers", FOREIGN)
async def test_another_web_page_cannot_draw(api: Caller, method: str, headers: dict[str, str]) -> None:
    why = await api.refused(method, SUBMIT + "?action=IMAGINE&prompt=x", 403, headers=headers)
    assert "CORS_ORIGINS" in why
    assert not api.service.tasks


async def test_a_foreign_site_mark_outweighs_an_own_origin(api: Caller) -> None:
    assert await api.refused("GET", LIST, 403, headers={"Origin": api.base, "Sec-Fetch-Site": "cross-site"})


@pytest.mark.parametrize("site", ["same-origin", "none"])
async def test_our_own_pages_and_the_address_bar_are_served(api: Caller, site: str) -> None:
    assert (await api.get(LIST, headers={"Sec-Fetch-Site": site})).status == 200
    assert (await api.get(LIST, headers={"Origin": api.base, "Sec-Fetch-Site": "same-origin"})).status == 200
    assert (await api.get(LIST, headers={"Referer": api.base + "/"})).status == 200


async def test_a_browser_that_shows_no_page_is_refused_where_it_would_hide_it() -> None:
    """To http:// names that are not loopback, browsers send no Sec-Fetch-Site: an <img> elsewhere looks like this."""
    browser = {"Host": "box.lan", "User-Agent": "Mozilla/5.0 (X11)"}
    async with running(access=Access(allowed_hosts=frozenset({"box.lan"}))) as api:
        assert await api.refused("GET", SUBMIT + "?action=IMAGINE&prompt=x", 403, headers=browser)
        assert (await api.get(LIST, headers=browser | {"Referer": "http://box.lan/"})).status == 200
        assert (await api.get(LIST, headers={"Host": "box.lan", "User-Agent": "curl/8"})).status == 200
        loopback = {"User-Agent": "Mozilla/5.0 (X11)"}  # a browser too old for Sec-Fetch-Site
        assert await api.refused("GET", SUBMIT + "?action=IMAGINE&prompt=x", 403, headers=loopback)


@pytest.mark.parametrize("path", OPEN)
async def test_open_routes_are_open_to_a_probe_of_any_name(api: Caller, path: str) -> None:
    answer = await api.get(path, headers={"Host": "10.0.0.1:3000", "Sec-Fetch-Site": "cross-site"})
    assert answer.status == 200
    assert b"accounts" not in answer.body


# ---------------------------------------------------------------- pages that may call

ASKS = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "mj-api-secret"}


async def test_with_a_secret_any_page_may_ask() -> None:
    async with running(access=SECRET) as api:
        asked = await api.ask("OPTIONS", SUBMIT + "?action=IMAGINE&prompt=x", headers=ASKS)
        assert asked.status == 204
        assert asked.headers["Access-Control-Allow-Origin"] == "*"
        assert asked.headers["Access-Control-Allow-Methods"] == "GET, POST"
        allowed = {name.strip() for name in asked.headers["Access-Control-Allow-Headers"].split(",")}
        assert allowed == {"mj-api-secret", "authorization", "content-type", "idempotency-key", "last-event-id"}
        answer = await api.get(
            LIST, headers={"Origin": PAGE, "mj-api-secret": "sesame ☂", "Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        refused = await api.get(LIST, headers={"Origin": PAGE})
        assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (401, "*")
        assert not api.service.tasks


async def test_without_one_only_the_pages_named() -> None:
    async with running(access=Access(cors_origins=frozenset({PAGE + "/"}))) as api:
        asked = await api.ask("OPTIONS", SUBMIT, headers=ASKS)
        assert (asked.status, asked.headers["Access-Control-Allow-Origin"]) == (204, PAGE)
        answer = await api.get(LIST, headers={"Origin": PAGE, "Sec-Fetch-Site": "cross-site"})
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, PAGE)
        assert answer.headers["Vary"] == "Origin"
        assert await api.refused("OPTIONS", SUBMIT, 403, headers=ASKS | {"Origin": "https://evil.example"})


async def test_by_default_no_page_at_all(api: Caller) -> None:
    assert await api.refused("OPTIONS", SUBMIT, 403, headers=ASKS)
    answer = await api.get("/health", headers={"Origin": PAGE})
    assert "Access-Control-Allow-Origin" not in answer.headers


CREDENTIALS = "Access-Control-Allow-Credentials"


@pytest.mark.parametrize("page", [PAGE, "https://other.example"])
async def test_the_preflight_allows_what_a_page_asks_for(page: str) -> None:
    wanted = ["x-requested-with", "x-api-key", "x-ptoken", "cache-control", "pragma"]
    asks = ASKS | {
        "Origin": page,
        "Access-Control-Request-Headers": ", ".join(wanted).title() + ", a\tb, " + "x" * 5000,
    }
    async with running(access=Access(secret="s" * 32, cors_origins=frozenset({PAGE}))) as api:
        asked = await api.ask("OPTIONS", SUBMIT, headers=asks)
        allowed = asked.headers["Access-Control-Allow-Headers"].split(", ")
        assert [name for name in allowed if name in wanted] == wanted
        assert "mj-api-secret" in allowed and not any("\t" in name for name in allowed)


async def test_a_page_that_is_named_may_send_credentials() -> None:
    for access in (Access(secret="s" * 32, cors_origins=frozenset({PAGE})), Access(cors_origins=frozenset({PAGE}))):
        async with running(access=access) as api:
            headers = {"Origin": PAGE, "mj-api-secret": "s" * 32}
            for answer in (await api.get(LIST, headers=headers), await api.ask("OPTIONS", SUBMIT, headers=ASKS)):
                assert answer.headers["Access-Control-Allow-Origin"] == PAGE
                assert (answer.headers[CREDENTIALS], answer.headers["Vary"]) == ("true", "Origin")
            other = await api.get("/health", headers={"Origin": "https://other.example"})
            assert CREDENTIALS not in other.headers


async def test_a_star_among_the_pages_named_opens_nothing() -> None:
    async with running(access=Access(cors_origins=frozenset({"*"}))) as api:
        assert await api.refused("GET", LIST, 403, headers={"Origin": PAGE})


async def test_a_preflight_of_nothing_is_404() -> None:
    async with running(access=SECRET) as api:
        assert await api.refused("OPTIONS", "/nothing", 404, headers=ASKS)


def test_names_of_hosts() -> None:
    assert host_name("[::1]:3000") == "[::1]"
    assert host_name("a.b") == host_name("a.b:1") == "a.b"
    assert host_name("a:b@c") == ""
    assert is_loopback("[::1]")
    assert is_loopback("127.8.8.8")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("")
