"""/health, /health/live and /health/ready: whether the service is well, and if not, why.

Contract: never fails and never waits for Discord. Everyone gets one word; reasons need the API secret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NotRequired, TypedDict

from aiohttp import web

from api.http.auth import Gate
from api.http.operations import Answer, Operation, says, words
from api.http.responses import json_value
from api.http.routes import Route
from api.ports import Services
from tasks.domain.errors import ServiceError
from tasks.domain.model import Account
from tasks.domain.pause_advice import advice_for
from tasks.domain.version import VERSION


class QueueHealth(TypedDict):
    """The tasks that wait."""

    waiting: Annotated[int | None, says("How many; null when the database does not say.")]


class AccountHealth(TypedDict):
    """An account, at this moment."""

    id: str
    usable: Annotated[bool, says("It can draw.")]
    connected: bool
    connectedSince: Annotated[int | None, says("Milliseconds since 1970.")]
    paused: Annotated[str, says('Why its owner must fix it; `""` when nothing is wrong.')]
    capacity: Annotated[int, says("Drawings at once.")]
    asleep: Annotated[bool, says("It is not its hour.")]
    spent: Annotated[bool, says("Its day's drawings are used up.")]
    details: Annotated[Mapping[str, Any], says("For people.")]


class Word(TypedDict):
    """One word."""

    status: Annotated[str, words("How it is.", ("ok", "degraded"))]


class HealthAnswer(Word):
    """How the service is; the reasons are for those who may ask."""

    version: NotRequired[Annotated[str, says("Of the service.")]]
    reasons: NotRequired[Annotated[Sequence[str], says("Why it is not at its best, and what to do.")]]
    queue: NotRequired[QueueHealth]
    accounts: NotRequired[Sequence[AccountHealth]]


_METHODS = ("GET", "HEAD")
_HEALTH = Operation(
    name="health",
    tag="health",
    summary="Is it well, and if not, why (服务状态)",
    text="The reasons are for those who may ask: with the secret, or from this machine where none is set.",
    answers={200: Answer(means="The process serves; being degraded is no reason to restart it.", type=HealthAnswer)},
)
_LIVE = Operation(
    name="health_live",
    tag="health",
    summary="Does the process answer",
    answers={200: Answer(means="It does.", type=Word, example={"status": "ok"})},
)
_READY = Operation(
    name="health_ready",
    tag="health",
    summary="Can it draw",
    answers={
        200: Answer(means="At least one account can.", type=Word, example={"status": "ok"}),
        503: Answer(means="No account can.", type=Word, example={"status": "degraded"}),
    },
)


class Health:
    """`troubles` returns further problems, in words for the operator."""

    def __init__(self, services: Services[object], gate: Gate, troubles: Callable[[], Sequence[str]] = tuple) -> None:
        self._services = services
        self._gate = gate
        self._troubles = troubles

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(path="/health", handler=self.health, methods=_METHODS, is_open=True, doc=_HEALTH),
            Route(path="/health/live", handler=self.live, methods=_METHODS, is_open=True, doc=_LIVE),
            Route(path="/health/ready", handler=self.ready, methods=_METHODS, is_open=True, doc=_READY),
        )

    async def health(self, request: web.Request) -> web.Response:
        """200 while the process serves: a degraded service needs no restart."""
        accounts = self._services.accounts()
        reasons = [*reasons_of(accounts), *self._troubles()]
        waiting: int | None = None
        try:
            waiting = await self._services.queue_length()
        except ServiceError as error:
            reasons.append(str(error))
        answer: dict[str, object] = {"status": "degraded" if reasons else "ok"}
        if self._gate.admits(request.method, request.headers, request.remote):
            answer |= {
                "version": VERSION,
                "reasons": reasons,
                "queue": {"waiting": waiting},
                "accounts": [describe(account) for account in accounts],
            }
        return json_value(answer)

    async def live(self, request: web.Request) -> web.Response:
        return json_value({"status": "ok"})

    async def ready(self, request: web.Request) -> web.Response:
        """503 if no account can draw, so that a load balancer uses another instance."""
        if any(account.is_usable for account in self._services.accounts()):
            return json_value({"status": "ok"})
        return json_value({"status": "degraded"}, 503)


def reasons_of(accounts: Sequence[Account]) -> list[str]:
    """Why the service is degraded; empty if it is not."""
    if not accounts:
        return ["No account is configured: connect one in the console, or see docs/first-account.md."]
    reasons = []
    for account in accounts:
        if account.paused:
            reasons.append(advice_for(account.id, account.paused))
        elif not account.connected:
            reasons.append(f"Account {account.id} is not connected to Discord; it reconnects by itself.")
    return reasons


def describe(account: Account) -> AccountHealth:
    return {
        "id": account.id,
        "usable": account.is_usable,
        "connected": account.connected,
        "connectedSince": account.connected_since,
        "paused": account.paused,
        "capacity": account.capacity,
        "asleep": account.asleep,
        "spent": account.spent,
        "details": dict(account.details),
    }
