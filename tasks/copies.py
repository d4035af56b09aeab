"""A task names the copies of its pictures, or names them no more, and their links at Discord are renewed.

The tracker's part of `tasks.archiving` and `tasks.fresh_links`.
"""

from __future__ import annotations

from collections.abc import Callable

from tasks.board import Board
from tasks.copy import told
from tasks.events import Copied, CopyStored, LinksRenewed
from tasks.ports import TaskStore
from tasks.timeline import Detail


async def note_pictures(
    board: Board,
    store: TaskStore,
    event: Copied | LinksRenewed,
    again: Callable[[Copied | LinksRenewed], None],
) -> None:
    """`again` puts the event back: the task has changed in this very turn, and is not written yet."""
    flight = board.flights.get(event.task_id)
    if flight is None and board.is_changed(event.task_id):
        again(event)
        return
    before = flight.task if flight is not None else await store.get(event.task_id)
    after = before if before is None else told(before, event)
    if before is None or after is None or after == before:
        return
    if not isinstance(event, LinksRenewed):
        _tell(board, event)
    if flight is not None:
        board.change(flight, after)
    else:
        board.note(before, after)


def _tell(board: Board, event: Copied) -> None:
    detail: dict[str, Detail] = {"role": event.role, "name": event.name}
    if isinstance(event, CopyStored):
        board.tell(event.task_id, "archived", detail | {"size": event.size})
    else:
        board.tell(event.task_id, "unarchived", detail)
