"""Alerts to a real receiver on loopback. Waits are the tests' own: nothing sleeps."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from api.ops.alert_formats import AlertFormat, request_of
from api.ops.alerts import ATTEMPTS, Alert, Alerts
from api.webhooks.retry_schedule import JITTER, WAITS
from api.webhooks.signing import Signer
from tasks.domain.clock import SystemClock
from tasks.domain.pause_advice import advice_for
from tests.support.web_server import loopback

SECRET = "s3cret"


class Clock:
    def now(self) -> int:
        return 1_700_000_000_000


@dataclass
class Hook:
    """The operator's receiver: keeps what it gets; `answers` are its first statuses, then 200."""

    answers: list[int] = field(default_factory=list)
    got: asyncio.Queue[tuple[web.Request, bytes]] = field(default_factory=asyncio.Queue)
    url: str = ""
    asks: str = ""  # as Retry-After

    async def handle(self, request: web.Request) -> web.Response:
        self.got.put_nowait((request, await request.read()))
        status = self.answers.pop(0) if self.answers else 200
        headers = {"Location": "/elsewhere"} if status == 302 else {}
        return web.Response(status=status, headers=headers | ({"Retry-After": self.asks} if self.asks else {}))

    async def next(self) -> dict[str, object]:
        async with asyncio.timeout(60):
            _, body = await self.got.get()
        document: dict[str, object] = json.loads(body)
        return document


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    made = Hook()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    async with loopback(app) as base:
        made.url = f"{base.replace('//', f'//me:{SECRET}@')}/{SECRET}?key={SECRET}"
        yield made


