"""What an event makes of a task: (Task, event, now) → Task. Pure; the table of allowed moves is here and only here.

The same object comes back when nothing changes. What is over stays as it is.
"""

from __future__ import annotations

from dataclasses import replace

from tasks.domain.advice import with_advice
from tasks.domain.events import (
    CaptchaAsked,
    DiscordEvent,
    Finished,
    Informed,
    Progressed,
    Queued,
    Refused,
    Started,
)
from tasks.domain.model import Image, Phase, Status, Task
from tasks.domain.webhooks import CORRECTED, END, Hook

_MOVES: dict[Status, frozenset[Status]] = {
    Status.NOT_START: frozenset({Status.SUBMITTED, Status.FAILURE, Status.CANCEL, Status.MODAL}),
    Status.SUBMITTED: frozenset(
        {Status.NOT_START, Status.IN_PROGRESS, Status.MODAL, Status.SUCCESS, Status.FAILURE, Status.CANCEL}
    ),
    Status.IN_PROGRESS: frozenset({Status.NOT_START, Status.MODAL, Status.SUCCESS, Status.FAILURE, Status.CANCEL}),
    Status.MODAL: frozenset({Status.NOT_START, Status.SUBMITTED, Status.FAILURE, Status.CANCEL}),
    Status.SUCCESS: frozenset(),
    Status.FAILURE: frozenset(),  # but for what `corrections` allows
    Status.CANCEL: frozenset(),
}
SAID = "MidJourney said: "  # before its words in a note
ALMOST = 99  # percent shown until the result is there: 100 means success, and nothing else does

QUEUE_FULL_PAUSE = 15_000  # ms before a job that MidJourney's full queue sent back is tried again; grows with attempts
QUEUE_FULL_LONGEST = 300_000


def may_move(old: Status, new: Status) -> bool:
    return old is new or new in _MOVES[old]


def _move(task: Task, status: Status) -> Status:
    assert may_move(task.status, status), f"task {task.id}: {task.status} -> {status}"
    return status


def apply(task: Task, event: DiscordEvent, now: int) -> Task:
    """The task after this event, which `matching` found to be its own."""
    if task.is_over:
        return task
    if task.status is Status.CANCEL:
        return _after_cancel(task, event)
    heard = replace(task, heard_time=now)
    match event:
        case Queued() | Started() | Progressed():
            return _advanced(heard, event)
        case Finished():
            _move(task, Status.SUCCESS)
            return finish(heard, event, now) if is_result(task, event) else task
        case Informed() if task.answer_ends:
            return _answered(heard, event, now)
        case Informed() if event.words:
            return _told(heard, event)
        case Refused():
            return _refused(heard, event, now)
        case CaptchaAsked():
            return fail(heard, "captcha", with_advice("captcha", event.reason), now)
        case _:
            return heard


def _advanced(task: Task, event: Queued | Started | Progressed) -> Task:
    match event:
        case Queued():
            return _in_line(task, event)
        case Started():
            return _running(task, event, task.progress or 0)
        case Progressed():
            percent = min(max(task.progress or 0, event.percent or 0), ALMOST)
            running = _running(task, event, percent)
            return replace(running, mode=event.mode or task.mode, preview=_preview(task, event))


def _preview(task: Task, event: Progressed) -> Image | None:
    """The newest; told once more, a picture keeps its copy."""
    old, new = task.preview, event.preview
    if old is None or new is None:
        return new or old
    return replace(new, stored=old.stored) if new.url.partition("?")[0] == old.url.partition("?")[0] else new


def _refused(task: Task, event: Refused, now: int) -> Task:
    if event.retry:
        return requeue(task, now + _queue_full_pause(task))
    if event.code == "stopped" and task.cancel_asked:
        return cancel(task, now)
    return fail(task, event.code, with_advice(event.code, event.reason), now)


def _running(task: Task, event: Started | Progressed, percent: int) -> Task:
    return replace(_seen(task, event), status=_move(task, Status.IN_PROGRESS), progress=percent)


