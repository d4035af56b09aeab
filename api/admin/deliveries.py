"""/api/v1/deliveries: what became of the call-backs, for the operator; and one more try.

Law: of a URL only the receiver (scheme, host, port) is shown, as paths and queries hold secrets. What was delivered is
never delivered again from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from aiohttp import web

from api.admin.deliveries_operations import AS_GIVEN, LIST, MOST, RETRY, STATUSES, DeliveryV1, Listed
from api.http.errors import DeliveryDone, DeliveryNotFound
from api.http.operations import names_of
from api.http.request_fields import Fields, query_fields
from api.http.responses import json_value
from api.http.routes import Route
from tasks.domain.errors import BadRequest
from tasks.domain.ports import Clock

_LIST = names_of(Listed)


class Delivery(Protocol):
    """A row of the outbox as it is shown."""

    @property
    def id(self) -> int: ...
    @property
    def task_id(self) -> str: ...
    @property
    def receiver(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def api(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def attempts(self) -> int: ...
    @property
    def due(self) -> int: ...
    @property
    def created(self) -> int: ...
    @property
    def settled(self) -> int | None: ...
    @property
    def last_status(self) -> int | None: ...
    @property
    def last_error(self) -> str: ...


class Outbox(Protocol):
    """What is owed and what was told."""

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
        """Newest first; what is None is any."""

    async def deliver_again(self, delivery_id: int, now: int) -> None:
        """Due now, and the waits begin anew; what was delivered stays so."""


class DeliveryRoutes:
    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        retry = "/api/v1/deliveries/{id}/retry"
        return (
            Route(path="/api/v1/deliveries", handler=self.list, methods=("GET",), is_admin=True, doc=LIST),
            Route(path=retry, handler=self.retry, methods=("POST",), is_admin=True, doc=RETRY),
        )

    async def list(self, request: web.Request) -> web.Response:
        fields = query_fields(request, _LIST)
        found = await self._outbox.latest(
            _limit(fields),
            _before(fields),
            status=_status(fields),
            task_id=fields.get("taskId"),
            receiver=fields.get("receiver"),
        )
        return json_value([document(delivery) for delivery in found])

    async def retry(self, request: web.Request) -> web.Response:
        """Its delivery, as it is now: due, or delivered already if the loop was quicker than this answer."""
        number = _number(request.match_info["id"])
        delivery = None if number is None else await self._outbox.get(number)
        if delivery is None:
            raise DeliveryNotFound(hint="GET /api/v1/deliveries lists them.")
        if delivery.status == "done":
            raise DeliveryDone(hint="Its receiver has answered 2xx; the task itself can be fetched at any time.")
        await self._outbox.deliver_again(delivery.id, self._clock.now())
        return json_value(document(await self._outbox.get(delivery.id) or delivery))


def document(delivery: Delivery) -> DeliveryV1:
    """As it is shown."""
    next_time = max(delivery.due, delivery.created)  # a new one is due "at once", which is kept as 0
    return {
        "id": str(delivery.id),
        "taskId": delivery.task_id,
        "receiver": delivery.receiver,
        "event": delivery.event,
        "api": delivery.api,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "due": next_time if delivery.status == "due" else None,
        "created": delivery.created,
        "settled": delivery.settled,
        "lastStatus": delivery.last_status,
        "lastError": delivery.last_error,
    }


def _limit(fields: Fields) -> int:
    number = _number(fields.get("limit", str(AS_GIVEN)))
    if number is None or not 1 <= number <= MOST:
        raise BadRequest(f"limit must be a number from 1 to {MOST}.")
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
