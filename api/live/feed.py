"""The timeline, read once for all who listen.

Contract: one loop reads the database, woken by changes and once a second besides, and hands what it read to each
listener at once; it waits for nobody. A listener gets the current task, never an older copy.
A listener that does not keep up is ended, and goes on later from the last id that it has seen.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from tasks.domain.errors import StoreFailed
from tasks.domain.model import Task
from tasks.domain.timeline import Line
from tasks.effects.changes import ChangeListener, Changes

POLL = 1.0  # seconds; how long a missed wake-up can matter
PAGE = 500  # lines read at once
MOST = 1000  # tasks that may wait for one listener; beyond that it is too slow

log = logging.getLogger(__name__)


class TimelineReader(Protocol):
    """What is read: `tasks.domain.ports.TaskStore` has it."""

    async def get_many(self, task_ids: Sequence[str]) -> list[Task]: ...

    async def timeline_after(self, line_id: int, limit: int) -> list[Line]: ...

    async def last_line(self) -> int: ...

    async def last_line_of(self, task_id: str) -> Line | None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedEvent:
    """What happened last to a task, and the task as it is now."""

    line: Line
    task: Task
    texts: dict[str, str] = field(default_factory=dict)  # by shape: written once for all who listen so


@dataclass(frozen=True, kw_only=True, slots=True)
class TimelinePage:
    """Lines in order and the tasks they speak of. `is_whole`: no line is missing before or among them."""

    end: int  # the id of the last of them
    is_whole: bool
    lines: Sequence[Line]
    tasks: Mapping[str, Task]

    def events(self) -> list[FeedEvent]:
        """One for each task, with its newest line; those of tasks that are gone are left out."""
        newest = {line.task_id: line for line in self.lines}
        events = [FeedEvent(line=line, task=self.tasks[id_]) for id_, line in newest.items() if id_ in self.tasks]
        return sorted(events, key=lambda event: event.line.id)


class Listener:
    """The events that one listener has not taken yet."""

    def __init__(self, sees: Callable[[Task], bool], most: int) -> None:
        self._sees = sees
        self._most = most
        self._waiting: dict[str, FeedEvent] = {}  # by task: of each only the newest
        self._news = asyncio.Event()
        self.has_ended = False
        self.is_slow = False

    def publish(self, events: Iterable[FeedEvent]) -> None:
        if self.has_ended:
            return
        for event in events:
            if self._sees(event.task):
                self._waiting.pop(event.task.id, None)  # to the end of the line: ids rise
                self._waiting[event.task.id] = event
                self._news.set()
        if len(self._waiting) > self._most:
            self.is_slow = True
            self._waiting.clear()
            self.end()

    def end(self) -> None:
        """No more events follow."""
        self.has_ended = True
        self._news.set()

    async def next(self) -> Sequence[FeedEvent]:
        """The events since the last call, in order, at least one; empty after the end."""
        await self._news.wait()
        events, self._waiting = [*self._waiting.values()], {}
        if not self.has_ended:
            self._news.clear()
        return events


def sees_everything(_task: Task) -> bool:
    return True


class Feed:
    """`watch` gets every page before the listeners do. Lines up to `position` were published."""

    def __init__(
        self,
        store: TimelineReader,
        changes: Changes,
        *,
        watch: Callable[[TimelinePage], None] = lambda page: None,
        poll: float = POLL,
        most: int = MOST,
        page: int = PAGE,
    ) -> None:
        self._store = store
        self._changes = changes
        self._watch = watch
        self._poll = poll
        self._most = most
        self._page = page
        self._of_all: set[Listener] = set()
        self._of_task: defaultdict[str, set[Listener]] = defaultdict(set)
        self.is_closed = False
        self.position = 0

    async def start(self) -> None:
        """From here on. Raises StoreFailed."""
        self.position = await self._store.last_line()

    async def run(self) -> None:
        with self._changes.listen() as news:
            while True:
                try:
                    await self._look()
                except StoreFailed as error:
                    log.error("the timeline cannot be read: %s", error)
                await self._sleep(news)

    def close(self) -> None:
        """End all listeners, and each that comes later."""
        self.is_closed = True
        for listener in self._everybody():
            listener.end()

    @contextmanager
    def listen(self, task_id: str | None = None, sees: Callable[[Task], bool] = sees_everything) -> Iterator[Listener]:
        """Hear what comes after `position`: of one task, or of all that `sees` lets pass."""
        listener = Listener(sees, self._most)
        group = self._of_all if task_id is None else self._of_task[task_id]
        group.add(listener)
        if self.is_closed:
            listener.end()
        try:
            yield listener
        finally:
            group.discard(listener)
            if task_id is not None and not group:
                self._of_task.pop(task_id, None)

    async def page_after(self, line_id: int) -> TimelinePage:
        """Raises StoreFailed."""
        lines = await self._store.timeline_after(line_id, self._page)
        tasks = await self._store.get_many([*dict.fromkeys(line.task_id for line in lines)])
        end = lines[-1].id if lines else line_id
        return TimelinePage(
            end=end, is_whole=end - line_id == len(lines), lines=lines, tasks={task.id: task for task in tasks}
        )

    async def _look(self) -> None:
        while (page := await self.page_after(self.position)).lines:
            self.position = page.end  # nothing is awaited from here on: listeners have all lines up to it
            self._watch(page)
            events = page.events()
            for listener in self._of_all:
                listener.publish(events)
            for event in events:
                for listener in self._of_task.get(event.task.id, ()):
                    listener.publish((event,))

    async def _sleep(self, news: ChangeListener) -> None:
        try:
            async with asyncio.timeout(self._poll):
                await news.news()
        except TimeoutError:
            pass

    def _everybody(self) -> Iterator[Listener]:
        yield from self._of_all
        for group in self._of_task.values():
            yield from group
