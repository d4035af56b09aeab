"""In-process broadcast of changed task ids. Carries no state: listeners read the current task themselves.

One bounded queue per listener. A listener that is too slow loses its oldest wake-ups and is informed of the loss; it
never delays others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class ChangeListener:
    """The ids of tasks that changed since the last call."""

    def __init__(self, maxsize: int) -> None:
        self._queue: asyncio.Queue[str] = asyncio.Queue(maxsize)
        self.lost = False  # wake-ups were dropped: reload everything

    def notify(self, task_id: str) -> None:
        if self._queue.full():
            self._queue.get_nowait()
            self.lost = True
        self._queue.put_nowait(task_id)

    async def next(self) -> str:
        return await self._queue.get()

    async def news(self) -> None:
        """Wait until something has changed since the last call; several changes count once."""
        await self._queue.get()
        while not self._queue.empty():
            self._queue.get_nowait()
        self.lost = False


class Changes:
    def __init__(self) -> None:
        self._listeners: set[ChangeListener] = set()

    def publish(self, task_id: str) -> None:
        for listener in self._listeners:
            listener.notify(task_id)

    @contextmanager
    def listen(self, maxsize: int = 1000) -> Iterator[ChangeListener]:
        listener = ChangeListener(maxsize)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
