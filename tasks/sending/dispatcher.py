"""Dispatches the queue: prepare → claim → write the send → expect → post. The table is the queue.

Preparation (translation) holds no slot and may be repeated. A claim without a written send returns to the queue. Once
the send is written, the tracker owns the task: this module only reports the outcome of the POST.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from tasks.domain.errors import BadRequest, RecordRefused, StoreFailed
from tasks.domain.interactions import Interaction, SlashCommandInteraction
from tasks.domain.model import Account, Lane, Mode, Phase, Send, Status, Task
from tasks.domain.ports import Clock, Gateway, TaskStore, Translator
from tasks.domain.timeline import of_send
from tasks.effects.journal import Journal, WaitingTasks
from tasks.effects.sender import BackgroundTasks, Sender
from tasks.prompts.check import PromptRules, check_offered_length, check_sent
from tasks.rules.account_limits import AccountLimits, QueueFullBackoff
from tasks.rules.lifecycle import account_to_keep, fail
from tasks.rules.scheduling import AccountChoice, FreeSlots, Placement, free_slots, next_attempt, plan
from tasks.sending.interaction_builder import interaction_of, purpose_of, text_of
from tasks.sending.preparation import Preparation
from tasks.sending.queue_expiry import WHOLE_QUEUE, QueueExpiry
from tasks.tracking.tracker import Tracker

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0  # delay after a missed wake-up
LOOK_AHEAD = (64, 2_000, WHOLE_QUEUE)  # tasks to look at; more only when the first ones cannot run
LONGEST_PAUSE = 3_600_000  # ms; the upper limit of a back-off
JITTER = 0.3  # of the interval between two sends of an account, to avoid a fixed rhythm


class Dispatcher:
    def __init__(
        self,
        *,
        awake: asyncio.Event,
        store: TaskStore,
        gateway: Gateway,
        translator: Translator,
        tracker: Tracker,
        posting: Sender,
        journal: Journal,
        clock: Clock,
        queue_full_backoff: QueueFullBackoff,
        account_limits: AccountLimits,
        rules: PromptRules,
        new_nonce: Callable[[], str],
        send_interval: float,
        choice: AccountChoice = AccountChoice.FREE,
    ) -> None:
        """`awake` is set when something may have become possible: a new task, a free slot, a usable account.

        `send_interval`: mean seconds between two sends of one account; 0 for none. `choice`: how the account of a
        drawing is chosen when several could run it.
        """
        self._store = store
        self._reads = {
            FreeSlots.ANY: store.waiting,
            FreeSlots.BESIDE: store.waiting_beside,
            FreeSlots.NONE: store.waiting_for_no_slot,
        }
        self._gateway = gateway
        self._tracker = tracker
        self._posting = posting
        self._journal = journal
        self._clock = clock
        self._queue_full_backoff = queue_full_backoff
        self._account_limits = account_limits
        self._rules = rules
        self._new_nonce = new_nonce
        self._interval = send_interval
        self._choice = choice
        self._last_account = ""
        self._random = random.Random()
        self._awake = awake
        self._stopping = False
        self._work = BackgroundTasks()
        self._pace: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._next_send: defaultdict[str, float] = defaultdict(float)
        self._refused: set[str] = set()  # tasks whose sends the database refused
        self._unsaved_claims: dict[str, Task] = {}  # claims that could not be undone on disk
        self._queue_expiry = QueueExpiry(store=store, gateway=gateway, journal=journal, clock=clock)
        self._preparation = Preparation(
            store=store,
            gateway=gateway,
            translator=translator,
            rules=rules,
            journal=journal,
            clock=clock,
            accounts=self._accounts,
            done=awake.set,
        )

    async def start(self) -> None:
        """Return claims of a process that ended before writing the send to the queue. Shorten back-offs longer than
        the maximum: they were computed before the clock was set back."""
        for task in await self._store.in_phase(Phase.CLAIMED):
            await self._unclaim(task)
        waiting, now = await self._store.waiting(WHOLE_QUEUE), self._clock.now()
        late = [task for task in waiting if task.not_before > now + LONGEST_PAUSE]
        async with self._journal.waiting_tasks() as waiting_tasks:
            await waiting_tasks.save([replace(task, not_before=now) for task in late])

    def on_accounts_changed(self) -> None:
        """Accounts were added, changed or removed: look again at what can run, and expire what never can."""
        self._queue_expiry.on_accounts_changed()
        self._awake.set()

    async def run(self) -> None:
        """The loop; ends only by cancellation."""
        while True:
            delay = POLL_SECONDS
            self._awake.clear()
            try:
                delay = await self._poll()
            except StoreFailed as error:
                log.error("cannot process the queue: %s", error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._awake.wait()

    async def drain(self) -> None:
        """Claim nothing more; claims not yet sent return to the queue."""
        self._stopping = True
        async with self._journal.waiting_tasks():
            pass  # started sends are posted
        await self._preparation.drain()
        await self._work.drain(0)

    # ------------------------------------------------------------ one poll of the queue

    async def _poll(self) -> float:
        """Claim what can run; return the seconds until the next look.

        While no slot is free, waiting drawings are not read: none of them can run.
        """
        for task in list(self._unsaved_claims.values()):
            await self._unclaim(task)
        await self._queue_expiry.look()
        for limit in LOOK_AHEAD:
            async with self._journal.waiting_tasks() as waiting_tasks:
                now = self._clock.now()
                await self._account_limits.count(self._gateway.accounts())
                accounts = self._queue_full_backoff.apply(self._accounts(), now)
                in_flight = await self._store.in_flight()
                read = self._reads[free_slots(accounts, in_flight)]
                waiting = [task for task in await read(limit) if task.id not in self._refused]
                queue = await self._queue_expiry.without_orphans(waiting, waiting_tasks)
                if not self._stopping:
                    self._preparation.begin(queue)
                placements = plan(queue, accounts, in_flight, now, choice=self._choice, last=self._last_account)
                if placements and not self._stopping:
                    self._last_account = placements[-1].account
                    await self._begin(placements, waiting_tasks)
                    return 0.0 if len(queue) == limit else POLL_SECONDS
            if len(queue) + len(self._refused) < limit or not any(
                account.is_usable for account in self._gateway.accounts()
            ):
                break
        soonest = next_attempt(queue, now)
        return POLL_SECONDS if soonest is None else min(max((soonest - now) / 1000, 0.01), POLL_SECONDS)

    async def _begin(self, placements: list[Placement], waiting_tasks: WaitingTasks) -> None:
        """Send at once if there is no interval between sends; else claim, and send when the account's turn comes."""
        claims = [replace(p.task, phase=Phase.CLAIMED, account=p.account) for p in placements]
        if self._interval <= 0:
            await self._send(claims, waiting_tasks)
            return
        await waiting_tasks.save(claims)
        for task in claims:
            self._work.start(self._send_in_turn(task), f"send task {task.id} when it is its turn")

    async def _unclaim(self, task: Task) -> None:
        try:
            async with self._journal.waiting_tasks() as waiting_tasks:
                if await waiting_tasks.is_still(task, Phase.CLAIMED):
                    await waiting_tasks.save([replace(task, phase=Phase.READY, account=account_to_keep(task))])
        except StoreFailed:
            self._unsaved_claims[task.id] = task
            raise
        self._unsaved_claims.pop(task.id, None)

    # ------------------------------------------------------------ send

    async def _send_in_turn(self, task: Task) -> None:
        account = task.account or ""
        try:
            async with self._pace[account]:
                await self._wait_for_turn(account)
                if not self._accepts(account, task):
                    await self._unclaim(task)
                    return
                async with self._journal.waiting_tasks() as waiting_tasks:
                    if await waiting_tasks.is_still(task, Phase.CLAIMED):
                        await self._send([task], waiting_tasks)
        except (StoreFailed, asyncio.CancelledError):
            await asyncio.shield(self._unclaim(task))
            raise

    async def _wait_for_turn(self, account: str) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(self._next_send[account] - loop.time(), 0))
        pause = self._interval * self._random.uniform(1 - JITTER, 1 + JITTER)
        self._next_send[account] = loop.time() + pause

    async def _send(self, tasks: list[Task], waiting_tasks: WaitingTasks) -> None:
        """Write the sends, expect their echoes, then post. If they cannot be written, nothing is posted.

        Once started it completes even if the caller is cancelled: every written send is posted.
        """
        sending = asyncio.ensure_future(self._send_to_the_end(tasks, waiting_tasks))
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            await sending
            raise

    async def _send_to_the_end(self, tasks: list[Task], waiting_tasks: WaitingTasks) -> None:
        changed: dict[str, tuple[Task, Task]] = {}
        written: list[tuple[Task, Send, Interaction]] = []
        for task in tasks:
            try:
                order = self._order(task)
            except BadRequest as error:
                changed[task.id] = (task, fail(task, error.code, str(error), self._clock.now()))
            else:
                sent, send = self._written(task)
                changed[task.id] = (task, sent)
                written.append((sent, send, order))
        sends = [send for _, send, _ in written]
        try:
            await waiting_tasks.record(changed, sends=sends, entries=[of_send(send) for send in sends])
        except RecordRefused as error:
            await self._send_one_by_one(tasks, waiting_tasks, error)
            return
        for task, send, order in written:
            self._tracker.expect(task, send)
            if task.lane is Lane.DRAW:
                self._account_limits.count_send(send.account)
            self._posting.post(send, order)

    def _order(self, task: Task) -> Interaction:
        """The interaction to send, after the final check of its text: nothing is added after it. Raises BadRequest."""
        modes = self._modes(task)
        order = interaction_of(task, next(iter(modes), None))
        text = text_of(order)
        if text is not None:
            check_sent(text, self._rules, modes if task.lane is Lane.DRAW else ())
            if isinstance(order, SlashCommandInteraction) and order.command == "imagine":
                check_offered_length(text, [a.prompt_limit for a in self._gateway.accounts() if a.id == task.account])
        return order

    async def _send_one_by_one(self, tasks: list[Task], waiting_tasks: WaitingTasks, error: RecordRefused) -> None:
        """The database refuses the send of one task: skip that task, send the others."""
        if len(tasks) > 1:
            for task in tasks:
                await self._send_to_the_end([task], waiting_tasks)
            return
        self._refused.add(tasks[0].id)
        log.error("not sent, because the send cannot be written: %s", error, extra={"task": tasks[0].id})

    def _accounts(self) -> list[Account]:
        return self._account_limits.apply(self._gateway.accounts())

    def _accepts(self, account: str, task: Task) -> bool:
        """Check again: the account may have changed while the task waited for its turn."""
        return any(a.id == account and a.takes(task.lane) for a in self._accounts())

    def _modes(self, task: Task) -> tuple[Mode, ...]:
        """The modes that its account may use, the default first; empty: as set at MidJourney."""
        return next((a.modes for a in self._gateway.accounts() if a.id == task.account), ())

    def _written(self, task: Task) -> tuple[Task, Send]:
        now, newest = self._clock.now(), self._tracker.newest_message_time(task.account or "")
        purpose = purpose_of(task)
        send = Send(nonce=self._new_nonce(), task_id=task.id, account=task.account or "", purpose=purpose, time=now)
        sent = replace(
            task,
            progress=replace(task.progress, sent_after=newest, last_event_time=None),
            phase=Phase.SENT,
            status=Status.SUBMITTED,
            start_time=now,
            attempts=task.attempts + 1,
        )
        return sent, send
