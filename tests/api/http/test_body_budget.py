"""The bytes of bodies that are held at once have a bound, over all callers and for each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from io import BytesIO

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.app import make_app, serve
from api.http.auth import Access
from api.http.body_budget import BODIES_AT_ONCE, BODY_BUDGET, UNCOUNTED, BodyBudget
from api.http.errors import BODY_RETRY_SECONDS, TooManyBodies
from api.http.links import Links
from api.http.principals import NamedSecret
from api.mj.routes import MjRoutes
from tests.support.service_twin import Caller, Twin

IMAGINE = "/mj/submit/imagine"
LARGEST = 4 * 1024 * 1024  # bytes of a body
NAMES = [f"caller{number}" for number in range(BODIES_AT_ONCE + 2)]
ACCESS = Access(named=tuple(NamedSecret(name=name, secret=name * 8) for name in NAMES))
FORM = "multipart/form-data; boundary=x"
BEGINNINGS = {
    "application/json": b'{"prompt":"a fox","other":"',
    FORM: b'--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na fox\r\n--x--\r\n',
}


class Api:
    def __init__(self, caller: Caller, budget: BodyBudget) -> None:
        self.caller = caller
        self.budget = budget

    async def submit(self, name: str, size: int, kind: str = "application/json") -> int:
        """The status of a submit with a body of this size."""
        body = BEGINNINGS[kind] + b"x" * (size - len(BEGINNINGS[kind]) - 2) + b'"}'
        headers = {"Content-Type": kind, "mj-api-secret": name * 8}
        answer = await self.caller.post(IMAGINE, data=BytesIO(body), headers=headers)
        if answer.status == 503:
            assert answer.headers["Error-Code"] == TooManyBodies.code
            assert answer.headers["Retry-After"] == str(BODY_RETRY_SECONDS)
        else:
            assert answer.json["code"] == 1, answer.json
        return answer.status

    @asynccontextmanager
    async def half_sent(self, name: str, sent: int) -> AsyncIterator[None]:
        """A body whose end never comes: so many bytes of it are held when the block begins, and none after it."""
        held = self.budget.held
        host, port = self.caller.base.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        head = f"POST {IMAGINE} HTTP/1.1\r\nHost: localhost\r\nmj-api-secret: {name * 8}\r\n"
        writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n{sent:x}\r\n".encode())
        writer.write(b'{"prompt":"' + b"x" * (sent - 11))
        await self._until(held + sent)
        yield
        writer.close()
        await self._until(held)

    async def _until(self, held: int) -> None:
        while self.budget.held != held:  # noqa: ASYNC110 - the budget wakes nobody
            await asyncio.sleep(0)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    service = Twin()
    routes = MjRoutes(service, Links()).routes()
    app = make_app(service=service, access=ACCESS, links=Links(), max_body=LARGEST, more=routes)
    async with serve(app, "127.0.0.1", 0) as base, aiohttp.ClientSession() as session:
        yield Api(Caller(session, base, service), app[BODY_BUDGET])


@pytest.mark.parametrize("kind", BEGINNINGS)
async def test_one_caller_holds_as_much_as_one_largest_body(kind: str, api: Api) -> None:
    async with api.half_sent(NAMES[0], LARGEST - UNCOUNTED):
        assert await api.submit(NAMES[0], 2 * UNCOUNTED, kind) == 503
        assert await api.submit(NAMES[0], UNCOUNTED // 2) == 200  # a body without pictures
        assert await api.submit(NAMES[1], 2 * UNCOUNTED, kind) == 200
    assert await api.submit(NAMES[0], LARGEST) == 200
    assert api.budget.held == 0


async def test_all_callers_hold_as_much_as_four_largest_bodies(api: Api) -> None:
    async with AsyncExitStack() as stack:
        for name in NAMES[:BODIES_AT_ONCE]:
            await stack.enter_async_context(api.half_sent(name, LARGEST - UNCOUNTED // 2))
        assert await api.submit(NAMES[-1], 4 * UNCOUNTED) == 503
        assert await api.submit(NAMES[-1], UNCOUNTED // 2) == 200
    assert await api.submit(NAMES[-1], 4 * UNCOUNTED) == 200


async def test_a_refused_body_is_no_longer_counted(api: Api) -> None:
    long = BytesIO(b"no object" * (LARGEST // 18))
    answer = await api.caller.post(IMAGINE, data=long, headers={"mj-api-secret": NAMES[0] * 8})
    assert answer.headers["Error-Code"] == "body_too_large"
    assert api.budget.held == 0


async def test_what_is_declared_too_long_is_refused_before_it_is_read(api: Api) -> None:
    async with api.half_sent(NAMES[0], LARGEST // 2):
        host, port = api.caller.base.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"POST {IMAGINE} HTTP/1.1\r\nHost: localhost\r\nmj-api-secret: {NAMES[0] * 8}\r\n"
        writer.write(f"{head}Content-Length: {LARGEST}\r\n\r\n".encode())
        assert b" 503 " in await reader.readline()
        writer.write(bytes(LARGEST))  # the server reads on a little, so that a sender sees the answer
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 150), st.integers(0, 150)), max_size=60))
def test_whatever_is_claimed_the_bounds_hold(claims: list[tuple[str, int, int]]) -> None:
    budget = BodyBudget(100)
    held: list[tuple[str, int]] = []
    for name, more, expected in claims:
        try:
            budget.claim(name, more, expected=expected)
        except TooManyBodies:
            own = sum(size for owner, size in held if owner == name)
            assert own + more + expected > 100 or budget.held + more + expected > 100 * BODIES_AT_ONCE
            if held:
                budget.release(*held.pop(0))
        else:
            held.append((name, more))
        assert budget.held == sum(size for _, size in held) <= 100 * BODIES_AT_ONCE
        assert all(sum(size for owner, size in held if owner == each) <= 100 for each in NAMES)
