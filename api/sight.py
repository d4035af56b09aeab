"""Who asks, and which tasks are his to see.

Law: the one place where a task's owner is compared with a caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from tasks.errors import TaskNotFound
from tasks.model import Task


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """The name of the secret that came with the request; "" for an unnamed one, or none."""

    name: str = ""
    sees_all: bool = True


NOBODY_ELSE = Caller()


def caller_of(request: web.Request) -> Caller:
    caller: Caller = request.get("caller", NOBODY_ELSE)
    return caller


def sight_of(caller: Caller) -> Callable[[Task], bool]:
    """May this caller see this task?"""
    return lambda task: caller.sees_all or task.owner == caller.name


def seen(task: Task | None, caller: Caller) -> Task:
    """The task; what is another's is answered as what does not exist. Raises TaskNotFound."""
    if task is None or not sight_of(caller)(task):
        raise TaskNotFound(hint="Give the result of a submit.")
    return task
