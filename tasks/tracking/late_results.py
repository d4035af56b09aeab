"""Late results: reopens a timed-out task when its result arrives, or when the operator decides.

Contract: sees only events that no task in flight claims. A correction is written and announced like any other change.
"""

from __future__ import annotations

import logging

from tasks.domain.events import Acknowledged, AdoptRequested, DiscordEvent, Finished, Keys, Progressed, Started
from tasks.domain.model import Send, Task
from tasks.domain.ports import TaskStore
from tasks.domain.timeline import event_detail
from tasks.rules.lifecycle import is_result
from tasks.rules.matching import match
from tasks.rules.reopening import is_open_end, record_late_keys, reopen_with_result, retry
from tasks.tracking.in_flight import InFlightTask
from tasks.tracking.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)

REOPEN_WINDOW = 24 * 3_600_000  # ms after the end in which a result may still arrive: relaxed jobs take hours
PAGE = 500  # tasks read at once at the start


async def owner_of(keys: Keys, task: Task, store: TaskStore) -> Task | None:
    """The other task that has this result or job; None when it may be `task`'s."""
    by_message = await store.by_message(keys.message_id) if keys.message_id else None
    by_job = await store.by_job(keys.job_id) if keys.job_id else None
    return next((each for each in (by_message, by_job) if each is not None and each.id != task.id), None)


class LateResults:
    def __init__(self, work: UnitOfWork, store: TaskStore) -> None:
        self._work = work
        self._store = store

    async def start(self) -> None:
        """Load the tasks that recently failed in silence, with the keys of their sends."""
        since, last = self._work.now() - REOPEN_WINDOW, None
        while page := await self._store.open_ends(since, PAGE, last):
            own: dict[str, dict[str, Send]] = {task.id: {} for task in page}
            for send in await self._store.sends_of([*own]):
                own[send.task_id][send.nonce] = send
            for task in page:
                self._work.timed_out.add(InFlightTask(task=task, sends=own[task.id]))
            last = page[-1]

    def on_event(self, event: DiscordEvent, user_id: str | None) -> bool:
        """Apply the event if it belongs to a timed-out task; return whether it does."""
        self._drop_oldest()
        timed_out = self._work.timed_out
        found = match(event.keys, timed_out.candidates(event.keys), user_id, final=isinstance(event, Finished))
        tracked = timed_out.get(found.task_id) if found.task_id else None
        if tracked is None:
            return False
        match event:
            case _ if found.by == "prompt":  # the owner may have drawn the same prompt by hand
                return False
            case Finished() if is_result(tracked.task, event):
                self._work.add_line(tracked.task.id, "heard", event_detail(event, found.by))
                self._correct(tracked.task, event)
            case Started() | Progressed():
                self._work.add_line(tracked.task.id, "heard", event_detail(event, found.by))
                after = record_late_keys(tracked.task, event)
                self._work.note(tracked.task, after)
                timed_out.update(tracked, after)
            case Acknowledged() if event.keys.nonce in tracked.sends:
                self._work.mark_timed_out(tracked, event.keys.nonce, event.keys.interaction_id)
            case _:
                return False
        return True

    async def adopt(self, event: AdoptRequested) -> None:
        """Adopt the result as the operator decided, whatever its keys, unless the task or the result is already
        taken."""
        task = await self._store.get(event.task_id)
        if task is None or not is_open_end(task) or self._work.is_changed(task.id):
            return
        keys = event.result.keys
        is_running = self._work.in_flight.names(keys)
        if is_running or self._work.is_done(keys.message_id) or self._work.is_done(keys.job_id):
            return
        if await owner_of(keys, task, self._store) is not None:
            return
        self._work.add_line(task.id, "adopted", event_detail(event.result, "operator"))
        self._correct(task, event.result)

    async def retry(self, task_id: str) -> bool:
        """Return the task to the queue, if allowed."""
        task = await self._store.get(task_id)
        if task is None or not is_open_end(task) or self._work.is_changed(task_id):
            return False
        self._work.add_line(task_id, "retried", {"failed": task.result.fail_code})
        self._work.note(task, retry(task, self._work.now()))
        self._forget(task_id)
        return True

    def _correct(self, task: Task, event: Finished) -> None:
        log.warning("its result arrived after it had failed (%s)", task.result.fail_code, extra={"task": task.id})
        after = reopen_with_result(task, event, self._work.now())
        self._work.note(task, after)
        self._work.remember(after)
        self._forget(task.id)

    def _drop_oldest(self) -> None:
        """The oldest tasks are first."""
        since = self._work.now() - REOPEN_WINDOW
        for tracked in self._work.timed_out:
            if (tracked.task.result.finish_time or 0) >= since:
                break
            self._work.timed_out.remove(tracked)

    def _forget(self, task_id: str) -> None:
        tracked = self._work.timed_out.get(task_id)
        if tracked is not None:
            self._work.timed_out.remove(tracked)
