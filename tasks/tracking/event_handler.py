"""Handles events from Discord: correlates each with its task and applies it; opens dialogs, pauses accounts.

Contract: a message and a job belong to one task only. An event that no task in flight claims may be a late result; one
that fits several tasks stays open. Correlation by prompt alone is the last resort (docs/correlation.md).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Any

from tasks.domain.events import (
    Acknowledged,
    CaptchaAsked,
    DiscordEvent,
    Finished,
    HistoryRead,
    Informed,
    Keys,
    ModalOpened,
    Progressed,
    Refused,
    Started,
    Withdrawn,
)
from tasks.domain.model import Action, Lane, Mode, Purpose, SendState, Task
from tasks.domain.ports import Clock, Gateway, TaskStore
from tasks.domain.timeline import event_detail
from tasks.effects.fact_book import FactBook
from tasks.prompts.check import drawings_of
from tasks.rules.account_limits import QueueFullBackoff
from tasks.rules.dialogs import answer, drawn_text, own_text, press_setting
from tasks.rules.learning import CERTAIN, from_account, from_event
from tasks.rules.lifecycle import apply, fail, hold, requeue, without_message
from tasks.rules.matching import NOTHING, PRIVATE, Match, sameness
from tasks.rules.reopening import is_open_end
from tasks.rules.scheduling import kind_of
from tasks.tracking.ambiguous_results import AmbiguousResults
from tasks.tracking.assignment import assign
from tasks.tracking.correlation import correlate
from tasks.tracking.in_flight import InFlightTask
from tasks.tracking.late_results import LateResults
from tasks.tracking.send_outcomes import answers_cancel, cancel_once_visible
from tasks.tracking.stall_detector import StallDetector
from tasks.tracking.unclaimed_messages import UnclaimedMessages
from tasks.tracking.unit_of_work import UnitOfWork

IDENTITY_KEYS = frozenset({"nonce", "interaction"})  # keys that do not depend on the prompt


class EventHandler:
    def __init__(
        self,
        *,
        work: UnitOfWork,
        store: TaskStore,
        gateway: Gateway,
        clock: Clock,
        queue_full_backoff: QueueFullBackoff,
        late: LateResults,
        openings: DialogOpener,
        pauses: AccountPauses,
        patience: StallDetector,
        unsettled: AmbiguousResults,
        facts: FactBook,
    ) -> None:
        self._work = work
        self._store = store
        self._gateway = gateway
        self._clock = clock
        self._queue_full_backoff = queue_full_backoff
        self._late_results = late
        self._dialogs = openings
        self._pauses = pauses
        self._stall_detector = patience
        self._ambiguous = unsettled
        self._facts = facts
        self._crossings = SwappedResults()
        self._unclaimed = UnclaimedMessages()
        self._history_events: list[DiscordEvent] = []  # from the history being read: matched by prompt only
        self._reading_history: set[str] = set()  # accounts whose history is being read

    async def on_event(self, event: DiscordEvent) -> None:
        """Correlate the event with a task and apply it."""
        if event.keys.from_history and not self._ambiguous.is_rematching:
            self._reading_history.add(event.keys.account)
        await self._assign(event)

    async def _assign(self, event: DiscordEvent) -> None:
        event = self._with_known_interaction(event)
        if isinstance(event, Started | Progressed | Finished) and await self._is_echo(event.keys):
            return
        if isinstance(event, Informed) and event.seed and event.keys.job_id:
            await self._record_seed(event.keys.job_id, event.seed)
            return
        user_id = self._user_of(event.keys.account)
        found = self._restrict(event, correlate(event, self._work.in_flight, self._work.timed_out, user_id))
        if found.ambiguous:
            self._ambiguous.keep(event, found.ambiguous)
        tracked = self._work.in_flight.get(found.task_id) if found.task_id else None
        self._pauses.pause_if_required(event, tracked)
        if tracked is not None and found.by == "prompt" and event.keys.from_history:
            self._history_events.append(event)  # the whole history is assigned together
        elif tracked is not None:
            await self._take(tracked, event, found.by)
        elif isinstance(event, Withdrawn):
            self._on_message_deleted(event.keys)
        elif not found.ambiguous and self._late_results.on_event(event, user_id):
            pass
        elif not found.ambiguous or isinstance(event, Finished):
            self._note_unclaimed(event)

    def _restrict(self, event: DiscordEvent, found: Match) -> Match:
        """Restrict matches by prompt alone: no refusal, because the task's own answer may still come, and no result
        while an unclaimed drawing runs with the same prompt."""
        if found.by != "prompt" or found.task_id is None:
            return found
        if isinstance(event, Refused | CaptchaAsked):
            return NOTHING
        if isinstance(event, Finished) and self._unclaimed.runs_with(event.keys):
            return Match(by="prompt", ambiguous=(found.task_id,))
        return found

    def _note_unclaimed(self, event: DiscordEvent) -> None:
        """Handle an event without a task: another user's drawing, or a task whose keys have not arrived yet."""
        if self._addresses_account(event.keys):
            self._learn(event)
            self._unclaimed.note(event)
            if isinstance(event, Started | Progressed | Finished):
                self._stall_detector.note_unclaimed(event.keys)

    async def _take(self, tracked: InFlightTask, event: DiscordEvent, by: str) -> None:
        """Apply an event that belongs to the task; `by` names the key that proved it."""
        self._work.add_line(tracked.task.id, "heard", event_detail(event, by))
        self._learn(event, tracked.task, by)
        if isinstance(event, Withdrawn):
            task = tracked.task
            result = self._ambiguous.only(event.keys.account, task.progress.echoed_prompt)
            if result is not None:  # the ambiguous result that this one decides
                await self._take(tracked, result, "deletion")
                return
        before = tracked.task
        if self._is_of_later_drawing(tracked, event, by):
            return
        await self._apply(tracked, event)
        if by in CERTAIN and isinstance(event, Started | Progressed | Finished):
            self._stall_detector.note_begun(tracked.task)
        if by in IDENTITY_KEYS and isinstance(event, Started | Progressed | Finished):
            self._give_back(tracked, event.keys)
        if isinstance(event, Finished) and tracked.task.is_over:
            self._ended(tracked, before, by)
        await self._learn_interaction(tracked, event)

    def learn_from_account(self, account_id: str) -> None:
        """The account has connected: its command index is known."""
        account = self._gateway.account(account_id)
        if account is not None:
            self._facts.apply(from_account(account, self._clock.now()))

    def _learn(self, event: DiscordEvent, task: Task | None = None, by: str = "") -> None:
        self._facts.apply(from_event(event, self._clock.now(), task=task, by=by))

    async def _learn_interaction(self, tracked: InFlightTask, event: DiscordEvent) -> None:
        """The nonce ties the interaction to its task; replay the earlier events of that interaction."""
        nonce, interaction_id = event.keys.nonce, event.keys.interaction_id
        if nonce is None or interaction_id is None or nonce not in tracked.sends:
            return
        if isinstance(event, ModalOpened | CaptchaAsked):
            return  # the event has the dialog's id, which Discord may choose differently from the interaction's
        if tracked.sends[nonce].interaction_id is None and tracked.task.in_flight:
            self._work.mark(tracked, nonce, SendState.POSTED, interaction_id)
        for earlier in self._unclaimed.claim(event.keys.account, interaction_id):
            await self._assign(earlier)

    def _on_message_deleted(self, keys: Keys) -> None:
        """A message without a task in flight was deleted: another user's drawing, or a finished one."""
        echo = self._unclaimed.echo_of(keys.account, keys.message_id)
        if echo is not None:
            result = self._ambiguous.only(keys.account, echo)
            if result is not None:
                self._unclaimed.note(replace(result, keys=self._unclaimed.with_interaction_of(result.keys, keys)))
            if not self._ambiguous.has(keys.account, echo):
                self._unclaimed.ended(keys)
            return
        self._on_deleted(self._crossings.deleted(keys.message_id))

    # ------------------------------------------------------------ by prompt, when no better key can come

    async def on_history_read(self, event: HistoryRead) -> None:
        """History was read: assign its events and those received meanwhile together."""
        self._reading_history.discard(event.account)
        results = self._pop_history(event.account)
        if not event.complete:
            return
        for tracked in self._work.of_account(event.account):
            tracked.by_prompt_only = tracked.by_prompt_only or tracked.gap
        await self._settle_results(event.account, results)
        await self.settle(event.account)

    async def rematch(self) -> None:
        """Kept results fit now. After a completely read history no more can come: assign them at once."""
        for account in {event.keys.account for event in self._history_events} - self._reading_history:
            await self._settle_results(account, self._pop_history(account))

    def _pop_history(self, account: str) -> list[DiscordEvent]:
        taken = [event for event in self._history_events if event.keys.account == account]
        self._history_events = [event for event in self._history_events if event.keys.account != account]
        return taken

    async def settle(self, account: str) -> None:
        """Assign unclaimed drawings to tasks without any other key."""
        waiting = [f for f in self._work.of_account(account) if f.by_prompt_only and f.is_unidentified]
        groups = {group.interaction_id: group for group in self._unclaimed.groups(account)} if waiting else {}
        if not groups:
            return
        drawings = {name: group.keys for name, group in groups.items()}
        taken = assign(drawings, [tracked.candidate for tracked in waiting], self._user_of(account))
        for interaction_id, task_id in taken.items():
            tracked = self._work.in_flight.get(task_id)
            if tracked is not None:
                nonce = list(tracked.sends)[-1]
                self._work.mark(tracked, nonce, SendState.POSTED, interaction_id)
                for earlier in self._unclaimed.claim(account, interaction_id):
                    await self._assign(earlier)

    async def _settle_results(self, account: str, results: list[DiscordEvent]) -> None:
        """Results from history that only the prompt can tie to a task."""
        own = {tracked.task.id: tracked.candidate for tracked in self._work.of_account(account)}
        drawings = {str(number): event.keys for number, event in enumerate(results)}
        taken = assign(drawings, list(own.values()), self._user_of(account))
        for number, event in enumerate(results):
            tracked = self._work.in_flight.get(taken.get(str(number), ""))
            if tracked is not None:
                await self._take(tracked, event, "prompt")
            else:
                self._note_unclaimed(event)

    def _with_known_interaction(self, event: DiscordEvent) -> DiscordEvent:
        """The event with the interaction known from earlier messages. Only a nonce of a send counts: others (the
        bot's own, since 2025-05) are ignored."""
        nonce, keys = event.keys.nonce, self._unclaimed.with_interaction(event.keys)
        if nonce is not None and not self._work.in_flight.by_nonce(nonce) and not self._work.timed_out.by_nonce(nonce):
            keys = replace(keys, nonce=None)
        return event if keys is event.keys else replace(event, keys=keys)

    def _give_back(self, owner: InFlightTask, keys: Keys) -> None:
        """The message belongs to `owner` by identity: a task that had claimed it by prompt releases it."""
        for other in self._work.in_flight:
            before = other.task
            message = before.progress.progress_message_id
            if other is not owner and message is not None and message in (keys.message_id, keys.reference_id):
                other.withdrawn = False
                self._work.change(other, without_message(before))
                self._work.in_flight.disown(other, before)

    def _ended(self, tracked: InFlightTask, before: Task, by: str) -> None:
        """The task ended with a result, which may explain an earlier deleted progress message."""
        if not tracked.withdrawn:
            self._crossings.ended(before, by)
        for other in self._work.in_flight:
            other.withdrawn = other.withdrawn and not self._crossings.explain(other.task)

    def _on_deleted(self, message_id: str | None) -> None:
        for other in self._work.in_flight:
            other.withdrawn = other.withdrawn or other.task.progress.progress_message_id == message_id is not None

    def _is_of_later_drawing(self, tracked: InFlightTask, event: DiscordEvent, by: str) -> bool:
        """One command may make several drawings, which all answer the same interaction. The first is the task's: it
        neither follows the messages of a later one nor fails by its refusal. Sending again would pay for all again."""
        task, own = tracked.task, tracked.task.progress.progress_message_id
        if by != "interaction" or own in (None, event.keys.message_id, event.keys.reference_id):
            return False
        if isinstance(event, Started | Progressed):
            return not task.progress.queued and _makes_several(task)
        if not isinstance(event, Refused):
            return False
        is_back = event.retry or self._pauses.can_retry_relaxed(task, event)
        return is_back or (_makes_several(task) and not tracked.withdrawn)

    def _addresses_account(self, keys: Keys) -> bool:
        """Whether the message addresses the account's user, or is private to it."""
        return bool(keys.flags & PRIVATE) or keys.user_id in (None, self._user_of(keys.account))

    def _user_of(self, account: str) -> str | None:
        known = self._gateway.account(account)
        return None if known is None else known.user_id

    async def _apply(self, tracked: InFlightTask, event: DiscordEvent) -> None:
        keys = event.keys
        if isinstance(event, Acknowledged) and keys.nonce in tracked.sends:
            self._work.mark(tracked, keys.nonce, SendState.POSTED, keys.interaction_id)
        if answers_cancel(tracked, keys):
            return
        match event:
            case Withdrawn():  # follows each result; before one it means moderation, which the stall detector reports
                note = tracked.task.progress.queued  # the queued note itself
                open_results = self._ambiguous.has(
                    keys.account, tracked.task.progress.echoed_prompt
                )  # one of them is its own
                tracked.withdrawn = not note and not open_results and not self._crossings.explain(tracked.task)
            case ModalOpened():
                await self._dialogs.dialog(tracked, event)
            case Informed() if (
                tracked.task.request.switch
                and tracked.task.request.custom_id is None
                and not tracked.has_pressed_setting
            ):
                self._dialogs.settings(tracked, event)
            case Acknowledged(confirmed=True) if tracked.is_setting_nonce(keys.nonce):
                self._advance(tracked, Informed(keys=keys))
            case Refused() if self._pauses.can_retry_relaxed(tracked.task, event):
                relaxed = replace(tracked.task, request=replace(tracked.task.request, requested_mode=Mode.RELAXED))
                self._work.change(tracked, requeue(relaxed, self._clock.now()))
            case _:
                self._advance(tracked, event)

    def _advance(self, tracked: InFlightTask, event: DiscordEvent) -> None:
        after = apply(tracked.task, event, self._clock.now())
        without_activity = replace(after.progress, last_event_time=tracked.task.progress.last_event_time)
        if event.keys.from_history and replace(after, progress=without_activity) == tracked.task:
            return  # an old message that still exists is no sign of life
        before = tracked.task
        if after.progress.progress_message_id != before.progress.progress_message_id:
            tracked.withdrawn = False  # continued in another message
        if isinstance(event, Refused) and event.retry:
            self._note_queue_full(before)
        tracked.note_sign_of_life()
        self._work.change(tracked, after)
        if event.keys.nonce is not None and isinstance(event, Started | Progressed) and not before.progress.queued:
            self._work.in_flight.disown(tracked, before)  # what it had claimed by prompt belongs to another task
        cancel_once_visible(self._work, tracked)

    def _note_queue_full(self, refused: Task) -> None:
        """Count the account's drawings of the same kind that MidJourney has certainly begun."""
        account = self._gateway.account(refused.account or "")
        if account is None:
            return
        kind = kind_of(refused, account)
        own = [tracked.task for tracked in self._work.of_account(account.id) if tracked.task.lane is Lane.DRAW]
        begun = [task for task in own if task.progress.progress_message_id is not None and not task.progress.queued]
        running = sum(kind_of(task, account) is kind for task in begun)
        self._queue_full_backoff.note_queue_full(account.id, kind, running, self._clock.now())

    async def _record_seed(self, job_id: str, seed: str) -> None:
        task = await self._store.by_job(job_id)
        if task is not None and task.is_over and not self._work.is_changed(task.id):
            self._work.note(task, replace(task, result=replace(task.result, seed=seed)))

    async def _is_echo(self, keys: Keys) -> bool:
        """Whether this is about a finished task. Each message and job belong to one task only, except for requests
        to show a job again."""
        is_done = self._work.is_done(keys.message_id) or self._work.is_done(keys.job_id)
        if not is_done and not keys.from_history:
            return False
        if any(
            tracked.task.request.action is Action.SHOW and tracked.is_answered_by(keys)
            for tracked in self._work.in_flight
        ):
            return False
        if any(tracked.task.redoes(keys.message_id) for tracked in self._work.in_flight):
            return False
        if is_done:
            return True
        if keys.message_id and await self._store.by_message(keys.message_id):
            return True
        known = await self._store.by_job(keys.job_id) if keys.job_id else None
        return known is not None and known.is_over and not is_open_end(known) and not self._work.is_changed(known.id)


