"""The road up: event → match → lifecycle → save → announce.

From `expect` on, this loop alone changes a task, whether Discord spoke, our own POST ended or time passed: all of it
comes through one queue, in order. Each batch of events is one turn, and each turn one transaction.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from tasks.board import Board
from tasks.congestion import Congestion
from tasks.copies import note_copy
from tasks.corrections import is_open_end
from tasks.crossings import Crossings
from tasks.deadlines import MINUTE, Deadlines
from tasks.errors import StoreFailed
from tasks.events import (
    Acknowledged,
    AdoptAsked,
    CancelAsked,
    Connected,
    CopyRemoved,
    CopyStored,
    Disconnected,
    Event,
    Finished,
    Heard,
    Informed,
    Keys,
    ModalOpened,
    Progressed,
    Recalled,
    Refused,
    RetryAsked,
    SendDenied,
    SendNotMade,
    SendPosted,
    SendUncertain,
    Started,
    Tick,
    Withdrawn,
)
from tasks.flights import Flight
from tasks.journal import Journal
from tasks.late import Late
from tasks.lifecycle import apply, cancelled, failed, requeued
from tasks.matching import PRIVATE
from tasks.model import Action, Lane, Mode, Phase, Send, SendState, Task
from tasks.openings import Openings
from tasks.outcomes import cancel, cancel_when_seen, is_about_cancelling, send_ended
from tasks.patience import CLOCKS_DIFFER, GAP_MARGIN, Patience
from tasks.pauses import Pauses
from tasks.ports import Clock, Gateway, TaskStore
from tasks.posting import Posting
from tasks.recalls import Recalls
from tasks.timeline import heard
from tasks.whose import whose

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
BATCH = 500  # events whose changes share one commit
OPEN_QUESTIONS = 200  # results that fit several tasks, kept until another key arrives
STORE_RETRY = 1.0  # seconds between tries while the database cannot be written, or read
STORE_TRIES = 30  # to read what an event is about


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """`modal_timeout`: how long a dialog's task waits for its caller (ms). `falls_back_to_relax`: when fast hours are
    gone, a drawing is sent again in relaxed mode, and the account goes on until such a one is refused, too. `forgets`:
    at the start, what was in flight is known to be lost (the simulator forgets when it ends)."""

    deadlines: Deadlines = field(default_factory=Deadlines)
    modal_timeout: int = 30 * MINUTE
    forgets: bool = False
    falls_back_to_relax: bool = False


class Tracker:
    """Reads `events`, the one queue. `freed` is called when a slot may be free: it wakes the dispatcher."""

    def __init__(
        self,
        *,
        events: asyncio.Queue[Event],
        store: TaskStore,
        gateway: Gateway,
        posting: Posting,
        journal: Journal,
        clock: Clock,
        congestion: Congestion,
        new_nonce: Callable[[], str],
        rules: Rules,
        freed: Callable[[], None],
    ) -> None:
        self._queue = events
        self._store = store
        self._gateway = gateway
        self._posting = posting
        self._journal = journal
        self._clock = clock
        self._congestion = congestion
        self._rules = rules
        self._freed = freed
        self._board = Board(clock, new_nonce)
        self._late = Late(self._board, store)
        self._crossings = Crossings()
        self._openings = Openings(self._board, store, rules.modal_timeout)
        self._pauses = Pauses(gateway, falls_back_to_relax=rules.falls_back_to_relax)
        self._recalls = Recalls(gateway, self.hear)
        self._patience = Patience(self._board, self._recalls, rules.deadlines)
        self._unsettled: list[Finished] = []
        self._asked_again: list[Finished] = []  # while they are settled: what was said of them is not said again
        self._cancels: list[str] = []  # tasks not in flight, to be cancelled when this turn is written

    # ------------------------------------------------------------ what others call

    def hear(self, event: Event) -> None:
        """Put an event on the queue. Never blocks, never fails: called from Discord's handlers, in wire order."""
        self._queue.put_nowait(event)

    def expect(self, task: Task, send: Send) -> None:
        """Before the wire: an echo may arrive before the POST returns."""
        self._board.flights.add(Flight(task=task, sends={send.nonce: send}))

    async def start(self) -> None:
        """Take up what was in flight when the process ended; sends that were only written have unknown outcomes."""
        tasks = await self._store.in_phase(Phase.SENT)
        sends = await self._store.sends_of([task.id for task in tasks])
        if self._rules.forgets:
            now, lost = self._clock.now(), "The simulator was started anew and has forgotten it."
            await self._journal.record({task.id: (task, failed(task, "silence", lost, now)) for task in tasks})
            return
        await self._late.start()
        for task in tasks:
            own = {send.nonce: _after_restart(send) for send in sends if _is_of_this_try(send, task)}
            flight = Flight(task=task, sends=own, gap=True)
            self._board.flights.add(flight)
            self._repeat_if_free(flight)
        await self._write()
        if tasks:
            log.info("%d tasks were in flight; their fate will be read from history", len(tasks))

    async def run(self) -> None:
        """The loop; ends only by cancellation."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            turn = asyncio.ensure_future(self._turn(batch))
            try:
                await asyncio.shield(turn)
            except asyncio.CancelledError:
                await turn  # what happened outside is written down before we go
                raise

    async def watch(self) -> None:
        """Let time pass."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.hear(Tick(now=self._clock.now()))

    async def drain(self) -> None:
        """At the end: what is on the queue is still written down; histories being read are given up."""
        await self._recalls.close()
        await self._turn([self._queue.get_nowait() for _ in range(self._queue.qsize())])

    # ------------------------------------------------------------ one turn

    async def _turn(self, batch: Sequence[Event]) -> None:
        for event in batch:
            await self._handle_safely(event)
        await self._settle()
        await self._write()
        while self._cancels:
            await self._cancel_waiting(self._cancels.pop())

    async def _handle_safely(self, event: Event) -> None:
        """An event's failure is its own. A database that cannot be read is waited for; for a while, as it may be one
        task alone that cannot."""
        for tries_left in reversed(range(STORE_TRIES)):
            try:
                await self._handle(event)
            except Exception as error:
                if isinstance(error, StoreFailed) and tries_left:
                    log.error("cannot read what an event is about, trying again: %s", error)
                    await asyncio.sleep(STORE_RETRY)
                    continue
                log.exception("an event could not be handled: %s", type(event).__name__)
            return

    async def _write(self) -> None:
        turn = self._board.take_turn()
        sends = [send for send, _ in turn.follow_ups]
        while True:
            try:
                await self._journal.record(
                    turn.changed, marks=list(turn.marks.values()), sends=sends, entries=turn.entries
                )
                break
            except StoreFailed as error:
                log.error("cannot write what happened, trying again: %s", error)
                await asyncio.sleep(STORE_RETRY)
        for send, order in turn.follow_ups:
            self._posting.post(send, order)
        if turn.frees_a_slot:
            self._freed()

    async def _handle(self, event: Event) -> None:
        match event:
            case Tick():
                self._patience.look(event.now, self._gateway.accounts())
            case Connected():
                self._connected(event)
            case Disconnected():
                log.debug("account %s is not connected: %s", event.account, event.reason)
            case Recalled():
                self._patience.recalled(event)
            case CancelAsked():
                if not cancel(self._board, event.task_id):
                    self._cancels.append(event.task_id)
            case AdoptAsked():
                await self._late.adopt(event)
            case RetryAsked():
                if await self._late.retry(event.task_id):
                    self._freed()
            case CopyStored() | CopyRemoved():
                await note_copy(self._board, self._store, event, self.hear)
            case SendPosted() | SendNotMade() | SendDenied() | SendUncertain():
                send_ended(self._board, event)
            case _:
                await self._heard(event)

    async def _cancel_waiting(self, task_id: str) -> None:
        """It was in flight when its caller asked, and has come back to the queue since."""
        async with self._journal.waiting_tasks:
            try:
                task = await self._store.get(task_id)
                if task is None or task.status.is_over or task.in_flight:
                    return
                await self._journal.record({task_id: (task, cancelled(task, self._clock.now()))})
            except StoreFailed as error:
                log.error("the cancel of a waiting task cannot be written: %s", error, extra={"task": task_id})

    # ------------------------------------------------------------ Discord spoke

    async def _heard(self, event: Heard) -> None:
        if isinstance(event, Started | Progressed | Finished) and await self._is_echo(event.keys):
            return
        if isinstance(event, Informed) and event.seed and event.keys.job_id:
            await self._seed_told(event.keys.job_id, event.seed)
            return
        user_id = self._user_of(event.keys.account)
        found = whose(event, self._board.flights, self._board.lapsed, user_id)
        if found.ambiguous:
            self._leave_open(event, found.ambiguous)
        flight = self._board.flights.get(found.task_id) if found.task_id else None
        self._pauses.heed(event, flight)
        if flight is not None:
            self._board.tell(flight.task.id, "heard", heard(event, found.by))
            before = flight.task
            if not (isinstance(event, Refused) and self._sends_another_back(flight.task, event, found.by)):
                await self._apply(flight, event)
            if isinstance(event, Finished) and flight.task.is_over:
                self._ended(flight, before, found.by)
        elif isinstance(event, Withdrawn):
            self._withdrawn_after_all(self._crossings.deleted(event.keys.message_id))
        elif not found.ambiguous and self._late.heard(event, user_id):
            pass
        elif isinstance(event, Started | Progressed | Finished) and self._is_ours(event.keys):
            self._patience.unclaimed(event.keys)

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

    # ------------------------------------------------------------ results that came before, or fit several tasks

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

    def _leave_open(self, event: Heard, task_ids: Sequence[str]) -> None:
        if isinstance(event, Finished):
            if event not in self._asked_again:
                log.warning("a result fits several tasks (%s): left open until another key tells", ", ".join(task_ids))
            self._unsettled = [*self._unsettled[-OPEN_QUESTIONS + 1 :], event]

    async def _settle(self) -> None:
        """Another key may have arrived: ask again about the results that fitted several tasks."""
        if not self._unsettled or not self._board.has_changes:
            return
        self._asked_again, self._unsettled = self._unsettled, []
        for event in self._asked_again:
            await self._handle_safely(event)
        self._asked_again = []

    # ------------------------------------------------------------ connection

    def _connected(self, event: Connected) -> None:
        own = self._board.of_account(event.account)
        self._freed()
        if not own or event.gap_since is None:
            return
        oldest = min(flight.task.start_time or 0 for flight in own)
        since = max(oldest - CLOCKS_DIFFER, event.gap_since - GAP_MARGIN)
        for flight in own:
            flight.gap = True
            self._repeat_if_free(flight)
        self._recalls.ask(event.account, since)

    def _repeat_if_free(self, flight: Flight) -> None:
        """A dialog or an answer that came in a gap will not come again; what is free is asked for once more."""
        if flight.is_repeatable and flight.task.progress_message_id is None:
            self._board.change(flight, requeued(flight.task, self._clock.now()))


def _is_of_this_try(send: Send, task: Task) -> bool:
    """What became of an earlier try was seen to when the task went back to the queue."""
    return send.task_id == task.id and send.time >= (task.start_time or 0)


def _after_restart(send: Send) -> Send:
    return replace(send, state=SendState.UNKNOWN) if send.state is SendState.WRITTEN else send
