"""/api/v1/alerts/test: send a test alert to ALERT_HOOK, for the operator.

Contract: one attempt, and its outcome in words that contain nothing of the URL.
"""

from __future__ import annotations

from typing import Annotated, Protocol, TypedDict

from aiohttp import web

from api.http.operations import Answer, Operation, says, words
from api.http.responses import json_value
from api.http.routes import Route
from api.ops.alert_formats import AlertFormat
from tasks.domain.errors import BadRequest


class AlertTestV1(TypedDict):
    """What became of the test alert."""

    delivered: bool
    format: Annotated[str, words("The format it was sent in.", tuple(AlertFormat))]
    reason: Annotated[str, says('Why it was not delivered; `""` if it was.')]


_TEST = Operation(
    name="test_alert",
    tag="operator",
    summary="Send a test alert (发送测试告警)",
    text="One attempt, to `ALERT_HOOK`.",
    answers={
        200: Answer(
            means="Delivered, or why not.",
            type=AlertTestV1,
            example={"delivered": True, "format": "ntfy", "reason": ""},
        )
    },
    errors=(BadRequest,),
)


class TestableAlerts(Protocol):
    @property
    def format(self) -> AlertFormat | None:
        """None: no alerts are configured."""

    async def test(self) -> str:
        """Send a test alert once; return why it was not delivered, "" if it was."""


class AlertRoutes:
    def __init__(self, alerts: TestableAlerts) -> None:
        self._alerts = alerts

    def routes(self) -> tuple[Route, ...]:
        return (Route(path="/api/v1/alerts/test", handler=self.test, methods=("POST",), is_admin=True, doc=_TEST),)

    async def test(self, request: web.Request) -> web.Response:
        kind = self._alerts.format
        if kind is None:
            raise BadRequest("No alerts are configured.", hint="Set ALERT_HOOK and restart the service.")
        reason = await self._alerts.test()
        return json_value({"delivered": not reason, "format": kind, "reason": reason})
