"""The `/api/v1` contract in both directions: parameters -> a checked request, a task -> its JSON document.

Contract: pure functions. A document has every key always, in one order; it has no key `code`, which a published client
takes for an error. The hooks carry the same bytes as the answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from api.http.links import Links
from api.http.responses import encode
from api.v1.types import MAX_LIST, TaskV1
from tasks.domain.errors import BadIndex, BadRequest, UnknownAction
from tasks.domain.model import Action, IdempotencyKey, Status, SubmitOptions, Task
from tasks.sending.preparation import content_to_send

_ACTING = (Action.UPSCALE, Action.VARIATION, Action.REROLL)  # REROLL is ours: the reference has none
EDIT = "EDIT"  # ours, too; what comes of it is a drawing
_ACTIONS = f"Give one of {', '.join((Action.IMAGINE, *_ACTING, EDIT))}."
_ANSWERED_IN_WORDS = (Action.DESCRIBE, Action.SHORTEN)
INDEXES = {"1": 1, "2": 2, "3": 3, "4": 4}

# What a caller of this contract sees of a status, and what is meant when it names one.
SHOWN = {status: status.value for status in Status} | {
    Status.SUBMITTED: "IN_PROGRESS",
    Status.MODAL: "IN_PROGRESS",
    Status.CANCEL: "FAILURE",
}
MEANT: Mapping[str, tuple[Status, ...]] = {
    shown: tuple(status for status in Status if SHOWN[status] == shown) for shown in dict.fromkeys(SHOWN.values())
}


# ---------------------------------------------------------------- in


@dataclass(frozen=True, kw_only=True, slots=True)
class Imagine:
    """A drawing from a text."""

    ask: SubmitOptions
    prompt: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """Pictures to be changed by words; `pictures` as the caller gave them."""

    ask: SubmitOptions
    prompt: str
    pictures: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """A press of one of a result's buttons."""

    ask: SubmitOptions
    parent: str
    does: Action
    index: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Which tasks to list."""

    limit: int = MAX_LIST
    before: str | None = None
    status: tuple[Status, ...] = ()


def submit_of(fields: Mapping[str, str], once: IdempotencyKey | None = None) -> Imagine | Edit | Act:
    """What `/trigger/submit` asks for. Whether it can be done is for the service to say."""
    ask = SubmitOptions(
        state=fields.get("state", ""), notify_hook=fields.get("notifyHook", "").strip(), api="v1", once=once
    )
    if fields.get("action", "").strip().upper() == EDIT:
        return Edit(ask=ask, prompt=fields.get("prompt", ""), pictures=_pictures(fields.get("image", "")))
    action = _action(fields.get("action", ""))
    if action is Action.IMAGINE:
        return Imagine(ask=ask, prompt=fields.get("prompt", ""))
    parent = fields.get("taskId", "").strip()
    if not parent:
        raise BadRequest(f"{action} needs taskId: the _id of a finished task, or its result's Discord message id.")
    index = INDEXES.get(fields.get("index", "").strip())
    if index is None and action is not Action.REROLL:
        raise BadIndex(hint="It names the picture, counted from the top left.")
    return Act(ask=ask, parent=parent, does=action, index=index)


def _pictures(text: str) -> tuple[str, ...]:
    pictures = tuple(text.split())
    if not pictures:
        raise BadRequest("EDIT needs image.", hint="Give one to four links or data URLs, with blanks between.")
    return pictures


def listing_of(fields: Mapping[str, str], meant: Mapping[str, tuple[Status, ...]] = MEANT) -> Listing:
    """What `/task/list` asks for. `meant` are the words by which the contract names a status."""
    return Listing(
        limit=_limit(fields.get("limit", str(MAX_LIST))),
        before=_before(fields.get("before")),
        status=_statuses(fields.get("status", ""), meant),
    )


def _action(text: str) -> Action:
    name = text.strip().upper()
    if name != Action.IMAGINE and name not in _ACTING:
        raise UnknownAction(f"The action {text[:40]!r} is unknown." if text else "action is missing.", hint=_ACTIONS)
    return Action(name)


def _limit(text: str) -> int:
    text = text.strip()
    number = int(text) if _is_number(text, 4) else 0
    if not 1 <= number <= MAX_LIST:
        raise BadRequest(f"limit must be a number from 1 to {MAX_LIST}.")
    return number


def _before(text: str | None) -> str | None:
    if text is not None and not _is_number(text := text.strip(), 16):
        raise BadRequest("before must be the _id of a task: the list goes on with those submitted earlier.")
    return text


def _statuses(text: str, meant: Mapping[str, tuple[Status, ...]]) -> tuple[Status, ...]:
    names = dict.fromkeys(name.strip().upper() for name in text.split(",") if name.strip())
    if unknown := [name for name in names if name not in meant]:
        raise BadRequest(f"The status {unknown[0][:40]!r} is unknown.", hint=f"Give some of {', '.join(meant)}.")
    return tuple(status for name in names for status in meant[name])


def _is_number(text: str, digits: int) -> bool:
    """int() would also take other scripts' digits, signs and underscores."""
    return text.isascii() and text.isdigit() and len(text) <= digits


# ---------------------------------------------------------------- out


def render_v1(task: Task, links: Links) -> bytes:
    """A task as `/task/fetch` answers it and as its hook carries it.

    For a hook asked for by another caller, give the task with that caller's `state` and `notify_hook`.
    """
    return encode(v1_document(task, links))


def render_v1_list(tasks: Iterable[Task], links: Links) -> bytes:
    return encode([v1_document(task, links) for task in tasks])


def v1_document(task: Task, links: Links) -> TaskV1:
    return {
        "_id": task.id,
        "index": "" if task.request.index is None else str(task.request.index),
        "action": task.request.action.value,
        "prompt": task.request.prompt,
        "promptEn": task.prompt_en,
        "taskId": (task.result.message_id if task.status.is_over else None) or task.request.parent_id or "",
        "uri": links.picture(task.result.image.url) if task.result.image else "",
        "hash": task.progress.job_id or "",
        "content": content_to_send(task),
        "progress": _progress(task),
        "description": _description(task),
        "submitTime": task.request.submit_time,
        "finishTime": task.result.finish_time,
        "state": task.request.state,
        "notifyHook": task.request.notify_hook,
        "imageUrl": links.image(task.result.image) if task.result.image else "",
        "status": SHOWN[task.status],
        # ours, after the contract's
        "parentId": task.request.parent_id or "",
        "failCode": task.result.fail_code,
        "failReason": _fail_reason(task),
        "notes": task.notes,
    }


def _progress(task: Task) -> str:
    if task.status is Status.SUCCESS:
        return "done"
    return "" if task.progress.percent is None else f"{min(task.progress.percent, 99)}%"


def _description(task: Task) -> str:
    if task.request.action in _ANSWERED_IN_WORDS:
        return _fail_reason(task) or task.result.description
    text = task.prompt_en or task.request.prompt
    return _fail_reason(task) or (f"/imagine {text}" if text else "")


def _fail_reason(task: Task) -> str:
    if task.status is Status.CANCEL:
        return task.result.fail_reason or "The task was cancelled."
    return (task.result.fail_reason or "The task failed.") if task.status is Status.FAILURE else ""
