"""How many more tasks may wait: in all, and of each name.

Law: the queue stays first in, first out. What keeps one caller from filling it for the others is a bound on how many of
its tasks wait at once. Counted from rows, and only when what was counted last is used up; however many submit at once,
no bound is passed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from tasks.domain.errors import QueueFull
from tasks.domain.ports import TaskStore


class QueueCapacity:
    """`of_each` bounds every named caller; 0 bounds none. Who has no name is bounded by the whole queue alone."""

    def __init__(self, store: TaskStore, *, in_all: int, of_each: int = 0) -> None:
        self._store = store
        self._whole = _Bound(in_all, store.count_waiting)
        self._of_each = of_each
        self._own: dict[str, _Bound] = {}  # names are those of the settings: a few
        self._counting = asyncio.Lock()

    @asynccontextmanager
    async def place(self, owner: str) -> AsyncIterator[None]:
        """A place for one more task, which is written inside the block. Raises QueueFull."""
        async with self._counting:
            own = self._own_of(owner)
            if own is not None and not await own.has_room():
                raise QueueFull("Too many of your own tasks wait.", hint="Try again when some of them are done.")
            if not await self._whole.has_room():
                raise QueueFull(hint="Try again when some of the waiting tasks are done.")
            bounds = [self._whole] if own is None else [self._whole, own]
            for bound in bounds:
                bound.take()
        try:
            yield
        finally:
            for bound in bounds:
                bound.under_way -= 1

    def _own_of(self, owner: str) -> _Bound | None:
        if not self._of_each or not owner:
            return None
        if owner not in self._own:
            self._own[owner] = _Bound(self._of_each, partial(self._store.count_waiting, owner))
        return self._own[owner]


class _Bound:
    def __init__(self, limit: int, count: Callable[[], Awaitable[int]]) -> None:
        self._limit = limit
        self._count = count
        self._left = 0  # tasks that surely fit before it must be counted again
        self.under_way = 0  # tasks that have a place and may not be written yet

    async def has_room(self) -> bool:
        if self._left <= 0:
            under_way = (
                self.under_way
            )  # before the count: one written meanwhile is counted twice rather than not at all
            self._left = self._limit - await self._count() - under_way
        return self._left > 0

    def take(self) -> None:
        self._left -= 1
        self.under_way += 1
