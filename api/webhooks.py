"""Call-backs: the loop over the outbox. POST, mark as done, or try again later, or give up.

The outbox is the truth: a row is due until a receiver has answered 2xx or it is given up. A crash between the two
repeats a call-back, it never loses one. Nothing here decides what is owed, or waits on a task.

Of a URL only the receiver (scheme, host, port) is logged; of an answer only its status.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Protocol

import httpx

from api.addresses import AddressNotAllowed, GuardedTransport, PublicOnly
from tasks.errors import StoreFailed
from tasks.model import END, Task
from tasks.ports import Clock

log = logging.getLogger(__name__)

# At INFO httpx writes whole URLs, secrets in the query included.
logging.getLogger("httpx").setLevel(logging.WARNING)

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

# The waits after the first, second, … failed attempt; a good day in all. After the last attempt it is given up.
WAITS = (5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 4 * HOUR, 8 * HOUR, 10 * HOUR)

JITTER = 0.1  # of the wait, to both sides: receivers that come back are not met by everything at once
AT_ONCE = 64  # call-backs under way in all
AT_ONCE_PER_RECEIVER = 8  # so that eight dead receivers do not yet hold up a living one
TIMEOUT = 10.0  # seconds for a whole attempt
CONNECT_TIMEOUT = 6.0  # of it; shared by the addresses of a name
POLL = 30.0  # seconds; how long a missed wake-up can matter
ANSWER_BYTES = 4096  # read of an answer so that its connection can be used again; longer ones are cut


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


class Outbox(Protocol):
    """What is owed, on disk."""

    @property
    def wake(self) -> asyncio.Event: ...

    async def due(self, now: int, limit: int, without: Collection[str] = ()) -> Sequence[Delivery]: ...

    async def next_due_time(self, after: int = -1) -> int | None: ...

    async def done(self, delivery_id: int) -> None: ...

    async def retry(self, delivery_id: int, due: int, error: str) -> None: ...

    async def give_up(self, delivery_id: int, error: str) -> None: ...


class Failed(Exception):
    """An attempt failed. `final`: another one would fail in the same way."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


def wait_after(attempts: int, chance: float) -> int | None:
    """Milliseconds until the next attempt when `attempts` have failed; None: enough. `chance` is from 0 to 1."""
    if attempts > len(WAITS):
        return None
    return round(WAITS[attempts - 1] * (1 + JITTER * (2 * chance - 1)))