def _in_line(task: Task, event: Queued) -> Task:
    if task.progress_message_id is not None and not task.queued:
        return task  # it runs already: the note came late
    message = event.keys.message_id or task.progress_message_id
    return replace(task, queued=True, progress_message_id=message, progress_message_flags=event.keys.flags)


def _seen(task: Task, event: Started | Progressed) -> Task:
    """What its running message tells of the job. By the nonce it is known for certain: what another one told is not."""
    keys = event.keys
    is_first = keys.nonce is not None and keys.message_id != task.progress_message_id
    return replace(
        task,
        queued=False,
        progress_message_id=keys.message_id or task.progress_message_id,
        progress_message_flags=keys.flags,
        cancel_id=event.cancel_id or task.cancel_id,
        job_id=keys.job_id or (None if is_first else task.job_id),
        echoed_prompt=keys.prompt or task.echoed_prompt,
    )


def without_message(task: Task) -> Task:
    """Its running message, and all that was read there, was another's. How far it said it was stays told."""
    return replace(
        task,
        queued=False,
        progress_message_id=None,
        progress_message_flags=0,
        cancel_id=None,
        job_id=None,
        echoed_prompt="",
        preview=None,
    )


def is_result(task: Task, event: Finished) -> bool:
    """Does this end the task? An edit only where the edited message is the task's own running one.

    Using a button edits the *old* result, which then shows a complete result again. Describing again edits it, too:
    then other texts are the result.
    """
    if task.redoes(event.keys.message_id):
        return bool(event.text) and event.text != task.description
    if event.keys.edited and event.keys.message_id != task.progress_message_id:
        return False
    return event.image is not None or bool(event.buttons) or bool(event.text)


def _answered(task: Task, event: Informed, now: int) -> Task:
    """Favourite, info, settings: the bot's answer is the end; there is no picture.

    A setting that was turned shows in an edit of the settings' message, whose words stay as they were.
    """
    keys = event.keys
    words = "" if task.switch and keys.edited else event.text or event.title
    return replace(
        task,
        status=_move(task, Status.SUCCESS),
        phase=Phase.OVER,
        progress=100,
        finish_time=now,
        message_id=keys.message_id or task.message_id,
        message_flags=keys.flags if keys.message_id else task.message_flags,
        buttons=event.buttons,
        description=words or task.description,
    )


def _told(task: Task, event: Informed) -> Task:
    """MidJourney's words stand in the task at once. What is only half of a drawing's message is no note."""
    is_new = event.words not in task.words and event.keys.prompt is None
    note = f"{SAID}{event.words}"
    return replace(
        task,
        words=task.words if event.is_known else event.words,
        notes=(*task.notes, note) if is_new and note not in task.notes else task.notes,
    )


def _after_cancel(task: Task, event: DiscordEvent) -> Task:
    """Cancelled for the caller, still drawing at MidJourney: the slot is taken until it ends, the result is kept."""
    match event:
        case Queued():
            return _in_line(task, event)
        case Started() | Progressed():
            return _seen(task, event)
        case Finished() if is_result(task, event):
            job_id = event.keys.job_id or task.job_id
            over = replace(task, phase=Phase.OVER, message_id=event.keys.message_id, job_id=job_id)
            return replace(over, image=event.image, buttons=event.buttons)
        case Refused() | CaptchaAsked():
            return replace(task, phase=Phase.OVER)
        case _:
            return task


def cancel(task: Task, now: int, *, still_drawing: bool = False) -> Task:
    """Ended by the caller. `still_drawing`: MidJourney could not be told, so its slot is still taken."""
    return replace(
        task,
        status=_move(task, Status.CANCEL),
        phase=Phase.SENT if still_drawing else Phase.OVER,
        queued=task.queued and still_drawing,
        finish_time=now,
        held_until=None,
    )


