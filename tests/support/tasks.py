"""Records for the tests of the rules, with what a test does not care about filled in."""

from __future__ import annotations

from dataclasses import fields as fields_of
from dataclasses import replace
from typing import Any

from tasks.domain.events import Keys
from tasks.domain.model import Account, Action, Phase, Status, Task, TaskProgress, TaskRequest, TaskResult
from tasks.rules.matching import DISCORD_EPOCH

USER = "4001"
NOW = 1_790_000_000_000  # ms
LATER = 2_000_000_000_000  # ms; a dialog that nobody answers stays as long


def snowflake(ms: int, low: int = 0) -> str:
    return str(((ms - DISCORD_EPOCH) << 22) | low)


_PART_OF = {
    field.name: part
    for part, record in (("request", TaskRequest), ("progress", TaskProgress), ("result", TaskResult))
    for field in fields_of(record)
}


def changed(task: Task, **fields: Any) -> Task:
    """The task with these fields, its own or those of its request, progress and result, by their plain names."""
    parts: dict[str, dict[str, Any]] = {}
    for name in fields.keys() & _PART_OF.keys():
        parts.setdefault(_PART_OF[name], {})[name] = fields.pop(name)
    return replace(task, **{part: replace(getattr(task, part), **values) for part, values in parts.items()}, **fields)


def built(**fields: Any) -> Task:
    """A task of plain fields; an IMAGINE with id 1 where they do not name another."""
    return changed(Task(id="1", request=TaskRequest(action=Action.IMAGINE)), **fields)


def task(task_id: int = 1, **fields: Any) -> Task:
    known: dict[str, Any] = {
        "id": str(task_id),
        "action": Action.IMAGINE,
        "status": Status.SUBMITTED,
        "phase": Phase.SENT,
        "account": "a",
        "prompt": "a dog",
        "content": "a dog",
        "start_time": NOW,
        "submit_time": NOW,
        "held_until": LATER if fields.get("phase") is Phase.HELD else None,
    }
    return built(**{**known, **fields})


def keys(**fields: Any) -> Keys:
    return Keys(**{"account": "a", "sent_at": NOW + 1000, **fields})


def account(account_id: str = "a", **fields: Any) -> Account:
    return Account(**{"id": account_id, "connected": True, "capacity": 3, "user_id": USER, **fields})