class Deliveries:
    """Delivers what the outbox owes, until cancelled.

    `render` makes the body, JSON, by the name of the API through which the task came. `allow_private` lets callers'
    URLs lead anywhere; the operator's own (trusted rows) always may.
    """

    def __init__(
        self,
        outbox: Outbox,
        load: Callable[[str], Awaitable[Task | None]],
        render: Mapping[str, Callable[[Task], bytes]],
        *,
        allow_private: bool,
        clock: Clock,
        at_once: int = AT_ONCE,
        at_once_per_receiver: int = AT_ONCE_PER_RECEIVER,
        timeout: float = TIMEOUT,
        poll: float = POLL,
    ) -> None:
        self._outbox = outbox
        self._load = load
        self._render = render
        self._allow_private = allow_private
        self._clock = clock
        self._at_once = at_once
        self._per_receiver = at_once_per_receiver
        self._timeout = timeout
        self._poll = poll
        self._under_way: dict[int, Delivery] = {}  # by the row's id
        self._settled: set[int] = set()  # since the last look began: the look may still show them as due

    async def run(self) -> None:
        # Two clients: a connection that a trusted row opened to a private address is never lent to a caller's row.
        async with (
            hook_client(guarded=not self._allow_private) as callers,
            hook_client(guarded=False) as operator,
            asyncio.TaskGroup() as group,
        ):
            while True:
                self._outbox.wake.clear()  # before looking: what comes from here on wakes again
                now = self._clock.now()
                try:
                    await self._start_due(group, now, callers, operator)
                    pause = await self._seconds_to_next(now)
                except StoreFailed as error:
                    log.error("the outbox cannot be read: %s", error)
                    pause = self._poll
                await self._sleep(pause)

    # ------------------------------------------------------------ what comes next

    async def _start_due(
        self, group: asyncio.TaskGroup, now: int, callers: httpx.AsyncClient, operator: httpx.AsyncClient
    ) -> None:
        """Start what is due, as far as there is room. A busy receiver's rows are not even looked at: they would hide
        those of others."""
        while room := self._at_once - len(self._under_way):
            busy = self._busy_receivers()
            self._settled.clear()
            # Rows under way are still due on disk: they come along and are passed over.
            rows = await self._outbox.due(now, room + len(self._under_way), busy)
            started = 0
            for row in rows:
                if started < room and self._has_room(row):
                    self._under_way[row.id] = row
                    client = operator if row.trusted else callers
                    group.create_task(self._deliver(row, client), name=f"call-back {row.id} to {row.receiver}")
                    started += 1
            if not started:
                return

    def _busy_receivers(self) -> list[str]:
        counted = Counter(row.receiver for row in self._under_way.values())
        return [receiver for receiver, number in counted.items() if number >= self._per_receiver]

    def _has_room(self, row: Delivery) -> bool:
        others = self._under_way.values()
        here = sum(other.receiver == row.receiver for other in others)
        if any((other.task_id, other.url) == (row.task_id, row.url) for other in others):
            return False  # a task's call-backs to one URL go out in the order in which they became due
        return row.id not in self._settled and here < self._per_receiver

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
        attempt = row.attempts + 1
        try:
            try:
                status = await self._attempt(row, client)
            except Failed as error:
                await self._after_failure(row, attempt, error)
            except Exception:  # a defect of ours must not end the loop, nor lose the call-back
                log.exception("task %s: call-back to %s: attempt %s broke off", row.task_id, row.receiver, attempt)
                await self._after_failure(row, attempt, Failed("a defect of the service"))
            else:
                await self._record(lambda: self._outbox.done(row.id))
                log.info("task %s: call-back to %s: %s, attempt %s", row.task_id, row.receiver, status, attempt)
        finally:
            del self._under_way[row.id]
            self._settled.add(row.id)
            self._outbox.wake.set()  # there is room

    async def _attempt(self, row: Delivery, client: httpx.AsyncClient) -> int:
        if not row.receiver:  # httpx would read some sense into it
            raise Failed("not an http URL", final=True)
        body = await self._body(row)
        return await post_once(client, row.url, body, self._timeout)

    async def _body(self, row: Delivery) -> bytes:
        try:
            task = row.snapshot or await self._load(row.task_id)
        except StoreFailed as error:
            raise Failed("the task cannot be read") from error
        render = self._render.get(row.api)
        if task is None or render is None:
            raise Failed("the task is gone" if task is None else f"unknown API {row.api}", final=True)
        return render(task if row.state is None else replace(task, state=row.state))

    async def _after_failure(self, row: Delivery, attempt: int, error: Failed) -> None:
        is_step = row.event != END  # what is newer comes soon: a step on the way is tried once
        wait = None if error.final or is_step else wait_after(attempt, random.random())
        where = f"task {row.task_id}: call-back to {row.receiver}: {error}, attempt {attempt}"
        if wait is None:
            await self._record(lambda: self._outbox.give_up(row.id, str(error)))
            log.warning("%s: given up", where)
        else:
            due = self._clock.now() + wait
            await self._record(lambda: self._outbox.retry(row.id, due, str(error)))
            log.info("%s: again in %s s", where, round(wait / 1000))

    async def _record(self, write: Callable[[], Awaitable[None]]) -> None:
        """Until it is on disk the row counts as under way, or a full disk would repeat the call-back for ever."""
        while True:
            try:
                return await write()
            except StoreFailed as error:
                log.error("what became of a call-back cannot be written: %s", error)
                await asyncio.sleep(self._poll)


async def post_once(client: httpx.AsyncClient, url: str, body: bytes, seconds: float = TIMEOUT) -> int:
    """One attempt: the status, which is 2xx. Raises `Failed`, whose text has nothing of the URL."""
    try:
        async with asyncio.timeout(seconds):  # httpx's own limits are for each read: a drip would pass them
            status = await _post(client, url, body)
    except AddressNotAllowed as error:
        raise Failed("address not allowed", final=True) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise Failed("not an http URL", final=True) from error
    except (httpx.TimeoutException, TimeoutError) as error:
        raise Failed("no answer in time") from error
    except httpx.ConnectError as error:
        raise Failed("no connection") from error
    except httpx.HTTPError as error:
        raise Failed("the connection broke") from error
    if not 200 <= status < 300:
        raise Failed(f"answered {status}", final=status == httpx.codes.GONE)
    return status


async def _post(client: httpx.AsyncClient, url: str, body: bytes) -> int:
    async with client.stream("POST", url, content=body) as answer:
        seen = 0
        async for part in answer.aiter_raw():
            seen += len(part)
            if seen > ANSWER_BYTES:
                break
        return answer.status_code


@asynccontextmanager
async def hook_client(*, guarded: bool) -> AsyncIterator[httpx.AsyncClient]:
    """`guarded`: leads to public addresses alone. The operator's own URLs are not guarded."""
    limits = httpx.Limits(max_keepalive_connections=AT_ONCE, keepalive_expiry=15)
    transport = GuardedTransport(PublicOnly(), limits=limits) if guarded else None
    async with httpx.AsyncClient(
        transport=transport,
        trust_env=False,
        follow_redirects=False,
        limits=limits,
        timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT),  # the limit for the whole is set around each attempt
        headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # keeps none
    ) as client:
        yield client
