"""Writes changes of tasks, with their webhooks and timeline lines, in one transaction; then announces them.

Contract: only the tracker changes tasks in flight, in its own order, with `Journal.record`. Every other change of a
task that is not over (claim, prepare, cancel, second input) goes through the object that `Journal.waiting_tasks`
yields, one holder at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

from tasks.domain.model import IdempotencyKey, Phase, Picture, Send, Status, Task
from tasks.domain.ports import Clock, TaskStore
from tasks.domain.timeline import Entry, of_change
from tasks.effects.changes import Changes
from tasks.rules.lifecycle import hooks_due

log = logging.getLogger(__name__)

WAITING = frozenset({Phase.NEW, Phase.READY, Phase.CLAIMED, Phase.HELD})


class Journal:
    """`operator_hook` receives the end of every task, in addition to the task's own hook; "" means none."""

    def __init__(self, store: TaskStore, changes: Changes, clock: Clock, operator_hook: str = "") -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._operator_hook = operator_hook
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def waiting_tasks(self) -> AsyncIterator[WaitingTasks]:
        """Yields the only object that can change waiting tasks, to one caller at a time. Usable only inside the
        block."""
        async with self._lock:
            waiting = WaitingTasks(self._store, self)
            try:
                yield waiting
            finally:
                waiting.close()

    async def record(
        self,
        changed: Mapping[str, tuple[Task, Task]],
        *,
        marks: Sequence[Send] = (),
        sends: Sequence[Send] = (),
        entries: Sequence[Entry] = (),
    ) -> None:
        """Write changes of tasks in flight or finished: `task id → (before, after)`, new sends, new states of existing
        sends, and further timeline lines, in one transaction; then announce them.

        Raises StoreFailed, without an announcement; RuntimeError for a waiting task.
        """
        for before, _ in changed.values():
            if before.phase in WAITING:
                raise RuntimeError(f"task {before.id} is {before.phase}: only the holder of waiting_tasks changes it")
        await self.write(changed, marks=marks, sends=sends, entries=entries)

    async def write(
        self,
        changed: Mapping[str, tuple[Task, Task]],
        *,
        marks: Sequence[Send] = (),
        sends: Sequence[Send] = (),
        pictures: Sequence[Picture] = (),
        entries: Sequence[Entry] = (),
    ) -> None:
        """As `record`, without its check, with pictures for the (single) task. For this module only."""
        if not changed and not marks and not sends and not entries:
            return
        now = self._clock.now()
        hooks = [hook for before, after in changed.values() for hook in hooks_due(before, after, self._operator_hook)]
        lines = [*entries, *(line for pair in changed.values() if (line := of_change(*pair, now)).detail)]
        await self._store.save(
            [after for _, after in changed.values()], hooks, marks=marks, sends=sends, pictures=pictures, entries=lines
        )
        for task_id, (before, after) in changed.items():
            if before.status is not after.status:
                _log(after)
            self._changes.publish(task_id)
        for task_id in {entry.task_id for entry in entries} - changed.keys():
            self._changes.publish(task_id)

    async def add(self, task: Task, pictures: Sequence[Picture] = (), once: IdempotencyKey | None = None) -> None:
        """Add a new task; durable when this returns."""
        line = of_change(None, task, self._clock.now())
        await self._store.insert(task, hooks_due(None, task, self._operator_hook), pictures, once, [line])
        _log(task)
        self._changes.publish(task.id)


class WaitingTasks:
    """Changes waiting tasks: new, ready, claimed or held."""

    def __init__(self, store: TaskStore, journal: Journal) -> None:
        self._store = store
        self._journal = journal
        self._is_open = True

    def close(self) -> None:
        self._is_open = False

    async def is_still(self, task: Task, phase: Phase) -> bool:
        """Whether the stored task is still in this phase, that is, not cancelled meanwhile."""
        current = await self._store.get(task.id)
        return current is not None and current.phase is phase

    async def record(
        self,
        changed: Mapping[str, tuple[Task, Task]],
        *,
        sends: Sequence[Send] = (),
        pictures: Sequence[Picture] = (),
        entries: Sequence[Entry] = (),
    ) -> None:
        """Write `task id → (before, after)`, new sends, pictures for the (single) task and further timeline lines in
        one transaction; then announce the changes. Raises StoreFailed, without an announcement."""
        self._check()
        await self._journal.write(changed, sends=sends, pictures=pictures, entries=entries)

    async def save(self, tasks: Iterable[Task]) -> None:
        """Write changes invisible to clients, such as a claim, without an announcement. Raises StoreFailed."""
        self._check()
        await self._store.save(tasks)

    def _check(self) -> None:
        if not self._is_open:
            raise RuntimeError("waiting tasks can be changed only inside `Journal.waiting_tasks`")


def _log(task: Task) -> None:
    words = [str(task.request.action), str(task.status)]
    if task.account:
        words.append(f"account={task.account}")
    if task.status is Status.SUCCESS:
        words.append(f"job={task.progress.job_id} message={task.result.message_id}")
    if task.status is Status.FAILURE:
        words.append(f"{task.result.fail_code}: {task.result.fail_reason}")
    level = logging.WARNING if task.status is Status.FAILURE else logging.INFO
    log.log(level, " ".join(words), extra={"task": task.id})
