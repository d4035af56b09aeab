"""Call-backs to be made: due, done, given up. Written together with the task's change; delivered by someone else."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from storage import sql
from storage.database import Database
from storage.records import key, snapshot_of
from storage.writer import Row, Statement
from tasks.model import Task


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A row of the outbox."""

    id: int
    task_id: str
    url: str
    receiver: str  # scheme://host:port of the URL
    api: str  # the contract whose shape the body has
    state: str | None  # None: the task's own
    trusted: bool  # the operator's own URL: its address is not checked
    event: str
    snapshot: Task | None  # the task as it was then; None: as it is
    attempts: int  # made so far
    due: int  # ms; 0: at once
    status: str  # due | done | given_up
    last_error: str
    created: int


class Outbox:
    """The outbox of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def wake(self) -> asyncio.Event:
        """Set when new rows have been committed; cleared by whoever looks for them."""
        return self._database.hooks_written

    async def due(self, now: int, limit: int, without: Collection[str] = ()) -> list[Delivery]:
        """Rows whose time has come, longest due first, leaving out those of the receivers in `without`."""
        wanted = {"now": now, "limit": limit, "without": msgspec.json.encode(list(without)).decode()}
        return [_delivery(row) for row in await self._database.read(sql.DUE, wanted)]

    async def next_due_time(self, after: int = -1) -> int | None:
        """When the first row that is due later than `after` becomes due."""
        [(time,)] = await self._database.read(sql.NEXT_DUE, (after,))
        return None if time is None else int(time)

    async def counts(self) -> tuple[int, int]:
        """How many are due, now or later, and how many were given up."""
        [(due, given_up)] = await self._database.read(sql.COUNT_HOOKS)
        return int(due), int(given_up)

    async def of_task(self, task_id: str) -> list[Delivery]:
        """All rows of a task, in the order they were written."""
        return [_delivery(row) for row in await self._database.read(sql.OF_TASK, (key(task_id),))]

    async def done(self, delivery_id: int) -> None:
        await self._settle(delivery_id, "done")

    async def retry(self, delivery_id: int, due: int, error: str) -> None:
        await self._settle(delivery_id, "due", due=due, error=error)

    async def give_up(self, delivery_id: int, error: str) -> None:
        await self._settle(delivery_id, "given_up", error=error)

    async def _settle(self, delivery_id: int, status: str, *, due: int | None = None, error: str = "") -> None:
        row = {"id": delivery_id, "status": status, "due": due, "error": error}
        await self._database.write(Statement(sql.SETTLE, [row]))


def _delivery(row: Row) -> Delivery:
    number, task_id, url, receiver, api, state, trusted, event, snapshot, *life = row
    attempts, due, status, last_error, created = life
    return Delivery(
        id=number,
        task_id=str(task_id),
        url=url,
        receiver=receiver,
        api=api,
        state=state,
        trusted=bool(trusted),
        event=event,
        snapshot=snapshot_of(snapshot),
        attempts=attempts,
        due=due,
        status=status,
        last_error=last_error,
        created=created,
    )
