"""The types of `/api/v1/tasks/{id}…` and `/api/v1/events`. Contract: declarations only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

from msgspec import Struct

from api.http.operations import says, words
from tasks.domain.model import Action, Status
from tasks.domain.search import MOST_WORDS

SHAPES = ("v1", "mj")
_Shape = Annotated[str, words("In which contract's shape a task is told.", SHAPES, "v1")]


class InShape(Struct, kw_only=True):
    """In which shape."""

    shape: _Shape = "v1"


class Searching(InShape, kw_only=True):
    """What is looked for among all tasks, and in which shape to answer."""

    q: Annotated[
        str,
        says(
            f"Up to {MOST_WORDS} words; each must be found in the task's prompts, answer, `state`, reason or ids.",
            "red fox",
        ),
    ] = ""
    status: Annotated[str, says(f"Only these: some of {', '.join(Status)}, with commas.", "SUCCESS,FAILURE")] = ""
    action: Annotated[str, says(f"Only these: some of {', '.join(Action)}, with commas.", "IMAGINE,UPSCALE")] = ""
    limit: Annotated[int, says("How many.", 50, ge=1, le=1000)] = 100
    before: Annotated[str, says("A task's id: go on with those submitted before it.", pattern=r"^[0-9]{1,16}$")] = ""


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


class FoundTasks(TypedDict):
    """One page of what was found."""

    total: Annotated[int, says("How many there are in all, on every page.", 1204)]
    tasks: Annotated[Sequence[Mapping[str, Any]], says("Their documents, newest first, in the shape asked for.")]


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
