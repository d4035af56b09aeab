"""The most recently used tasks, by id: looking up a cached task needs no call to the database.

Holds only committed tasks, and none with a write in progress: other readers may already see on disk a state that the
cache does not have, such as a delivery made due by the task's end. Knows no SQL; the writer updates it.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable

from tasks.domain.model import Task


class TaskCache:
    """The `size` tasks used last. Tasks are frozen, so they are shared, not copied."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._tasks: OrderedDict[str, Task] = OrderedDict()
        self._writing: Counter[str] = Counter()  # running writes per task
        self.writes = 0  # number of writes announced so far

    def get(self, task_id: str) -> Task | None:
        task = self._tasks.get(task_id)
        if task is not None:
            self._tasks.move_to_end(task_id)
        return task

    def begin(self, tasks: Iterable[Task]) -> None:
        """Announce a write of these tasks: until `end`, only the database is valid."""
        self.writes += 1
        for task in tasks:
            self._writing[task.id] += 1
            self._tasks.pop(task.id, None)

    def end(self, tasks: Iterable[Task]) -> None:
        """That write has ended, with or without success. Call it once for each `begin`, before `committed`."""
        for task in tasks:
            self._writing[task.id] -= 1
            if not self._writing[task.id]:
                del self._writing[task.id]

    def committed(self, tasks: Iterable[Task]) -> None:
        """These tasks were written; they equal the database."""
        self.writes += 1
        for task in tasks:
            self._keep(task)

    def invalidate(self, tasks: Iterable[Task]) -> None:
        """A write of these tasks failed or was interrupted: only the database is valid."""
        self.forget(task.id for task in tasks)

    def forget(self, task_ids: Iterable[str]) -> None:
        """Drop these tasks."""
        self.writes += 1
        for task_id in task_ids:
            self._tasks.pop(task_id, None)

    def read(self, tasks: Iterable[Task], writes: int) -> None:
        """Cache tasks that were read when `writes` had this value. Tasks written since are skipped: they may be
        stale."""
        if writes == self.writes:
            for task in tasks:
                self._keep(task)

    def _keep(self, task: Task) -> None:
        if task.id in self._writing:
            return
        self._tasks[task.id] = task
        self._tasks.move_to_end(task.id)
        if len(self._tasks) > self._size:
            self._tasks.popitem(last=False)
