"""Ends that may be revised. Pure: a task failed because of silence, which proves nothing; then its result arrives, or
the operator decides.

Contract: only such tasks change after their end, and only here: to SUCCESS by their own result, or back to the queue by
the operator, who accepts that they may be paid twice.
"""

from __future__ import annotations

from dataclasses import replace

from tasks.domain.errors import IllegalTransition
from tasks.domain.events import Finished, Progressed, Started
from tasks.domain.model import Phase, Status, Task, TaskProgress
from tasks.rules.lifecycle import account_to_keep, finish

# Concluded from silence. All other ends come from Discord, MidJourney or a caller, and are final.
OPEN_ENDS = frozenset({"silence", "outcome_unknown"})


def is_open_end(task: Task) -> bool:
    """Whether a result may still arrive for this failed task."""
    return task.status is Status.FAILURE and task.result.fail_code in OPEN_ENDS


def _check_open_end(task: Task) -> None:
    if not is_open_end(task):
        raise IllegalTransition(f"task {task.id}: its end, {task.status} {task.result.fail_code}, is final")


def reopen_with_result(task: Task, event: Finished, now: int) -> Task:
    """End the task with its late result."""
    _check_open_end(task)
    note = f"It was reported as failed ({task.result.fail_code}) before its result arrived."
    done = finish(task, event, now)
    return replace(
        done,
        progress=replace(done.progress, last_event_time=now),
        result=replace(done.result, fail_code="", fail_reason=""),
        corrected=True,
        notes=(*task.notes, note),
    )


def record_late_keys(task: Task, event: Started | Progressed) -> Task:
    """Record the job keys of a sign of life after the end, so that the result will match."""
    keys = event.keys
    progress = replace(
        task.progress,
        progress_message_id=keys.message_id or task.progress.progress_message_id,
        job_id=keys.job_id or task.progress.job_id,
        echoed_prompt=keys.prompt or task.progress.echoed_prompt,
    )
    return replace(task, progress=progress)


def retry(task: Task, now: int) -> Task:
    """Return the task to the queue as if it had not been sent. Uploads do not last at Discord: pictures still kept
    are uploaded again."""
    _check_open_end(task)
    uploads = () if task.pictures else task.uploads
    note = f"The operator retried it after it had failed ({task.result.fail_code})."
    return replace(
        task,
        progress=TaskProgress(),
        result=replace(task.result, finish_time=None, fail_code="", fail_reason=""),
        status=Status.NOT_START,
        phase=Phase.READY if uploads == task.uploads else Phase.NEW,
        account=account_to_keep(replace(task, uploads=uploads)),
        uploads=uploads,
        corrected=True,
        notes=(*task.notes, note),
        not_before=now,
    )
