"""Removes finished tasks with all their rows. `tasks.results.retention` decides what goes; the one statement that
removes protects what must stay, whatever was decided.

Contract: batches are small, so that no write waits long behind one. Every cache forgets the removed tasks at once.
"""

from __future__ import annotations

from storage import sql
from storage.database import Database
from storage.records import json_list
from storage.tasks import Tasks
from storage.writer import Statement
from tasks.domain.ids import IDS_PER_MS
from tasks.tracking.late_results import REOPEN_WINDOW
from tasks.use_cases.service import KEY_KEPT

BATCH = 200  # tasks looked at in one transaction
PAGES = 1000  # given back to the disk at once; 4 MB


class Removal:
    """The `tasks.results.retention.TaskPurger` of one database."""

    def __init__(self, database: Database, store: Tasks) -> None:
        self._database = database
        self._store = store

    async def remove(self, *, finished_before: int, now: int, after: int = 0) -> tuple[int, int | None]:
        """One batch of the tasks that ended before that time (ms), from the first after row `after` on.

        How many were removed, and where the next batch begins; None when there is no more to look at.
        """
        [(oldest,)] = await self._database.read(sql.OLDEST_IN_FLIGHT)
        before = finished_before if oldest is None else min(finished_before, oldest)
        # Ids rise with time and none is younger than its task, so that what ended before has an id below.
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
        """Give free pages back to the disk when more than a quarter of the file is free, a few at once.

        Only files that were made so can shrink; in others the free pages are used for what comes.
        """
        free, pages = await self._pages()
        while free * 4 > pages:
            await self._database.write(Statement(f"PRAGMA incremental_vacuum({PAGES})"))
            before, (free, pages) = free, await self._pages()
            if free >= before:
                break
        await self._database.write(Statement("PRAGMA wal_checkpoint(PASSIVE)"))  # which waits for nobody

    async def _pages(self) -> tuple[int, int]:
        [(free, pages)] = await self._database.read(sql.FREE_PAGES)
        return int(free), int(pages)
