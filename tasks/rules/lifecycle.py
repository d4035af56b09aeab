"""What an event makes of a task: (Task, event, now) → Task. Pure; the table of allowed moves is here and only here.

The same object comes back when nothing changes. What is over stays as it is.
"""

from __future__ import annotations

from dataclasses import replace

from tasks.domain.errors import IllegalTransition, with_advice
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
from tasks.domain.model import Image, Phase, Status, Task, TaskProgress
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
    if not may_move(task.status, status):
        raise IllegalTransition(f"task {task.id}: {task.status} -> {status}")
    return status


def apply(task: Task, event: DiscordEvent, now: int) -> Task:
    """The task after this event, which `matching` found to be its own."""
    if task.is_over:
        return task
    if task.status is Status.CANCEL:
        return _after_cancel(task, event)
    heard = replace(task, progress=replace(task.progress, last_event_time=now))
    match event:
        case Queued() | Started() | Progressed():
            return _advanced(heard, event)
        case Finished():
            _move(task, Status.SUCCESS)
            return finish(heard, event, now) if is_result(task, event) else task
        case Informed() if task.request.answer_ends:
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
            return _running(task, event, task.progress.percent or 0)
        case Progressed():
            percent = min(max(task.progress.percent or 0, event.percent or 0), ALMOST)
            running = _running(task, event, percent)
            mode, preview = event.mode or task.progress.mode, _preview(task, event)
            return replace(running, progress=replace(running.progress, mode=mode, preview=preview))


def _preview(task: Task, event: Progressed) -> Image | None:
    """The newest; told once more, a picture keeps its copy."""
    old, new = task.progress.preview, event.preview
    if old is None or new is None:
        return new or old
    return replace(new, stored=old.stored) if new.url.partition("?")[0] == old.url.partition("?")[0] else new


def _refused(task: Task, event: Refused, now: int) -> Task:
    if event.retry:
        return requeue(task, now + _queue_full_pause(task))
    if event.code == "stopped" and task.progress.cancel_requested:
        return cancel(task, now)
    return fail(task, event.code, with_advice(event.code, event.reason), now)


def _running(task: Task, event: Started | Progressed, percent: int) -> Task:
    progress = replace(_keyed(task.progress, event), percent=percent)
    return replace(task, status=_move(task, Status.IN_PROGRESS), progress=progress)


def _in_line(task: Task, event: Queued) -> Task:
    progress, keys = task.progress, event.keys
    if progress.progress_message_id is not None and not progress.queued:
        return task  # it runs already: the note came late
    message = keys.message_id or progress.progress_message_id
    queued = replace(progress, queued=True, progress_message_id=message, progress_message_flags=keys.flags)
    return replace(task, progress=queued)


def _keyed(progress: TaskProgress, event: Started | Progressed) -> TaskProgress:
    """With the keys of the job that the progress message gives. A message that carries the nonce is certain: the job of
    an earlier message, which was matched without one, is dropped."""
    keys = event.keys
    is_first = keys.nonce is not None and keys.message_id != progress.progress_message_id
    return replace(
        progress,
        queued=False,
        progress_message_id=keys.message_id or progress.progress_message_id,
        progress_message_flags=keys.flags,
        cancel_id=event.cancel_id or progress.cancel_id,
        job_id=keys.job_id or (None if is_first else progress.job_id),
        echoed_prompt=keys.prompt or progress.echoed_prompt,
    )


def without_message(task: Task) -> Task:
    """Drops the progress message, which belongs to another task, and everything read from it. The reported percentage,
    mode and words stay."""
    old = task.progress
    kept = TaskProgress(
        percent=old.percent,
        mode=old.mode,
        words=old.words,
        sent_after=old.sent_after,
        last_event_time=old.last_event_time,
        cancel_requested=old.cancel_requested,
    )
    return replace(task, progress=kept)


def is_result(task: Task, event: Finished) -> bool:
    """Does this end the task? An edit only where the edited message is the task's own running one.

    Using a button edits the *old* result, which then shows a complete result again. Describing again edits it, too:
    then other texts are the result.
    """
    if task.redoes(event.keys.message_id):
        return bool(event.text) and event.text != task.result.description
    if event.keys.edited and event.keys.message_id != task.progress.progress_message_id:
        return False
    return event.image is not None or bool(event.buttons) or bool(event.text)


def _answered(task: Task, event: Informed, now: int) -> Task:
    """Favourite, info, settings: the bot's answer is the end; there is no picture.

    A setting that was turned shows in an edit of the settings' message, whose words stay as they were.
    """
    keys = event.keys
    words = "" if task.request.switch and keys.edited else event.text or event.title
    return replace(
        task,
        progress=replace(task.progress, percent=100),
        result=replace(
            task.result,
            finish_time=now,
            message_id=keys.message_id or task.result.message_id,
            message_flags=keys.flags if keys.message_id else task.result.message_flags,
            buttons=event.buttons,
            description=words or task.result.description,
        ),
        status=_move(task, Status.SUCCESS),
        phase=Phase.OVER,
    )


