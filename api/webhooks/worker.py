"""The webhook worker: read due rows of the outbox, POST each, then mark it done, due again or given up.

Contract: the outbox is the truth. A row is due until its receiver answers 2xx or it is given up; a crash in between
repeats a delivery and never loses one. Which deliveries exist is decided elsewhere, and no task waits for one. The log
contains the receiver (scheme, host, port) instead of a URL, and of a response the status alone.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from api.outbound.allowlist import EVERYTHING, Allowlist
from api.webhooks.client import TIMEOUT, DeliveryFailed, WebhookClient, post_once, webhook_client
from api.webhooks.fairness import PATIENCE, PROMPT_AT_ONCE, FairQueue
from api.webhooks.retry_schedule import retry_after, wait_after
from api.webhooks.signing import Signer, message_id
from tasks.domain.errors import StoreFailed
from tasks.domain.model import Task
from tasks.domain.ports import Clock
from tasks.domain.webhooks import DURABLE, Attempt, Delivery

log = logging.getLogger(__name__)

POLL = 30.0  # seconds; how long a missed wake-up can matter


class DueDeliveries(Protocol):
    """The deliveries on disk."""

    @property
    def wake(self) -> asyncio.Event: ...

    async def due(self, now: int, limit: int, without: Collection[str] = ()) -> Sequence[Delivery]: ...

    async def next_due_time(self, after: int = -1) -> int | None: ...

    async def settle(self, attempt: Attempt) -> None: ...


class WebhookWorker:
    """Delivers the due rows of the outbox until cancelled.

    `render` maps the name of an API contract to the function that writes the JSON body. `allowed` lists the addresses
    besides public ones that client URLs may reach; URLs of the operator (trusted rows) may reach any. `clock` is
    monotonic, `wall` is the time that receivers compare with theirs. `notify` gets the id of each task for which an
    attempt was recorded.
    """

    def __init__(
        self,
        outbox: DueDeliveries,
        load: Callable[[str], Awaitable[Task | None]],
        render: Mapping[str, Callable[[Task], bytes]],
        *,
        allowed: Allowlist,
        signer: Signer,
        clock: Clock,
        wall: Clock,
        notify: Callable[[str], None],
        timeout: float = TIMEOUT,
        patience: float = PATIENCE,
        poll: float = POLL,
    ) -> None:
        self._outbox = outbox
        self._load = load
        self._render = render
        self._allowed = allowed
        self._signer = signer
        self._clock = clock
        self._wall = wall
        self._notify = notify
        self._timeout = timeout
        self._poll = poll
        self._queue = FairQueue(time.monotonic, patience=patience)
        self._active: set[tuple[str, str]] = set()  # task and URL
        self._settled: set[int] = set()  # since the last read began, which may still return them as due

    async def run(self) -> None:
        # Two clients: a connection of a trusted row to a private address is never reused for a row of a client.
        async with (
            webhook_client(self._allowed) as callers,
            webhook_client(EVERYTHING) as operator,
            asyncio.TaskGroup() as group,
        ):
            while True:
                self._outbox.wake.clear()  # before reading: rows added from here on wake the loop again
                now = self._clock.now()
                try:
                    room = await self._start_due(group, now, callers, operator)
                    pause = min(room, await self._seconds_to_next(now))
                except StoreFailed as error:
                    log.error("cannot read the outbox: %s", error)
                    pause = self._poll
                await self._sleep(pause)

    # ------------------------------------------------------------ which deliveries start

    async def _start_due(
        self, group: asyncio.TaskGroup, now: int, callers: WebhookClient, operator: WebhookClient
    ) -> float:
        """Start due deliveries as far as there is room; return the seconds until there is room again.

        Rows of places without room are not read, as they would hide other rows. The seconds count from before the
        read, or the worker would miss room that arises during it.
        """
        while True:
            self._settled.clear()
            # Active rows are still due on disk: they are read too, and skipped.
            limit = PROMPT_AT_ONCE + len(self._queue)
            started = 0
            without, room_at = self._queue.full_names(), self._room_at()
            for row in await self._outbox.due(now, limit, without):
                if self._may_start(row):
                    self._queue.start(row.id, row.place)
                    self._active.add((row.task_id, row.url))
                    client = operator if row.trusted else callers
                    group.create_task(self._deliver(row, client), name=f"delivery {row.id} to {row.receiver}")
                    started += 1
            if not started:
                return max(0.0, room_at - time.monotonic())

    def _room_at(self) -> float:
        """When the next active attempt gives its slot back, in seconds of the monotonic clock."""
        seconds = self._queue.seconds_to_room()
        return time.monotonic() + (self._poll if seconds is None else seconds)

    def _may_start(self, row: Delivery) -> bool:
        """Deliveries of one task to one URL go out one at a time, in the order in which they became due."""
        is_open = row.id not in self._settled and (row.task_id, row.url) not in self._active
        return is_open and self._queue.has_room(row.place)

    async def _seconds_to_next(self, now: int) -> float:
        """Seconds until the next row is due. Rows due by `now` wait for room, which wakes the loop."""
        due = await self._outbox.next_due_time(after=now)
        return self._poll if due is None else min(self._poll, max(0.0, (due - self._clock.now()) / 1000))

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._outbox.wake.wait()
        except TimeoutError:
            pass

    # ------------------------------------------------------------ one delivery

    async def _deliver(self, row: Delivery, client: WebhookClient) -> None:
        number = row.attempts + 1
        try:
            try:
                status = await self._attempt(row, client)
            except DeliveryFailed as error:
                attempt = self._failed(row, number, error)
            except Exception:  # a defect must neither end the loop nor lose the delivery
                log.exception("task %s: webhook to %s: attempt %s failed", row.task_id, row.receiver, number)
                attempt = self._failed(row, number, DeliveryFailed("a defect of the service"))
            else:
                attempt = self._result(row, number, "done", status=status)
            self._queue.record_response(row.id)
            await self._record(attempt)
        finally:
            self._queue.end(row.id)
            self._active.discard((row.task_id, row.url))
            self._settled.add(row.id)
            self._outbox.wake.set()  # there may be room
        _log(attempt)
        self._notify(row.task_id)

    async def _attempt(self, row: Delivery, client: WebhookClient) -> int:
        if not row.receiver:  # the URL has no host
            raise DeliveryFailed("not an http URL", final=True)
        body = await self._body(row)
        identifier = message_id(row.id, row.task_id, row.event, row.created)
        headers = self._signer.headers(identifier, self._wall.now(), body)
        return await post_once(client, row.url, body, headers, self._timeout)

    async def _body(self, row: Delivery) -> bytes:
        try:
            task = row.snapshot or await self._load(row.task_id)
        except StoreFailed as error:
            raise DeliveryFailed("the task cannot be read") from error
        render = self._render.get(row.api)
        if task is None or render is None:
            raise DeliveryFailed("the task is gone" if task is None else f"unknown API {row.api}", final=True)
        return render(task if row.state is None else replace(task, request=replace(task.request, state=row.state)))

    def _failed(self, row: Delivery, number: int, error: DeliveryFailed) -> Attempt:
        is_step = row.event not in DURABLE  # a progress step gets one attempt, as a newer step follows
        requested = retry_after(error.retry_after, self._wall.now())
        wait = None if error.final or is_step else wait_after(number, random.random(), requested)
        if wait is None:
            return self._result(row, number, "given_up", status=error.status, error=str(error))
        due = self._clock.now() + wait
        return self._result(row, number, "due", due=due, status=error.status, error=str(error))

    def _result(
        self,
        row: Delivery,
        number: int,
        outcome: str,
        *,
        due: int | None = None,
        status: int | None = None,
        error: str = "",
    ) -> Attempt:
        return Attempt(
            delivery_id=row.id,
            task_id=row.task_id,
            receiver=row.receiver,
            event=row.event,
            number=number,
            time=self._clock.now(),
            outcome=outcome,
            due=due,
            status=status,
            error=error,
        )

    async def _record(self, attempt: Attempt) -> None:
        """Write the outcome, however long it takes: else a full disk would repeat the delivery for ever."""
        while True:
            try:
                return await self._outbox.settle(attempt)
            except StoreFailed as error:
                log.error("cannot write the outcome of a delivery: %s", error)
                await asyncio.sleep(self._poll)


def _log(attempt: Attempt) -> None:
    where = f"task {attempt.task_id}: webhook to {attempt.receiver}: "
    where += f"{attempt.error or attempt.status}, attempt {attempt.number}"
    match attempt.outcome:
        case "done":
            log.info("%s", where)
        case "due":
            log.info("%s: retry in %s s", where, round(((attempt.due or 0) - attempt.time) / 1000))
        case _:
            log.warning("%s: given up", where)
