"""Who asks: several secrets, the operator's, too many of anything; over real sockets."""

from __future__ import annotations

import re

import pytest
from aiohttp import web

from api.http.auth import WRONG_PER_MINUTE, Access, Gate
from api.http.errors import TooManyWrongSecrets
from api.http.principals import CALLER, Keyring, NamedSecret, network_of, secrets_in
from api.http.rate_limit import RateLimiter
from api.http.responses import json_value
from api.http.routes import Route
from tasks.domain.errors import Unauthorized
from tasks.use_cases.queries import Principal
from tests.support.mj_client import speaking_mj
from tests.support.service_twin import LIST, SUBMIT, Caller, running

ANNA = NamedSecret(name="anna", secret="annas-secret")
SHOP = NamedSecret(name="shop", secret="shops-secret", shared=True)
ACCESS = Access(named=(ANNA, SHOP), admin_secret="admins-secret")
DRAW = {"action": "IMAGINE", "prompt": "a dog"}


async def who(request: web.Request) -> web.Response:
    caller = request.get(CALLER)
    return json_value(None if caller is None else [caller.name, caller.sees_all, caller.is_admin])


async def who_at_admin(request: web.Request) -> web.Response:
    return await who(request)


async def who_at_open(request: web.Request) -> web.Response:
    return await who(request)


ROUTES = (
    Route(path="/who", handler=who),
    Route(path="/admin", handler=who_at_admin, is_admin=True),
    Route(path="/open", handler=who_at_open, is_open=True),
)


def sent(secret: str) -> dict[str, str]:
    return {"mj-api-secret": secret} if secret else {}


@pytest.mark.parametrize(
    ("secret", "known"),
    [
        ("annas-secret", ["anna", False, False]),
        ("shops-secret", ["shop", True, False]),
        ("admins-secret", ["", True, True]),
    ],
)
async def test_each_secret_has_its_name(secret: str, known: list[object]) -> None:
    async with running(access=ACCESS, more=ROUTES) as api:
        assert (await api.get("/who", headers=sent(secret))).json == known
        assert (await api.get("/who", headers={"Authorization": f"Bearer {secret}"})).json == known
        assert (await api.get("/open", headers=sent(secret))).json is None


async def test_whoever_has_two_is_the_mightier() -> None:
    async with running(access=ACCESS, more=ROUTES) as api:
        both = {"mj-api-secret": "annas-secret", "Authorization": "Bearer admins-secret"}
        assert (await api.get("/who", headers=both)).json == ["", True, True]


async def test_handlers_get_the_use_cases_of_who_asks() -> None:
    async with running(access=ACCESS) as api:
        for secret in ("annas-secret", "shops-secret", "admins-secret"):
            assert (await api.get(LIST, headers=sent(secret))).status == 200
        anna, shop = Principal(name="anna", sees_all=False), Principal(name="shop")
        assert api.service.viewers == [anna, shop, Principal()]


# ---------------------------------------------------------------- the operator


@pytest.mark.parametrize(
    ("access", "secret", "status"),
    [
        (ACCESS, "admins-secret", 200),
        (ACCESS, "annas-secret", 403),
        (ACCESS, "shops-secret", 403),
        (ACCESS, "wrong", 401),
        (ACCESS, "", 401),
        (Access(secret="s"), "s", 403),
        (Access(), "", 403),
        (Access(admin_secret="a"), "a", 200),
        (Access(admin_secret="a"), "wrong", 401),
        (Access(admin_secret="a"), "", 401),
    ],
)
async def test_the_operators_routes_want_the_operators_secret(access: Access, secret: str, status: int) -> None:
    async with running(access=access, more=ROUTES) as api:
        assert (await api.get("/admin", headers=sent(secret))).status == status


async def test_without_secrets_anybody_is_a_caller_and_the_operator_another() -> None:
    async with running(access=Access(admin_secret="admins-secret"), more=ROUTES) as api:
        assert (await api.get("/who")).json == ["", True, False]
        assert (await api.get("/who", headers=sent("what-a-gateway-sends"))).json == ["", True, False]
        assert (await api.get("/who", headers=sent("admins-secret"))).json == ["", True, True]
        foreign = {"Origin": "https://evil.example"}
        assert (await api.get("/who", headers=foreign)).status == 403


async def test_one_handler_cannot_be_open_here_and_closed_there() -> None:
    routes = [Route(path="/a", handler=who, is_admin=True), Route(path="/b", handler=who, is_open=True)]
    with pytest.raises(ValueError, match="/b"):
        async with running(more=routes):
            pass


# ---------------------------------------------------------------- too many


