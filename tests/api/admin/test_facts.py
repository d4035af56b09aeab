"""GET /api/v1/facts: for the operator alone."""

from __future__ import annotations

from api.admin.facts import FactRoutes
from api.http.auth import Access
from tasks.domain.facts import Fact, FactKind
from tasks.domain.model import Bot
from tests.support.service_twin import running


class Known:
    def all(self) -> list[Fact]:
        return [
            Fact(bot=Bot.NIJI, kind=FactKind.PLAN, subject="22", value="Pro", account="22", message_id="9", learned=3)
        ]


async def test_the_operator_sees_the_facts() -> None:
    access = Access(secret="caller's", admin_secret="operator's")
    async with running(access=access, more=FactRoutes(Known()).routes()) as api:
        answer = await api.ask("GET", "/api/v1/facts", headers={"mj-api-secret": "operator's"})
        assert answer.json == {
            "facts": [
                {
                    "bot": "NIJI_JOURNEY",
                    "kind": "plan",
                    "subject": "22",
                    "value": "Pro",
                    "account": "22",
                    "messageId": "9",
                    "learned": 3,
                    "sample": "",
                }
            ]
        }
        assert (await api.ask("GET", "/api/v1/facts", headers={"mj-api-secret": "caller's"})).status == 403
