"""What the routes of `/api/v1/tasks/{id}…`, of streams, of the operator and `/metrics` say of themselves.

Contract: declarations only.
"""

from __future__ import annotations

from typing import Any

from api.http.errors import BadTicket, Forbidden, StreamsFull, TooManyStreams, TooManyWrongSecrets
from api.http.operations import Answer, Operation
from api.live import types
from api.mj.types import OneTask, TaskMj
from api.v1.operations import BODY_ERRORS
from api.v1.types import TaskV1
from tasks.domain.errors import (
    AccountPaused,
    BadRequest,
    ButtonNotFound,
    CannotAdopt,
    NoAccount,
    NotOpen,
    NotSent,
    ParentNotFound,
    QueueFull,
    SendRefused,
    StoreFailed,
    TaskNotFound,
    Unauthorized,
)

_EITHER = Answer(means="The task.", type=TaskV1, or_type=TaskMj)
_STREAM = Answer(means="Server-sent events; each has the task's document.", media="text/event-stream")
_ERRORS = (BadRequest, TaskNotFound, StoreFailed, *BODY_ERRORS)
_SEATS = (TooManyStreams, StreamsFull)


def _look(name: str, summary: str, answer: Answer, **more: Any) -> Operation:
    return Operation(name=name, tag="tasks", summary=summary, place=OneTask, forms=True, answers={200: answer}, **more)


TASK = _look("task", "One task", _EITHER, query=types.InShape, errors=_ERRORS)
SEARCH = Operation(
    name="search",
    tag="tasks",
    summary="Search all tasks (搜索任务)",
    text="Newest first. Who does not see others' tasks finds none of them, and they are not counted.",
    query=types.Searching,
    example={"q": "red fox", "limit": 20},
    answers={200: Answer(means="One page of them, and their number.", type=types.FoundTasks)},
    errors=(BadRequest, StoreFailed),
)
TIMELINE = _look(
    "timeline",
    "What happened to it",
    Answer(means="Line by line.", type=types.Timeline),
    errors=(TaskNotFound, StoreFailed),
)
WAIT = _look("wait", "Its end", _EITHER, query=types.Waiting, example={"timeout": 1}, errors=(*_ERRORS, *_SEATS))

EVENTS = Operation(
    name="events",
    tag="tasks",
    summary="What happens to all tasks",
    query=types.Listening,
    headers=types.Resuming,
    forms=True,
    wants_secret=True,
    answers={200: _STREAM},
    errors=(BadRequest, StoreFailed, Unauthorized, TooManyWrongSecrets, BadTicket, Forbidden, *_SEATS, *BODY_ERRORS),
)
TASK_EVENTS = Operation(
    name="task_events",
    tag="tasks",
    summary="What happens to one task",
    place=OneTask,
    query=types.Listening,
    headers=types.Resuming,
    forms=True,
    wants_secret=True,
    answers={200: _STREAM, 204: Answer(means="It is over, and all was told.")},
    errors=(*_ERRORS, Unauthorized, TooManyWrongSecrets, BadTicket, Forbidden, *_SEATS),
)
TICKET = Operation(
    name="ticket",
    tag="tasks",
    summary="A ticket for a stream",
    text="A browser's EventSource sends no header: it gives a ticket in the address.",
    answers={200: Answer(means="Good for one stream.", type=types.Ticket)},
    errors=_SEATS,
)

_DECISION = (
    *_ERRORS,
    NotOpen,
    CannotAdopt,
    AccountPaused,
    ButtonNotFound,
    ParentNotFound,
    NoAccount,
    QueueFull,
    NotSent,
    SendRefused,
)
ADOPT = Operation(
    name="adopt",
    tag="operator",
    summary="This result is the task's",
    place=OneTask,
    body=types.Adoption,
    forms=True,
    example={"messageId": "1108302168013938689"},
    answers={200: Answer(means="The task.", type=TaskV1)},
    errors=_DECISION,
)
RETRY = Operation(
    name="retry",
    tag="operator",
    summary="Send it again, though it may cost twice",
    place=OneTask,
    answers={200: Answer(means="The task.", type=TaskV1)},
    errors=_DECISION,
)
METRICS = Operation(
    name="metrics",
    tag="health",
    summary="How the service does, for Prometheus",
    answers={200: Answer(means="The figures.", media="text/plain")},
)