async def test_submits_too_fast_are_refused_by_secret_and_look_ups_are_not() -> None:
    access = Access(named=(ANNA, SHOP), submits_per_minute=2)
    async with running(access=access) as api:
        for _ in range(2):
            assert (await api.post(SUBMIT, json=DRAW, headers=sent("annas-secret"))).status == 200
        answer = await api.post(SUBMIT, json=DRAW, headers=sent("annas-secret"))
        assert (answer.status, answer.headers["Error-Code"], answer.json["code"]) == (429, "too_fast", 0)
        assert 1 <= int(answer.headers["Retry-After"]) <= 30
        assert (await api.get(LIST, headers=sent("annas-secret"))).status == 200
        assert (await api.post(SUBMIT, json=DRAW, headers=sent("shops-secret"))).status == 200
        assert len(api.service.tasks) == 3


async def test_on_mj_a_submit_too_fast_is_a_full_queue() -> None:
    async with speaking_mj(access=Access(secret="s", submits_per_minute=1)) as api:
        for prefix, code in (("/mj", 1), ("/mj", 23), ("/mj-fast/mj", 23)):
            answer = await api.post(f"{prefix}/submit/imagine", json={"prompt": "a dog"}, headers=sent("s"))
            assert (answer.status, answer.json["code"]) == (200, code)
        assert list(answer.json) == ["code", "description", "result", "properties"]
        assert answer.headers["Error-Code"] == "too_fast"
        assert int(answer.headers["Retry-After"]) >= 1


async def test_wrong_secrets_are_limited_and_the_right_one_is_not() -> None:
    async with running(access=ACCESS) as api:
        statuses = [(await api.get(path, headers=sent("wrong"))).status for path in (LIST,) * (WRONG_PER_MINUTE + 2)]
        assert statuses == [401] * WRONG_PER_MINUTE + [429, 429]
        answer = await api.get(LIST, headers=sent("still-wrong"))
        assert (answer.status, answer.headers["Error-Code"]) == (429, "too_many_wrong_secrets")
        assert "Retry-After" in answer.headers
        assert (await api.get(LIST, headers=sent("annas-secret"))).status == 200
        assert (await api.get(LIST)).status == 401  # nothing was guessed
        health = await api.get("/health", headers=sent("wrong"))
        assert (health.status, health.json) == (200, {"status": "ok"})


def test_guessing_at_health_counts_as_well() -> None:
    gate = Gate(ACCESS, now=lambda: 0.0)
    for _ in range(WRONG_PER_MINUTE):
        assert gate.admits("GET", sent("wrong"), "10.0.0.1") is None
    with pytest.raises(TooManyWrongSecrets):
        gate.check("GET", sent("wrong"), "10.0.0.1")
    with pytest.raises(Unauthorized):  # another address
        gate.check("GET", sent("wrong"), "10.0.0.2")


def test_an_address_is_forgiven_with_time() -> None:
    now = [0.0]
    gate = Gate(ACCESS, now=lambda: now[0])
    for _ in range(WRONG_PER_MINUTE):
        gate.admits("GET", sent("wrong"), "10.0.0.1")
    now[0] = 60.0
    with pytest.raises(Unauthorized):
        gate.check("GET", sent("wrong"), "10.0.0.1")


# ---------------------------------------------------------------- the parts


def test_a_bucket_fills_up_again_and_never_over() -> None:
    now = [0.0]
    buckets = RateLimiter(2, now=lambda: now[0])
    assert [buckets.take("a"), buckets.take("a"), buckets.take("a")] == [0.0, 0.0, 30.0]
    now[0] = 29.0
    assert buckets.take("a") == pytest.approx(1.0)
    now[0] = 1000.0
    assert [buckets.take("a"), buckets.take("a")] == [0.0, 0.0]
    assert buckets.take("a") > 0
    assert RateLimiter(0).take("a") == 0.0


def test_the_table_is_bounded_and_forgets_the_oldest() -> None:
    buckets = RateLimiter(1, size=3, now=lambda: 0.0)
    for key in ("a", "b", "c", "a", "d"):
        buckets.take(key)
    assert len(buckets) == 3
    assert buckets.take("a") > 0  # used since "b", which was forgotten
    assert buckets.take("b") == 0.0


def test_one_customer_of_ipv6_is_one_address() -> None:
    assert network_of("2001:db8:1:2::5") == network_of("2001:db8:1:2:ffff::9%eth0") != network_of("2001:db8:1:3::5")
    assert network_of("10.0.0.1") == "10.0.0.1"
    assert network_of(None) == ""


def test_an_empty_header_is_no_secret() -> None:
    assert secrets_in({"mj-api-secret": " ", "Authorization": "Bearer "}) == ["Bearer"]
    assert Keyring(unnamed="", named=(), admin="").holder([""]) is None


def test_no_record_shows_its_secret() -> None:
    assert not re.search("(annas|admins|plain)-secret", repr(ACCESS) + repr(Access(secret="plain-secret")))


async def test_nothing_is_said_of_others_in_a_queue_that_is_full_for_one(api: Caller) -> None:
    api.service.room = 0
    answer = await api.post(SUBMIT, json=DRAW)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "30")
