"""Discord spoke: whose is it, and what does it make of its task?

Law: each message and each job go to one task only. What nobody in flight claims may be a late result; what may be
several tasks' is left open.
"""

from __future__ import annotations

from dataclasses import replace

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
from tasks.domain.model import Action, Lane, Mode, SendState, Task
from tasks.domain.ports import Clock, Gateway, TaskStore
from tasks.domain.timeline import heard
from tasks.rules.account_limits import QueueFullBackoff
from tasks.rules.lifecycle import apply, requeue, without_message
from tasks.rules.matching import NOTHING, PRIVATE, Match
from tasks.rules.reopening import is_open_end
from tasks.tracking.ambiguous_results import AmbiguousResults
from tasks.tracking.correlation import correlate
from tasks.tracking.crossings import SwappedResults
from tasks.tracking.in_flight import InFlightTask
from tasks.tracking.late_results import LateResults
from tasks.tracking.openings import DialogOpener
from tasks.tracking.pauses import AccountPauses
from tasks.tracking.send_outcomes import answers_cancel, cancel_once_visible
from tasks.tracking.settling import settled
from tasks.tracking.stall_detector import StallDetector
from tasks.tracking.unclaimed import Unclaimed
from tasks.tracking.unit_of_work import UnitOfWork

CERTAIN = frozenset({"nonce", "interaction", "message", "job"})  # keys that only one task can have
IDENTITY_KEYS = frozenset({"nonce", "interaction"})  # keys that no words stand behind


