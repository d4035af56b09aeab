"""How an event changes a task: (Task, event, now) → Task. Pure; the table of allowed transitions is only here.

Returns the same object when nothing changes. Finished tasks do not change.
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
    Status.FAILURE: frozenset(),  # except as `tasks.rules.reopening` allows
    Status.CANCEL: frozenset(),
}
SAID = "MidJourney said: "  # prefix of MidJourney's words in a note
ALMOST = 99  # percent shown until the result exists: only success shows 100

QUEUE_FULL_PAUSE = 15_000  # ms before a job returned by MidJourney's full queue is sent again; grows with attempts
QUEUE_FULL_LONGEST = 300_000


def may_move(old: Status, new: Status) -> bool:
    return old is new or new in _MOVES[old]


def _move(task: Task, status: Status) -> Status:
    if not may_move(task.status, status):
        raise IllegalTransition(f"task {task.id}: {task.status} -> {status}")
    return status


def apply(task: Task, event: DiscordEvent, now: int) -> Task:
    """Apply an event that `matching` correlated with this task."""
    if task.is_over:
        return task
    if task.status is Status.CANCEL:
        return _after_cancel(task, event)
    active = replace(task, progress=replace(task.progress, last_event_time=now))
    match event:
        case Queued() | Started() | Progressed():
            return _advance(active, event)
        case Finished():
            _move(task, Status.SUCCESS)
            return finish(active, event, now) if is_result(task, event) else task
        case Informed() if task.request.answer_ends:
            return _apply_answer(active, event, now)
        case Informed() if event.words:
            return _record_words(active, event)
        case Refused():
            return _apply_refusal(active, event, now)
        case CaptchaAsked():
            return fail(active, "captcha", with_advice("captcha", event.reason), now)
        case _:
            return active


def _advance(task: Task, event: Queued | Started | Progressed) -> Task:
    match event:
        case Queued():
            return _mark_queued(task, event)
        case Started():
            return _mark_running(task, event, task.progress.percent or 0)
        case Progressed():
            percent = min(max(task.progress.percent or 0, event.percent or 0), ALMOST)
            running = _mark_running(task, event, percent)
            mode, preview = event.mode or task.progress.mode, _preview(task, event)
            return replace(running, progress=replace(running.progress, mode=mode, preview=preview))


def _preview(task: Task, event: Progressed) -> Image | None:
    """The newest preview. A repeated one keeps its copy."""
    old, new = task.progress.preview, event.preview
    if old is None or new is None:
        return new or old
    return replace(new, stored=old.stored) if new.url.partition("?")[0] == old.url.partition("?")[0] else new


def _apply_refusal(task: Task, event: Refused, now: int) -> Task:
    if event.retry:
        return requeue(task, now + _queue_full_pause(task))
    if event.code == "stopped" and task.progress.cancel_requested:
        return cancel(task, now)
    return fail(task, event.code, with_advice(event.code, event.reason), now)


def _mark_running(task: Task, event: Started | Progressed, percent: int) -> Task:
    progress = replace(_with_job_keys(task.progress, event), percent=percent)
    return replace(task, status=_move(task, Status.IN_PROGRESS), progress=progress)


def _mark_queued(task: Task, event: Queued) -> Task:
    progress, keys = task.progress, event.keys
    if progress.progress_message_id is not None and not progress.queued:
        return task  # already running: the message is late
    message = keys.message_id or progress.progress_message_id
    queued = replace(progress, queued=True, progress_message_id=message, progress_message_flags=keys.flags)
    return replace(task, progress=queued)


def _with_job_keys(progress: TaskProgress, event: Started | Progressed) -> TaskProgress:
    """The progress with the job keys of the progress message. A message with the nonce is certain: it replaces the
    job of an earlier message, which was matched without one."""
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
    """Remove the progress message, which belongs to another task, and everything read from it. The reported
    percentage, mode and words stay."""
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
    """Whether the event ends the task. An edit does only if the edited message is the task's own running one.

    Using a button edits the *old* result, which then shows a complete result again. A repeated describe edits it,
    too; there, changed texts are the result.
    """
    if task.redoes(event.keys.message_id):
        return bool(event.text) and event.text != task.result.description
    if event.keys.edited and event.keys.message_id != task.progress.progress_message_id:
        return False
    return event.image is not None or bool(event.buttons) or bool(event.text)


def _apply_answer(task: Task, event: Informed, now: int) -> Task:
    """Favourite, info, settings: the bot's answer ends the task; there is no picture.

    A changed setting shows in an edit of the settings message, whose text stays the same.
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


