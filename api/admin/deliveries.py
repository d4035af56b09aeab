"""/api/v1/deliveries: list webhook deliveries and retry one, for the operator.

Contract: of a URL only the receiver (scheme, host, port) is shown, because paths and queries hold secrets. A delivery
that is done is never sent again from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol, TypedDict

from aiohttp import web
from msgspec import Struct

from api.http.errors import DeliveryDone, DeliveryNotFound
from api.http.operations import Answer, Operation, names_of, says, words
from api.http.request_fields import Fields, query_fields
from api.http.responses import json_value
from api.http.routes import Route
from api.v1.operations import BODY_ERRORS
from tasks.domain.errors import BadRequest, StoreFailed
from tasks.domain.ports import Clock
from tasks.domain.webhooks import Delivery

STATUSES = ("due", "done", "given_up")
MAX_LIMIT = 1000
DEFAULT_LIMIT = 100


class Listed(Struct, kw_only=True, rename="camel"):
    """Which call-backs to list."""

    status: Annotated[str, words("Only these.", STATUSES, "due")] = ""
    task_id: Annotated[str | int, says("Only those of this task.")] = ""
    receiver: Annotated[str, says("Only those to this receiver: scheme, host, port.")] = ""
    limit: Annotated[int, says("How many.", 20, ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    before: Annotated[str, says("An `id`: go on with those before it.", pattern=r"^[0-9]{1,18}$")] = ""


class OneDelivery(Struct, kw_only=True):
    """Which call-back."""

    id: Annotated[str, says("Its id.", "1")]


class DeliveryV1(TypedDict):
    """A call-back, and what became of it. Times are milliseconds since 1970."""

    id: str
    taskId: str
    receiver: Annotated[str, says("Scheme, host and port; never the whole URL.")]
    event: str
    api: Annotated[str, says("In which contract's shape it is told.")]
    status: Annotated[str, words("How it stands.", STATUSES)]
    attempts: int
    due: Annotated[int | None, says("When it is tried next.")]
    created: int
    settled: Annotated[int | None, says("When it was done or given up.")]
    lastStatus: Annotated[int | None, says("What the receiver answered last.")]
    lastError: str


_LIST = Operation(
    name="deliveries",
    tag="operator",
    summary="What became of the call-backs (回调记录)",
    query=Listed,
    forms=True,
    example={"limit": 20},
    answers={200: Answer(means="The newest first.", type=list[DeliveryV1])},
    errors=(BadRequest, StoreFailed, *BODY_ERRORS),
)
_RETRY = Operation(
    name="retry_delivery",
    tag="operator",
    summary="Deliver it again (重试回调)",
    place=OneDelivery,
    answers={200: Answer(means="As it is now.", type=DeliveryV1)},
    errors=(DeliveryNotFound, DeliveryDone, StoreFailed),
)
_LIST_FIELDS = names_of(Listed)


class DeliveryLog(Protocol):
    """The deliveries: due, done and given up."""

    async def get(self, delivery_id: int) -> Delivery | None: ...

    async def latest(
        self,
        limit: int,
        before: int | None = None,
        *,
        status: str | None = None,
        task_id: str | None = None,
        receiver: str | None = None,
    ) -> Sequence[Delivery]:
        """Newest first; None matches everything."""

    async def deliver_again(self, delivery_id: int, now: int) -> None:
        """Make it due now and restart its retry schedule; a delivery that is done stays done."""


class DeliveryRoutes:
    def __init__(self, outbox: DeliveryLog, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        retry = "/api/v1/deliveries/{id}/retry"
        return (
            Route(path="/api/v1/deliveries", handler=self.list, methods=("GET",), is_admin=True, doc=_LIST),
            Route(path=retry, handler=self.retry, methods=("POST",), is_admin=True, doc=_RETRY),
        )

    async def list(self, request: web.Request) -> web.Response:
        fields = query_fields(request, _LIST_FIELDS)
        found = await self._outbox.latest(
            _limit(fields),
            _before(fields),
            status=_status(fields),
            task_id=fields.get("taskId"),
            receiver=fields.get("receiver"),
        )
        return json_value([document(delivery) for delivery in found])

    async def retry(self, request: web.Request) -> web.Response:
        """Answer the delivery after the retry: due, or done already if the worker was faster than this answer."""
        number = _number(request.match_info["id"])
        delivery = None if number is None else await self._outbox.get(number)
        if delivery is None:
            raise DeliveryNotFound(hint="GET /api/v1/deliveries lists them.")
        if delivery.status == "done":
            raise DeliveryDone(hint="Its receiver has answered 2xx; the task itself can be fetched at any time.")
        await self._outbox.deliver_again(delivery.id, self._clock.now())
        return json_value(document(await self._outbox.get(delivery.id) or delivery))


def document(delivery: Delivery) -> DeliveryV1:
    """The JSON document of a delivery."""
    next_attempt = max(delivery.due, delivery.created)  # a new delivery is due at once, stored as 0
    return {
        "id": str(delivery.id),
        "taskId": delivery.task_id,
        "receiver": delivery.receiver,
        "event": delivery.event,
        "api": delivery.api,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "due": next_attempt if delivery.status == "due" else None,
        "created": delivery.created,
        "settled": delivery.settled,
        "lastStatus": delivery.last_status,
        "lastError": delivery.last_error,
    }


def _limit(fields: Fields) -> int:
    number = _number(fields.get("limit", str(DEFAULT_LIMIT)))
    if number is None or not 1 <= number <= MAX_LIMIT:
        raise BadRequest(f"limit must be a number from 1 to {MAX_LIMIT}.")
    return number


def _before(fields: Fields) -> int | None:
    if "before" not in fields:
        return None
    number = _number(fields["before"])
    if number is None:
        raise BadRequest("before must be the id of a delivery.")
    return number


def _status(fields: Fields) -> str | None:
    status = fields.get("status")
    if status is not None and status not in STATUSES:
        raise BadRequest(f"status must be one of {', '.join(STATUSES)}.")
    return status


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
