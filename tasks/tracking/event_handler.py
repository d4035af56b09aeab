"""Handles events from Discord: correlates each with its task and applies it; opens dialogs, pauses accounts.

Contract: a message and a job go to one task only. What no task in flight claims may be a late result; what fits several
tasks stays open. Correlation by prompt alone is the last resort (docs/correlation.md).
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
from tasks.rules.account_limits import QueueFullBackoff
from tasks.rules.dialogs import answer, own_text, press_setting
from tasks.rules.lifecycle import apply, fail, hold, requeue, without_message
from tasks.rules.matching import NOTHING, PRIVATE, Match, sameness
from tasks.rules.reopening import is_open_end
from tasks.tracking.ambiguous_results import AmbiguousResults
from tasks.tracking.assignment import settled
from tasks.tracking.correlation import correlate
from tasks.tracking.in_flight import InFlightTask
from tasks.tracking.late_results import LateResults
from tasks.tracking.send_outcomes import answers_cancel, cancel_once_visible
from tasks.tracking.stall_detector import StallDetector
from tasks.tracking.unclaimed_messages import Unclaimed
from tasks.tracking.unit_of_work import UnitOfWork

CERTAIN = frozenset({"nonce", "interaction", "message", "job"})  # keys that only one task can have
IDENTITY_KEYS = frozenset({"nonce", "interaction"})  # keys that do not rest on the prompt


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
        self._crossings = SwappedResults()
        self._unclaimed = Unclaimed()
        self._recalled: list[DiscordEvent] = []  # of the history that is being read: known by words alone
        self._being_read: set[str] = set()  # accounts whose history is heard at this time

    async def on_event(self, event: DiscordEvent) -> None:
        """Correlate the event with a task and apply it."""
        if event.keys.from_history and not self._ambiguous.is_asking:
            self._being_read.add(event.keys.account)
        await self._assign(event)

    async def _assign(self, event: DiscordEvent) -> None:
        event = self._completed(event)
        if isinstance(event, Started | Progressed | Finished) and await self._is_echo(event.keys):
            return
        if isinstance(event, Informed) and event.seed and event.keys.job_id:
            await self._seed_told(event.keys.job_id, event.seed)
            return
        user_id = self._user_of(event.keys.account)
        found = self._admitted(event, correlate(event, self._work.in_flight, self._work.timed_out, user_id))
        if found.ambiguous:
            self._ambiguous.keep(event, found.ambiguous)
        tracked = self._work.in_flight.get(found.task_id) if found.task_id else None
        self._pauses.pause_if_required(event, tracked)
        if tracked is not None and found.by == "prompt" and event.keys.from_history:
            self._recalled.append(event)  # all that was read is looked at together
        elif tracked is not None:
            await self._take(tracked, event, found.by)
        elif isinstance(event, Withdrawn):
            self._deleted(event.keys)
        elif not found.ambiguous and self._late_results.on_event(event, user_id):
            pass
        elif not found.ambiguous or isinstance(event, Finished):
            self._nobodys(event)

    def _admitted(self, event: DiscordEvent, found: Match) -> Match:
        """What words alone may decide: no refusal, as our own answer may still come, and no result while a drawing that
        nobody claims runs with the same words."""
        if found.by != "prompt" or found.task_id is None:
            return found
        if isinstance(event, Refused | CaptchaAsked):
            return NOTHING
        if isinstance(event, Finished) and self._unclaimed.runs_with(event.keys):
            return Match(by="prompt", ambiguous=(found.task_id,))
        return found

    def _nobodys(self, event: DiscordEvent) -> None:
        """For now: another hand's, or one of ours whose keys have not come yet."""
        if self._is_ours(event.keys):
            self._unclaimed.note(event)
            if isinstance(event, Started | Progressed | Finished):
                self._stall_detector.unclaimed(event.keys)

    async def _take(self, tracked: InFlightTask, event: DiscordEvent, by: str) -> None:
        """Apply an event that belongs to the task; `by` names the key that proved it."""
        self._work.add_line(tracked.task.id, "heard", event_detail(event, by))
        if isinstance(event, Withdrawn):
            task = tracked.task
            result = self._ambiguous.only(event.keys.account, task.progress.echoed_prompt)
            if result is not None:  # the one that it gave way to
                await self._take(tracked, result, "deletion")
                return
        before = tracked.task
        if not (isinstance(event, Refused) and self._sends_another_back(tracked.task, event, by)):
            await self._apply(tracked, event)
        if by in CERTAIN and isinstance(event, Started | Progressed | Finished):
            self._stall_detector.has_begun(tracked.task)
        if by in IDENTITY_KEYS and isinstance(event, Started | Progressed | Finished):
            self._give_back(tracked, event.keys)
        if isinstance(event, Finished) and tracked.task.is_over:
            self._ended(tracked, before, by)
        await self._learn_interaction(tracked, event)

    async def _learn_interaction(self, tracked: InFlightTask, event: DiscordEvent) -> None:
        """Our nonce ties the interaction to its task; replay the earlier events of that interaction."""
        nonce, interaction_id = event.keys.nonce, event.keys.interaction_id
        if nonce is None or interaction_id is None or nonce not in tracked.sends:
            return
        if isinstance(event, ModalOpened | CaptchaAsked):
            return  # their id is the dialog's: Discord need not give it the id of the interaction
        if tracked.sends[nonce].interaction_id is None and tracked.task.in_flight:
            self._work.mark(tracked, nonce, SendState.POSTED, interaction_id)
        for earlier in self._unclaimed.claimed(event.keys.account, interaction_id):
            await self._assign(earlier)

    def _deleted(self, keys: Keys) -> None:
        """A message of nobody in flight: of what was a drawing of another hand, or of what is over."""
        echo = self._unclaimed.echo_of(keys.account, keys.message_id)
        if echo is not None:
            result = self._ambiguous.only(keys.account, echo)
            if result is not None:
                self._unclaimed.note(replace(result, keys=self._unclaimed.named_as(result.keys, keys)))
            if not self._ambiguous.has(keys.account, echo):
                self._unclaimed.ended(keys)
            return
        self._withdrawn_after_all(self._crossings.deleted(keys.message_id))

    # ------------------------------------------------------------ by words, when no better key is to come

    async def recalled(self, event: HistoryRead) -> None:
        """History was read: what it shows, and what was heard meanwhile, is looked at together."""
        self._being_read.discard(event.account)
        results = self._taken_from_history(event.account)
        if not event.complete:
            return
        for tracked in self._work.of_account(event.account):
            tracked.by_words = tracked.by_words or tracked.gap
        await self._settle_results(event.account, results)
        await self.settle(event.account)

    async def asked_again(self) -> None:
        """Results that were kept fit now. Of a history that was read to its end nothing more is to come: they are
        looked at together at once."""
        for account in {event.keys.account for event in self._recalled} - self._being_read:
            await self._settle_results(account, self._taken_from_history(account))

    def _taken_from_history(self, account: str) -> list[DiscordEvent]:
        taken = [event for event in self._recalled if event.keys.account == account]
        self._recalled = [event for event in self._recalled if event.keys.account != account]
        return taken

    async def settle(self, account: str) -> None:
        """Drawings that nobody claimed, and tasks of which Discord told nothing."""
        waiting = [f for f in self._work.of_account(account) if f.by_words and f.is_unheard]
        groups = {group.interaction_id: group for group in self._unclaimed.groups(account)} if waiting else {}
        if not groups:
            return
        drawings = {name: group.keys for name, group in groups.items()}
        taken = settled(drawings, [tracked.candidate for tracked in waiting], self._user_of(account))
        for interaction_id, task_id in taken.items():
            tracked = self._work.in_flight.get(task_id)
            if tracked is not None:
                nonce = list(tracked.sends)[-1]
                self._work.mark(tracked, nonce, SendState.POSTED, interaction_id)
                for earlier in self._unclaimed.claimed(account, interaction_id):
                    await self._assign(earlier)

    async def _settle_results(self, account: str, results: list[DiscordEvent]) -> None:
        """Of history, where nothing but words ties them to a task."""
        own = {tracked.task.id: tracked.candidate for tracked in self._work.of_account(account)}
        drawings = {str(number): event.keys for number, event in enumerate(results)}
        taken = settled(drawings, list(own.values()), self._user_of(account))
        for number, event in enumerate(results):
            tracked = self._work.in_flight.get(taken.get(str(number), ""))
            if tracked is not None:
                await self._take(tracked, event, "prompt")
            else:
                self._nobodys(event)

    def _completed(self, event: DiscordEvent) -> DiscordEvent:
        """With the interaction that earlier messages told. A nonce counts where a send has it: any other one (the bot's
        own, since 2025-05) is as good as none."""
        nonce, keys = event.keys.nonce, self._unclaimed.completed(event.keys)
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
        """The task ended with a result, which may explain a progress message that was deleted earlier."""
        if not tracked.withdrawn:
            self._crossings.ended(before, by)
        for other in self._work.in_flight:
            other.withdrawn = other.withdrawn and not self._crossings.explain(other.task)

    def _withdrawn_after_all(self, message_id: str | None) -> None:
        for other in self._work.in_flight:
            other.withdrawn = other.withdrawn or other.task.progress.progress_message_id == message_id is not None

    def _sends_another_back(self, task: Task, event: Refused, by: str) -> bool:
        """One command may make several drawings. What sends back a later one answers the same interaction, while the
        first is taken: sent again, all would be paid again."""
        is_back = event.retry or self._pauses.goes_on_relaxed(task, event)
        own = task.progress.progress_message_id
        return is_back and by == "interaction" and own not in (None, event.keys.message_id, event.keys.reference_id)

    def _is_ours(self, keys: Keys) -> bool:
        """Does it address our own user, or is it private to it?"""
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
                note = tracked.task.progress.queued  # the one that said so
                open_results = self._ambiguous.has(
                    keys.account, tracked.task.progress.echoed_prompt
                )  # one of them is its own
                tracked.withdrawn = not note and not open_results and not self._crossings.explain(tracked.task)
            case ModalOpened():
                await self._dialogs.dialog(tracked, event)
            case Informed() if (
                tracked.task.request.switch and tracked.task.request.custom_id is None and not tracked.is_switching
            ):
                self._dialogs.settings(tracked, event)
            case Acknowledged(confirmed=True) if tracked.switches_by(keys.nonce):
                self._advance(tracked, Informed(keys=keys))
            case Refused() if self._pauses.goes_on_relaxed(tracked.task, event):
                relaxed = replace(tracked.task, request=replace(tracked.task.request, requested_mode=Mode.RELAXED))
                self._work.change(tracked, requeue(relaxed, self._clock.now()))
            case _:
                self._advance(tracked, event)

    def _advance(self, tracked: InFlightTask, event: DiscordEvent) -> None:
        after = apply(tracked.task, event, self._clock.now())
        unheard = replace(after.progress, last_event_time=tracked.task.progress.last_event_time)
        if event.keys.from_history and replace(after, progress=unheard) == tracked.task:
            return  # an old message that still stands there is no sign of life
        before = tracked.task
        if after.progress.progress_message_id != before.progress.progress_message_id:
            tracked.withdrawn = False  # it goes on in another message
        if isinstance(event, Refused) and event.retry:
            self._queue_full_backoff.note_queue_full(
                event.keys.account, self._running(event.keys.account), self._clock.now()
            )
        tracked.note_sign_of_life()
        self._work.change(tracked, after)
        if event.keys.nonce is not None and isinstance(event, Started | Progressed) and not before.progress.queued:
            self._work.in_flight.disown(tracked, before)  # what it had claimed by prompt belongs to another task
        cancel_once_visible(self._work, tracked)

    def _running(self, account: str) -> int:
        """Drawings of the account that MidJourney has surely begun."""
        own = [tracked.task for tracked in self._work.of_account(account) if tracked.task.lane is Lane.DRAW]
        return sum(task.progress.progress_message_id is not None and not task.progress.queued for task in own)

    async def _seed_told(self, job_id: str, seed: str) -> None:
        task = await self._store.by_job(job_id)
        if task is not None and task.is_over and not self._work.is_changed(task.id):
            self._work.note(task, replace(task, result=replace(task.result, seed=seed)))

    async def _is_echo(self, keys: Keys) -> bool:
        """Is this about a task that is over? Each message and each job go to one task only, but for what was asked to
        be shown again."""
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
    """`modal_timeout`: how long a dialog's task waits for its caller (ms)."""

    def __init__(self, work: UnitOfWork, store: TaskStore, modal_timeout: int) -> None:
        self._work = work
        self._store = store
        self._modal_timeout = modal_timeout

    async def dialog(self, tracked: InFlightTask, event: ModalOpened) -> None:
        """Fill it and send it on: the paid part. Or let the task wait for its caller, with no dialog open."""
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
            self._work.change(tracked, replace(task, progress=replace(task.progress, last_event_time=now)))
            self._work.follow_up(tracked, Purpose.SUBMIT, order)
        elif event.iframe_path:
            reason = "Vary (Region) needs a mask: send maskBase64."
            self._work.change(tracked, fail(task, "mask_missing", reason, now))
        else:
            until = now + self._modal_timeout
            self._work.change(tracked, hold(task, until, prompt=own_text(event), remix=True))

    def settings(self, tracked: InFlightTask, event: Informed) -> None:
        """Press the button that is to be turned, unless it stands as is wanted."""
        after, order = press_setting(tracked.task, event, self._work.now())
        tracked.note_sign_of_life()
        self._work.change(tracked, after)
        if order is not None:
            self._work.follow_up(tracked, Purpose.SWITCH, order)