class DialogOpener:
    """`modal_timeout`: how long a MODAL task waits for its caller (ms)."""

    def __init__(self, work: UnitOfWork, store: TaskStore, modal_timeout: int) -> None:
        self._work = work
        self._store = store
        self._modal_timeout = modal_timeout

    async def dialog(self, tracked: InFlightTask, event: ModalOpened) -> None:
        """Fill in the dialog and submit it, which is paid. Or let the task wait for its caller, with no dialog open."""
        task, now = tracked.task, self._work.now()
        if any(send.purpose is Purpose.SUBMIT for send in tracked.sends.values()):
            return  # a duplicate event: the dialog is submitted once
        if event.keys.nonce in tracked.sends:
            self._work.mark(tracked, event.keys.nonce, SendState.POSTED)
        mask = b""
        if event.iframe_path and task.pictures:
            mask = (await self._store.pictures_of(task.id))[0].data
        order = answer(task, event, mask)
        if order is not None:
            tracked.note_sign_of_life()
            progress = replace(task.progress, last_event_time=now)
            self._work.change(tracked, replace(task, content=drawn_text(task, event), progress=progress))
            self._work.follow_up(tracked, Purpose.SUBMIT, order)
        elif event.iframe_path:
            reason = "Vary (Region) needs a mask: send maskBase64."
            self._work.change(tracked, fail(task, "mask_missing", reason, now))
        else:
            until = now + self._modal_timeout
            self._work.change(tracked, hold(task, until, prompt=own_text(event), remix=True))

    def settings(self, tracked: InFlightTask, event: Informed) -> None:
        """Press the button of the requested setting, unless it already has that value."""
        after, order = press_setting(tracked.task, event, self._work.now())
        tracked.note_sign_of_life()
        self._work.change(tracked, after)
        if order is not None:
            self._work.follow_up(tracked, Purpose.SWITCH, order)


