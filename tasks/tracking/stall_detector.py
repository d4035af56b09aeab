"""Detects stalls: decides when history is read, what is sent again, and which tasks time out.

Contract: time is passed in; nothing here waits."""

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
INTERACTION_DUE = 10_000  # ms of silence after which a send's interaction id will not come any more
GAP_MARGIN = 10_000  # ms read again before a gap: what came late, or out of order
CLOCKS_DIFFER = 60_000  # ms read again before a send, whose time is ours and not Discord's


class StallDetector:
    def __init__(self, work: UnitOfWork, recalls: HistoryBackfill, deadlines: Deadlines) -> None:
        self._work = work
        self._history = recalls
        self._deadlines = deadlines
        self._last_tick = work.now()
        self._begun: dict[tuple[str, Bot, Mode | None], int] = {}  # when the last drawing was sent that has begun
        self._strange: defaultdict[str, deque[int]] = defaultdict(
            lambda: deque(maxlen=UNCLAIMED_KEPT)
        )  # account -> times

    def look(self, now: int, accounts: Sequence[Account]) -> None:
        """Time has passed."""
        passed, self._last_tick = min(max(now - self._last_tick, 0), LONGEST_TICK), now
        known = {account.id: account for account in accounts}
        for tracked in self._work.in_flight:
            account = known.get(tracked.task.account or "")
            if account is None or account.connected:  # an account that is no more configured will not come back
                tracked.silent += passed
                self._look_at(tracked, account, now)

    def unclaimed(self, keys: Keys) -> None:
        """A drawing of our own user that is no task's for certain: it may be what an unknown send became."""
        self._strange[keys.account].append(keys.sent_at)

    def has_begun(self, task: Task) -> None:
        """MidJourney draws it, or has drawn it: what stood before it in MidJourney's queue has begun, too."""
        if task.lane is Lane.DRAW and not task.progress.queued:
            queue = _queue_of(task)
            self._begun[queue] = max(self._begun.get(queue, 0), task.start_time or 0)

    def overdue(self) -> set[str]:
        """Accounts with a task whose interaction id is long overdue."""
        accounts = set()
        for tracked in self._work.in_flight:
            if tracked.is_unheard and not tracked.gap and tracked.silent >= INTERACTION_DUE:
                tracked.by_words = True
            if tracked.by_words and tracked.is_unheard:
                accounts.add(tracked.task.account or "")
        return accounts

    def recalled(self, event: HistoryRead) -> None:
        """History was read, or could not be: whoever is silent in it, too, is known to be."""
        for tracked in self._work.of_account(event.account):
            if (tracked.task.start_time or 0) >= event.since:
                tracked.history_requested_at, tracked.history_complete = tracked.silent, event.complete
                self._work.add_line(tracked.task.id, "recalled", _said_of(event))

    def _look_at(self, tracked: InFlightTask, account: Account | None, now: int) -> None:
        """Past a threshold: history is read first; only what stays silent after that is decided."""
        limit = silence_limit(tracked.task, self._deadlines, withdrawn=tracked.withdrawn)
        settle = self._deadlines.settle
        if tracked.is_uncertain and tracked.is_repeatable and tracked.silent >= self._deadlines.repeat:
            self._withdraw(tracked, retry_free_send(tracked.task, now))
            return
        if account is not None and self._may_settle(tracked) and tracked.silent >= settle:
            if not self._asked(tracked, account, settle):
                return
            if tracked.history_complete and self._was_overtaken(tracked.task):
                self._send_again(tracked, now)
                return
        if tracked.silent >= limit and (account is None or self._asked(tracked, account, limit)):
            self._give_up(tracked, limit, now)

    def _may_settle(self, tracked: InFlightTask) -> bool:
        """Of /imagine alone history can prove that it never arrived: its first message is public. A drawing of our
        user that nobody claims, made since the send, leaves it open."""
        if (
            not tracked.is_uncertain
            or tracked.task.request.action is not Action.IMAGINE
            or tracked.task.request.custom_id is not None
        ):
            return False
        since = (tracked.task.start_time or 0) - CLOCK_SKEW
        return not any(time >= since for time in self._strange[tracked.task.account or ""])

    def _asked(self, tracked: InFlightTask, account: Account, threshold: int) -> bool:
        """Was history read since the silence passed this threshold? Asks for it if not."""
        if tracked.history_requested_at is not None and tracked.history_requested_at >= threshold:
            return True
        self._history.ask(account.id, (tracked.task.start_time or 0) - CLOCKS_DIFFER)
        return False

    def _was_overtaken(self, task: Task) -> bool:
        """Has a drawing begun that was sent later? Else this one may stand in MidJourney's queue, of which only a
        private message told. How many slots are ours proves nothing: other hands fill them, too."""
        return self._begun.get(_queue_of(task), 0) > (task.start_time or 0)

    def _send_again(self, tracked: InFlightTask, now: int) -> None:
        log.warning("history shows that it never arrived: it is sent again", extra={"task": tracked.task.id})
        self._withdraw(tracked, requeue(tracked.task, now))

    def _withdraw(self, tracked: InFlightTask, after: Task) -> None:
        """Its sends count as never made."""
        for nonce in list(tracked.sends):
            self._work.mark(tracked, nonce, SendState.REFUSED)
        self._work.change(tracked, after)

    def _give_up(self, tracked: InFlightTask, limit: int, now: int) -> None:
        if tracked.task.progress.cancel_requested and not tracked.task.status.is_over:
            self._work.change(tracked, cancel(tracked.task, now))
            return
        code, reason = _why(tracked, max(limit // 60_000, 1))
        missed = " Private answers sent while the connection was down cannot be read afterwards." if tracked.gap else ""
        self._work.change(tracked, fail(tracked.task, code, reason + missed, now))


def _queue_of(task: Task) -> tuple[str, Bot, Mode | None]:
    """Drawings of one speed of one bot begin in the order in which they were sent."""
    return task.account or "", task.request.bot, task.request.requested_mode


def _said_of(event: HistoryRead) -> dict[str, Detail]:
    return {"since": event.since, "account": event.account, "complete": event.complete}


def _why(tracked: InFlightTask, minutes: int) -> tuple[str, str]:
    if tracked.withdrawn:
        return "moderated", "MidJourney withdrew the picture before it was finished."
    if tracked.task.progress.words:
        return "unknown_error", with_advice("unknown_error", tracked.task.progress.words)
    if tracked.is_uncertain or tracked.is_dialog_uncertain:
        reason = "Discord did not say whether it took the command, and nothing was heard since. Not sent again."
        return "outcome_unknown", reason
    said = next((note for note in reversed(tracked.task.notes) if note.startswith(SAID)), "")
    if said:
        return "silence", f"Nothing more was heard from MidJourney for {minutes} minutes. {said}"
    return "silence", f"Nothing was heard from MidJourney for {minutes} minutes."
