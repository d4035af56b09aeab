"""Call-backs: the loop over the outbox. POST, mark as done, or try again later, or give up.

The outbox is the truth: a row is due until a receiver has answered 2xx or it is given up. A crash between the two
repeats a call-back, it never loses one. Nothing here decides what is owed, or waits on a task.

Of a URL only the receiver (scheme, host, port) is logged; of an answer only its status.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import httpx

from api.outbound.allowlist import EVERYTHING, Allowlist
from api.webhooks.client import TIMEOUT, DeliveryFailed, hook_client, post_once
from api.webhooks.fairness import PATIENCE, PROMPT_AT_ONCE, FairQueue
from api.webhooks.retry_schedule import retry_after, wait_after
from api.webhooks.signing import Signer, message_id
from tasks.domain.errors import StoreFailed
from tasks.domain.model import Task
from tasks.domain.ports import Clock
from tasks.domain.webhooks import DURABLE, Attempt, Place

log = logging.getLogger(__name__)

POLL = 30.0  # seconds; how long a missed wake-up can matter


class Delivery(Protocol):
    """A row of the outbox as the loop needs it."""

    @property
    def id(self) -> int: ...
    @property
    def task_id(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def receiver(self) -> str:
        """scheme://host:port of the URL; "" when it cannot be read."""

    @property
    def owner(self) -> str:
        """Whose it is: no owner waits for another's receivers."""

    @property
    def api(self) -> str: ...
    @property
    def state(self) -> str | None: ...
    @property
    def trusted(self) -> bool: ...
    @property
    def event(self) -> str: ...
    @property
    def snapshot(self) -> Task | None: ...
    @property
    def attempts(self) -> int: ...
    @property
    def created(self) -> int: ...


class Outbox(Protocol):
    """What is owed, on disk."""

    @property
    def wake(self) -> asyncio.Event: ...

    async def due(self, now: int, limit: int, without: Collection[str] = ()) -> Sequence[Delivery]: ...

    async def next_due_time(self, after: int = -1) -> int | None: ...

    async def settle(self, attempt: Attempt) -> None: ...


