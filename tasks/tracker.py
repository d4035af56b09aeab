"""The road up: event → match → lifecycle → save → announce; and the deadlines of what is in flight.

From `expect` on, this loop alone changes a task, whether Discord spoke, our own POST ended or time passed: all of it
comes through one queue, in order. Nothing here sends anything.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace

from tasks.congestion import Congestion
from tasks.deadlines import MINUTE, Deadlines, silence_limit
from tasks.dialogs import answer, own_text
from tasks.errors import ServiceError, StoreFailed
from tasks.events import (
    Acknowledged,
    CancelAsked,
    CaptchaAsked,
    Connected,
    Disconnected,
    Event,
    Finished,
    Heard,
    Informed,
    Keys,
    ModalOpened,
    Recalled,
    Refused,
    SendDenied,
    SendNotMade,
    SendPosted,
    SendUncertain,
    Tick,
    Withdrawn,
)
from tasks.flights import Flight, Flights
from tasks.journal import Journal
from tasks.lifecycle import apply, cancelled, failed, held, requeued
from tasks.matching import PRIVATE, match
from tasks.model import (
    Account,
    Action,
    Lane,
    MessageCommandOrder,
    Mode,
    Order,
    Phase,
    PressOrder,
    Purpose,
    Send,
    SendState,
    Task,
)
from tasks.ports import Clock, Gateway, TaskStore
from tasks.posting import Posting

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
LONGEST_TICK = 30_000  # ms: a machine that slept was not listening
GAP_MARGIN = 5_000  # ms read again before a gap
BATCH = 500  # events whose changes share one commit
REMEMBERED = 5_000  # results of which an echo is known to be an echo
OPEN_QUESTIONS = 200  # results that fit several tasks, kept until another key arrives
FREE_RETRY = 1.0  # seconds until a free send is repeated
STORE_RETRY = 1.0  # seconds between tries while the database cannot be written


class Tracker:
    """Reads `events`, the one queue. `freed` is called when a slot may be free: it wakes the dispatcher.

    `modal_timeout` is how long a dialog's task waits for the caller, in ms. `falls_back_to_relax`: when fast hours are
    gone, a drawing is sent again in relaxed mode, and the account goes on.
    """

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
        falls_back_to_relax: bool = False,
        deadlines: Deadlines,
        modal_timeout: int = 30 * MINUTE,
        freed: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._posting = posting
        self._journal = journal
        self._clock = clock
        self._congestion = congestion
        self._new_nonce = new_nonce
        self._falls_back_to_relax = falls_back_to_relax
        self._modal_timeout = modal_timeout
        self._deadlines = deadlines
        self._freed = freed
        self._queue = events
        self._flights = Flights()
        self._changed: dict[str, tuple[Task, Task]] = {}
        self._marks: dict[str, Send] = {}
        self._follow_ups: list[tuple[Send, Order]] = []  # written with this turn, posted after it
        self._unsettled: list[Finished] = []
        self._done: OrderedDict[str, None] = OrderedDict()  # job ids and message ids of results
        self._last_tick = clock.now()
        self._known: set[str] = set()  # accounts that were connected before, in this process
        self._recalls: dict[str, asyncio.Task[None]] = {}

    # ------------------------------------------------------------ what others call

    def hear(self, event: Event) -> None:
        """Put an event on the queue. Never blocks, never fails: called from Discord's handlers, in wire order."""
        self._queue.put_nowait(event)

    def expect(self, task: Task, send: Send) -> None:
        """Before the wire: an echo may arrive before the POST returns."""
        flight = self._flights.get(task.id)
        if flight is None:
            self._flights.add(Flight(task=task, sends={send.nonce: send}))
        else:
            flight.sends[send.nonce] = send
            self._flights.update(flight, task)

    async def start(self) -> None:
        """Take up what was in flight when the process ended; sends that were only written have unknown outcomes."""
        tasks = await self._store.in_phase(Phase.SENT)
        sends = await self._store.sends_of([task.id for task in tasks])
        for task in tasks:
            own = {send.nonce: _after_restart(send) for send in sends if send.task_id == task.id}
            flight = Flight(task=task, sends=own, gap=True)
            self._flights.add(flight)
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
        for recall in list(self._recalls.values()):
            recall.cancel()
        await asyncio.gather(*self._recalls.values(), return_exceptions=True)
        batch = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        await self._turn(batch)

    # ------------------------------------------------------------ one turn

    async def _turn(self, batch: Sequence[Event]) -> None:
        for event in batch:
            try:
                await self._handle(event)
            except Exception:
                log.exception("an event could not be handled: %s", type(event).__name__)
        await self._settle()
        await self._write()

    async def _write(self) -> None:
        changed, self._changed = self._changed, {}
        marks, self._marks = self._marks, {}
        follow_ups, self._follow_ups = self._follow_ups, []
        sends = [send for send, _ in follow_ups]
        while True:
            try:
                await self._journal.record(changed, marks=list(marks.values()), sends=sends)
                break
            except StoreFailed as error:
                log.error("cannot write what happened, trying again: %s", error)
                await asyncio.sleep(STORE_RETRY)
        for send, order in follow_ups:
            self._posting.post(send, order)
        if any(not after.in_flight for _, after in changed.values()):
            self._freed()

    async def _handle(self, event: Event) -> None:
        match event:
            case Tick():
                self._look_at_deadlines(event.now)
            case Connected():
                self._connected(event)
            case Disconnected():
                log.warning("account %s is not connected: %s", event.account, event.reason)
            case Recalled():
                self._recalled(event)
            case CancelAsked():
                self._cancel(event.task_id)
            case SendPosted() | SendNotMade() | SendDenied() | SendUncertain():
                self._send_ended(event)
            case _:
                await self._heard(event)

    # ------------------------------------------------------------ Discord spoke

    async def _heard(self, event: Heard) -> None:
        if isinstance(event, Finished) and await self._is_echo(event.keys):
            return
        if isinstance(event, Informed) and event.seed and event.keys.job_id:
            await self._seed_told(event.keys.job_id, event.seed)
            return
        accounts = self._accounts()
        account = accounts.get(event.keys.account)
        self._pause_if_asked(event)
        found = match(
            event.keys,
            self._flights.candidates(event.keys),
            account.user_id if account else None,
            final=isinstance(event, Finished),
        )
        if found.ambiguous:
            self._leave_open(event, found.ambiguous)
        flight = self._flights.get(found.task_id) if found.task_id else None
        if flight is not None:
            await self._apply(flight, event)

    async def _apply(self, flight: Flight, event: Heard) -> None:
        if isinstance(event, Withdrawn):
            # Follows each result; before one it is a sign of moderation, which the deadline will tell.
            flight.withdrawn = True
            return
        if isinstance(event, ModalOpened):
            await self._dialog_opened(flight, event)
            return
        after = apply(flight.task, event, self._clock.now())
        if event.keys.from_history and replace(after, heard_time=flight.task.heard_time) == flight.task:
            return  # an old message that still stands there is no sign of life
        flight.heard()
        if isinstance(event, Refused):
            if event.retry:
                self._congestion.full(event.keys.account, self._running(event.keys.account), self._clock.now())
            elif self._goes_on_relaxed(flight.task, event):
                relaxed = replace(flight.task, mode_asked=Mode.RELAXED)
                self._change(flight, requeued(relaxed, self._clock.now()))
                return
        if isinstance(event, Acknowledged) and event.keys.nonce in flight.sends:
            self._mark(flight, event.keys.nonce, SendState.POSTED, event.keys.interaction_id)
        self._change(flight, after)

    def _running(self, account: str) -> int:
        """Drawings of the account that MidJourney has surely begun."""
        own = [f.task for f in self._flights if f.task.account == account and f.task.lane is Lane.DRAW]
        return sum(task.progress_message_id is not None and not task.queued for task in own)

    def _goes_on_relaxed(self, task: Task, event: Refused) -> bool:
        """Once: a relaxed drawing that is refused for the same reason is refused."""
        is_gone = event.code == "credits_exhausted" and task.mode_asked is not Mode.RELAXED
        return self._falls_back_to_relax and is_gone and task.custom_id is None and task.command == "imagine"

    def _change(self, flight: Flight, after: Task) -> None:
        before = flight.task
        if after is before:
            return
        first = self._changed.get(before.id, (before, before))[0]
        self._changed[before.id] = (first, after)
        self._flights.update(flight, after)
        if not after.in_flight:
            self._flights.remove(flight)
        if after.phase is Phase.OVER:
            self._remember(after)

    def _mark(self, flight: Flight, nonce: str, state: SendState, interaction_id: str | None = None) -> None:
        self._marks[nonce] = self._flights.update_send(flight, nonce, state, interaction_id)

    def _pause_if_asked(self, event: Heard) -> None:
        """A human must mend the account: only on a word that is for us, by nonce or because only we can see it."""
        if isinstance(event, Refused) and event.code == "credits_exhausted" and self._falls_back_to_relax:
            return
        if isinstance(event, CaptchaAsked) or (isinstance(event, Refused) and event.pauses_account):
            keys = event.keys
            if isinstance(event, CaptchaAsked) or keys.nonce is not None or keys.flags & PRIVATE:
                self._gateway.pause(keys.account, event.reason)

    async def _seed_told(self, job_id: str, seed: str) -> None:
        task = await self._store.by_job(job_id)
        if task is not None and task.is_over and task.id not in self._changed:
            self._changed[task.id] = (task, replace(task, seed=seed))

    # ------------------------------------------------------------ dialogs and cancelling

    async def _dialog_opened(self, flight: Flight, event: ModalOpened) -> None:
        """Fill it and send it on: the paid part. Or let the task wait for its caller, with no dialog open."""
        task, now = flight.task, self._clock.now()
        if event.keys.nonce in flight.sends:
            self._mark(flight, event.keys.nonce, SendState.POSTED, event.keys.interaction_id)
        mask = b""
        if event.iframe_path and task.pictures:
            mask = (await self._store.pictures_of(task.id))[0].data
        order = answer(task, event, mask)
        if order is not None:
            flight.heard()
            self._change(flight, replace(task, heard_time=now))
            self._follow_up(flight, Purpose.SUBMIT, order)
        elif event.iframe_path:
            self._change(flight, failed(task, "mask_missing", "Vary (Region) needs a mask: send maskBase64.", now))
        else:
            self._change(flight, held(task, now + self._modal_timeout, prompt=own_text(event), remix=True))

    def _follow_up(self, flight: Flight, purpose: Purpose, order: Order) -> None:
        send = Send(
            nonce=self._new_nonce(),
            task_id=flight.task.id,
            account=flight.task.account or "",
            purpose=purpose,
            time=self._clock.now(),
        )
        flight.sends[send.nonce] = send
        self._flights.update(flight, flight.task)
        self._follow_ups.append((send, order))

    def _cancel(self, task_id: str) -> None:
        """Press its Cancel button; where it has none, MidJourney's own command on its message; else only for us."""
        flight = self._flights.get(task_id)
        if flight is None or flight.task.cancel_asked:
            return
        task = flight.task
        self._change(flight, replace(task, cancel_asked=True))
        message = task.progress_message_id
        if message is not None and task.cancel_id is not None:
            order: Order = PressOrder(
                message_id=message, custom_id=task.cancel_id, message_flags=task.progress_message_flags, bot=task.bot
            )
        elif message is not None and not task.progress_message_flags & PRIVATE:
            order = MessageCommandOrder(command="Cancel Job", message_id=message, bot=task.bot)
        else:
            self._change(flight, cancelled(flight.task, self._clock.now(), still_drawing=not flight.is_free))
            return
        self._follow_up(flight, Purpose.CANCEL, order)

    # ------------------------------------------------------------ results that came before, or fit several tasks

    async def _is_echo(self, keys: Keys) -> bool:
        """Does this result belong to a task that is over? Each message and each job go to one task only."""
        ids = [key for key in (keys.message_id, keys.job_id) if key]
        if any(key in self._done for key in ids):
            return True
        if not keys.from_history:
            return False
        known = keys.message_id and await self._store.by_message(keys.message_id)
        return bool(known or (keys.job_id and await self._is_done(keys.job_id)))

    async def _is_done(self, job_id: str) -> bool:
        task = await self._store.by_job(job_id)
        return task is not None and task.is_over and task.id not in self._changed

    def _remember(self, task: Task) -> None:
        for key in (task.message_id, task.job_id):
            if key:
                self._done[key] = None
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)

    def _leave_open(self, event: Heard, task_ids: Sequence[str]) -> None:
        if isinstance(event, Finished):
            log.warning("a result fits several tasks (%s): left open until another key tells", ", ".join(task_ids))
            self._unsettled = [*self._unsettled[-OPEN_QUESTIONS + 1 :], event]

    async def _settle(self) -> None:
        """Another key may have arrived: ask again about the results that fitted several tasks."""
        if not self._unsettled or not self._changed:
            return
        waiting, self._unsettled = self._unsettled, []
        for event in waiting:
            await self._heard(event)

    # ------------------------------------------------------------ our own POST ended

    def _send_ended(self, event: SendPosted | SendNotMade | SendDenied | SendUncertain) -> None:
        flight = self._flights.by_nonce(event.nonce)
        if flight is None:
            return
        purpose = flight.sends[event.nonce].purpose
        if purpose is Purpose.CANCEL:
            self._cancel_ended(flight, event)
            return
        heard = flight.task.heard_time is not None and purpose is not Purpose.SUBMIT
        if heard or isinstance(event, SendPosted):
            self._mark(flight, event.nonce, SendState.POSTED)  # an event is proof, whatever the POST said
            return
        if isinstance(event, SendUncertain) and purpose.is_paid:
            log.warning("outcome unknown: %s", event.reason, extra={"task": flight.task.id})
            self._mark(flight, event.nonce, SendState.UNKNOWN)
            return
        self._mark(flight, event.nonce, SendState.REFUSED)
        now = self._clock.now()
        if isinstance(event, SendNotMade | SendUncertain):  # what is free may be repeated
            log.info("not sent: %s", event.reason, extra={"task": flight.task.id})
            pause = event.retry_after if isinstance(event, SendNotMade) else FREE_RETRY
            self._change(flight, requeued(flight.task, now + int(pause * 1000)))
        elif event.requeue:
            log.warning("sent back to the queue: %s", event.reason, extra={"task": flight.task.id})
            self._change(flight, requeued(flight.task, now))
        else:
            self._change(flight, failed(flight.task, event.code, event.reason, now))

    def _cancel_ended(self, flight: Flight, event: SendPosted | SendNotMade | SendDenied | SendUncertain) -> None:
        """A cancel that could not be said never fails its drawing; for the caller the task ends all the same."""
        if isinstance(event, SendPosted):
            self._mark(flight, event.nonce, SendState.POSTED)
            return
        self._mark(flight, event.nonce, SendState.REFUSED)
        log.info("MidJourney could not be told to cancel: %s", event.reason, extra={"task": flight.task.id})
        if not flight.task.status.is_over:
            self._change(flight, cancelled(flight.task, self._clock.now(), still_drawing=True))

    # ------------------------------------------------------------ connection and history

    def _accounts(self) -> dict[str, Account]:
        return {account.id: account for account in self._gateway.accounts()}

    def _connected(self, event: Connected) -> None:
        own = [flight for flight in self._flights if flight.task.account == event.account]
        first = event.account not in self._known
        self._known.add(event.account)
        if not own or (event.gap_since is None and not first):
            return
        oldest = min(flight.task.start_time or 0 for flight in own)
        since = oldest if first or event.gap_since is None else event.gap_since
        for flight in own:
            flight.gap = True
            self._repeat_if_free(flight)
        self._recall(event.account, since - GAP_MARGIN)

    def _repeat_if_free(self, flight: Flight) -> None:
        """A dialog or an answer that came in a gap will not come again; what is free is asked for once more."""
        if flight.is_free and flight.task.heard_time is None:
            self._change(flight, requeued(flight.task, self._clock.now()))

    def _recall(self, account: str, since: int) -> None:
        running = self._recalls.get(account)
        if running is None or running.done():
            self._recalls[account] = asyncio.create_task(
                self._read_history(account, since), name=f"read the history of account {account}"
            )

    async def _read_history(self, account: str, since: int) -> None:
        try:
            events = await self._gateway.recall(account, since)
        except ServiceError as error:
            log.warning("history of account %s could not be read: %s", account, error)
            return
        for event in events:
            self.hear(event)
        self.hear(Recalled(account=account, since=since))

    def _recalled(self, event: Recalled) -> None:
        for flight in self._flights:
            if flight.task.account == event.account and (flight.task.start_time or 0) >= event.since:
                flight.asked_at = flight.silent

    # ------------------------------------------------------------ deadlines

    def _look_at_deadlines(self, now: int) -> None:
        passed, self._last_tick = min(max(now - self._last_tick, 0), LONGEST_TICK), now
        accounts = self._accounts()
        for flight in self._flights:
            account = accounts.get(flight.task.account or "")
            if account is None or account.connected:  # an account that is no more configured will not come back
                flight.silent += passed
                self._look_at(flight, account, now)

    def _look_at(self, flight: Flight, account: Account | None, now: int) -> None:
        """Past a threshold: history is read first; only what stays silent after that is decided."""
        may_settle = flight.is_uncertain and flight.task.action is Action.IMAGINE and account is not None
        limit = silence_limit(flight.task, self._deadlines, withdrawn=flight.withdrawn)
        if may_settle and flight.silent >= self._deadlines.settle and account is not None:
            if not self._asked(flight, account, self._deadlines.settle):
                return
            if self._has_free_slot(account, flight):
                self._send_again(flight, now)
                return
        if flight.silent >= limit and (account is None or self._asked(flight, account, limit)):
            self._give_up(flight, limit, now)

    def _asked(self, flight: Flight, account: Account, threshold: int) -> bool:
        """Was history read since the silence passed this threshold? Asks for it if not."""
        if flight.asked_at is not None and flight.asked_at >= threshold:
            return True
        self._recall(account.id, (flight.task.start_time or 0) - GAP_MARGIN)
        return False

    def _send_again(self, flight: Flight, now: int) -> None:
        log.warning("history shows that it never arrived: it is sent again", extra={"task": flight.task.id})
        for nonce in list(flight.sends):
            self._mark(flight, nonce, SendState.REFUSED)
        self._change(flight, requeued(flight.task, now))

    def _has_free_slot(self, account: Account, flight: Flight) -> bool:
        """Else the job may stand in MidJourney's queue, of which only a private message told."""
        others = [
            f for f in self._flights if f is not flight and f.task.account == account.id and f.task.lane is Lane.DRAW
        ]
        return len(others) < account.capacity and not any(f.task.queued for f in others)

    def _give_up(self, flight: Flight, limit: int, now: int) -> None:
        minutes = max(limit // 60_000, 1)
        missed = " Private answers sent while the connection was down cannot be read afterwards." if flight.gap else ""
        if flight.withdrawn:
            code, reason = "moderated", "MidJourney withdrew the picture before it was finished."
        elif flight.is_uncertain or flight.is_dialog_uncertain:
            code = "outcome_unknown"
            reason = "Discord did not say whether it took the command, and nothing was heard since. Not sent again."
        else:
            code, reason = "silence", f"Nothing was heard from MidJourney for {minutes} minutes."
        self._change(flight, failed(flight.task, code, reason + missed, now))


def _after_restart(send: Send) -> Send:
    return replace(send, state=SendState.UNKNOWN) if send.state is SendState.WRITTEN else send
