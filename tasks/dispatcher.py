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
from collections.abc import Callable
from dataclasses import replace

from tasks.allowance import Allowances
from tasks.banned import BannedWord, BannedWords
from tasks.congestion import Congestion
from tasks.errors import AccountBlocked, NotSent, SendError, StoreFailed
from tasks.journal import Journal
from tasks.lifecycle import account_kept, cancelled, failed
from tasks.model import (
    Account,
    Action,
    Lane,
    Mode,
    Order,
    Phase,
    PressOrder,
    Purpose,
    Send,
    SlashOrder,
    Status,
    Task,
    Upload,
)
from tasks.ports import Clock, Gateway, TaskStore, Translator
from tasks.posting import Posting, Work
from tasks.preparing import callers_part, with_pictures
from tasks.scheduling import Choice, Placement, fits, next_attempt, plan
from tasks.timeline import of_send
from tasks.tracker import Tracker

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0  # a missed wake-up costs this much, never a task
LOOK_AHEAD = (64, 2_000, 100_000)  # how far down the queue to look; further only when the first ones cannot run
PREPARING_AT_ONCE = 8
ACCOUNT_GONE = "No account that could run it is configured any more."
LONGEST_PAUSE = 3_600_000  # ms; no back-off is longer
DIALOGS_PAUSE = 5_000  # ms between two looks for dialogs whose time is over
STORE_RETRY = 1.0  # seconds between tries while the database cannot be written
PICTURES_PAUSE = 2_000  # ms until an upload that could not be made is tried again
JITTER = 0.3  # of the interval between two sends of an account, so that they have no fixed rhythm


WITH_PROMPT = frozenset({"imagine", "shorten"})
MODE_PARAMETERS = {Mode.FAST: "--fast", Mode.RELAXED: "--relax", Mode.TURBO: "--turbo"}


def said(task: Task, own_mode: Mode | None = None) -> str:
    """The command's text, with the mode that was asked for, else the account's, unless the text names one itself."""
    mode = task.mode_asked or own_mode
    wanted = MODE_PARAMETERS.get(mode) if mode and task.command == "imagine" else None
    if wanted is None or any(word in MODE_PARAMETERS.values() for word in task.content.split()):
        return task.content
    return f"{task.content} {wanted}"


def order_of(task: Task, own_mode: Mode | None = None) -> Order:
    """What is to be said to MidJourney for this task. `own_mode`: what the account draws in when nobody asks."""
    if task.custom_id is None:
        prompt = {"prompt": said(task, own_mode)} if task.command in WITH_PROMPT else {}
        uploads = {option: Upload(filename=name, uploaded_filename=there) for option, name, there in task.uploads}
        return SlashOrder(command=task.command, options={**prompt, **dict(task.options)}, uploads=uploads, bot=task.bot)
    return PressOrder(
        message_id=task.parent_message_id or "",
        custom_id=task.custom_id,
        message_flags=task.parent_message_flags,
        bot=task.bot,
    )


def purpose_of(task: Task) -> Purpose:
    """What its first send is for."""
    if task.opens_dialog:
        return Purpose.OPEN
    if task.switch and task.custom_id is not None:
        return Purpose.SWITCH
    return Purpose.ASK if task.answer_ends or task.action is Action.SHOW else Purpose.DRAW


