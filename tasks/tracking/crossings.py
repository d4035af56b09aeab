"""Equal drawings whose results may have crossed: a result that nothing but its words ties to a drawing goes to the
oldest of them, and the message that is deleted after it is the other's. Pure but for what it remembers.

Law: it explains a deletion, once for each such result, and decides nothing else.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from tasks.domain.model import Task
from tasks.rules.matching import sameness

REMEMBERED = 1_000


class SwappedResults:
    def __init__(self) -> None:
        self._open: OrderedDict[str, tuple[object, ...]] = OrderedDict()  # running message -> what its task is equal in
        self._explained: OrderedDict[str, str] = OrderedDict()  # running message that is gone -> the one it was for

    def ended(self, task: Task, by: str) -> None:
        """It got a result, known to be its own by this key. `task` is as it was before."""
        if by == "prompt" and task.progress.progress_message_id is not None and task.progress.job_id is None:
            self._open[task.progress.progress_message_id] = sameness(task)
        _forget_the_old(self._open)

    def deleted(self, message_id: str | None) -> str | None:
        """Of a task that is over it was the own message: its result had not crossed with another's. The message of
        which that was thought, if any."""
        if message_id is None or self._open.pop(message_id, None) is not None:
            return None
        wrong = next((gone for gone, other in self._explained.items() if other == message_id), None)
        if wrong is not None:
            del self._explained[wrong]
        return wrong

    def explain(self, task: Task) -> bool:
        """Is its running message gone because its result went to an equal drawing?"""
        own = task.progress.progress_message_id or ""
        if own in self._explained:
            return True  # told twice
        other = next((message for message, known in self._open.items() if known == sameness(task)), None)
        if other is None:
            return False
        del self._open[other]
        self._explained[own] = other
        _forget_the_old(self._explained)
        return True


def _forget_the_old(known: OrderedDict[str, Any]) -> None:
    while len(known) > REMEMBERED:
        known.popitem(last=False)
