"""A task names the copies of its pictures, or names them no more. The tracker's part of `tasks.archiving`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tasks.board import Board
from tasks.events import Copied, CopyStored
from tasks.model import Image, Task
from tasks.ports import TaskStore
from tasks.timeline import Detail


async def note_copy(board: Board, store: TaskStore, event: Copied, again: Callable[[Copied], None]) -> None:
    """`again` puts the event back: the task has changed in this very turn, and is not written yet."""
    flight = board.flights.get(event.task_id)
    if flight is None and board.is_changed(event.task_id):
        again(event)
        return
    before = flight.task if flight is not None else await store.get(event.task_id)
    after = before if before is None else told(before, event)
    if before is None or after is None or after == before:
        return
    detail: dict[str, Detail] = {"role": event.role, "name": event.name}
    if isinstance(event, CopyStored):
        board.tell(event.task_id, "archived", detail | {"size": event.size})
    else:
        board.tell(event.task_id, "unarchived", detail)
    if flight is not None:
        board.change(flight, after)
    else:
        board.note(before, after)


def told(task: Task, event: Copied) -> Task:
    """The task with what this says of its copies; the same when it is about a picture that it does not show."""
    if event.role == "result":
        return replace(task, image=_named(task.image, event))
    return replace(task, preview=_named(task.preview, event))


def _named(image: Image | None, event: Copied) -> Image | None:
    if image is None or image.url.partition("?")[0] != event.url:
        return image
    if isinstance(event, CopyStored):
        return replace(image, stored=event.name)
    return replace(image, stored="") if image.stored == event.name else image
