"""Removes finished tasks with all their rows. `tasks.results.retention` selects them; the DELETE statement itself
protects tasks that must stay.

Contract: batches are small, so that no write waits long behind one. Every cache forgets the removed tasks at once.
"""

from __future__ import annotations

from storage import sql
from storage.database_port import SqlDatabase, Statement
from storage.records import json_list
from storage.tasks import Tasks
from tasks.domain.ids import IDS_PER_MS
from tasks.tracking.late_results import REOPEN_WINDOW
from tasks.use_cases.service import KEY_KEPT

BATCH = 200  # tasks examined in one transaction


class Removal:
    """The `tasks.results.retention.TaskPurger` of one database."""

    def __init__(self, database: SqlDatabase, store: Tasks) -> None:
        self._database = database
        self._store = store

    async def remove(self, *, finished_before: int, now: int, after: int = 0) -> tuple[int, int | None]:
        """Remove one batch of the tasks that ended before that time (ms), starting after row `after`.

        Return the number removed and the `after` of the next batch; None when no tasks are left to examine.
        """
        [(oldest,)] = await self._database.read(sql.OLDEST_IN_FLIGHT)
        before = finished_before if oldest is None else min(finished_before, oldest)
        # Ids rise with time and are never newer than their tasks, so every task that ended before has a smaller id.
        window = {"after": after, "below": before * IDS_PER_MS, "limit": BATCH}
        ids = [int(number) for (number,) in await self._database.read(sql.FINISHED_WINDOW, window)]
        if not ids:
            return 0, None
        given = {
            "ids": json_list(ids),
            "finished_before": before,
            "keys_since": now - KEY_KEPT,
            "open_since": now - REOPEN_WINDOW,
        }
        try:
            await self._database.write(Statement(sql.REMOVE, [given]))
        finally:
            self._store.forget(map(str, ids))
        [(left,)] = await self._database.read(sql.COUNT_OF, (given["ids"],))
        return len(ids) - int(left), ids[-1] if len(ids) == BATCH else None

    async def shrink(self) -> None:
        """Return free space to the disk."""
        await self._database.shrink()
