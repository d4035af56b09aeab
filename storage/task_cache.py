"""The tasks last read or written, by id: a look-up of one of them costs no hop to the database.

Holds only what is committed, and nothing of a task that is being written: others may see on disk what this has not
been told of yet, a call-back that the task's end made due for one. Knows no SQL; whoever writes tells it.
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
        self._under_way: Counter[str] = Counter()  # writes of each task that have begun and not ended
        self.writes = 0  # how often it was told of a write

    def get(self, task_id: str) -> Task | None:
        task = self._tasks.get(task_id)
        if task is not None:
            self._tasks.move_to_end(task_id)
        return task

    def begin(self, tasks: Iterable[Task]) -> None:
        """These are about to be written: from here to `end` the database knows what holds."""
        self.writes += 1
        for task in tasks:
            self._under_way[task.id] += 1
            self._tasks.pop(task.id, None)

    def end(self, tasks: Iterable[Task]) -> None:
        """That write has ended, well or not; once for each `begin`, before `committed`."""
        for task in tasks:
            self._under_way[task.id] -= 1
            if not self._under_way[task.id]:
                del self._under_way[task.id]

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
        if task.id in self._under_way:
            return
        self._tasks[task.id] = task
        self._tasks.move_to_end(task.id)
        if len(self._tasks) > self._size:
            self._tasks.popitem(last=False)
