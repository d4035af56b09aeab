"""Discord spoke: whose is it, and what does it make of its task?

Law: each message and each job go to one task only. What nobody in flight claims may be a late result; what may be
several tasks' is left open.
"""

from __future__ import annotations

from dataclasses import replace

from tasks.board import Board
from tasks.congestion import Congestion
from tasks.corrections import is_open_end
from tasks.crossings import Crossings
from tasks.events import (
    Acknowledged,
    Finished,
    Heard,
    Informed,
    Keys,
    ModalOpened,
    Progressed,
    Refused,
    Started,
    Withdrawn,
)
from tasks.flights import Flight
from tasks.late import Late
from tasks.lifecycle import apply, requeued, without_message
from tasks.matching import PRIVATE
from tasks.model import Action, Lane, Mode, SendState, Task
from tasks.openings import Openings
from tasks.outcomes import cancel_when_seen, is_about_cancelling
from tasks.patience import Patience
from tasks.pauses import Pauses
from tasks.ports import Clock, Gateway, TaskStore
from tasks.timeline import heard
from tasks.unsettled import Unsettled
from tasks.whose import whose

BY_DISCORDS_WORD = frozenset({"nonce", "interaction"})  # keys that no words stand behind


class Listening:
    def __init__(
        self,
        *,
        board: Board,
        store: TaskStore,
        gateway: Gateway,
        clock: Clock,
        congestion: Congestion,
        late: Late,
        openings: Openings,
        pauses: Pauses,
        patience: Patience,
        unsettled: Unsettled,
    ) -> None:
        self._board = board
        self._store = store
        self._gateway = gateway
        self._clock = clock
        self._congestion = congestion
        self._late = late
        self._openings = openings
        self._pauses = pauses
        self._patience = patience
        self._unsettled = unsettled
        self._crossings = Crossings()

    async def heard(self, event: Heard) -> None:
        """Find its task, and change it."""
        event = self._without_strange_nonce(event)
        if isinstance(event, Started | Progressed | Finished) and await self._is_echo(event.keys):
            return
        if isinstance(event, Informed) and event.seed and event.keys.job_id:
            await self._seed_told(event.keys.job_id, event.seed)
            return
        user_id = self._user_of(event.keys.account)
        found = whose(event, self._board.flights, self._board.lapsed, user_id)
        if found.ambiguous:
            self._unsettled.keep(event, found.ambiguous)
        flight = self._board.flights.get(found.task_id) if found.task_id else None
        self._pauses.heed(event, flight)
        if flight is not None:
            self._board.tell(flight.task.id, "heard", heard(event, found.by))
            before = flight.task
            if not (isinstance(event, Refused) and self._sends_another_back(flight.task, event, found.by)):
                await self._apply(flight, event)
            if found.by in BY_DISCORDS_WORD and isinstance(event, Started | Progressed | Finished):
                self._give_back(flight, event.keys)
            if isinstance(event, Finished) and flight.task.is_over:
                self._ended(flight, before, found.by)
        elif isinstance(event, Withdrawn):
            self._withdrawn_after_all(self._crossings.deleted(event.keys.message_id))
        elif not found.ambiguous and self._late.heard(event, user_id):
            pass
        elif isinstance(event, Started | Progressed | Finished) and self._is_ours(event.keys):
            self._patience.unclaimed(event.keys)

    def _without_strange_nonce(self, event: Heard) -> Heard:
        """A nonce counts where a send has it. Any other one (the bot's own, since 2025-05) is as good as none."""
        nonce = event.keys.nonce
        if nonce is None or self._board.flights.by_nonce(nonce) or self._board.lapsed.by_nonce(nonce):
            return event
        return replace(event, keys=replace(event.keys, nonce=None))

    def _give_back(self, owner: Flight, keys: Keys) -> None:
        """The message is known for certain to be the owner's: who had taken it by its words lets it go."""
        for other in self._board.flights:
            before = other.task
            message = before.progress_message_id
            if other is not owner and message is not None and message in (keys.message_id, keys.reference_id):
                other.withdrawn = False
                self._board.change(other, without_message(before))
                self._board.flights.disown(other, before)

    def _ended(self, flight: Flight, before: Task, by: str) -> None:
        """With a result. Whose message is gone already may be known now."""
        if not flight.withdrawn:
            self._crossings.ended(before, by)
        for other in self._board.flights:
            other.withdrawn = other.withdrawn and not self._crossings.explain(other.task)

    def _withdrawn_after_all(self, message_id: str | None) -> None:
        for other in self._board.flights:
            other.withdrawn = other.withdrawn or other.task.progress_message_id == message_id is not None

    def _sends_another_back(self, task: Task, event: Refused, by: str) -> bool:
        """One command may make several drawings. What sends back a later one answers the same interaction, while the
        first is taken: sent again, all would be paid again."""
        is_back = event.retry or self._pauses.goes_on_relaxed(task, event)
        own = task.progress_message_id
        return is_back and by == "interaction" and own not in (None, event.keys.message_id, event.keys.reference_id)

    def _is_ours(self, keys: Keys) -> bool:
        """Does it address our own user, or is it private to it?"""
        return bool(keys.flags & PRIVATE) or keys.user_id in (None, self._user_of(keys.account))

    def _user_of(self, account: str) -> str | None:
        return next((known.user_id for known in self._gateway.accounts() if known.id == account), None)

    async def _apply(self, flight: Flight, event: Heard) -> None:
        keys = event.keys
        if isinstance(event, Acknowledged) and keys.nonce in flight.sends:
            self._board.mark(flight, keys.nonce, SendState.POSTED, keys.interaction_id)
        if is_about_cancelling(flight, keys):
            return
        match event:
            case Withdrawn():  # follows each result; before one it means moderation, which the deadline will tell
                note = flight.task.queued  # the one that said so
                flight.withdrawn = not note and not self._crossings.explain(flight.task)
            case ModalOpened():
                await self._openings.dialog(flight, event)
            case Informed() if flight.task.switch and flight.task.custom_id is None and not flight.is_switching:
                self._openings.settings(flight, event)
            case Acknowledged(confirmed=True) if flight.switches_by(keys.nonce):
                self._advance(flight, Informed(keys=keys))
            case Refused() if self._pauses.goes_on_relaxed(flight.task, event):
                relaxed = replace(flight.task, mode_asked=Mode.RELAXED)
                self._board.change(flight, requeued(relaxed, self._clock.now()))
            case _:
                self._advance(flight, event)

    def _advance(self, flight: Flight, event: Heard) -> None:
        after = apply(flight.task, event, self._clock.now())
        if event.keys.from_history and replace(after, heard_time=flight.task.heard_time) == flight.task:
            return  # an old message that still stands there is no sign of life
        before = flight.task
        if after.progress_message_id != before.progress_message_id:
            flight.withdrawn = False  # it goes on in another message
        if isinstance(event, Refused) and event.retry:
            self._congestion.full(event.keys.account, self._running(event.keys.account), self._clock.now())
        flight.heard()
        self._board.change(flight, after)
        if event.keys.nonce is not None and isinstance(event, Started | Progressed) and not before.queued:
            self._board.flights.disown(flight, before)  # what was its own by words alone was another's
        cancel_when_seen(self._board, flight)

    def _running(self, account: str) -> int:
        """Drawings of the account that MidJourney has surely begun."""
        own = [flight.task for flight in self._board.of_account(account) if flight.task.lane is Lane.DRAW]
        return sum(task.progress_message_id is not None and not task.queued for task in own)

    async def _seed_told(self, job_id: str, seed: str) -> None:
        task = await self._store.by_job(job_id)
        if task is not None and task.is_over and not self._board.is_changed(task.id):
            self._board.note(task, replace(task, seed=seed))

    async def _is_echo(self, keys: Keys) -> bool:
        """Is this about a task that is over? Each message and each job go to one task only, but for what was asked to
        be shown again."""
        is_done = self._board.is_done(keys.message_id) or self._board.is_done(keys.job_id)
        if not is_done and not keys.from_history:
            return False
        if any(flight.task.action is Action.SHOW and flight.asked_for(keys) for flight in self._board.flights):
            return False
        if any(flight.task.redoes(keys.message_id) for flight in self._board.flights):
            return False
        if is_done:
            return True
        if keys.message_id and await self._store.by_message(keys.message_id):
            return True
        known = await self._store.by_job(keys.job_id) if keys.job_id else None
        return known is not None and known.is_over and not is_open_end(known) and not self._board.is_changed(known.id)
