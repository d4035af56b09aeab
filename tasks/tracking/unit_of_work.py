"""The unit of work: changes of one batch of events, held in memory until written in one transaction.

Contract: used by the tracker only. Decides nothing about tasks. Waits while the database cannot be written; a record
that the database refuses (`RecordRefused`), or that raises because of a defect, affects only its own task.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tasks.domain.errors import RecordRefused, StoreFailed
from tasks.domain.interactions import Interaction
from tasks.domain.model import Phase, Purpose, Send, SendState, Task
from tasks.domain.ports import Clock
from tasks.domain.timeline import Detail, Entry, of_send
from tasks.effects.journal import Journal
from tasks.rules.lifecycle import fail
from tasks.rules.reopening import is_open_end
from tasks.tracking.in_flight import InFlightIndex, InFlightTask

log = logging.getLogger(__name__)

FINISHED_KEYS_KEPT = 7_500  # keys of finished tasks, to recognise repeats; up to three per task


@dataclass(kw_only=True, slots=True)
class ChangeSet:
    """The changes of one batch: written in one transaction, after which the follow-up sends are posted."""

    changed: dict[str, tuple[Task, Task]] = field(default_factory=dict)  # task id -> (before, after)
    marks: dict[str, Send] = field(default_factory=dict)  # nonce -> the current send
    follow_ups: list[tuple[Send, Interaction]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)  # for the timelines

    @property
    def frees_a_slot(self) -> bool:
        return any(not after.in_flight for _, after in self.changed.values())


class UnitOfWork:
    def __init__(self, clock: Clock, new_nonce: Callable[[], str]) -> None:
        self._clock = clock
        self._new_nonce = new_nonce
        self._process_batch = ChangeSet()
        self._done: OrderedDict[str, None] = OrderedDict()  # job and message ids of finished tasks
        self.in_flight = InFlightIndex()
        self.timed_out = InFlightIndex()

    def now(self) -> int:
        return self._clock.now()

    def of_account(self, account: str) -> list[InFlightTask]:
        return [tracked for tracked in self.in_flight if tracked.task.account == account]

    # ------------------------------------------------------------ changes

    def change(self, tracked: InFlightTask, after: Task) -> None:
        before = tracked.task
        if after is before:
            return
        self.note(before, after)
        self.in_flight.update(tracked, after)
        if not after.in_flight:
            self.in_flight.remove(tracked)
        if is_open_end(after):  # timed out: a late result may still reopen it
            self.timed_out.add(tracked)
        elif after.phase is Phase.OVER:
            self.remember(after)

    def note(self, before: Task, after: Task) -> None:
        """Change a task that need not be in flight."""
        first = self._process_batch.changed.get(before.id, (before, before))[0]
        self._process_batch.changed[before.id] = (first, after)

    def add_line(self, task_id: str, kind: str, detail: Mapping[str, Detail]) -> None:
        """Add a line to the task's timeline."""
        self._process_batch.entries.append(Entry(task_id=task_id, time=self.now(), kind=kind, detail=detail))

    def mark(self, tracked: InFlightTask, nonce: str, state: SendState, interaction_id: str | None = None) -> None:
        self._process_batch.marks[nonce] = self.in_flight.update_send(tracked, nonce, state, interaction_id)

    def mark_timed_out(self, tracked: InFlightTask, nonce: str, interaction_id: str | None) -> None:
        """An event after the end proves this send."""
        self._process_batch.marks[nonce] = self.timed_out.update_send(tracked, nonce, SendState.POSTED, interaction_id)

    def follow_up(self, tracked: InFlightTask, purpose: Purpose, order: Interaction) -> None:
        """Add a send for this task: expected from now on, written with this batch, posted after it."""
        task = tracked.task
        nonce = self._new_nonce()
        send = Send(nonce=nonce, task_id=task.id, account=task.account or "", purpose=purpose, time=self.now())
        tracked.sends[nonce] = send
        self.in_flight.update(tracked, task)
        self._process_batch.follow_ups.append((send, order))
        self._process_batch.entries.append(of_send(send))

    # ------------------------------------------------------------ the batch

    @property
    def has_changes(self) -> bool:
        return bool(self._process_batch.changed)

    def is_changed(self, task_id: str) -> bool:
        return task_id in self._process_batch.changed

    def take_changes(self) -> ChangeSet:
        """All changes since the last call."""
        changes, self._process_batch = self._process_batch, ChangeSet()
        return changes

    def restore(self, task_id: str, refused: ChangeSet, reason: str) -> None:
        """The database refused this change of one task: restore the task. If the change would have ended it, the
        task fails, because the event that ended it will not come again."""
        self.add_line(task_id, "set_aside", {"reason": reason})
        before, after = refused.changed.get(task_id, (None, None))
        if before is None or after is None or not before.in_flight:
            return
        tracked = self.in_flight.get(task_id)
        if tracked is not None:
            self.in_flight.update(tracked, before)
            return
        if timed_out := self.timed_out.get(task_id):
            self.timed_out.remove(timed_out)
        self.note(before, fail(before, "store_failed", f"Its outcome cannot be stored. {reason}", self.now()))

    # ------------------------------------------------------------ earlier results

    def is_done(self, key: str | None) -> bool:
        """Whether this is a message or job of a recently finished task."""
        return key in self._done

    def remember(self, task: Task) -> None:
        for key in (task.result.message_id, task.progress.job_id, task.progress.progress_message_id):
            if key:
                self._done[key] = None
        while len(self._done) > FINISHED_KEYS_KEPT:
            self._done.popitem(last=False)