FAST_HOURS_EXHAUSTED = "credits_exhausted"


class AccountPauses:
    """`falls_back_to_relax`: when fast hours are gone, the account goes on until a relaxed drawing is refused, too."""

    def __init__(self, gateway: Gateway, *, falls_back_to_relax: bool) -> None:
        self._gateway = gateway
        self._falls_back_to_relax = falls_back_to_relax

    def pause_if_required(self, event: DiscordEvent, tracked: InFlightTask | None) -> None:
        """Pause the account when a human must act, but only on a message that is certainly for us: by nonce, or
        ephemeral."""
        if not isinstance(event, CaptchaAsked) and not (isinstance(event, Refused) and event.pauses_account):
            return
        is_gone = isinstance(event, Refused) and event.code == FAST_HOURS_EXHAUSTED
        was_relaxed = tracked is not None and tracked.task.request.requested_mode is Mode.RELAXED
        if is_gone and self._falls_back_to_relax and not was_relaxed and self._draws_relaxed(event.keys.account):
            return  # relaxed drawings go on, unless it is one that was refused
        keys = event.keys
        if isinstance(event, CaptchaAsked) or keys.nonce is not None or keys.flags & PRIVATE:
            self._gateway.pause(keys.account, event.reason)

    def goes_on_relaxed(self, task: Task, event: Refused) -> bool:
        """Once: a relaxed drawing that is refused for the same reason is refused."""
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
        self._open: OrderedDict[str, tuple[object, ...]] = OrderedDict()  # running message -> what its task is equal in
        self._explained: OrderedDict[str, str] = OrderedDict()  # running message that is gone -> the one it was for

    def ended(self, task: Task, by: str) -> None:
        """It got a result, known to be its own by this key. `task` is as it was before."""
        if by == "prompt" and task.progress.progress_message_id is not None and task.progress.job_id is None:
            self._open[task.progress.progress_message_id] = sameness(task)
        _forget_the_old(self._open)

    def deleted(self, message_id: str | None) -> str | None:
        """Of a task that is over it was the own message: its result had not crossed with another's. The message of
        which that was thought, if any."""
        if message_id is None or self._open.pop(message_id, None) is not None:
            return None
        wrong = next((gone for gone, other in self._explained.items() if other == message_id), None)
        if wrong is not None:
            del self._explained[wrong]
        return wrong

    def explain(self, task: Task) -> bool:
        """Is its running message gone because its result went to an equal drawing?"""
        own = task.progress.progress_message_id or ""
        if own in self._explained:
            return True  # a duplicate event
        other = next((message for message, known in self._open.items() if known == sameness(task)), None)
        if other is None:
            return False
        del self._open[other]
        self._explained[own] = other
        _forget_the_old(self._explained)
        return True


def _forget_the_old(known: OrderedDict[str, Any]) -> None:
    while len(known) > REMEMBERED:
        known.popitem(last=False)
