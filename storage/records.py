"""Conversion between the records of `tasks` and table rows. Pure: nothing here accesses the database."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from storage.database_port import Row, Statement
from storage.sql import INSERT_HOOK
from storage.task_documents import document_of, json_of, task_in
from tasks.domain.errors import RecordRefused
from tasks.domain.model import Purpose, Send, SendState, Task, TaskRequest
from tasks.domain.timeline import Entry, Line
from tasks.domain.webhooks import Hook
from tasks.rules.reopening import is_open_end


def key(task_id: str) -> int | None:
    """The row id of a task id; None when the text cannot be a task id (a URL may contain anything)."""
    if len(task_id) > 18 or not task_id.isascii() or not task_id.isdecimal():
        return None
    number = int(task_id)
    return number if str(number) == task_id else None


def keys(task_ids: Iterable[str]) -> str:
    """Row ids as one JSON parameter."""
    return json_list(number for number in map(key, task_ids) if number is not None)


def json_list(values: Iterable[str | int]) -> str:
    """Values as one JSON parameter."""
    return json_of([*values])


_OLD_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9-]{8,64}")


def is_old_id(text: str) -> bool:
    """Whether the text can be the id that the old service gave an imported task. No id of this service matches."""
    return _OLD_ID.fullmatch(text) is not None


def own_key(task_id: str) -> int:
    """The row id of a task id of this service. Raises ValueError."""
    number = key(task_id)
    if number is None:
        raise ValueError(f"a task id is a decimal number without leading zeros, not {task_id!r}")
    return number


def row_of(task: Task) -> tuple[Any, ...]:
    """The values of SAVE_TASK and INSERT_TASK, in their order."""
    return (
        own_key(task.id),
        task.phase.value,
        task.status.value,
        task.lane.value,
        task.account,
        task.result.message_id,
        task.progress.job_id,
        _button_key(task.request),
        task.request.owner,
        open_end_of(task),
        document_of(task),
    )


def _button_key(request: TaskRequest) -> str | None:
    """The look-up key of the button that the task pressed."""
    pressed, button = request.parent_id, request.custom_id
    return pressed_by(pressed, button) if pressed and button else None


def open_end_of(task: Task) -> int | None:
    """The time (ms) of an end whose result may still arrive, else None."""
    return (task.result.finish_time or 0) if is_open_end(task) else None


def pressed_by(parent_id: str, custom_id: str) -> str:
    """One look-up key for this button of that task's result."""
    return f"{parent_id} {custom_id}"


def task_of(row: Row) -> Task:
    """Build the task from (id, document)."""
    try:
        return task_in(row[1])
    except msgspec.DecodeError as error:
        raise RecordRefused(
            f"Task {row[0]} in the database cannot be read. ({error})",
            hint="Use the version of this service that wrote it, or a newer one.",
        ) from error


def send_row_of(send: Send) -> Row:
    values = (send.account, send.purpose.value, send.state.value, send.interaction_id, send.time)
    return (send.nonce, own_key(send.task_id), *values)


def line_row_of(entry: Entry) -> Row:
    return (own_key(entry.task_id), entry.time, entry.kind, json_of(entry.detail))


def line_of(row: Row) -> Line:
    number, task_id, time, kind, detail = row
    try:
        return Line(id=number, task_id=str(task_id), time=time, kind=kind, detail=msgspec.json.decode(detail))
    except msgspec.DecodeError as error:
        raise RecordRefused(
            f"Line {number} of the timeline cannot be read. ({error})", hint="See `run.py check`."
        ) from error


def mark_of(send: Send) -> dict[str, str | None]:
    return {"nonce": send.nonce, "state": send.state.value, "interaction_id": send.interaction_id}


def send_of(row: Row) -> Send:
    nonce, task_id, account, purpose, state, interaction_id, time = row
    return Send(
        nonce=nonce,
        task_id=str(task_id),
        account=account,
        purpose=Purpose(purpose),
        state=SendState(state),
        interaction_id=interaction_id,
        time=time,
    )


def hook_statement(hooks: Iterable[Hook], now: int, operator_hook: str = "") -> Statement:
    """`operator_hook` is a secret of the settings and is not stored: rows only mark that they use it."""
    return Statement(INSERT_HOOK, [_hook_row(hook, now, operator_hook) for hook in hooks])


def _hook_row(hook: Hook, now: int, operator_hook: str) -> Row:
    kept = "" if hook.trusted and hook.url == operator_hook else hook.url
    fixed = (own_key(hook.task_id), kept, receiver_of(hook.url), hook.api, hook.state, int(hook.trusted))
    return (*fixed, hook.event, _snapshot(hook), now)


def _snapshot(hook: Hook) -> str | None:
    return None if hook.snapshot is None else document_of(hook.snapshot)


def snapshot_of(document: str | None) -> Task | None:
    return None if document is None else task_of(("of a webhook", document))


def follower_row_of(hook: Hook, now: int) -> Row:
    receiver = receiver_of(hook.url)
    return (own_key(hook.task_id), hook.url, receiver, hook.api, hook.state, int(hook.trusted), hook.event, now)


def receiver_of(url: str) -> str:
    """scheme://host:port of a URL, without user, path and query, which may hold secrets. "" for a broken URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname or ''}:{port}"