@dataclass(kw_only=True, slots=True)
class WriteResult:
    """`refused`: task id -> its part of the batch, which is not on disk, and the reason."""

    parts: list[ChangeSet] = field(default_factory=list)
    refused: dict[str, tuple[ChangeSet, str]] = field(default_factory=dict)


async def write(changes: ChangeSet, journal: Journal, retry_pause: float) -> WriteResult:
    """Return when the batch is on disk, except what the database refuses. `retry_pause`: seconds between attempts
    while the database cannot be written."""
    written = WriteResult()
    pending: list[tuple[str, ChangeSet]] = [("", changes)]
    while pending:
        task_id, part = pending[0]
        try:
            await _record(part, journal)
        except RecordRefused as error:
            if task_id:
                log.error("the database refuses a change: %s", error, extra={"task": task_id})
            pending[0:1] = _split_off(written, task_id, part, error.message.split(" (")[0])
        except StoreFailed as error:
            log.error("cannot write changes; retrying: %s", error)
            await asyncio.sleep(retry_pause)
        except Exception as error:
            log.exception("cannot write a change", extra={"task": task_id})
            pending[0:1] = _split_off(written, task_id, part, f"This is a defect ({type(error).__name__}).")
        else:
            written.parts.append(part)
            pending.pop(0)
    return written


async def _record(changes: ChangeSet, journal: Journal) -> None:
    await journal.record(
        changes.changed,
        marks=list(changes.marks.values()),
        sends=[send for send, _ in changes.follow_ups],
        entries=changes.entries,
    )


def _split_off(written: WriteResult, task_id: str, part: ChangeSet, reason: str) -> list[tuple[str, ChangeSet]]:
    """The parts to write instead."""
    if not task_id:
        return list(by_task(part).items())
    written.refused[task_id] = (part, reason)
    return []


def by_task(changes: ChangeSet) -> Mapping[str, ChangeSet]:
    """The same changes, as one batch per task."""
    parts: dict[str, ChangeSet] = {}

    def part_of(task_id: str) -> ChangeSet:
        return parts.setdefault(task_id, ChangeSet())

    for task_id, change in changes.changed.items():
        part_of(task_id).changed[task_id] = change
    for nonce, send in changes.marks.items():
        part_of(send.task_id).marks[nonce] = send
    for send, order in changes.follow_ups:
        part_of(send.task_id).follow_ups.append((send, order))
    for entry in changes.entries:
        part_of(entry.task_id).entries.append(entry)
    return parts
