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

LONGEST_TICK = 30_000  # ms: a longer gap means that the machine slept and received nothing
UNCLAIMED_KEPT = 1_000  # unclaimed drawings of the account's user that are remembered, per account
INTERACTION_DUE = 10_000  # ms of silence after which a send's interaction id can no longer arrive
GAP_MARGIN = 10_000  # ms read again before a gap: events may be late or out of order
CLOCKS_DIFFER = 60_000  # ms read again before a send, whose time is from the service's clock and not Discord's


class StallDetector:
    def __init__(self, work: UnitOfWork, backfill: HistoryBackfill, deadlines: Deadlines) -> None:
        self._work = work
        self._history = backfill
        self._deadlines = deadlines
        self._last_tick = work.now()
        self._last_begun: dict[tuple[str, Bot, Mode | None], int] = {}  # send time of the latest drawing that has begun
        self._unknown_form: defaultdict[str, deque[int]] = defaultdict(
            lambda: deque(maxlen=UNCLAIMED_KEPT)
        )  # account -> times

    def look(self, now: int, accounts: Sequence[Account]) -> None:
        """Advance the time of silence to `now`."""
        passed, self._last_tick = min(max(now - self._last_tick, 0), LONGEST_TICK), now
        known = {account.id: account for account in accounts}
        for tracked in self._work.in_flight:
            account = known.get(tracked.task.account or "")
            if account is None or account.connected:  # an account that was removed will not reconnect
                tracked.silent += passed
                self._look_at(tracked, account, now)

    def note_unclaimed(self, keys: Keys) -> None:
        """Note a drawing of the account's user without a certain task: it may come from a send of unknown outcome."""
        self._unknown_form[keys.account].append(keys.sent_at)

    def note_begun(self, task: Task) -> None:
        """MidJourney draws it, or has drawn it, so earlier drawings in MidJourney's queue have begun, too."""
        if task.lane is Lane.DRAW and not task.progress.queued:
            queue = _queue_of(task)
            self._last_begun[queue] = max(self._last_begun.get(queue, 0), task.start_time or 0)

    def overdue(self) -> set[str]:
        """Accounts with a task whose interaction id is long overdue."""
        accounts = set()
        for tracked in self._work.in_flight:
            if tracked.is_unidentified and not tracked.gap and tracked.silent >= INTERACTION_DUE:
                tracked.by_prompt_only = True
            if tracked.by_prompt_only and tracked.is_unidentified:
                accounts.add(tracked.task.account or "")
        return accounts

    def on_history_read(self, event: HistoryRead) -> None:
        """History was read, or could not be: mark the tasks that are silent in it, too."""
        for tracked in self._work.of_account(event.account):
            if (tracked.task.start_time or 0) >= event.since:
                tracked.history_requested_at, tracked.history_complete = tracked.silent, event.complete
                self._work.add_line(tracked.task.id, "recalled", _detail_of(event))

    def _look_at(self, tracked: InFlightTask, account: Account | None, now: int) -> None:
        """Past a threshold, read history first; decide only about tasks that stay silent after that."""
        limit = silence_limit(tracked.task, self._deadlines, withdrawn=tracked.withdrawn)
        settle = self._deadlines.settle
        if tracked.is_uncertain and tracked.is_repeatable and tracked.silent >= self._deadlines.repeat:
            self._withdraw(tracked, retry_free_send(tracked.task, now))
            return
        if account is not None and self._may_settle(tracked) and tracked.silent >= settle:
            if not self._history_was_read(tracked, account, settle):
                return
            if tracked.history_complete and self._later_drawing_has_begun(tracked.task):
                self._send_again(tracked, now)
                return
        if tracked.silent >= limit and (account is None or self._history_was_read(tracked, account, limit)):
            self._give_up(tracked, limit, now)

    def _may_settle(self, tracked: InFlightTask) -> bool:
        """Whether history can prove that the send never arrived. Only for /imagine, whose first message is public,
        and not while an unclaimed drawing of the account's user exists from after the send."""
        if (
            not tracked.is_uncertain
            or tracked.task.request.action is not Action.IMAGINE
            or tracked.task.request.custom_id is not None
        ):
            return False
        since = (tracked.task.start_time or 0) - CLOCK_SKEW
        return not any(time >= since for time in self._unknown_form[tracked.task.account or ""])

    def _history_was_read(self, tracked: InFlightTask, account: Account, threshold: int) -> bool:
        """Whether history was read since the silence passed this threshold; request it if not."""
        if tracked.history_requested_at is not None and tracked.history_requested_at >= threshold:
            return True
        self._history.ask(account.id, (tracked.task.start_time or 0) - CLOCKS_DIFFER)
        return False

    def _later_drawing_has_begun(self, task: Task) -> bool:
        """Whether a drawing that was sent later has begun. If not, this one may be in MidJourney's queue, which only
        a private message reports. The number of free slots proves nothing: other users of the account fill them,
        too."""
        return self._last_begun.get(_queue_of(task), 0) > (task.start_time or 0)

    def _send_again(self, tracked: InFlightTask, now: int) -> None:
        log.warning("history shows that the send never arrived; sending again", extra={"task": tracked.task.id})
        self._withdraw(tracked, requeue(tracked.task, now))

    def _withdraw(self, tracked: InFlightTask, after: Task) -> None:
        """Count its sends as never made."""
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
    """Drawings of one speed and bot begin in the order in which they were sent."""
    return task.account or "", task.request.bot, task.request.requested_mode


def _detail_of(event: HistoryRead) -> dict[str, Detail]:
    return {"since": event.since, "account": event.account, "complete": event.complete}


def _why(tracked: InFlightTask, minutes: int) -> tuple[str, str]:
    if tracked.withdrawn:
        return "moderated", "MidJourney withdrew the picture before it was finished."
    if tracked.task.progress.words:
        return "unknown_error", with_advice("unknown_error", tracked.task.progress.words)
    if tracked.is_uncertain or tracked.is_dialog_uncertain:
        reason = "Discord did not confirm the command, and no event has arrived since. Not sent again."
        return "outcome_unknown", reason
    said = next((note for note in reversed(tracked.task.notes) if note.startswith(SAID)), "")
    if said:
        return "silence", f"No further event arrived from MidJourney for {minutes} minutes. {said}"
    return "silence", f"No event arrived from MidJourney for {minutes} minutes."