def _record_words(task: Task, event: Informed) -> Task:
    """Store MidJourney's words in the task at once. The first half of a drawing's message is not a note."""
    is_new = event.words not in task.progress.words and event.keys.prompt is None
    note = f"{SAID}{event.words}"
    return replace(
        task,
        progress=replace(task.progress, words=task.progress.words if event.is_known else event.words),
        notes=(*task.notes, note) if is_new and note not in task.notes else task.notes,
    )


def _after_cancel(task: Task, event: DiscordEvent) -> Task:
    """Cancelled for the caller, still drawing at MidJourney: the slot stays taken until the end, and the result is
    kept."""
    match event:
        case Queued():
            return _mark_queued(task, event)
        case Started() | Progressed():
            return replace(task, progress=_with_job_keys(task.progress, event))
        case Finished() if is_result(task, event):
            result = replace(task.result, message_id=event.keys.message_id, image=event.image, buttons=event.buttons)
            progress = replace(task.progress, job_id=event.keys.job_id or task.progress.job_id)
            return replace(task, phase=Phase.OVER, progress=progress, result=result)
        case Refused() | CaptchaAsked():
            return replace(task, phase=Phase.OVER)
        case _:
            return task


def cancel(task: Task, now: int, *, still_drawing: bool = False) -> Task:
    """Cancel the task. `still_drawing`: MidJourney could not be informed, so its slot stays taken."""
    return replace(
        task,
        progress=replace(task.progress, queued=task.progress.queued and still_drawing),
        result=replace(task.result, finish_time=now),
        status=_move(task, Status.CANCEL),
        phase=Phase.SENT if still_drawing else Phase.OVER,
        held_until=None,
    )


def hold(task: Task, until: int, *, prompt: str, remix: bool) -> Task:
    """Wait for the caller's second input: no slot, no open dialog. `prompt`: the text that the dialog offered."""
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
    """End the task with this result."""
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
    """End the task without a result. `reason` must not be empty: clients take an empty one for success."""
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
    """Return the task to the queue, at its old position, not before that time (ms). The keys of the refused send are
    dropped."""
    if task.status is Status.CANCEL:
        return replace(task, phase=Phase.OVER)
    if task.progress.cancel_requested:  # a cancelled task is not sent again
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
    """The account it must run on: the one with the button or the uploads, or the only one its caller allows."""
    is_bound = task.request.parent_id is not None or task.uploads or len(task.request.accounts) == 1
    return task.account if is_bound else None


def _queue_full_pause(task: Task) -> int:
    return int(min(QUEUE_FULL_PAUSE * 2 ** max(task.attempts - 1, 0), QUEUE_FULL_LONGEST))


def hooks_due(before: Task | None, after: Task, operator_hook: str) -> tuple[Hook, ...]:
    """The webhooks that this change makes due.

    The end is reported once, to the task's own URL and to the operator's; a corrected end is reported again. Callers
    of /mj also get each step, until an end was reported.
    """
    if before is not None and before.status.is_over and before.status is after.status:
        return ()
    if not after.status.is_over:
        return () if after.corrected else _steps_due(before, after)
    event = CORRECTED if after.corrected else END
    operators = Hook(task_id=after.id, url=operator_hook, api=after.request.api, trusted=True, event=event)
    if operator_hook and after.request.notify_hook in ("", operator_hook):
        return (operators,)  # once, with the operator's trust
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
