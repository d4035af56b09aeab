"""Queries on tasks and accounts, as one principal sees them.

Contract: changes nothing. Whatever a use case reads for its caller comes through `VisibleTasks`: another principal's
task answers exactly as an unknown id, so nobody can learn which ids exist. Places in the queue count everybody's tasks;
what must see everything (queue, ids, tracker) reads the store itself."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Self

from tasks.domain.model import Account, Phase, Status, Task
from tasks.domain.ports import Gateway, TaskStore
from tasks.domain.search import Found, Search
from tasks.rules.account_limits import AccountLimits
from tasks.rules.scheduling import fits, kind_of, running_of

WHOLE_QUEUE = 100_000  # tasks; more than any setting lets wait


class Queries:
    """What one principal sees; created for the operator, who sees everything."""

    def __init__(self, store: TaskStore, gateway: Gateway, account_limits: AccountLimits) -> None:
        self._store = store
        self._gateway = gateway
        self._account_limits = account_limits
        self._viewer = OPERATOR
        self._visible = VisibleTasks(store, OPERATOR)
        self._seen: dict[Principal, Self] = {}  # viewers are those of the settings: a few

    def seen_by(self, viewer: Principal) -> Self:
        """The same for another principal, without other callers' tasks.

        All else is shared: what changes while it runs is kept in objects of its own, never in an attribute.
        """
        seen = self._seen.get(viewer)
        if seen is None:
            seen = self._seen[viewer] = copy(self)
            seen._viewer = viewer
            seen._visible = VisibleTasks(self._store, viewer)
        return seen

    async def get(self, task_id: str) -> Task | None:
        return await self._visible.get(task_id)

    async def get_many(self, task_ids: Sequence[str]) -> list[Task]:
        return await self._visible.get_many(task_ids)

    async def latest(self, limit: int, before: str | None = None, status: Sequence[Status] = ()) -> list[Task]:
        return await self._visible.latest(limit, before, status)

    async def search(self, search: Search, limit: int, before: str | None = None) -> Found:
        """Among all that this viewer sees, newest first, with their number."""
        return await self._visible.search(search, limit, before)

    async def queue(self) -> list[Task]:
        """The tasks that wait, oldest first."""
        return await self._visible.waiting(WHOLE_QUEUE)

    async def ahead(self, task: Task) -> int:
        """Its place among those for whom no slot is free now; 0: it starts at once."""
        now = await self._store.get(task.id)
        if now is None or now.phase not in (Phase.NEW, Phase.READY):
            return 0
        before, running = await self._store.count_before(task.id), await self._store.in_flight()
        able = [account for account in self._gateway.accounts() if not account.paused and fits(task, account)]
        used = running_of(able, running)
        kinds = [(account, kind_of(task, account)) for account in able]
        free = sum(max(account.limit(kind) - used[account.id, kind], 0) for account, kind in kinds)
        return max(before - free + 1, 0) if able else before

    async def queue_length(self) -> int:
        return await self._store.count_waiting()

    def accounts(self) -> Sequence[Account]:
        """As they are at this moment."""
        return self._account_limits.apply(self._gateway.accounts())


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """Who asks: a named secret, or by default the operator, from whom nothing is hidden."""

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
    """The tasks of a store that its principal may see."""

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