class Waits:
    """In place of sleeping: notes the seconds and returns at once."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.is_over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@asynccontextmanager
async def running(alerts: Alerts) -> AsyncIterator[Alerts]:
    loop = asyncio.create_task(alerts.run())
    try:
        yield alerts
        assert not loop.done()
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def test_the_operator_is_told_once_for_each_account_and_reason(hook: Hook) -> None:
    alerts = Alerts(hook.url, clock=Clock(), signer=Signer())
    alerts.account_paused("11", "token_invalid")  # before the loop has begun
    async with running(alerts):
        async with asyncio.timeout(60):
            request, body = await hook.got.get()
        alerts.account_paused("11", "token_invalid")
        alerts.account_paused("22", "token_invalid")
        alerts.account_paused("11", "captcha")
        second, third = await hook.next(), await hook.next()
    assert body == (
        b'{"event":"account_paused","account":"11","reason":"token_invalid","text":"Account 11 is paused: Discord does '
        b'not accept its token (token_invalid); set a new DISCORD_TOKEN, then resume it, or restart the service.",'
        b'"time":1700000000000}'
    )
    assert request.method == "POST"
    assert request.headers["Content-Type"] == "application/json"
    assert {(one["account"], one["reason"]) for one in (second, third)} == {("22", "token_invalid"), ("11", "captcha")}
    assert hook.got.empty()


async def test_a_receiver_that_fails_twice_is_told_at_the_third_attempt(hook: Hook) -> None:
    hook.answers = [500, 302]
    waits = Waits()
    async with running(Alerts(hook.url, clock=Clock(), signer=Signer(), sleep=waits)) as alerts:
        alerts.account_paused("11", "captcha")
        bodies = [await hook.next() for _ in range(3)]
    assert bodies == [bodies[0]] * 3
    assert [round(seconds) for seconds in waits.seconds] == [pytest.approx(w / 1000, rel=JITTER) for w in WAITS[:2]]
    assert hook.got.empty()


async def test_it_is_given_up_after_some_minutes_and_the_next_alert_goes_out(
    hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    hook.answers = [503] * ATTEMPTS
    waits = Waits()
    async with running(Alerts(hook.url, clock=Clock(), signer=Signer(), sleep=waits)) as alerts:
        alerts.account_paused("11", "captcha")
        for _ in range(ATTEMPTS):
            assert (await hook.next())["account"] == "11"
        alerts.account_paused("22", "captcha")
        assert (await hook.next())["account"] == "22"
    assert 3 <= sum(waits.seconds) / 60 <= 15
    assert "given up" in caplog.text


async def test_every_attempt_is_signed_and_all_of_an_alert_have_one_id(hook: Hook) -> None:
    hook.answers = [500]
    secret = f"whsec_{base64.b64encode(bytes(32)).decode()}"
    async with running(Alerts(hook.url, clock=SystemClock(), signer=Signer([secret]), sleep=Waits())) as alerts:
        alerts.account_paused("11", "captcha")
        async with asyncio.timeout(60):
            first, again = await hook.got.get(), await hook.got.get()
        alerts.account_paused("22", "captcha")
        async with asyncio.timeout(60):
            other = await hook.got.get()
    for request, body in (first, again, other):
        assert Webhook(secret).verify(body, dict(request.headers))["event"] == "account_paused"
    ids = [request.headers["webhook-id"] for request, _ in (first, again, other)]
    assert ids[0] == ids[1] != ids[2]


async def test_a_receiver_that_asks_for_time_gets_a_minute_at_most(hook: Hook) -> None:
    hook.answers, hook.asks = [503, 429], "3600"
    waits = Waits()
    async with running(Alerts(hook.url, clock=Clock(), signer=Signer(), sleep=waits)) as alerts:
        alerts.account_paused("11", "captcha")
        for _ in range(3):
            await hook.next()
    assert [60 <= seconds <= 66 for seconds in waits.seconds] == [True, True]


async def test_a_failing_receiver_delays_no_other_alert(hook: Hook) -> None:
    hook.answers = [500]
    never = asyncio.Event()

    async def wait(seconds: float) -> None:
        await never.wait()

    async with running(Alerts(hook.url, clock=Clock(), signer=Signer(), sleep=wait)) as alerts:
        alerts.account_paused("11", "captcha")
        await hook.next()
        alerts.account_paused("22", "captcha")
        assert (await hook.next())["account"] == "22"


@pytest.mark.parametrize("where", ["answers", "refuses", "is no URL"])
async def test_no_log_holds_a_secret_of_the_url(hook: Hook, caplog: pytest.LogCaptureFixture, where: str) -> None:
    caplog.set_level(logging.DEBUG)
    hook.answers = [500, 410]
    url = {
        "answers": hook.url,
        "refuses": f"http://me:{SECRET}@127.0.0.1:1/{SECRET}",
        "is no URL": f"http://127.0.0.1:0x1\n/{SECRET}",
    }[where]
    ended = asyncio.Event()

    class Ends(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "given up" in record.getMessage():
                ended.set()

    handler = Ends()
    logging.getLogger("api.ops.alerts").addHandler(handler)
    try:
        async with running(Alerts(url, clock=Clock(), signer=Signer(), sleep=Waits())) as alerts:
            alerts.account_paused("11", "captcha")
            async with asyncio.timeout(60):
                await ended.wait()
    finally:
        logging.getLogger("api.ops.alerts").removeHandler(handler)
    assert "alert about account 11 to 127.0.0.1" in caplog.text
    ours = [record for record in caplog.records if not record.name.startswith(("httpcore", "aiohttp"))]
    assert not any(SECRET in record.getMessage() + str(record.exc_info) for record in ours)


async def test_without_a_url_nothing_is_told() -> None:
    async with running(Alerts("", clock=Clock(), signer=Signer())) as alerts:
        alerts.account_paused("11", "captcha")
        await asyncio.sleep(0)


def test_half_a_surrogate_pair_is_told_as_json_escapes_it() -> None:
    document = Alert(account="11", reason="a \ud83d b 狗", time=1).document()
    body, _ = request_of(AlertFormat.JSON, "", document)
    assert json.loads(body)["reason"] == "a \ud83d b 狗"
    assert "狗".encode() in body


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        ("token_invalid", "DISCORD_TOKEN"),
        ("captcha", "solve"),
        ("Action required to continue", "solve"),
        ("Pending mod message: You have a message", "moderator"),
        ("Blocked: against our terms of service", "wait as long"),
        ("You have been blocked", "wait as long"),
        ("Plan Cancelled", "cancelled"),
        ("subscription_required", "subscribe"),
        ("Subscription paused: …", "subscribe"),
        ("Sorry: You've run out of fast hours", "hours"),
        ("ToS not accepted: Accept them", "accept"),
        ("something new: with words", "requires a human"),
        ("x" * 5000, "requires a human"),
    ],
)
def test_what_to_do_is_one_sentence(reason: str, what: str) -> None:
    text = advice_for("11", reason)
    assert what in text
    assert text.startswith("Account 11 is paused: ")
    assert reason[:200] in text
    assert text.endswith(", then resume it, or restart the service.")
    assert len(text) < 500