FAST_HOURS_EXHAUSTED = "credits_exhausted"


class AccountPauses:
    """`falls_back_to_relax`: when fast hours are exhausted, the account continues until a relaxed drawing is
    refused, too."""

    def __init__(self, gateway: Gateway, *, falls_back_to_relax: bool) -> None:
        self._gateway = gateway
        self._falls_back_to_relax = falls_back_to_relax

    def pause_if_required(self, event: DiscordEvent, tracked: InFlightTask | None) -> None:
        """Pause the account when a human must act, but only for a message certainly addressed to it: by nonce, or
        ephemeral."""
        if not isinstance(event, CaptchaAsked) and not (isinstance(event, Refused) and event.pauses_account):
            return
        is_gone = isinstance(event, Refused) and event.code == FAST_HOURS_EXHAUSTED
        was_relaxed = tracked is not None and tracked.task.request.requested_mode is Mode.RELAXED
        if is_gone and self._falls_back_to_relax and not was_relaxed and self._draws_relaxed(event.keys.account):
            return  # relaxed drawings continue, unless one was refused
        keys = event.keys
        if isinstance(event, CaptchaAsked) or keys.nonce is not None or keys.flags & PRIVATE:
            self._gateway.pause(keys.account, event.reason)

    def can_retry_relaxed(self, task: Task, event: Refused) -> bool:
        """Whether to send the drawing again in relaxed mode. A relaxed drawing refused for the same reason fails."""
        if (
            event.code != FAST_HOURS_EXHAUSTED
            or task.request.requested_mode is Mode.RELAXED
            or not self._draws_relaxed(event.keys.account)
        ):
            return False
        return self._falls_back_to_relax and task.request.custom_id is None and task.request.command == "imagine"

    def _draws_relaxed(self, account: str) -> bool:
        known = self._gateway.account(account)
        return known is None or not known.modes or Mode.RELAXED in known.modes


