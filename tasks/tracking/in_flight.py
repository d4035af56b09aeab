"""The in-flight index: tasks that Discord may know of, in memory, by every key.

Contract: written by the tracker only. The table is authoritative; this index saves a query per event.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tasks.domain.events import Keys
from tasks.domain.model import Purpose, Send, SendState, Task
from tasks.rules.matching import Candidate


@dataclass(kw_only=True, slots=True)
class InFlightTask:
    """A task in flight, with state that matters only while it is in flight."""

    task: Task
    sends: dict[str, Send] = field(default_factory=dict)  # by nonce
    silent: int = 0  # ms of connected time since the last sign of life
    history_requested_at: int | None = None  # value of `silent` when history was last read for it
    history_complete: bool = False  # that read reached the end: only then silence proves anything
    gap: bool = False  # events may have been missed: private answers are not in history
    withdrawn: bool = False
    by_prompt_only: bool = False  # its interaction id can no longer arrive: its prompt may decide
    keys: set[tuple[str, str]] = field(default_factory=set)  # its keys in the index

    @property
    def candidate(self) -> Candidate:
        interaction_ids = frozenset(s.interaction_id for s in self.sends.values() if s.interaction_id)
        answered = [s.interaction_id for s in self.sends.values() if s.purpose is not Purpose.CANCEL]
        return Candidate(
            task=self.task,
            nonces=frozenset(self.sends),
            interaction_ids=interaction_ids,
            awaits_interaction=bool(answered) and answered[-1] is None,
        )

    @property
    def is_uncertain(self) -> bool:
        """No proof yet that Discord accepted any of its sends."""
        return self.task.progress.last_event_time is None and any(
            s.state is SendState.UNKNOWN for s in self.sends.values()
        )

    @property
    def is_free(self) -> bool:
        """Nothing paid was sent for it yet."""
        return not any(s.purpose.is_paid for s in self.sends.values())

    @property
    def is_repeatable(self) -> bool:
        """None of its sends must not be repeated."""
        return not any(s.purpose.must_not_repeat for s in self.sends.values())

    @property
    def has_pressed_setting(self) -> bool:
        """A settings button was pressed for it."""
        return any(s.purpose is Purpose.SWITCH and s.state is not SendState.REFUSED for s in self.sends.values())

    def is_setting_nonce(self, nonce: str | None) -> bool:
        """Whether this is the nonce of that press."""
        return nonce in self.sends and self.sends[nonce].purpose is Purpose.SWITCH

    def is_answered_by(self, keys: Keys) -> bool:
        """Whether this answers one of its sends, by Discord's own keys."""
        return keys.nonce in self.sends or any(
            keys.interaction_id == s.interaction_id for s in self.sends.values() if s.interaction_id
        )

    @property
    def is_dialog_uncertain(self) -> bool:
        """The submit of its dialog, or the settings press, may have arrived, without any event since."""
        follow_ups = (Purpose.SUBMIT, Purpose.SWITCH)
        states = [s.state for s in self.sends.values() if s.purpose in follow_ups]
        return self.task.progress.progress_message_id is None and SendState.UNKNOWN in states

    @property
    def is_unidentified(self) -> bool:
        """Neither its interaction nor its message is known yet."""
        return self.task.progress.progress_message_id is None and not any(s.interaction_id for s in self.sends.values())

    def note_sign_of_life(self) -> None:
        self.silent, self.history_requested_at = 0, None


class InFlightIndex:
    def __init__(self) -> None:
        self._flights: dict[str, InFlightTask] = {}
        self._keys: dict[tuple[str, str], str] = {}  # (kind, key) -> task id
        self._candidates: dict[str, Candidate] = {}

    def __iter__(self) -> Iterator[InFlightTask]:
        return iter(list(self._flights.values()))

    def __len__(self) -> int:
        return len(self._flights)

    def get(self, task_id: str) -> InFlightTask | None:
        return self._flights.get(task_id)

    def by_nonce(self, nonce: str) -> InFlightTask | None:
        return self._flights.get(self._keys.get(("nonce", nonce), ""))

    def add(self, tracked: InFlightTask) -> None:
        self._flights[tracked.task.id] = tracked
        self._index(tracked)

    def update(self, tracked: InFlightTask, task: Task) -> None:
        tracked.task = task
        self._index(tracked)

    def disown(self, tracked: InFlightTask, old: Task) -> None:
        """Remove the running message and job of its earlier state: they belong to another task."""
        stale = {("message", old.progress.progress_message_id or ""), ("job", old.progress.job_id or "")}
        stale &= tracked.keys - _keys_of(tracked.task)
        tracked.keys -= stale
        self._forget(tracked, stale)

    def update_send(
        self, tracked: InFlightTask, nonce: str, state: SendState, interaction_id: str | None = None
    ) -> Send:
        old = tracked.sends[nonce]
        send = replace(old, state=state, interaction_id=interaction_id or old.interaction_id)
        tracked.sends[nonce] = send
        self._index(tracked)
        return send

    def remove(self, tracked: InFlightTask) -> None:
        self._flights.pop(tracked.task.id, None)
        self._candidates.pop(tracked.task.id, None)
        self._forget(tracked, tracked.keys)

    def _forget(self, tracked: InFlightTask, keys: set[tuple[str, str]]) -> None:
        """Remove these keys, except those that now belong to another task."""
        for key in keys:
            if self._keys.get(key) == tracked.task.id:
                del self._keys[key]

    def candidates(self, keys: Keys) -> list[Candidate]:
        """The tasks that a key names, else all: `matching` decides in either case."""
        return [self._candidates[task_id] for task_id in (self._named(keys) or self._candidates)]

    def names(self, keys: Keys) -> bool:
        """Whether a unique key names one of these tasks."""
        return bool(self._named(keys))

    def _named(self, keys: Keys) -> set[str]:
        return {
            self._keys[key]
            for key in (
                ("nonce", keys.nonce or ""),
                ("interaction", keys.interaction_id or ""),
                ("interaction", keys.triggering_id or ""),
                ("message", keys.message_id or ""),
                ("job", keys.job_id or ""),
            )
            if key in self._keys
        }

    def _index(self, tracked: InFlightTask) -> None:
        task_id = tracked.task.id
        candidate = tracked.candidate
        self._candidates[task_id] = candidate
        tracked.keys |= {("nonce", nonce) for nonce in candidate.nonces}
        tracked.keys |= {("interaction", interaction_id) for interaction_id in candidate.interaction_ids}
        tracked.keys |= _keys_of(tracked.task)
        self._keys.update(dict.fromkeys(tracked.keys, task_id))


def _keys_of(task: Task) -> set[tuple[str, str]]:
    known = {("message", task.progress.progress_message_id or ""), ("job", task.progress.job_id or "")}
    return {(kind, key) for kind, key in known if key}
