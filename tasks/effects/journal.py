"""The one place where a change of tasks becomes durable and is announced: save with its call-backs, then broadcast."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from tasks.domain.model import IdempotencyKey, Phase, Picture, Send, Status, Task
from tasks.domain.ports import Clock, TaskStore
from tasks.domain.timeline import Entry, of_change
from tasks.effects.changes import Changes
from tasks.rules.lifecycle import hooks_due

log = logging.getLogger(__name__)


class Journal:
    """`operator_hook` hears the end of every task, besides the task's own hook; "" means none."""

    def __init__(self, store: TaskStore, changes: Changes, clock: Clock, operator_hook: str = "") -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._operator_hook = operator_hook
        # Held by whoever reads a task that is not in flight and writes it changed: claim, prepare, cancel, modal.
        # What is in flight is changed by the tracker alone, in its own order.
        self.waiting_tasks = asyncio.Lock()

    async def is_still(self, task: Task, phase: Phase) -> bool:
        """Of a task that was not in flight: nobody has cancelled it meanwhile. `waiting_tasks` must be held."""
        current = await self._store.get(task.id)
        return current is not None and current.phase is phase

    async def record(
        self,
        changed: Mapping[str, tuple[Task, Task]],
        *,
        marks: Sequence[Send] = (),
        sends: Sequence[Send] = (),
        pictures: Sequence[Picture] = (),
        entries: Sequence[Entry] = (),
    ) -> None:
        """Write `task id → (before, after)`, new sends, what became of old ones, pictures for the (one) task, and lines
        for the timelines (each change gets one besides), in one transaction; then tell.

        Raises StoreFailed: then nothing is told.
        """
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
        """A new task, durable when this returns."""
        line = of_change(None, task, self._clock.now())
        await self._store.insert(task, hooks_due(None, task, self._operator_hook), pictures, once, [line])
        _log(task)
        self._changes.publish(task.id)


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