class EventHandler:
    def __init__(
        self,
        *,
        board: UnitOfWork,
        store: TaskStore,
        gateway: Gateway,
        clock: Clock,
        congestion: QueueFullBackoff,
        late: LateResults,
        openings: DialogOpener,
        pauses: AccountPauses,
        patience: StallDetector,
        unsettled: AmbiguousResults,
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
        self._crossings = SwappedResults()
        self._unclaimed = Unclaimed()
        self._recalled: list[DiscordEvent] = []  # of the history that is being read: known by words alone
        self._being_read: set[str] = set()  # accounts whose history is heard at this time

    async def heard(self, event: DiscordEvent) -> None:
        """Find its task, and change it."""
        if event.keys.from_history and not self._unsettled.is_asking:
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
        found = self._admitted(event, correlate(event, self._board.flights, self._board.lapsed, user_id))
        if found.ambiguous:
            self._unsettled.keep(event, found.ambiguous)
        flight = self._board.flights.get(found.task_id) if found.task_id else None
        self._pauses.heed(event, flight)
        if flight is not None and found.by == "prompt" and event.keys.from_history:
            self._recalled.append(event)  # all that was read is looked at together
        elif flight is not None:
            await self._take(flight, event, found.by)
        elif isinstance(event, Withdrawn):
            self._deleted(event.keys)
        elif not found.ambiguous and self._late.heard(event, user_id):
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
                self._patience.unclaimed(event.keys)

    async def _take(self, flight: InFlightTask, event: DiscordEvent, by: str) -> None:
        """It is the flight's, known by this key."""
        self._board.tell(flight.task.id, "heard", heard(event, by))
        if isinstance(event, Withdrawn):
            task = flight.task
            result = self._unsettled.only(event.keys.account, task.progress.echoed_prompt)
            if result is not None:  # the one that it gave way to
                await self._take(flight, result, "deletion")
                return
        before = flight.task
        if not (isinstance(event, Refused) and self._sends_another_back(flight.task, event, by)):
            await self._apply(flight, event)
        if by in CERTAIN and isinstance(event, Started | Progressed | Finished):
            self._patience.has_begun(flight.task)
        if by in IDENTITY_KEYS and isinstance(event, Started | Progressed | Finished):
            self._give_back(flight, event.keys)
        if isinstance(event, Finished) and flight.task.is_over:
            self._ended(flight, before, by)
        await self._learn_interaction(flight, event)

    async def _learn_interaction(self, flight: InFlightTask, event: DiscordEvent) -> None:
        """By our nonce it is known whose the interaction is, and so is what was heard about it before."""
        nonce, interaction_id = event.keys.nonce, event.keys.interaction_id
        if nonce is None or interaction_id is None or nonce not in flight.sends:
            return
        if flight.sends[nonce].interaction_id is None and flight.task.in_flight:
            self._board.mark(flight, nonce, SendState.POSTED, interaction_id)
        for earlier in self._unclaimed.claimed(event.keys.account, interaction_id):
            await self._assign(earlier)

    def _deleted(self, keys: Keys) -> None:
        """A message of nobody in flight: of what was a drawing of another hand, or of what is over."""
        echo = self._unclaimed.echo_of(keys.account, keys.message_id)
        if echo is not None:
            result = self._unsettled.only(keys.account, echo)
            if result is not None:
                self._unclaimed.note(replace(result, keys=self._unclaimed.named_as(result.keys, keys)))
            if not self._unsettled.has(keys.account, echo):
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
        for flight in self._board.of_account(event.account):
            flight.by_words = flight.by_words or flight.gap
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
        waiting = [f for f in self._board.of_account(account) if f.by_words and f.is_unheard]
        groups = {group.interaction_id: group for group in self._unclaimed.groups(account)} if waiting else {}
        if not groups:
            return
        drawings = {name: group.keys for name, group in groups.items()}
        taken = settled(drawings, [flight.candidate for flight in waiting], self._user_of(account))
        for interaction_id, task_id in taken.items():
            flight = self._board.flights.get(task_id)
            if flight is not None:
                nonce = list(flight.sends)[-1]
                self._board.mark(flight, nonce, SendState.POSTED, interaction_id)
                for earlier in self._unclaimed.claimed(account, interaction_id):
                    await self._assign(earlier)

    async def _settle_results(self, account: str, results: list[DiscordEvent]) -> None:
        """Of history, where nothing but words ties them to a task."""
        own = {flight.task.id: flight.candidate for flight in self._board.of_account(account)}
        drawings = {str(number): event.keys for number, event in enumerate(results)}
        taken = settled(drawings, list(own.values()), self._user_of(account))
        for number, event in enumerate(results):
            flight = self._board.flights.get(taken.get(str(number), ""))
            if flight is not None:
                await self._take(flight, event, "prompt")
            else:
                self._nobodys(event)

    def _completed(self, event: DiscordEvent) -> DiscordEvent:
        """With the interaction that earlier messages told. A nonce counts where a send has it: any other one (the bot's
        own, since 2025-05) is as good as none."""
        nonce, keys = event.keys.nonce, self._unclaimed.completed(event.keys)
        if nonce is not None and not self._board.flights.by_nonce(nonce) and not self._board.lapsed.by_nonce(nonce):
            keys = replace(keys, nonce=None)
        return event if keys is event.keys else replace(event, keys=keys)

    def _give_back(self, owner: InFlightTask, keys: Keys) -> None:
        """The message is known for certain to be the owner's: who had taken it by its words lets it go."""
        for other in self._board.flights:
            before = other.task
            message = before.progress.progress_message_id
            if other is not owner and message is not None and message in (keys.message_id, keys.reference_id):
                other.withdrawn = False
                self._board.change(other, without_message(before))
                self._board.flights.disown(other, before)

    def _ended(self, flight: InFlightTask, before: Task, by: str) -> None:
        """With a result. Whose message is gone already may be known now."""
        if not flight.withdrawn:
            self._crossings.ended(before, by)
        for other in self._board.flights:
            other.withdrawn = other.withdrawn and not self._crossings.explain(other.task)

    def _withdrawn_after_all(self, message_id: str | None) -> None:
        for other in self._board.flights:
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
        return next((known.user_id for known in self._gateway.accounts() if known.id == account), None)

    async def _apply(self, flight: InFlightTask, event: DiscordEvent) -> None:
        keys = event.keys
        if isinstance(event, Acknowledged) and keys.nonce in flight.sends:
            self._board.mark(flight, keys.nonce, SendState.POSTED, keys.interaction_id)
        if answers_cancel(flight, keys):
            return
        match event:
            case Withdrawn():  # follows each result; before one it means moderation, which the deadline will tell
                note = flight.task.progress.queued  # the one that said so
                open_results = self._unsettled.has(
                    keys.account, flight.task.progress.echoed_prompt
                )  # one of them is its own
                flight.withdrawn = not note and not open_results and not self._crossings.explain(flight.task)
            case ModalOpened():
                await self._openings.dialog(flight, event)
            case Informed() if (
                flight.task.request.switch and flight.task.request.custom_id is None and not flight.is_switching
            ):
                self._openings.settings(flight, event)
            case Acknowledged(confirmed=True) if flight.switches_by(keys.nonce):
                self._advance(flight, Informed(keys=keys))
            case Refused() if self._pauses.goes_on_relaxed(flight.task, event):
                relaxed = replace(flight.task, request=replace(flight.task.request, mode_asked=Mode.RELAXED))
                self._board.change(flight, requeue(relaxed, self._clock.now()))
            case _:
                self._advance(flight, event)

    def _advance(self, flight: InFlightTask, event: DiscordEvent) -> None:
        after = apply(flight.task, event, self._clock.now())
        unheard = replace(after.progress, heard_time=flight.task.progress.heard_time)
        if event.keys.from_history and replace(after, progress=unheard) == flight.task:
            return  # an old message that still stands there is no sign of life
        before = flight.task
        if after.progress.progress_message_id != before.progress.progress_message_id:
            flight.withdrawn = False  # it goes on in another message
        if isinstance(event, Refused) and event.retry:
            self._congestion.full(event.keys.account, self._running(event.keys.account), self._clock.now())
        flight.heard()
        self._board.change(flight, after)
        if event.keys.nonce is not None and isinstance(event, Started | Progressed) and not before.progress.queued:
            self._board.flights.disown(flight, before)  # what was its own by words alone was another's
        cancel_once_visible(self._board, flight)

    def _running(self, account: str) -> int:
        """Drawings of the account that MidJourney has surely begun."""
        own = [flight.task for flight in self._board.of_account(account) if flight.task.lane is Lane.DRAW]
        return sum(task.progress.progress_message_id is not None and not task.progress.queued for task in own)

    async def _seed_told(self, job_id: str, seed: str) -> None:
        task = await self._store.by_job(job_id)
        if task is not None and task.is_over and not self._board.is_changed(task.id):
            self._board.note(task, replace(task, result=replace(task.result, seed=seed)))

    async def _is_echo(self, keys: Keys) -> bool:
        """Is this about a task that is over? Each message and each job go to one task only, but for what was asked to
        be shown again."""
        is_done = self._board.is_done(keys.message_id) or self._board.is_done(keys.job_id)
        if not is_done and not keys.from_history:
            return False
        if any(flight.task.request.action is Action.SHOW and flight.asked_for(keys) for flight in self._board.flights):
            return False
        if any(flight.task.redoes(keys.message_id) for flight in self._board.flights):
            return False
        if is_done:
            return True
        if keys.message_id and await self._store.by_message(keys.message_id):
            return True
        known = await self._store.by_job(keys.job_id) if keys.job_id else None
        return known is not None and known.is_over and not is_open_end(known) and not self._board.is_changed(known.id)