def _told(task: Task, event: Informed) -> Task:
    """MidJourney's words stand in the task at once. What is only half of a drawing's message is no note."""
    is_new = event.words not in task.progress.words and event.keys.prompt is None
    note = f"{SAID}{event.words}"
    return replace(
        task,
        progress=replace(task.progress, words=task.progress.words if event.is_known else event.words),
        notes=(*task.notes, note) if is_new and note not in task.notes else task.notes,
    )


def _after_cancel(task: Task, event: DiscordEvent) -> Task:
    """Cancelled for the caller, still drawing at MidJourney: the slot is taken until it ends, the result is kept."""
    match event:
        case Queued():
            return _in_line(task, event)
        case Started() | Progressed():
            return replace(task, progress=_keyed(task.progress, event))
        case Finished() if is_result(task, event):
            result = replace(task.result, message_id=event.keys.message_id, image=event.image, buttons=event.buttons)
            progress = replace(task.progress, job_id=event.keys.job_id or task.progress.job_id)
            return replace(task, phase=Phase.OVER, progress=progress, result=result)
        case Refused() | CaptchaAsked():
            return replace(task, phase=Phase.OVER)
        case _:
            return task


def cancel(task: Task, now: int, *, still_drawing: bool = False) -> Task:
    """Ended by the caller. `still_drawing`: MidJourney could not be told, so its slot is still taken."""
    return replace(
        task,
        progress=replace(task.progress, queued=task.progress.queued and still_drawing),
        result=replace(task.result, finish_time=now),
        status=_move(task, Status.CANCEL),
        phase=Phase.SENT if still_drawing else Phase.OVER,
        held_until=None,
    )


def hold(task: Task, until: int, *, prompt: str, remix: bool) -> Task:
    """Waits for the user's second input: no slot, no open dialog. `prompt`: the text that the dialog offered."""
    return replace(
        task,
        request=replace(task.request, opens_dialog=True),
        progress=replace(task.progress, percent=None, progress_message_id=None),
        status=_move(task, Status.MODAL),
        phase=Phase.HELD,
        held_until=until,
        content=prompt or task.content,
        remix=remix,
    )


def finish(task: Task, event: Finished, now: int) -> Task:
    """The task at its end, with this result."""
    keys = event.keys
    return replace(
        task,
        progress=replace(
            task.progress,
            queued=False,
            percent=100,
            job_id=keys.job_id or task.progress.job_id,
            mode=event.mode or task.progress.mode,
            echoed_prompt=keys.prompt or task.progress.echoed_prompt,
            preview=None,
        ),
        result=replace(
            task.result,
            finish_time=now,
            message_id=keys.message_id,
            message_flags=keys.flags,
            image=event.image,
            buttons=event.buttons,
            description=event.text,
        ),
        status=Status.SUCCESS,
        phase=Phase.OVER,
    )


def fail(task: Task, code: str, reason: str, now: int) -> Task:
    """The task at its end, without a result. `reason` is never empty: clients take an empty one for no failure."""
    if task.status is Status.CANCEL:
        return replace(task, phase=Phase.OVER)
    return replace(
        task,
        progress=replace(task.progress, queued=False),
        result=replace(task.result, finish_time=now, fail_code=code, fail_reason=reason or code),
        status=_move(task, Status.FAILURE),
        phase=Phase.OVER,
    )


def requeue(task: Task, not_before: int) -> Task:
    """Back to our queue, at its old place, not before that time (ms). Keys of the send that was refused are dropped."""
    if task.status is Status.CANCEL:
        return replace(task, phase=Phase.OVER)
    if task.progress.cancel_requested:  # what was not drawn need not be sent again
        return cancel(task, task.progress.last_event_time or not_before)
    return replace(
        task,
        progress=TaskProgress(),
        status=_move(task, Status.NOT_START),
        phase=Phase.READY,
        not_before=not_before,
        account=account_to_keep(task),
    )


def account_to_keep(task: Task) -> str | None:
    """The account that it must run on: the one with the button or the uploads, or the only one its caller names."""
    is_bound = task.request.parent_id is not None or task.uploads or len(task.request.accounts) == 1
    return task.account if is_bound else None


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
    operators = Hook(task_id=after.id, url=operator_hook, api=after.request.api, trusted=True, event=event)
    if operator_hook and after.request.notify_hook in ("", operator_hook):
        return (operators,)  # once, and with the operator's trust
    own = (
        (Hook(task_id=after.id, url=after.request.notify_hook, api=after.request.api, event=event),)
        if after.request.notify_hook
        else ()
    )
    return (*own, operators) if operator_hook else own


_STEPS = frozenset({Status.SUBMITTED, Status.IN_PROGRESS, Status.MODAL})


def _steps_due(before: Task | None, after: Task) -> tuple[Hook, ...]:
    shown = None if before is None else (before.status, before.progress.percent)
    if after.request.api != "mj" or not after.request.notify_hook or after.status not in _STEPS:
        return ()
    if shown == (after.status, after.progress.percent):
        return ()
    hook = Hook(
        task_id=after.id, url=after.request.notify_hook, api=after.request.api, event=after.status.value, snapshot=after
    )
    return (hook,)
