"""The types of `/api/v1/tasks/{id}…` and `/api/v1/events`. Law: declarations only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

from msgspec import Struct

from api.http.operations import says, words

SHAPES = ("v1", "mj")
_Shape = Annotated[str, words("In which contract's shape a task is told.", SHAPES, "v1")]


class InShape(Struct, kw_only=True):
    """In which shape."""

    shape: _Shape = "v1"


class Waiting(InShape, kw_only=True):
    """How long to wait, and in which shape to answer."""

    timeout: Annotated[float, says("Seconds.", 1, ge=0, le=300)] = 30


class Listening(InShape, kw_only=True, rename="camel"):
    """From where a stream goes on, and in which shape."""

    last_event_id: Annotated[str, says("The last event that was seen.", pattern=r"^[0-9]{1,18}$")] = ""
    ticket: Annotated[str, says("In place of the secret, for browsers, which send no header here.")] = ""


class Resuming(Struct, kw_only=True, rename={"last_event_id": "Last-Event-ID"}):
    """What a browser that comes back sends."""

    last_event_id: Annotated[str, says("The last event that was seen.", pattern=r"^[0-9]{1,18}$")] = ""


class Adoption(Struct, kw_only=True, rename="camel"):
    """Which result is the task's."""

    message_id: Annotated[
        str | int, says("Its Discord message; without it that which alone fits.", "1108302168013938689")
    ] = ""


class TimelineLine(TypedDict):
    """What happened."""

    id: Annotated[int, says("Also the id of its event.")]
    time: Annotated[int, says("Milliseconds since 1970.")]
    kind: str
    detail: Mapping[str, Any]


class Timeline(TypedDict):
    """What happened to a task, in order."""

    taskId: str
    lines: Sequence[TimelineLine]


class Ticket(TypedDict):
    """Good for one stream, for a short while."""

    ticket: str
    expires: Annotated[int, says("Milliseconds since 1970.")]
