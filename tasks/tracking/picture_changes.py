"""Applies changes of a task's pictures: a copy was stored or removed, a link at Discord was renewed.

Contract: runs in the tracker's loop, the only writer of tasks in flight. The rest of the work is done in
`tasks.results.archiver` and `tasks.results.link_refresh`.
"""

from __future__ import annotations

from collections.abc import Callable

from tasks.domain.events import CopyChange, CopyStored, LinksRenewed
from tasks.domain.ports import TaskStore
from tasks.domain.timeline import Detail
from tasks.effects.journal import WAITING, Journal
from tasks.results.image_copy import apply_picture_event
from tasks.tracking.unit_of_work import UnitOfWork


async def record_pictures(
    work: UnitOfWork,
    store: TaskStore,
    journal: Journal,
    event: CopyChange | LinksRenewed,
    again: Callable[[CopyChange | LinksRenewed], None],
) -> None:
    """`again` requeues the event: the task changed in this batch and is not written yet."""
    tracked = work.in_flight.get(event.task_id)
    if tracked is None and work.is_changed(event.task_id):
        again(event)
        return
    before = tracked.task if tracked is not None else await store.get(event.task_id)
    after = before if before is None else apply_picture_event(before, event)
    if before is None or after is None or after == before:
        return
    if not isinstance(event, LinksRenewed):
        _confirm(work, event)
    if tracked is not None:
        work.change(tracked, after)
    elif before.phase in WAITING:
        await _record_waiting(store, journal, event)
    else:
        work.note(before, after)


async def _record_waiting(store: TaskStore, journal: Journal, event: CopyChange | LinksRenewed) -> None:
    """Change a waiting task, which the tracker does not own, in its stored state."""
    async with journal.waiting_tasks() as waiting_tasks:
        before = await store.get(event.task_id)
        after = before if before is None or before.phase not in WAITING else apply_picture_event(before, event)
        if before is not None and after is not None and after is not before:
            await waiting_tasks.record({event.task_id: (before, after)})


def _confirm(work: UnitOfWork, event: CopyChange) -> None:
    detail: dict[str, Detail] = {"role": event.role, "name": event.name}
    if isinstance(event, CopyStored):
        work.add_line(event.task_id, "archived", detail | {"size": event.size})
    else:
        work.add_line(event.task_id, "unarchived", detail)
