"""Each chat service gets what its own documentation asks for; over the wire, to a receiver on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from api.admin.alerts import AlertRoutes
from api.http.auth import Access
from api.ops.alert_formats import LONGEST, AlertFormat, format_of, refusal_in, request_of
from api.ops.alerts import Alerts
from api.webhooks.signing import Signer
from tests.support.house import SetClock
from tests.support.service_twin import running
from tests.support.web_server import loopback

TEXT = "MidJourney API: this is a test alert."
EXPECTED = {
    AlertFormat.TELEGRAM: {"chat_id": "-100", "text": TEXT},
    AlertFormat.DISCORD: {"content": TEXT, "allowed_mentions": {"parse": []}},
    AlertFormat.SLACK: {"text": TEXT},
    AlertFormat.FEISHU: {"msg_type": "text", "content": {"text": TEXT}},
    AlertFormat.DINGTALK: {"msgtype": "text", "text": {"content": TEXT}},
}
OPERATOR = {"mj-api-secret": "operator's"}
PATH = "/api/v1/alerts/test"


class Chat:
    """Keeps the last request, and answers as it was told."""

    url = ""
    answer = "ok"
    status = 200

    async def handle(self, request: web.Request) -> web.Response:
        self.headers, self.body = request.headers, await request.read()
        return web.Response(text=self.answer, status=self.status)


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    made, app = Chat(), web.Application()
    app.router.add_post("/hook", made.handle)
    async with loopback(app) as base:
        made.url = f"{base}/hook?chat_id=-100"
        yield made


@pytest.mark.parametrize("kind", AlertFormat)
async def test_a_test_alert_arrives_in_each_format(chat: Chat, kind: AlertFormat) -> None:
    assert await Alerts(chat.url, clock=SetClock(5), signer=Signer(), kind=kind).test() == ""
    if kind is AlertFormat.NTFY:
        assert chat.body.decode() == TEXT
        assert (chat.headers["Title"], chat.headers["Priority"]) == ("MidJourney API", "high")
    elif kind is AlertFormat.JSON:
        assert json.loads(chat.body)["event"] == "test"
    else:
        assert json.loads(chat.body) == EXPECTED[kind]
        assert chat.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://ntfy.sh/topic", AlertFormat.NTFY),
        ("https://api.telegram.org/bot1:a/sendMessage?chat_id=1", AlertFormat.TELEGRAM),
        ("https://Discord.com/api/webhooks/1/a", AlertFormat.DISCORD),
        ("https://hooks.slack.com/services/a", AlertFormat.SLACK),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/a", AlertFormat.FEISHU),
        ("https://oapi.dingtalk.com/robot/send?access_token=a", AlertFormat.DINGTALK),
        ("https://ntfy.sh.example/", AlertFormat.JSON),
    ],
)
def test_a_service_is_recognised_by_its_host(url: str, kind: AlertFormat) -> None:
    assert format_of(url) is kind


def test_text_stays_text_and_within_the_limit() -> None:
    body, _ = request_of(AlertFormat.SLACK, "", {"text": "<!channel> & more"})
    assert json.loads(body) == {"text": "MidJourney API: &lt;!channel&gt; &amp; more"}
    body, _ = request_of(AlertFormat.DISCORD, "", {"text": "x" * 5000})
    assert len(json.loads(body)["content"]) == LONGEST


def test_a_refusal_in_a_body_is_seen() -> None:
    assert refusal_in(AlertFormat.FEISHU, b'{"code":19024,"msg":"Key Words Not Found"}') == "refused with code 19024"
    assert refusal_in(AlertFormat.DINGTALK, b'{"errcode":310000,"errmsg":"x"}') == "refused with errcode 310000"
    for answer in (b'{"errcode":0}', b"no JSON", b"[]", b'{"errcode":"x"}'):
        assert refusal_in(AlertFormat.DINGTALK, answer) == ""
    assert refusal_in(AlertFormat.SLACK, b'{"code":1}') == ""


async def test_the_operator_sends_a_test_and_sees_the_outcome(chat: Chat) -> None:
    access = Access(secret="caller's", admin_secret="operator's")
    alerts = Alerts(chat.url, clock=SetClock(5), signer=Signer(), kind=AlertFormat.DINGTALK)
    async with running(access=access, more=AlertRoutes(alerts).routes()) as api:
        good = {"delivered": True, "format": "dingtalk", "reason": ""}
        assert (await api.ask("POST", PATH, headers=OPERATOR)).json == good
        chat.answer = '{"errcode":310000}'
        refused = good | {"delivered": False, "reason": "refused with errcode 310000"}
        assert (await api.ask("POST", PATH, headers=OPERATOR)).json == refused
        chat.status = 404
        assert (await api.ask("POST", PATH, headers=OPERATOR)).json == refused | {"reason": "answered 404"}
        await api.refused("POST", PATH, 403, headers={"mj-api-secret": "caller's"})


async def test_without_a_hook_nothing_can_be_tested() -> None:
    access = Access(secret="caller's", admin_secret="operator's")
    routes = AlertRoutes(Alerts("", clock=SetClock(5), signer=Signer())).routes()
    async with running(access=access, more=routes) as api:
        assert "ALERT_HOOK" in await api.refused("POST", PATH, 400, headers=OPERATOR)
