"""What `/api/v1/deliveries` reads and shows, and what its routes say of themselves. Law: declarations only."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Struct

from api.http.errors import DeliveryDone, DeliveryNotFound
from api.http.operations import Answer, Operation, says, words
from api.v1.operations import BODY_ERRORS
from tasks.domain.errors import BadRequest, StoreFailed

STATUSES = ("due", "done", "given_up")
MOST = 1000
AS_GIVEN = 100  # how many are listed when no limit is given


class Listed(Struct, kw_only=True, rename="camel"):
    """Which call-backs to list."""

    status: Annotated[str, words("Only these.", STATUSES, "due")] = ""
    task_id: Annotated[str | int, says("Only those of this task.")] = ""
    receiver: Annotated[str, says("Only those to this receiver: scheme, host, port.")] = ""
    limit: Annotated[int, says("How many.", 20, ge=1, le=MOST)] = AS_GIVEN
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


LIST = Operation(
    name="deliveries",
    tag="operator",
    summary="What became of the call-backs (回调记录)",
    query=Listed,
    forms=True,
    example={"limit": 20},
    answers={200: Answer(means="The newest first.", type=list[DeliveryV1])},
    errors=(BadRequest, StoreFailed, *BODY_ERRORS),
)
RETRY = Operation(
    name="retry_delivery",
    tag="operator",
    summary="Deliver it again (重试回调)",
    place=OneDelivery,
    answers={200: Answer(means="As it is now.", type=DeliveryV1)},
    errors=(DeliveryNotFound, DeliveryDone, StoreFailed),
)
