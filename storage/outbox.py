"""Webhook deliveries: due, done, given up. Written together with the change of their task; `api.webhooks` delivers
them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import msgspec

from storage import sql
from storage.database_port import Row, SqlDatabase, Statement
from storage.records import key, line_row_of, snapshot_of
from tasks.domain.timeline import of_attempt
from tasks.domain.webhooks import Attempt, Delivery

NO_LIMIT = 2**63 - 1  # SQLite's largest integer: above every id


class Outbox:
    """The outbox of one database. `operator_hook` is the URL for rows that store none."""

    def __init__(self, database: SqlDatabase, operator_hook: str = "") -> None:
        self._database = database
        self._operator_hook = operator_hook

    @property
    def wake(self) -> asyncio.Event:
        """Set when new rows have been committed; the reader clears it."""
        return self._database.hooks_written

    async def due(self, now: int, limit: int, without: Collection[str] = ()) -> list[Delivery]:
        """Deliveries due now: ends before steps, longest due first, without superseded steps. `without` names lanes
        (`tasks.domain.webhooks.DeliveryLane`) to leave out."""
        wanted = {"now": now, "limit": limit, "without": msgspec.json.encode(list(without)).decode()}
        return [self._delivery(row) for row in await self._database.read(sql.DUE, wanted)]

    async def next_due_time(self, after: int = -1) -> int | None:
        """The earliest due time later than `after`."""
        [(time,)] = await self._database.read(sql.NEXT_DUE, (after,))
        return None if time is None else int(time)

    async def counts(self) -> tuple[int, int]:
        """The numbers of due deliveries, now or later, and of those given up."""
        [(due, given_up)] = await self._database.read(sql.COUNT_HOOKS)
        return int(due), int(given_up)

    async def of_task(self, task_id: str) -> list[Delivery]:
        """All deliveries of a task, in insertion order."""
        return [self._delivery(row) for row in await self._database.read(sql.OF_TASK, (key(task_id),))]

    async def get(self, delivery_id: int) -> Delivery | None:
        return next((self._delivery(row) for row in await self._database.read(sql.DELIVERY, (delivery_id,))), None)

    async def latest(
        self,
        limit: int,
        before: int | None = None,
        *,
        status: str | None = None,
        task_id: str | None = None,
        receiver: str | None = None,
    ) -> list[Delivery]:
        """Newest first. `before` is the delivery id of the previous page's end. A filter that is None matches
        everything."""
        wanted: dict[str, str | int | None] = {"status": status, "receiver": receiver, "limit": limit}
        wanted["before"] = NO_LIMIT if before is None else before
        all_of = sql.DELIVERIES if receiver is None else sql.DELIVERIES_OF_RECEIVER
        statement = {"due": sql.DELIVERIES_DUE, "given_up": sql.DELIVERIES_GIVEN_UP}.get(status or "", all_of)
        if task_id is not None:
            wanted["task_id"] = key(task_id)
            statement = sql.DELIVERIES_OF_TASK
        return [self._delivery(row) for row in await self._database.read(statement, wanted)]

    async def settle(self, attempt: Attempt) -> None:
        """Record the outcome of an attempt in its row and as a line of the task's timeline.

        Writes nothing, without an error, when the task has been removed meanwhile.
        """
        _, time, kind, detail = line_row_of(of_attempt(attempt))
        line = {"id": attempt.delivery_id, "time": time, "kind": kind, "detail": detail}
        row = {"id": attempt.delivery_id, "status": attempt.outcome, "due": attempt.due, "time": attempt.time}
        row |= {"error": attempt.error, "http_status": attempt.status}
        await self._database.write(
            Statement(sql.INSERT_LINE_OF_DELIVERY, [line]),
            Statement(sql.SETTLE, [row]),
            Statement(sql.DROP_OLDER_STEPS, [{"id": attempt.delivery_id}]),
        )

    async def deliver_again(self, delivery_id: int, now: int) -> None:
        """Make the delivery due now, with a new retry schedule. A delivered one is left unchanged."""
        again = Statement(sql.DELIVER_AGAIN, [{"id": delivery_id, "now": now}])
        await self._database.write(again, committed=self._database.hooks_written.set)

    def _delivery(self, row: Row) -> Delivery:
        return _delivery(row, self._operator_hook)


def _delivery(row: Row, operator_hook: str) -> Delivery:
    number, task_id, url, receiver, api, state, trusted, event, snapshot, *life = row
    attempts, due, status, last_error, created, settled, last_status, owner = life
    return Delivery(
        id=number,
        task_id=str(task_id),
        url=url or operator_hook,
        receiver=receiver,
        owner=owner,
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
        settled=settled,
        last_status=last_status,
    )
