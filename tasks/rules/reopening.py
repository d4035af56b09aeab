"""Ends that do not hold. Pure: a task failed because nothing was heard, which proves nothing; then its result comes, or
the operator decides.

Contract: only such a task changes after its end, and only here: to SUCCESS by a result that is its own, or back into
the queue by the operator's word, who then accepts that it may be paid twice.
"""

from __future__ import annotations

from dataclasses import replace

from tasks.domain.errors import IllegalTransition
from tasks.domain.events import Finished, Progressed, Started
from tasks.domain.model import Phase, Status, Task, TaskProgress
from tasks.rules.lifecycle import account_to_keep, finish

# What we concluded from silence; everything else was said by Discord, by MidJourney or by a caller, and holds.
OPEN_ENDS = frozenset({"silence", "outcome_unknown"})


def is_open_end(task: Task) -> bool:
    """May a result still come for it, although it has failed?"""
    return task.status is Status.FAILURE and task.result.fail_code in OPEN_ENDS


def _check_open_end(task: Task) -> None:
    if not is_open_end(task):
        raise IllegalTransition(f"task {task.id}: its end, {task.status} {task.result.fail_code}, is final")


def reopen_with_result(task: Task, event: Finished, now: int) -> Task:
    """Its result came after all."""
    _check_open_end(task)
    note = f"It was told as failed before ({task.result.fail_code}); its result came later."
    done = finish(task, event, now)
    return replace(
        done,
        progress=replace(done.progress, last_event_time=now),
        result=replace(done.result, fail_code="", fail_reason=""),
        corrected=True,
        notes=(*task.notes, note),
    )


def record_late_keys(task: Task, event: Started | Progressed) -> Task:
    """A sign of life after the end: what it tells of the job, so that the result will be known."""
    keys = event.keys
    progress = replace(
        task.progress,
        progress_message_id=keys.message_id or task.progress.progress_message_id,
        job_id=keys.job_id or task.progress.job_id,
        echoed_prompt=keys.prompt or task.progress.echoed_prompt,
    )
    return replace(task, progress=progress)


def retry(task: Task, now: int) -> Task:
    """Back into the queue, as if it had not been sent. Uploads do not last at Discord: pictures that are still here
    are put there anew."""
    _check_open_end(task)
    uploads = () if task.pictures else task.uploads
    note = f"The operator had it sent again after it had failed ({task.result.fail_code})."
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
