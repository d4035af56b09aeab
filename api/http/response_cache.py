"""Documents as they were rendered last: most who look at a task find it as it was when somebody looked before.

Contract: nothing is ever out of date. A task is frozen, and one that changed is another object: the very same one, told
to those who reach us by the same address, has the same bytes. Who may see it was decided before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from api.http.links import Links
from tasks.domain.model import Task


class ResponseCache:
    """`render`, and the last `size` tasks it was asked for, about 6 kB each with their documents."""

    def __init__(self, render: Callable[[Task, Links], bytes], size: int = 1024) -> None:
        self._render = render
        self._size = size
        self._known: dict[str, tuple[Task, str, bytes]] = {}  # by the task's id; the oldest first

    def __call__(self, task: Task, links: Links) -> bytes:
        known = self._known.get(task.id)
        if known is not None and known[0] is task and known[1] == links.base:
            return known[2]
        document = self._render(task, links)
        self._known.pop(task.id, None)
        self._known[task.id] = task, links.base, document
        if len(self._known) > self._size:
            del self._known[next(iter(self._known))]
        return document

    def each(self, tasks: Iterable[Task], links: Links) -> bytes:
        """A list of them."""
        return b"[%b]" % b",".join([self(task, links) for task in tasks])
