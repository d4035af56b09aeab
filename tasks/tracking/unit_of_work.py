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
        self._turn = ChangeSet()
        self._done: OrderedDict[str, None] = OrderedDict()  # job ids and message ids of what has ended
        self.flights = InFlightIndex()
        self.lapsed = InFlightIndex()

    def now(self) -> int:
        return self._clock.now()

    def of_account(self, account: str) -> list[InFlightTask]:
        return [flight for flight in self.flights if flight.task.account == account]

    # ------------------------------------------------------------ changes

    def change(self, flight: InFlightTask, after: Task) -> None:
        before = flight.task
        if after is before:
            return
        self.note(before, after)
        self.flights.update(flight, after)
        if not after.in_flight:
            self.flights.remove(flight)
        if is_open_end(after):  # it ended because nothing was heard: it is still listened for
            self.lapsed.add(flight)
        elif after.phase is Phase.OVER:
            self.remember(after)

    def note(self, before: Task, after: Task) -> None:
        """A change of a task that need not be in flight."""
        first = self._turn.changed.get(before.id, (before, before))[0]
        self._turn.changed[before.id] = (first, after)

    def tell(self, task_id: str, kind: str, detail: Mapping[str, Detail]) -> None:
        """A line for the task's timeline."""
        self._turn.entries.append(Entry(task_id=task_id, time=self.now(), kind=kind, detail=detail))

    def mark(self, flight: InFlightTask, nonce: str, state: SendState, interaction_id: str | None = None) -> None:
        self._turn.marks[nonce] = self.flights.update_send(flight, nonce, state, interaction_id)

    def mark_lapsed(self, flight: InFlightTask, nonce: str, interaction_id: str | None) -> None:
        """Discord tells after the end that it has this send."""
        self._turn.marks[nonce] = self.lapsed.update_send(flight, nonce, SendState.POSTED, interaction_id)

    def follow_up(self, flight: InFlightTask, purpose: Purpose, order: Interaction) -> None:
        """One more send for this task: expected from now on, written with this turn, posted after it."""
        task = flight.task
        nonce = self._new_nonce()
        send = Send(nonce=nonce, task_id=task.id, account=task.account or "", purpose=purpose, time=self.now())
        flight.sends[nonce] = send
        self.flights.update(flight, task)
        self._turn.follow_ups.append((send, order))
        self._turn.entries.append(of_send(send))

    # ------------------------------------------------------------ the turn

    @property
    def has_changes(self) -> bool:
        return bool(self._turn.changed)

    def is_changed(self, task_id: str) -> bool:
        return task_id in self._turn.changed

    def take_turn(self) -> ChangeSet:
        """All that changed since the last time."""
        turn, self._turn = self._turn, ChangeSet()
        return turn

    def take_back(self, task_id: str, refused: ChangeSet, reason: str) -> None:
        """The database refused this change of one task: it is as it was. Where it would have left the flights it fails,
        as what ended it will not come again."""
        self.tell(task_id, "set_aside", {"reason": reason})
        before, after = refused.changed.get(task_id, (None, None))
        if before is None or after is None or not before.in_flight:
            return
        flight = self.flights.get(task_id)
        if flight is not None:
            self.flights.update(flight, before)
            return
        if lapsed := self.lapsed.get(task_id):
            self.lapsed.remove(lapsed)
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