REMEMBERED = 1_000


class SwappedResults:
    def __init__(self) -> None:
        self._open: OrderedDict[str, tuple[object, ...]] = OrderedDict()  # running message -> sameness of its task
        self._explained: OrderedDict[str, str] = OrderedDict()  # running message -> deleted message it explained

    def ended(self, task: Task, by: str) -> None:
        """The task got a result, proved its own by this key. `task` is its state before."""
        if by == "prompt" and task.progress.progress_message_id is not None and task.progress.job_id is None:
            self._open[task.progress.progress_message_id] = sameness(task)
        _drop_oldest(self._open)

    def deleted(self, message_id: str | None) -> str | None:
        """A finished task's own running message was deleted, so its result was not swapped. Return the message that
        was mistaken for it, if any."""
        if message_id is None or self._open.pop(message_id, None) is not None:
            return None
        wrong = next((gone for gone, other in self._explained.items() if other == message_id), None)
        if wrong is not None:
            del self._explained[wrong]
        return wrong

    def explain(self, task: Task) -> bool:
        """Whether the deletion of its running message is explained by an equal drawing that received its result."""
        own = task.progress.progress_message_id or ""
        if own in self._explained:
            return True  # a duplicate event
        other = next((message for message, known in self._open.items() if known == sameness(task)), None)
        if other is None:
            return False
        del self._open[other]
        self._explained[own] = other
        _drop_oldest(self._explained)
        return True


def _drop_oldest(known: OrderedDict[str, Any]) -> None:
    while len(known) > REMEMBERED:
        known.popitem(last=False)


def _makes_several(task: Task) -> bool:
    """Whether its command or its press makes several drawings: "Imagine all" is the press that names no text."""
    request = task.request
    if request.custom_id is not None:
        return request.action is Action.IMAGINE and request.index is None
    return request.command == "imagine" and drawings_of(task.content) > 1
