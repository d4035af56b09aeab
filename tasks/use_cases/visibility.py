"""Whose tasks a caller sees: the one place where this is decided.

Law: whatever a use-case reads for its caller comes through `VisibleTasks`. Another's task is there as little as one
that never was, so that every answer is that to an unknown id and nobody can learn which ids exist. What must see
everything (places in the queue, ids, the tracker) asks the store itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.domain.model import Status, Task
from tasks.domain.ports import TaskStore
from tasks.domain.search import Found, Search


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """On whose behalf something is asked. By default the operator's: nothing is hidden."""

    name: str = ""  # of the secret; what it submits belongs to this name
    sees_all: bool = True

    def may_see(self, task: Task) -> bool:
        return self.sees_all or task.request.owner == self.name

    @property
    def owner(self) -> str | None:
        """The only owner whose tasks are looked for; None: any."""
        return None if self.sees_all else self.name


OPERATOR = Principal()


class VisibleTasks:
    """The tasks of a store as its viewer sees them."""

    def __init__(self, store: TaskStore, viewer: Principal) -> None:
        self._store = store
        self._viewer = viewer

    async def get(self, task_id: str) -> Task | None:
        task = await self._store.get(task_id)
        return task if task is not None and self._viewer.may_see(task) else None

    async def get_many(self, task_ids: Sequence[str]) -> list[Task]:
        return [task for task in await self._store.get_many(task_ids) if self._viewer.may_see(task)]

    async def by_message(self, message_id: str) -> Task | None:
        return await self._store.by_message(message_id, self._viewer.owner)

    async def by_press(self, parent_id: str, custom_id: str) -> Task | None:
        return await self._store.by_press(parent_id, custom_id, self._viewer.owner)

    async def waiting(self, limit: int) -> list[Task]:
        return await self._store.waiting(limit, self._viewer.owner)

    async def latest(self, limit: int, before: str | None = None, status: Sequence[Status] = ()) -> list[Task]:
        return await self._store.latest(limit, before, status, self._viewer.owner)

    async def search(self, search: Search, limit: int, before: str | None = None) -> Found:
        return await self._store.search(search, limit, before, self._viewer.owner)
