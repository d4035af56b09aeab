"""Records with only what a test cares about."""

from __future__ import annotations

from typing import Any

from tasks.domain.model import Purpose, Send, Task
from tasks.domain.webhooks import Attempt, Delivery, Hook
from tests.support.tasks import built


def a_task(number: int = 1, **fields: Any) -> Task:
    return built(id=str(number), **fields)


def a_send(nonce: str = "n1", task: int = 1, **fields: Any) -> Send:
    return Send(nonce=nonce, task_id=str(task), account="a", purpose=Purpose.DRAW, **fields)


def a_hook(task: int = 1, url: str = "http://receiver.test/hook", **fields: Any) -> Hook:
    return Hook(task_id=str(task), url=url, **fields)


def an_attempt(row: Delivery, outcome: str, **fields: Any) -> Attempt:
    known = {"delivery_id": row.id, "task_id": row.task_id, "receiver": row.receiver, "event": row.event}
    return Attempt(**{**known, "number": row.attempts + 1, "time": 77, "outcome": outcome, **fields})
