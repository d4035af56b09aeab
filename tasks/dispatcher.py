"""The road down: prepare → claim → write the send → expect → send. The table is the queue.

Preparing (translation) holds no slot and may be repeated. A claim that was not written as a send goes back to the
queue. From the written send on, the tracker owns the task: this module only tells it what became of the POST.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import replace

from tasks.errors import AccountBlocked, NotSent, SendRefused, StoreFailed
from tasks.events import Outcome, SendDenied, SendNotMade, SendPosted, SendUncertain
from tasks.journal import Journal
from tasks.model import Order, Phase, PressOrder, Purpose, Send, SlashOrder, Status, Task
from tasks.ports import Clock, Gateway, TaskStore, Translator
from tasks.scheduling import Placement, next_attempt, plan
from tasks.tracker import Tracker

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0  # a missed wake-up costs this much, never a task
LOOK_AHEAD = (64, 2_000, 100_000)  # how far down the queue to look; further only when the first ones cannot run
PREPARING_AT_ONCE = 8
DRAIN_SECONDS = 5.0
JITTER = 0.3  # of the interval between two sends of an account, so that they have no fixed rhythm


def order_of(task: Task) -> Order:
    """What is to be said to MidJourney for this task."""
    if task.custom_id is None:
        return SlashOrder(command=str(task.action).lower(), options={"prompt": task.content}, bot=task.bot)
    return PressOrder(
        message_id=task.parent_message_id or "",
        custom_id=task.custom_id,
        message_flags=task.parent_message_flags,
        bot=task.bot,
    )


class Dispatcher:
    def __init__(
        self,
        *,
        awake: asyncio.Event,
        store: TaskStore,
        gateway: Gateway,
        translator: Translator,
        tracker: Tracker,
        journal: Journal,
        clock: Clock,
        new_nonce: Callable[[], str],
        send_interval: float,
    ) -> None:
        """`awake` is set when something may have become possible: a task came, a slot or an account is free.

        `send_interval`: seconds between two sends of one account, on average; 0 for none.
        """
        self._store = store
        self._gateway = gateway
        self._translator = translator
        self._tracker = tracker
        self._journal = journal
        self._clock = clock
        self._new_nonce = new_nonce
        self._interval = send_interval
        self._random = random.Random()
        self._awake = awake
        self._stopping = False
        self._preparing: set[str] = set()
        self._work: set[asyncio.Task[None]] = set()
        self._pace: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._next_send: defaultdict[str, float] = defaultdict(float)
        self._stuck: dict[str, Task] = {}  # claims that could not be written back
        self._at_once = asyncio.Semaphore(PREPARING_AT_ONCE)

    async def start(self) -> None:
        """Claims of a process that ended before it wrote a send go back to the queue."""
        for task in await self._store.in_phase(Phase.CLAIMED):
            await self._unclaim(task)

    async def run(self) -> None:
        """The loop; ends only by cancellation."""
        while True:
            delay = POLL_SECONDS
            self._awake.clear()
            try:
                delay = await self._turn()
            except StoreFailed as error:
                log.error("the queue cannot be worked: %s", error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._awake.wait()

    async def drain(self) -> None:
        """No new claims; POSTs under way get time to end, then are written down as unknown."""
        self._stopping = True
        if self._work:
            _, late = await asyncio.wait(self._work, timeout=DRAIN_SECONDS)
            for work in late:
                work.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # ------------------------------------------------------------ one look at the queue

    async def _turn(self) -> float:
        """Claim what can run; the seconds until the next look."""
        for task in list(self._stuck.values()):
            await self._unclaim(task)
        for limit in LOOK_AHEAD:
            queue = await self._store.waiting(limit)
            self._prepare(queue)
            now = self._clock.now()
            placements = plan(queue, self._gateway.accounts(), await self._store.in_flight(), now)
            if placements and not self._stopping:
                await self._begin(placements)
                return 0.0 if len(queue) == limit else POLL_SECONDS
            if len(queue) < limit or not any(account.is_usable for account in self._gateway.accounts()):
                break
        soonest = next_attempt(queue, now)
        return POLL_SECONDS if soonest is None else min(max((soonest - now) / 1000, 0.01), POLL_SECONDS)

    async def _begin(self, placements: list[Placement]) -> None:
        """Send at once where no pause between sends is kept; else claim, and send when it is the account's turn."""
        claims = [replace(p.task, phase=Phase.CLAIMED, account=p.account) for p in placements]
        if self._interval <= 0:
            await self._send(claims)
            return
        await self._store.save(claims)
        for task in claims:
            self._spawn(self._send_in_turn(task), f"send task {task.id} when it is its turn")

    async def _unclaim(self, task: Task) -> None:
        account = task.account if task.parent_id is not None else None
        self._stuck[task.id] = task
        await self._store.save([replace(task, phase=Phase.READY, account=account)])
        del self._stuck[task.id]

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        job = asyncio.create_task(work, name=name)
        self._work.add(job)
        job.add_done_callback(self._ended)

    def _ended(self, job: asyncio.Task[None]) -> None:
        self._work.discard(job)
        if not job.cancelled() and job.exception() is not None:
            log.error("%s failed", job.get_name(), exc_info=job.exception())

    # ------------------------------------------------------------ prepare

    def _prepare(self, queue: list[Task]) -> None:
        for task in queue:
            if task.phase is Phase.NEW and task.id not in self._preparing and not self._stopping:
                self._preparing.add(task.id)
                self._spawn(self._prepare_one(task), f"prepare task {task.id}")

    async def _prepare_one(self, task: Task) -> None:
        try:
            async with self._at_once:
                translation = await self._translator.to_english(task.prompt)
            notes = (*task.notes, translation.note) if translation.note else task.notes
            if translation.note:
                log.warning("%s", translation.note, extra={"task": task.id})
            after = replace(task, prompt_en=translation.text, content=translation.text, notes=notes, phase=Phase.READY)
            await self._journal.record({task.id: (task, after)})
        finally:
            self._preparing.discard(task.id)
            self._awake.set()

    # ------------------------------------------------------------ send

    async def _send_in_turn(self, task: Task) -> None:
        account = task.account or ""
        try:
            async with self._pace[account]:
                await self._wait_for_turn(account)
                if not self._is_usable(account):
                    await self._unclaim(task)
                    return
                await self._send([task])
        except (StoreFailed, asyncio.CancelledError):
            await asyncio.shield(self._unclaim(task))
            raise

    async def _wait_for_turn(self, account: str) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(self._next_send[account] - loop.time(), 0))
        pause = self._interval * self._random.uniform(1 - JITTER, 1 + JITTER)
        self._next_send[account] = loop.time() + pause

    async def _send(self, tasks: list[Task]) -> None:
        """Write the sends, expect their echoes, then post. If they cannot be written nothing is posted."""
        written = [self._written(task) for task in tasks]
        await self._store.write_sends(written)
        for task, send in written:
            self._tracker.expect(task, send)
            self._spawn(self._post(task, send), f"post task {task.id}")

    def _is_usable(self, account: str) -> bool:
        return any(a.id == account and a.is_usable for a in self._gateway.accounts())

    def _written(self, task: Task) -> tuple[Task, Send]:
        now = self._clock.now()
        send = Send(
            nonce=self._new_nonce(), task_id=task.id, account=task.account or "", purpose=Purpose.DRAW, time=now
        )
        sent = replace(
            task, phase=Phase.SENT, status=Status.SUBMITTED, start_time=now, heard_time=None, attempts=task.attempts + 1
        )
        return sent, send

    async def _post(self, task: Task, send: Send) -> None:
        try:
            outcome = await self._outcome(send, order_of(task))
        except asyncio.CancelledError:
            self._tracker.hear(SendUncertain(nonce=send.nonce, reason="the service stopped while it was being sent"))
            raise
        self._tracker.hear(outcome)

    async def _outcome(self, send: Send, order: Order) -> Outcome:
        """Once, and never again from here: what Discord may have taken is not repeated."""
        nonce = send.nonce
        try:
            await self._gateway.send(send.account, order, nonce)
        except NotSent as error:
            return SendNotMade(nonce=nonce, reason=str(error), retry_after=max(error.retry_after, 1.0))
        except AccountBlocked as error:
            self._gateway.pause(send.account, error.reason or str(error))
            return SendDenied(nonce=nonce, code=error.code, reason=str(error), requeue=True)
        except SendRefused as error:
            return SendDenied(nonce=nonce, code=error.code, reason=str(error))
        except Exception as error:
            return SendUncertain(nonce=nonce, reason=str(error) or type(error).__name__)
        return SendPosted(nonce=nonce)