class Dispatcher:
    def __init__(
        self,
        *,
        awake: asyncio.Event,
        store: TaskStore,
        gateway: Gateway,
        translator: Translator,
        tracker: Tracker,
        posting: Posting,
        journal: Journal,
        clock: Clock,
        congestion: Congestion,
        allowances: Allowances,
        banned: BannedWords,
        new_nonce: Callable[[], str],
        send_interval: float,
        choice: Choice = Choice.FREE,
    ) -> None:
        """`awake` is set when something may have become possible: a task came, a slot or an account is free.

        `banned` is asked about translations: the original was asked about before.
        `send_interval`: seconds between two sends of one account, on average; 0 for none.
        `choice`: how a drawing's account is chosen where several could take it.
        """
        self._store = store
        self._gateway = gateway
        self._translator = translator
        self._tracker = tracker
        self._posting = posting
        self._journal = journal
        self._clock = clock
        self._congestion = congestion
        self._allowances = allowances
        self._banned = banned
        self._new_nonce = new_nonce
        self._interval = send_interval
        self._choice = choice
        self._last_account = ""
        self._random = random.Random()
        self._awake = awake
        self._stopping = False
        self._preparing: set[str] = set()
        self._work = Work()
        self._pace: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._next_send: defaultdict[str, float] = defaultdict(float)
        self._stuck: dict[str, Task] = {}  # claims that could not be written back
        self._look_at_dialogs = 0  # ms; the next time
        self._look_at_all = True  # the whole queue, for what no account can run
        self._at_once = asyncio.Semaphore(PREPARING_AT_ONCE)

    async def start(self) -> None:
        """Claims of a process that ended before it wrote a send go back to the queue. A back-off that ends later than
        any can was counted on a clock that has been set back since."""
        for task in await self._store.in_phase(Phase.CLAIMED):
            await self._unclaim(task)
        waiting, now = await self._store.waiting(LOOK_AHEAD[-1]), self._clock.now()
        late = [task for task in waiting if task.not_before > now + LONGEST_PAUSE]
        await self._store.save([replace(task, not_before=now) for task in late])

    def accounts_changed(self) -> None:
        """Accounts have come, changed or gone: what can run now is looked at again, what never can ends."""
        self._look_at_all = True
        self._awake.set()

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
        """No new claims; what was claimed and not yet sent goes back to the queue."""
        self._stopping = True
        async with self._journal.waiting_tasks:
            pass  # sends that were begun are posted
        await self._work.drain(0)

    # ------------------------------------------------------------ one look at the queue

    async def _turn(self) -> float:
        """Claim what can run; the seconds until the next look."""
        for task in list(self._stuck.values()):
            await self._unclaim(task)
        if self._clock.now() >= self._look_at_dialogs:
            await self._end_expired_dialogs()
        if self._look_at_all:
            await self._end_all_orphans()
        for limit in LOOK_AHEAD:
            async with self._journal.waiting_tasks:
                queue = await self._without_orphans(await self._store.waiting(limit))
                self._prepare(queue)
                now = self._clock.now()
                await self._allowances.count(self._gateway.accounts())
                accounts = self._congestion.eased(self._accounts(), now)
                in_flight = await self._store.in_flight()
                placements = plan(queue, accounts, in_flight, now, choice=self._choice, last=self._last_account)
                if placements and not self._stopping:
                    self._last_account = placements[-1].account
                    await self._begin(placements)
                    return 0.0 if len(queue) == limit else POLL_SECONDS
            if len(queue) < limit or not any(account.is_usable for account in self._gateway.accounts()):
                break
        soonest = next_attempt(queue, now)
        return POLL_SECONDS if soonest is None else min(max((soonest - now) / 1000, 0.01), POLL_SECONDS)

    async def _end_expired_dialogs(self) -> None:
        """A task that waited too long for its caller's second input."""
        now = self._clock.now()
        self._look_at_dialogs = now + DIALOGS_PAUSE
        async with self._journal.waiting_tasks:
            held = [task for task in await self._store.in_phase(Phase.HELD) if (task.held_until or 0) <= now]
            await self._journal.record({task.id: (task, cancelled(task, now)) for task in held})

    async def _end_all_orphans(self) -> None:
        """At the start, and when accounts have changed. One that comes back to the queue later is met at its head."""
        self._look_at_all = False
        try:
            async with self._journal.waiting_tasks:
                await self._without_orphans(await self._store.waiting(LOOK_AHEAD[-1]))
        except StoreFailed:
            self._look_at_all = True
            raise

    async def _without_orphans(self, queue: list[Task]) -> list[Task]:
        """What no account of ours can run any more ends; the others."""
        known, now = self._gateway.accounts(), self._clock.now()
        orphans = [task for task in queue if known and not any(fits(task, account) for account in known)]
        if not orphans:
            return queue
        await self._journal.record({t.id: (t, failed(t, "account_gone", ACCOUNT_GONE, now)) for t in orphans})
        ended = {task.id for task in orphans}
        return [task for task in queue if task.id not in ended]

    async def _begin(self, placements: list[Placement]) -> None:
        """Send at once where no pause between sends is kept; else claim, and send when it is the account's turn."""
        claims = [replace(p.task, phase=Phase.CLAIMED, account=p.account) for p in placements]
        if self._interval <= 0:
            await self._send(claims)
            return
        await self._store.save(claims)
        for task in claims:
            self._work.start(self._send_in_turn(task), f"send task {task.id} when it is its turn")

    async def _is_still(self, task: Task, phase: Phase) -> bool:
        """It may have been cancelled meanwhile."""
        current = await self._store.get(task.id)
        return current is not None and current.phase is phase

    async def _unclaim(self, task: Task) -> None:
        try:
            async with self._journal.waiting_tasks:
                if await self._is_still(task, Phase.CLAIMED):
                    await self._store.save([replace(task, phase=Phase.READY, account=account_kept(task))])
        except StoreFailed:
            self._stuck[task.id] = task
            raise
        self._stuck.pop(task.id, None)

    # ------------------------------------------------------------ prepare

    def _prepare(self, queue: list[Task]) -> None:
        for task in queue:
            due = task.phase is Phase.NEW and task.not_before <= self._clock.now() and self._has_place(task)
            if due and task.id not in self._preparing and not self._stopping:
                self._preparing.add(task.id)
                self._work.start(self._prepare_one(task), f"prepare task {task.id}")

    def _has_place(self, task: Task) -> bool:
        """Pictures are put into an account's channel: they wait for one, whose return wakes us."""
        return not task.pictures or any(a.takes(task.lane) and fits(task, a) for a in self._accounts())

    async def _prepare_one(self, task: Task) -> None:
        try:
            async with self._at_once:
                after = await self._prepared(task)
            await self._keep(task, after)
        finally:
            self._preparing.discard(task.id)
            self._awake.set()

    async def _keep(self, task: Task, after: Task) -> None:
        """What was prepared is written until it is, and not prepared again: a picture may have been posted for it."""
        while True:
            try:
                async with self._journal.waiting_tasks:
                    if await self._is_still(task, Phase.NEW):
                        await self._journal.record({task.id: (task, after)})
                return
            except StoreFailed as error:
                log.error("what was prepared cannot be written, trying again: %s", error, extra={"task": task.id})
                await asyncio.sleep(STORE_RETRY)

    async def _prepared(self, task: Task) -> Task:
        """Translated, its pictures uploaded; or put off, or failed. Free, and may be repeated."""
        try:
            task = await self._translated(task)
            return replace(await with_pictures(task, self._store, self._gateway, self._accounts()), phase=Phase.READY)
        except (NotSent, AccountBlocked) as error:  # another account may do it, or this one later
            log.info("pictures wait: %s", error, extra={"task": task.id})
            return replace(task, not_before=self._clock.now() + PICTURES_PAUSE)
        except (SendError, BannedWord) as error:
            return failed(task, error.code, str(error), self._clock.now())
        except Exception:
            log.exception("it could not be prepared", extra={"task": task.id})
            return failed(
                task, "internal_error", "The service could not prepare it; its log says why.", self._clock.now()
            )

    async def _translated(self, task: Task) -> Task:
        is_second = task.dialog_prompt is not None  # what was said first is at MidJourney
        text = task.dialog_prompt or "" if is_second else task.content
        if (task.prompt_en and not is_second) or not self._translator.needs(text):
            return task
        translation = await self._translator.to_english(text)
        if word := self._banned.find(translation.text):
            raise BannedWord(word)
        if translation.note:
            log.warning("%s", translation.note, extra={"task": task.id})
        notes = (*task.notes, translation.note) if translation.note else task.notes
        if is_second:
            return replace(task, dialog_prompt=translation.text, notes=notes)
        return replace(task, prompt_en=callers_part(translation.text, task), content=translation.text, notes=notes)

    # ------------------------------------------------------------ send

    async def _send_in_turn(self, task: Task) -> None:
        account = task.account or ""
        try:
            async with self._pace[account]:
                await self._wait_for_turn(account)
                if not self._takes(account, task):
                    await self._unclaim(task)
                    return
                async with self._journal.waiting_tasks:
                    if await self._is_still(task, Phase.CLAIMED):
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
        """Write the sends, expect their echoes, then post. If they cannot be written nothing is posted.

        Once begun it goes to its end, whatever becomes of who began it: what is written is posted.
        """
        sending = asyncio.ensure_future(self._send_to_the_end(tasks))
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            await sending
            raise

    async def _send_to_the_end(self, tasks: list[Task]) -> None:
        written = [self._written(task) for task in tasks]
        changed = {task.id: (task, sent) for task, (sent, _) in zip(tasks, written, strict=True)}
        sends = [send for _, send in written]
        await self._journal.record(changed, sends=sends, entries=[of_send(send) for send in sends])
        for task, send in written:
            self._tracker.expect(task, send)
            if task.lane is Lane.DRAW:
                self._allowances.begun(send.account)
            self._posting.post(send, order_of(task, self._own_mode(task)))

    def _accounts(self) -> list[Account]:
        return self._allowances.applied(self._gateway.accounts())

    def _takes(self, account: str, task: Task) -> bool:
        """Still: it has waited for its turn."""
        return any(a.id == account and a.takes(task.lane) for a in self._accounts())

    def _own_mode(self, task: Task) -> Mode | None:
        """What the account draws in when nobody asks for another; None: as MidJourney has it set."""
        modes = next((a.modes for a in self._gateway.accounts() if a.id == task.account), ())
        return next(iter(modes), None)

    def _written(self, task: Task) -> tuple[Task, Send]:
        now = self._clock.now()
        purpose = purpose_of(task)
        send = Send(nonce=self._new_nonce(), task_id=task.id, account=task.account or "", purpose=purpose, time=now)
        sent = replace(
            task, phase=Phase.SENT, status=Status.SUBMITTED, start_time=now, heard_time=None, attempts=task.attempts + 1
        )
        return sent, send
