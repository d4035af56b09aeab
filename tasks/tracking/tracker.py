"""The tracker: event → correlation → lifecycle → save → announce.

Contract: from `expect` on, only this loop changes a task. Discord's events, outcomes of POSTs and clock ticks arrive
through one queue, in order. Each batch of events is one unit of work, written in one transaction.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from tasks.domain.errors import RecordRefused, StoreFailed
from tasks.domain.events import (
    AdoptRequested,
    CancelRequested,
    Connected,
    CopyRemoved,
    CopyStored,
    Disconnected,
    DiscordEvent,
    Event,
    HistoryRead,
    LinksRenewed,
    RetryRequested,
    SendDenied,
    SendNotMade,
    SendPosted,
    SendUncertain,
    Tick,
)
from tasks.domain.model import Phase, Send, SendState, Task
from tasks.domain.ports import Clock, Gateway, TaskStore
from tasks.effects.fact_book import FactBook
from tasks.effects.history_backfill import HistoryBackfill
from tasks.effects.journal import Journal
from tasks.effects.sender import Sender
from tasks.rules.account_limits import QueueFullBackoff
from tasks.rules.deadlines import MINUTE, Deadlines
from tasks.rules.lifecycle import cancel, fail, requeue
from tasks.tracking.ambiguous_results import AmbiguousResults
from tasks.tracking.event_handler import AccountPauses, DialogOpener, EventHandler
from tasks.tracking.in_flight import InFlightTask
from tasks.tracking.late_results import LateResults
from tasks.tracking.picture_changes import record_pictures
from tasks.tracking.send_outcomes import apply_send_outcome, request_cancel
from tasks.tracking.stall_detector import CLOCKS_DIFFER, GAP_MARGIN, StallDetector
from tasks.tracking.unit_of_work import UnitOfWork, write

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
BATCH = 500  # events committed together
STORE_RETRY = 1.0  # seconds between attempts while the database cannot be read or written
STORE_TRIES = 30  # to read the tasks that an event concerns


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """`modal_timeout`: how long a MODAL task waits for its caller (ms). `falls_back_to_relax`: when fast hours are
    exhausted, a drawing is sent again in relaxed mode, and the account continues until a relaxed drawing is refused,
    too. `forgets`: tasks in flight at the start are known to be lost (the simulator keeps nothing)."""

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
        posting: Sender,
        journal: Journal,
        facts: FactBook,
        clock: Clock,
        queue_full_backoff: QueueFullBackoff,
        new_nonce: Callable[[], str],
        rules: Rules,
        freed: Callable[[], None],
    ) -> None:
        self._queue = events
        self._store = store
        self._gateway = gateway
        self._posting = posting
        self._journal = journal
        self._facts = facts
        self._clock = clock
        self._rules = rules
        self._freed = freed
        self._work = UnitOfWork(clock, new_nonce)
        self._late_results = LateResults(self._work, store)
        self._history = HistoryBackfill(gateway, self.enqueue)
        self._stall_detector = StallDetector(self._work, self._history, rules.deadlines)
        self._ambiguous = AmbiguousResults()
        self._event_handler = EventHandler(
            work=self._work,
            store=store,
            gateway=gateway,
            clock=clock,
            queue_full_backoff=queue_full_backoff,
            late=self._late_results,
            openings=DialogOpener(self._work, store, rules.modal_timeout),
            pauses=AccountPauses(gateway, falls_back_to_relax=rules.falls_back_to_relax),
            patience=self._stall_detector,
            unsettled=self._ambiguous,
            facts=facts,
        )
        self._newest: dict[str, int] = {}
        self._cancels: list[str] = []  # tasks not in flight, to be cancelled after this batch is written

    # ------------------------------------------------------------ public

    def enqueue(self, event: Event) -> None:
        """Queue an event. Never blocks, never fails: called from Discord's handlers, in the order of arrival."""
        if isinstance(event, DiscordEvent):
            keys = event.keys
            self._newest[keys.account] = max(self._newest.get(keys.account, 0), keys.sent_at)
        self._queue.put_nowait(event)

    def newest_message_time(self, account: str) -> int:
        """Creation time of the newest message that this account has received (ms, Discord's clock): older messages
        cannot answer later sends."""
        return self._newest.get(account, 0)

    def expect(self, task: Task, send: Send) -> None:
        """Track the task before its POST: an echo may arrive before the POST returns."""
        self._work.in_flight.add(InFlightTask(task=task, sends={send.nonce: send}))

    async def start(self) -> None:
        """Resume tasks in flight from the previous process; sends that were only written have unknown outcomes."""
        tasks = await self._store.in_phase(Phase.SENT)
        sends = await self._store.sends_of([task.id for task in tasks])
        if self._rules.forgets:
            now, lost = self._clock.now(), "The simulator was restarted and has lost it."
            await self._journal.record({task.id: (task, fail(task, "silence", lost, now)) for task in tasks})
            return
        await self._late_results.start()
        for task in tasks:
            own = {send.nonce: _after_restart(send) for send in sends if _is_of_this_try(send, task)}
            tracked = InFlightTask(task=task, sends=own, gap=True)
            self._work.in_flight.add(tracked)
            self._repeat_if_free(tracked)
        await self._write()
        if tasks:
            log.info("%d tasks were in flight; checking their outcomes in history", len(tasks))

    async def run(self) -> None:
        """The loop; ends only by cancellation."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            changes = asyncio.ensure_future(self._process_batch(batch))
            try:
                await asyncio.shield(changes)
            except asyncio.CancelledError:
                await changes  # finish recording external events before ending
                raise

    async def watch(self) -> None:
        """Queue clock ticks."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.enqueue(Tick(now=self._clock.now()))

    async def drain(self) -> None:
        """At shutdown: write the queued events; abandon history reads."""
        await self._history.close()
        await self._process_batch([self._queue.get_nowait() for _ in range(self._queue.qsize())])

    # ------------------------------------------------------------ one batch

    async def _process_batch(self, batch: Sequence[Event]) -> None:
        for event in batch:
            await self._handle_safely(event)
        await self._settle()
        await self._write()
        while self._cancels:
            await self._cancel_waiting(self._cancels.pop())

    async def _handle_safely(self, event: Event) -> None:
        """Handle an event; its failure affects no other. Waits for an unreadable database, but not for ever, because
        a single task may be unreadable. Does not wait for an invalid row."""
        for tries_left in reversed(range(STORE_TRIES)):
            try:
                await self._handle(event)
            except Exception as error:
                if isinstance(error, StoreFailed) and not isinstance(error, RecordRefused) and tries_left:
                    log.error("cannot read the task of an event; retrying: %s", error)
                    await asyncio.sleep(STORE_RETRY)
                    continue
                log.exception("cannot handle an event: %s", type(event).__name__)
            return

    async def _settle(self) -> None:
        """Another key may have arrived: match the ambiguous results again."""
        if not self._ambiguous or not self._work.has_changes:
            return
        with self._ambiguous.rematch() as events:
            for event in events:
                await self._handle_safely(event)
        await self._event_handler.rematch()

    async def _write(self) -> None:
        changes = self._work.take_changes()
        written = await write(changes, self._journal, STORE_RETRY)
        for send, order in (follow_up for part in written.parts for follow_up in part.follow_ups):
            self._posting.post(send, order)
        if written.refused:
            for task_id, (part, reason) in written.refused.items():
                self._work.restore(task_id, part, reason)
            await write(self._work.take_changes(), self._journal, STORE_RETRY)
        await self._facts.flush()
        if changes.frees_a_slot:
            self._freed()

    async def _handle(self, event: Event) -> None:
        match event:
            case Tick():
                await self._on_tick(event.now)
            case Connected():
                self._on_connected(event)
            case Disconnected():
                log.debug("account %s is not connected: %s", event.account, event.reason)
            case HistoryRead():
                await self._event_handler.on_history_read(event)
                self._stall_detector.on_history_read(event)
            case CancelRequested():
                if not request_cancel(self._work, event.task_id):
                    self._cancels.append(event.task_id)
            case AdoptRequested():
                await self._late_results.adopt(event)
            case RetryRequested():
                if await self._late_results.retry(event.task_id):
                    self._freed()
            case CopyStored() | CopyRemoved() | LinksRenewed():
                await record_pictures(self._work, self._store, self._journal, event, self.enqueue)
            case SendPosted() | SendNotMade() | SendDenied() | SendUncertain():
                apply_send_outcome(self._work, event)
            case _:
                await self._event_handler.on_event(event)

    async def _on_tick(self, now: int) -> None:
        self._stall_detector.look(now, self._gateway.accounts())
        for account in self._stall_detector.overdue():
            await self._event_handler.settle(account)

    async def _cancel_waiting(self, task_id: str) -> None:
        """The task was in flight when its caller cancelled it, and has returned to the queue since."""
        async with self._journal.waiting_tasks() as waiting_tasks:
            try:
                task = await self._store.get(task_id)
                if task is None or task.status.is_over or task.in_flight:
                    return
                await waiting_tasks.record({task_id: (task, cancel(task, self._clock.now()))})
            except StoreFailed as error:
                log.error("cannot save the cancel of a waiting task: %s", error, extra={"task": task_id})

    # ------------------------------------------------------------ connection

    def _on_connected(self, event: Connected) -> None:
        own = self._work.of_account(event.account)
        self._event_handler.learn_from_account(event.account)
        self._freed()
        if not own or event.gap_since is None:
            return
        oldest = min(tracked.task.start_time or 0 for tracked in own)
        since = max(oldest - CLOCKS_DIFFER, event.gap_since - GAP_MARGIN)
        for tracked in own:
            tracked.gap = True
            self._repeat_if_free(tracked)
        self._history.ask(event.account, since)

    def _repeat_if_free(self, tracked: InFlightTask) -> None:
        """Repeat a free send: a dialog or an answer missed in a gap does not come again."""
        if tracked.is_repeatable and tracked.task.progress.progress_message_id is None:
            self._work.change(tracked, requeue(tracked.task, self._clock.now()))


def _is_of_this_try(send: Send, task: Task) -> bool:
    """Outcomes of earlier attempts were handled when the task returned to the queue."""
    return send.task_id == task.id and send.time >= (task.start_time or 0)


def _after_restart(send: Send) -> Send:
    return replace(send, state=SendState.UNKNOWN) if send.state is SendState.WRITTEN else send
