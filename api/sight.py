"""What a look-up that found nothing is answered.

Law: whose tasks a caller sees is decided in `tasks.visibility`: another's was not found.
"""

from __future__ import annotations

from tasks.errors import TaskNotFound
from tasks.model import Task


def seen(task: Task | None) -> Task:
    """The task. Raises TaskNotFound."""
    if task is None:
        raise TaskNotFound(hint="Give the result of a submit.")
    return task
