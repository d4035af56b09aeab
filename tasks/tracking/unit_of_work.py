"""What is in flight, and what changed in this turn: held in memory until the turn is written. The tracker's alone.

Nothing here decides; nothing here waits.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tasks.domain.interactions import Interaction
from tasks.domain.model import Phase, Purpose, Send, SendState, Task
from tasks.domain.ports import Clock
from tasks.domain.timeline import Detail, Entry, of_send
from tasks.rules.lifecycle import fail
from tasks.rules.reopening import is_open_end
from tasks.tracking.in_flight import InFlightIndex, InFlightTask

FINISHED_KEYS_KEPT = 7_500  # keys of what has ended, by which an echo is known to be an echo; each task has up to three


@dataclass(kw_only=True, slots=True)
class ChangeSet:
    """What one turn made of things: written in one transaction; then the follow-ups are posted."""

    changed: dict[str, tuple[Task, Task]] = field(default_factory=dict)  # task id -> (before, after)
    marks: dict[str, Send] = field(default_factory=dict)  # nonce -> the send as it is now
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
        self._done: OrderedDict[str, None] = OrderedDict()  # job ids and message ids of what has ended
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
        if is_open_end(after):  # it ended because nothing was heard: it is still listened for
            self.timed_out.add(tracked)
        elif after.phase is Phase.OVER:
            self.remember(after)

    def note(self, before: Task, after: Task) -> None:
        """A change of a task that need not be in flight."""
        first = self._process_batch.changed.get(before.id, (before, before))[0]
        self._process_batch.changed[before.id] = (first, after)

    def add_line(self, task_id: str, kind: str, detail: Mapping[str, Detail]) -> None:
        """A line for the task's timeline."""
        self._process_batch.entries.append(Entry(task_id=task_id, time=self.now(), kind=kind, detail=detail))

    def mark(self, tracked: InFlightTask, nonce: str, state: SendState, interaction_id: str | None = None) -> None:
        self._process_batch.marks[nonce] = self.in_flight.update_send(tracked, nonce, state, interaction_id)

    def mark_timed_out(self, tracked: InFlightTask, nonce: str, interaction_id: str | None) -> None:
        """Discord tells after the end that it has this send."""
        self._process_batch.marks[nonce] = self.timed_out.update_send(tracked, nonce, SendState.POSTED, interaction_id)

    def follow_up(self, tracked: InFlightTask, purpose: Purpose, order: Interaction) -> None:
        """One more send for this task: expected from now on, written with this turn, posted after it."""
        task = tracked.task
        nonce = self._new_nonce()
        send = Send(nonce=nonce, task_id=task.id, account=task.account or "", purpose=purpose, time=self.now())
        tracked.sends[nonce] = send
        self.in_flight.update(tracked, task)
        self._process_batch.follow_ups.append((send, order))
        self._process_batch.entries.append(of_send(send))

    # ------------------------------------------------------------ the turn

    @property
    def has_changes(self) -> bool:
        return bool(self._process_batch.changed)

    def is_changed(self, task_id: str) -> bool:
        return task_id in self._process_batch.changed

    def take_changes(self) -> ChangeSet:
        """All that changed since the last time."""
        changes, self._process_batch = self._process_batch, ChangeSet()
        return changes

    def take_back(self, task_id: str, refused: ChangeSet, reason: str) -> None:
        """The database refused this change of one task: it is as it was. Where it would have left the flights it fails,
        as what ended it will not come again."""
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
        self.note(before, fail(before, "store_failed", f"What became of it cannot be stored. {reason}", self.now()))

    # ------------------------------------------------------------ results that came before

    def is_done(self, key: str | None) -> bool:
        """Is this a message or the job of what has ended lately?"""
        return key in self._done

    def remember(self, task: Task) -> None:
        for key in (task.result.message_id, task.progress.job_id, task.progress.progress_message_id):
            if key:
                self._done[key] = None
        while len(self._done) > FINISHED_KEYS_KEPT:
            self._done.popitem(last=False)