def hold(task: Task, until: int, *, prompt: str, remix: bool) -> Task:
    """Waits for the user's second input: no slot, no open dialog. `prompt`: the text that the dialog offered."""
    return replace(
        task,
        status=_move(task, Status.MODAL),
        phase=Phase.HELD,
        held_until=until,
        content=prompt or task.content,
        remix=remix,
        opens_dialog=True,
        progress=None,
        progress_message_id=None,
    )


def finish(task: Task, event: Finished, now: int) -> Task:
    """The task at its end, with this result."""
    keys = event.keys
    return replace(
        task,
        status=Status.SUCCESS,
        phase=Phase.OVER,
        queued=False,
        progress=100,
        finish_time=now,
        message_id=keys.message_id,
        message_flags=keys.flags,
        job_id=keys.job_id or task.job_id,
        mode=event.mode or task.mode,
        echoed_prompt=keys.prompt or task.echoed_prompt,
        image=event.image,
        preview=None,
        buttons=event.buttons,
        description=event.text,
    )


def fail(task: Task, code: str, reason: str, now: int) -> Task:
    """The task at its end, without a result. `reason` is never empty: clients take an empty one for no failure."""
    if task.status is Status.CANCEL:
        return replace(task, phase=Phase.OVER)
    return replace(
        task,
        status=_move(task, Status.FAILURE),
        phase=Phase.OVER,
        queued=False,
        finish_time=now,
        fail_code=code,
        fail_reason=reason or code,
    )


def requeue(task: Task, not_before: int) -> Task:
    """Back to our queue, at its old place, not before that time (ms). Keys of the send that was refused are dropped."""
    if task.status is Status.CANCEL:
        return replace(task, phase=Phase.OVER)
    if task.cancel_asked:  # what was not drawn need not be sent again
        return cancel(task, task.heard_time or not_before)
    return replace(
        task,
        status=_move(task, Status.NOT_START),
        phase=Phase.READY,
        not_before=not_before,
        account=account_to_keep(task),
        queued=False,
        progress=None,
        progress_message_id=None,
        cancel_id=None,
        job_id=None,
        words="",
    )


def account_to_keep(task: Task) -> str | None:
    """The account that it must run on: the one with the button or the uploads, or the only one its caller names."""
    return task.account if task.parent_id is not None or task.uploads or len(task.accounts) == 1 else None


def _queue_full_pause(task: Task) -> int:
    return int(min(QUEUE_FULL_PAUSE * 2 ** max(task.attempts - 1, 0), QUEUE_FULL_LONGEST))


def hooks_due(before: Task | None, after: Task, operator_hook: str) -> tuple[Hook, ...]:
    """The call-backs that this change makes due.

    At the end, once, to the task's own URL and to the operator's; another end, which corrects that one, again. Callers
    of /mj hear of each step on the way, too, until an end was told.
    """
    if before is not None and before.status.is_over and before.status is after.status:
        return ()
    if not after.status.is_over:
        return () if after.corrected else _steps_due(before, after)
    event = CORRECTED if after.corrected else END
    operators = Hook(task_id=after.id, url=operator_hook, api=after.api, trusted=True, event=event)
    if operator_hook and after.notify_hook in ("", operator_hook):
        return (operators,)  # once, and with the operator's trust
    own = (Hook(task_id=after.id, url=after.notify_hook, api=after.api, event=event),) if after.notify_hook else ()
    return (*own, operators) if operator_hook else own


_STEPS = frozenset({Status.SUBMITTED, Status.IN_PROGRESS, Status.MODAL})


def _steps_due(before: Task | None, after: Task) -> tuple[Hook, ...]:
    shown = None if before is None else (before.status, before.progress)
    if after.api != "mj" or not after.notify_hook or after.status not in _STEPS:
        return ()
    if shown == (after.status, after.progress):
        return ()
    hook = Hook(task_id=after.id, url=after.notify_hook, api=after.api, event=after.status.value, snapshot=after)
    return (hook,)
