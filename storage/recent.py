"""The tasks last read or written, by id: a look-up of one of them costs no hop to the database.

Holds only what is committed. Knows no SQL; whoever writes tells it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from tasks.model import Task


class Recent:
    """The `size` tasks used last. Tasks are frozen, so they are shared, not copied."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._tasks: OrderedDict[str, Task] = OrderedDict()
        self.writes = 0  # how often it was told of a write

    def get(self, task_id: str) -> Task | None:
        task = self._tasks.get(task_id)
        if task is not None:
            self._tasks.move_to_end(task_id)
        return task

    def committed(self, tasks: Iterable[Task]) -> None:
        """These were written and are what the database holds now."""
        self.writes += 1
        for task in tasks:
            self._keep(task)

    def doubtful(self, tasks: Iterable[Task]) -> None:
        """A write of these failed or was cut off: the database knows what holds."""
        self.forget(task.id for task in tasks)

    def forget(self, task_ids: Iterable[str]) -> None:
        """The database alone knows of these now, if there is anything to know."""
        self.writes += 1
        for task_id in task_ids:
            self._tasks.pop(task_id, None)

    def read(self, tasks: Iterable[Task], writes: int) -> None:
        """These were read when `writes` stood so. Written since, they may be old, and are not kept."""
        if writes == self.writes:
            for task in tasks:
                self._keep(task)

    def _keep(self, task: Task) -> None:
        self._tasks[task.id] = task
        self._tasks.move_to_end(task.id)
        if len(self._tasks) > self._size:
            self._tasks.popitem(last=False)
