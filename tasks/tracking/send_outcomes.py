"""Applies the outcome of each send, and cancels tasks in flight.

Contract: an event proves a send whatever its POST returned. A paid send, or one that toggles a setting, is not
repeated.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from tasks.domain.events import Keys, SendDenied, SendNotMade, SendPosted, SendUncertain
from tasks.domain.interactions import ButtonInteraction, Interaction, MessageCommandInteraction
from tasks.domain.model import Purpose, SendState, Status, Task
from tasks.domain.timeline import Detail
from tasks.rules.lifecycle import cancel, fail, requeue
from tasks.rules.matching import PRIVATE
from tasks.tracking.in_flight import InFlightTask
from tasks.tracking.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)

FREE_RETRY = 1.0  # seconds until a free send is repeated; doubles each time
FREE_TRIES = 10

SendOutcome = SendPosted | SendNotMade | SendDenied | SendUncertain


def apply_send_outcome(work: UnitOfWork, event: SendOutcome) -> None:
    tracked = work.in_flight.by_nonce(event.nonce)
    if tracked is None:
        return
    purpose = tracked.sends[event.nonce].purpose
    work.add_line(tracked.task.id, "posted", _detail_of(event, purpose))
    if purpose is Purpose.CANCEL:
        _on_cancel_outcome(work, tracked, event)
        return
    had_event = tracked.task.progress.last_event_time is not None and purpose not in (Purpose.SUBMIT, Purpose.SWITCH)
    if had_event or isinstance(event, SendPosted):
        work.mark(tracked, event.nonce, SendState.POSTED)
    elif isinstance(event, SendUncertain):  # wait for its events; a free send is repeated after a moment
        log.warning("outcome unknown: %s", event.reason, extra={"task": tracked.task.id})
        work.mark(tracked, event.nonce, SendState.UNKNOWN)
    else:
        work.mark(tracked, event.nonce, SendState.REFUSED)
        work.change(tracked, _after_refusal(tracked.task, event, work.now()))


def _detail_of(event: SendOutcome, purpose: Purpose) -> dict[str, Detail]:
    said: dict[str, Detail] = {"purpose": purpose.value, "outcome": _OUTCOMES[type(event)]}
    if not isinstance(event, SendPosted):
        said["reason"] = event.reason
    return said


_OUTCOMES: dict[type[SendOutcome], str] = {
    SendPosted: "taken",
    SendNotMade: "not_sent",
    SendDenied: "refused",
    SendUncertain: "unknown",
}


def _after_refusal(task: Task, event: SendNotMade | SendDenied, now: int) -> Task:
    if isinstance(event, SendDenied):
        if not event.requeue:
            return fail(task, event.code, event.reason, now)
        log.warning("returned to the queue: %s", event.reason, extra={"task": task.id})
        return requeue(task, now)
    log.info("not sent: %s", event.reason, extra={"task": task.id})
    return requeue(task, now + int(event.retry_after * 1000))


def retry_free_send(task: Task, now: int) -> Task:
    """Return a free send that may not have arrived to the queue with a growing delay, or fail it after the last
    attempt."""
    if task.attempts >= FREE_TRIES:
        return fail(task, "discord_refused", f"Discord did not accept it in {FREE_TRIES} attempts.", now)
    return requeue(task, now + int(FREE_RETRY * 1000) * 2 ** min(task.attempts - 1, 8))


# ---------------------------------------------------------------- cancelling


def request_cancel(work: UnitOfWork, task_id: str) -> bool:
    """Press its Cancel button; without one, use MidJourney's command on its message; else cancel for the caller only.

    False: the task is not in flight.
    """
    tracked = work.in_flight.get(task_id)
    if tracked is None:
        return False
    if tracked.task.progress.cancel_requested:
        return True
    work.change(tracked, replace(tracked.task, progress=replace(tracked.task.progress, cancel_requested=True)))
    order = _cancel_order(tracked.task)
    if order is None:
        work.change(tracked, cancel(tracked.task, work.now(), still_drawing=not tracked.is_free))
    else:
        work.follow_up(tracked, Purpose.CANCEL, order)
    return True


def _cancel_order(task: Task) -> Interaction | None:
    message, flags = task.progress.progress_message_id, task.progress.progress_message_flags
    if message is None:
        return None
    if task.progress.cancel_id is not None:
        return ButtonInteraction(
            message_id=message, custom_id=task.progress.cancel_id, message_flags=flags, bot=task.request.bot
        )
    if flags & PRIVATE:
        return None
    return MessageCommandInteraction(command="Cancel Job", message_id=message, bot=task.request.bot)


def cancel_once_visible(work: UnitOfWork, tracked: InFlightTask) -> None:
    """Stop a task that was cancelled before it had a message, as soon as it has one, to save the cost of the rest."""
    task = tracked.task
    is_told = any(send.purpose is Purpose.CANCEL for send in tracked.sends.values())
    if task.status is not Status.CANCEL or not task.in_flight or is_told:
        return
    order = _cancel_order(task)
    if order is not None:
        work.follow_up(tracked, Purpose.CANCEL, order)


def answers_cancel(tracked: InFlightTask, keys: Keys) -> bool:
    """Whether this answers the cancel rather than the drawing. A failed cancel never fails its drawing."""
    cancels = [send for send in tracked.sends.values() if send.purpose is Purpose.CANCEL]
    return any(keys.nonce == s.nonce or (s.interaction_id and keys.interaction_id == s.interaction_id) for s in cancels)


def _on_cancel_outcome(work: UnitOfWork, tracked: InFlightTask, event: SendOutcome) -> None:
    if isinstance(event, SendPosted):
        work.mark(tracked, event.nonce, SendState.POSTED)
        return
    work.mark(tracked, event.nonce, SendState.REFUSED)
    log.info("cancel not sent to MidJourney: %s", event.reason, extra={"task": tracked.task.id})
    if not tracked.task.status.is_over:  # for the caller it is cancelled nevertheless
        work.change(tracked, cancel(tracked.task, work.now(), still_drawing=True))
