"""The timeline of a task, for diagnosis. Pure: describes what happened and decides nothing.

A line has a time, a kind and details; never a secret or a picture. docs/timeline.md lists the kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.domain.events import DiscordEvent, Informed, Progressed
from tasks.domain.model import Send, Task
from tasks.domain.webhooks import Attempt

Detail = str | int | bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A line before it is stored. `time` in ms."""

    task_id: str
    time: int
    kind: str
    detail: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A stored line. `id` increases over all tasks of the service and is never used again."""

    id: int
    task_id: str
    time: int
    kind: str
    detail: Mapping[str, Detail] = field(default_factory=dict)


def of_send(send: Send) -> Entry:
    """A send about to be posted."""
    detail: dict[str, Detail] = {"purpose": send.purpose.value, "account": send.account, "nonce": send.nonce}
    return Entry(task_id=send.task_id, time=send.time, kind="sent", detail=detail)


def event_detail(event: DiscordEvent, by: str) -> dict[str, Detail]:
    """What Discord sent, and the key that correlated it with this task."""
    keys = event.keys
    said: dict[str, Detail] = {
        "event": type(event).__name__,
        "by": by,
        "message_id": keys.message_id,
        "interaction_id": keys.interaction_id,
        "job_id": keys.job_id,
        "reference_id": keys.reference_id,
        "words": (event.words or None) if isinstance(event, Informed) else None,
        "percent": event.percent if isinstance(event, Progressed) else None,
        "edited": keys.edited or None,
        "from_history": keys.from_history or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def of_change(before: Task | None, after: Task, now: int) -> Entry:
    """A new task, or the changes of an existing one."""
    if before is None:
        detail: dict[str, Detail] = {
            "action": after.request.action.value,
            "status": after.status.value,
            "api": after.request.api,
        }
        return Entry(task_id=after.id, time=now, kind="submitted", detail=detail)
    old, new = recorded_fields(before), recorded_fields(after)
    detail = {name: value for name, value in new.items() if value != old[name]}
    return Entry(task_id=after.id, time=now, kind="changed", detail=detail)


def of_attempt(attempt: Attempt) -> Entry:
    """One attempt to notify a receiver."""
    detail: dict[str, Detail] = {
        "receiver": attempt.receiver,
        "event": attempt.event,
        "attempt": attempt.number,
        "outcome": attempt.outcome,
        "due": attempt.due,
        "http_status": attempt.status,
        "error": attempt.error,
    }
    present = {name: value for name, value in detail.items() if value not in (None, "")}
    return Entry(task_id=attempt.task_id, time=attempt.time, kind="told", detail=present)


def recorded_fields(task: Task) -> dict[str, Detail]:
    """The fields whose changes are recorded."""
    progress, result = task.progress, task.result
    return {
        "status": task.status,
        "phase": task.phase,
        "account": task.account,
        "queued": progress.queued,
        "mode": progress.mode,
        "attempts": task.attempts,
        "not_before": task.not_before,
        "content": task.content,
        "message_id": result.message_id,
        "cancel_asked": progress.cancel_requested,
        "fail_code": result.fail_code,
        "fail_reason": result.fail_reason,
        "seed": result.seed,
    }
