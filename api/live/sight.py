"""What a look-up that found nothing is answered.

Contract: whose tasks a caller sees is decided in `tasks.use_cases.queries`: other callers' tasks are not found.
"""

from __future__ import annotations

from tasks.domain.errors import TaskNotFound
from tasks.domain.model import Task


def task_or_404(task: Task | None) -> Task:
    """The task. Raises TaskNotFound."""
    if task is None:
        raise TaskNotFound(hint="Give the result of a submit.")
    return task