class WebhookWorker:
    """Delivers what the outbox owes, until cancelled.

    `render` makes the body, JSON, by the name of the API through which the task came. `allowed` is where callers' URLs
    may lead besides public addresses; the operator's own (trusted rows) may lead anywhere. `clock` is the steady one,
    `wall` what receivers compare with theirs. `told` hears of each task for which an attempt was written down.
    """

    def __init__(
        self,
        outbox: Outbox,
        load: Callable[[str], Awaitable[Task | None]],
        render: Mapping[str, Callable[[Task], bytes]],
        *,
        allowed: Allowlist,
        signer: Signer,
        clock: Clock,
        wall: Clock,
        told: Callable[[str], None],
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
        self._told = told
        self._timeout = timeout
        self._poll = poll
        self._lanes = FairQueue(time.monotonic, patience=patience)
        self._under_way: set[tuple[str, str]] = set()  # task and URL
        self._settled: set[int] = set()  # since the last look began: the look may still show them as due

    async def run(self) -> None:
        # Two clients: a connection that a trusted row opened to a private address is never lent to a caller's row.
        async with (
            hook_client(self._allowed) as callers,
            hook_client(EVERYTHING) as operator,
            asyncio.TaskGroup() as group,
        ):
            while True:
                self._outbox.wake.clear()  # before looking: what comes from here on wakes again
                now = self._clock.now()
                try:
                    room = await self._start_due(group, now, callers, operator)
                    pause = min(room, await self._seconds_to_next(now))
                except StoreFailed as error:
                    log.error("the outbox cannot be read: %s", error)
                    pause = self._poll
                await self._sleep(pause)

    # ------------------------------------------------------------ what comes next

    async def _start_due(
        self, group: asyncio.TaskGroup, now: int, callers: httpx.AsyncClient, operator: httpx.AsyncClient
    ) -> float:
        """Start what is due, as far as there is room. The rows of receivers without room are not even looked at: they
        would hide those of others.

        Seconds until there is room again without anything having ended. They count from before the rows are read, or
        room that comes while they are read would be seen by nobody.
        """
        while True:
            self._settled.clear()
            # Rows under way are still due on disk: they come along and are passed over.
            limit = PROMPT_AT_ONCE + len(self._lanes)
            started = 0
            without, room_at = self._lanes.without_room(), self._room_at()
            for row in await self._outbox.due(now, limit, without):
                if self._may_start(row):
                    self._lanes.start(row.id, _place(row))
                    self._under_way.add((row.task_id, row.url))
                    client = operator if row.trusted else callers
                    group.create_task(self._deliver(row, client), name=f"call-back {row.id} to {row.receiver}")
                    started += 1
            if not started:
                return max(0.0, room_at - time.monotonic())

    def _room_at(self) -> float:
        """When the next attempt under way gives its place back, in seconds of the monotonic clock."""
        seconds = self._lanes.seconds_to_room()
        return time.monotonic() + (self._poll if seconds is None else seconds)

    def _may_start(self, row: Delivery) -> bool:
        """A task's call-backs to one URL go out one after the other, in the order in which they became due."""
        is_open = row.id not in self._settled and (row.task_id, row.url) not in self._under_way
        return is_open and self._lanes.has_room(_place(row))

    async def _seconds_to_next(self, now: int) -> float:
        """Rows due by `now` that were not started wait for room, and its coming wakes the loop."""
        due = await self._outbox.next_due_time(after=now)
        return self._poll if due is None else min(self._poll, max(0.0, (due - self._clock.now()) / 1000))

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._outbox.wake.wait()
        except TimeoutError:
            pass

    # ------------------------------------------------------------ one call-back

    async def _deliver(self, row: Delivery, client: httpx.AsyncClient) -> None:
        number = row.attempts + 1
        try:
            try:
                status = await self._attempt(row, client)
            except DeliveryFailed as error:
                attempt = self._failed(row, number, error)
            except Exception:  # a defect of ours must not end the loop, nor lose the call-back
                log.exception("task %s: call-back to %s: attempt %s broke off", row.task_id, row.receiver, number)
                attempt = self._failed(row, number, DeliveryFailed("a defect of the service"))
            else:
                attempt = self._result(row, number, "done", status=status)
            self._lanes.heard(row.id)
            await self._record(attempt)
        finally:
            self._lanes.end(row.id)
            self._under_way.discard((row.task_id, row.url))
            self._settled.add(row.id)
            self._outbox.wake.set()  # there is room
        _log(attempt)
        self._told(row.task_id)

    async def _attempt(self, row: Delivery, client: httpx.AsyncClient) -> int:
        if not row.receiver:  # httpx would read some sense into it
            raise DeliveryFailed("not an http URL", final=True)
        body = await self._body(row)
        known_by = message_id(row.id, row.task_id, row.event, row.created)
        headers = self._signer.headers(known_by, self._wall.now(), body)
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
        is_step = row.event not in DURABLE  # what is newer comes soon: a step on the way is tried once
        asked = retry_after(error.asked, self._wall.now())
        wait = None if error.final or is_step else wait_after(number, random.random(), asked)
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
        """Until it is on disk the row counts as under way, or a full disk would repeat the call-back for ever."""
        while True:
            try:
                return await self._outbox.settle(attempt)
            except StoreFailed as error:
                log.error("what became of a call-back cannot be written: %s", error)
                await asyncio.sleep(self._poll)


def _place(row: Delivery) -> Place:
    return Place(owner=row.owner, receiver=row.receiver, url=row.url)


def _log(attempt: Attempt) -> None:
    where = f"task {attempt.task_id}: call-back to {attempt.receiver}: "
    where += f"{attempt.error or attempt.status}, attempt {attempt.number}"
    match attempt.outcome:
        case "done":
            log.info("%s", where)
        case "due":
            log.info("%s: again in %s s", where, round(((attempt.due or 0) - attempt.time) / 1000))
        case _:
            log.warning("%s: given up", where)
