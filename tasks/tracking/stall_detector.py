"""Silence in flight: when is history asked, what is sent again, what is given up? Time is told; nothing here waits."""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from collections.abc import Sequence

from tasks.domain.errors import with_advice
from tasks.domain.events import HistoryRead, Keys
from tasks.domain.model import Account, Action, Bot, Lane, Mode, SendState, Task
from tasks.domain.timeline import Detail
from tasks.effects.history_backfill import HistoryBackfill
from tasks.rules.deadlines import Deadlines, silence_limit
from tasks.rules.lifecycle import SAID, cancel, fail, requeue
from tasks.rules.matching import CLOCK_SKEW
from tasks.tracking.in_flight import InFlightTask
from tasks.tracking.send_outcomes import retry_free_send
from tasks.tracking.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)

LONGEST_TICK = 30_000  # ms: a machine that slept was not listening
UNCLAIMED_KEPT = 1_000  # unclaimed drawings of our user that are remembered, for each account
INTERACTION_DUE = 10_000  # ms of silence after which Discord will not tell a send's interaction any more
GAP_MARGIN = 10_000  # ms read again before a gap: what came late, or out of order
CLOCKS_DIFFER = 60_000  # ms read again before a send, whose time is ours and not Discord's


class StallDetector:
    def __init__(self, board: UnitOfWork, recalls: HistoryBackfill, deadlines: Deadlines) -> None:
        self._board = board
        self._recalls = recalls
        self._deadlines = deadlines
        self._last_tick = board.now()
        self._begun: dict[tuple[str, Bot, Mode | None], int] = {}  # when the last drawing was sent that has begun
        self._strange: defaultdict[str, deque[int]] = defaultdict(
            lambda: deque(maxlen=UNCLAIMED_KEPT)
        )  # account -> times

    def look(self, now: int, accounts: Sequence[Account]) -> None:
        """Time has passed."""
        passed, self._last_tick = min(max(now - self._last_tick, 0), LONGEST_TICK), now
        known = {account.id: account for account in accounts}
        for flight in self._board.flights:
            account = known.get(flight.task.account or "")
            if account is None or account.connected:  # an account that is no more configured will not come back
                flight.silent += passed
                self._look_at(flight, account, now)

    def unclaimed(self, keys: Keys) -> None:
        """A drawing of our own user that is no task's for certain: it may be what an unknown send became."""
        self._strange[keys.account].append(keys.sent_at)

    def has_begun(self, task: Task) -> None:
        """MidJourney draws it, or has drawn it: what stood before it in MidJourney's queue has begun, too."""
        if task.lane is Lane.DRAW and not task.progress.queued:
            queue = _queue_of(task)
            self._begun[queue] = max(self._begun.get(queue, 0), task.start_time or 0)

    def overdue(self) -> set[str]:
        """Accounts with a task of which Discord should have told long ago which interaction it is."""
        accounts = set()
        for flight in self._board.flights:
            if flight.is_unheard and not flight.gap and flight.silent >= INTERACTION_DUE:
                flight.by_words = True
            if flight.by_words and flight.is_unheard:
                accounts.add(flight.task.account or "")
        return accounts

    def recalled(self, event: HistoryRead) -> None:
        """History was read, or could not be: whoever is silent in it, too, is known to be."""
        for flight in self._board.of_account(event.account):
            if (flight.task.start_time or 0) >= event.since:
                flight.asked_at, flight.was_read = flight.silent, event.complete
                self._board.tell(flight.task.id, "recalled", _said_of(event))

    def _look_at(self, flight: InFlightTask, account: Account | None, now: int) -> None:
        """Past a threshold: history is read first; only what stays silent after that is decided."""
        limit = silence_limit(flight.task, self._deadlines, withdrawn=flight.withdrawn)
        settle = self._deadlines.settle
        if flight.is_uncertain and flight.is_repeatable and flight.silent >= self._deadlines.repeat:
            self._withdraw(flight, retry_free_send(flight.task, now))
            return
        if account is not None and self._may_settle(flight) and flight.silent >= settle:
            if not self._asked(flight, account, settle):
                return
            if flight.was_read and self._was_overtaken(flight.task):
                self._send_again(flight, now)
                return
        if flight.silent >= limit and (account is None or self._asked(flight, account, limit)):
            self._give_up(flight, limit, now)

    def _may_settle(self, flight: InFlightTask) -> bool:
        """Of /imagine alone history can prove that it never arrived: its first message is public. A drawing of our
        user that nobody claims, made since the send, leaves it open."""
        if (
            not flight.is_uncertain
            or flight.task.request.action is not Action.IMAGINE
            or flight.task.request.custom_id is not None
        ):
            return False
        since = (flight.task.start_time or 0) - CLOCK_SKEW
        return not any(time >= since for time in self._strange[flight.task.account or ""])

    def _asked(self, flight: InFlightTask, account: Account, threshold: int) -> bool:
        """Was history read since the silence passed this threshold? Asks for it if not."""
        if flight.asked_at is not None and flight.asked_at >= threshold:
            return True
        self._recalls.ask(account.id, (flight.task.start_time or 0) - CLOCKS_DIFFER)
        return False

    def _was_overtaken(self, task: Task) -> bool:
        """Has a drawing begun that was sent later? Else this one may stand in MidJourney's queue, of which only a
        private message told. How many slots are ours proves nothing: other hands fill them, too."""
        return self._begun.get(_queue_of(task), 0) > (task.start_time or 0)

    def _send_again(self, flight: InFlightTask, now: int) -> None:
        log.warning("history shows that it never arrived: it is sent again", extra={"task": flight.task.id})
        self._withdraw(flight, requeue(flight.task, now))

    def _withdraw(self, flight: InFlightTask, after: Task) -> None:
        """Its sends count as never made."""
        for nonce in list(flight.sends):
            self._board.mark(flight, nonce, SendState.REFUSED)
        self._board.change(flight, after)

    def _give_up(self, flight: InFlightTask, limit: int, now: int) -> None:
        if flight.task.progress.cancel_asked and not flight.task.status.is_over:
            self._board.change(flight, cancel(flight.task, now))
            return
        code, reason = _why(flight, max(limit // 60_000, 1))
        missed = " Private answers sent while the connection was down cannot be read afterwards." if flight.gap else ""
        self._board.change(flight, fail(flight.task, code, reason + missed, now))


def _queue_of(task: Task) -> tuple[str, Bot, Mode | None]:
    """Drawings of one speed of one bot begin in the order in which they were sent."""
    return task.account or "", task.request.bot, task.request.mode_asked


def _said_of(event: HistoryRead) -> dict[str, Detail]:
    return {"since": event.since, "account": event.account, "complete": event.complete}


def _why(flight: InFlightTask, minutes: int) -> tuple[str, str]:
    if flight.withdrawn:
        return "moderated", "MidJourney withdrew the picture before it was finished."
    if flight.task.progress.words:
        return "unknown_error", with_advice("unknown_error", flight.task.progress.words)
    if flight.is_uncertain or flight.is_dialog_uncertain:
        reason = "Discord did not say whether it took the command, and nothing was heard since. Not sent again."
        return "outcome_unknown", reason
    said = next((note for note in reversed(flight.task.notes) if note.startswith(SAID)), "")
    if said:
        return "silence", f"Nothing more was heard from MidJourney for {minutes} minutes. {said}"
    return "silence", f"Nothing was heard from MidJourney for {minutes} minutes."
