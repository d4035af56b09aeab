"""The streams over a real database and real sockets, and a listener that reads them as a browser does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from api.app import make_app, serve
from api.http.auth import Access, Gate
from api.http.links import Links
from api.http.principals import Caller
from api.live.connection_limits import StreamLimits
from api.live.events import EventRoutes
from api.live.feed import Feed, TimelinePage
from api.live.representations import Representations
from api.live.sse import StreamTiming
from api.live.tasks import TaskRoutes
from api.live.tickets import Tickets
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.model import Action, Phase, Status, Task
from tasks.domain.search import Found, Search
from tasks.effects.changes import Changes
from tasks.effects.journal import Journal
from tasks.use_cases.queries import Principal, VisibleTasks
from tests.support.house import SetClock
from tests.support.service_twin import FIRST_ID, Twin
from tests.support.tasks import built, changed


class WatchedSeats(StreamLimits):
    """`moved` is set when somebody takes a seat or leaves it."""

    def __init__(self, **limits: int) -> None:
        super().__init__(**limits)
        self.moved = asyncio.Event()

    @contextmanager
    def taken(self, caller: str, kind: str) -> Iterator[None]:
        try:
            with super().taken(caller, kind):
                self.moved.set()
                yield
        finally:
            self.moved.set()


class Reader(Twin):
    """The use-cases that only look, on the real store."""

    def __init__(self, store: Tasks) -> None:
        super().__init__()
        self._store: Tasks | VisibleTasks = store
        self._all = store

    def seen_by(self, viewer: Principal) -> Reader:
        seen = Reader(self._all)
        seen._store = VisibleTasks(self._all, viewer)
        return seen

    async def get(self, task_id: str) -> Task | None:
        return await self._store.get(task_id)

    async def fetch(self, task_id: str) -> Task | None:
        return await self.get(task_id)

    async def search(self, search: Search, limit: int, before: str | None = None) -> Found:
        return await self._store.search(search, limit, before)


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    event: str
    id: str
    data: Any
    comment: str = ""


class Ear:
    """One open stream."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.last_id = ""
        self.retry = ""

    async def next(self) -> Heard | None:
        """The next event or comment; None when the stream has ended."""
        event, data, comment = "", "", ""
        while line := await self.response.content.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            match name:
                case "":
                    if value:
                        comment = value
                    elif data or comment:
                        read = msgspec.json.decode(data) if data else None
                        return Heard(event=event, id=self.last_id, data=read, comment=comment)
                case "event":
                    event = value
                case "data":
                    data = value
                case "id":
                    self.last_id = value
                case "retry":
                    self.retry = value
        return None

    async def heard(self) -> Heard:
        """The next event, and no comment."""
        while (heard := await self.next()) is not None and not heard.event:
            pass
        assert heard is not None, "the stream has ended"
        return heard

    async def rest(self) -> list[Heard]:
        found = []
        while (heard := await self.next()) is not None:
            if heard.event:
                found.append(heard)
        return found


@dataclass(kw_only=True)
class House:
    url: str
    session: aiohttp.ClientSession
    store: Tasks
    journal: Journal
    feed: Feed
    seats: WatchedSeats
    events: EventRoutes
    looks: TaskRoutes
    clock: SetClock
    last: int = 0

    @asynccontextmanager
    async def listen(self, path: str = "/api/v1/events", **headers: str) -> AsyncIterator[Ear]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(self.url + path, headers=given) as response:
            assert response.status == 200, await response.text()
            assert response.headers["Content-Type"] == "text/event-stream"
            yield Ear(response)

    async def get(self, path: str, status: int = 200, **headers: str) -> Any:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(self.url + path, headers=given) as response:
            assert response.status == status, await response.text()
            return await response.json() if status != 204 else None

    async def add(self, **fields: Any) -> Task:
        self.last += 1
        named = {"id": str(FIRST_ID + self.last), "action": Action.IMAGINE, "prompt": "A dog", "submit_time": 5}
        task = built(**{**named, **fields})
        await self.journal.add(task)
        return task

    async def change(self, task: Task, **fields: Any) -> Task:
        [after] = await self.change_all([task], **fields)
        return after

    async def change_all(self, tasks: Sequence[Task], **fields: Any) -> list[Task]:
        after = [changed(task, **fields) for task in tasks]
        async with self.journal.waiting_tasks() as waiting_tasks:
            await waiting_tasks.record({task.id: (task, new) for task, new in zip(tasks, after, strict=True)})
        return after

    async def end(self, *tasks: Task) -> list[Task]:
        return await self.change_all(tasks, status=Status.SUCCESS, phase=Phase.OVER, finish_time=9, job_id="j")

    async def told(self) -> None:
        """Until the feed has read all that is written."""
        newest = await self.store.last_line()
        async with asyncio.timeout(60):
            while self.feed.position < newest:
                with self.feed.listen() as listener:
                    await listener.next()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Asked again whenever somebody takes a seat or leaves it."""
        async with asyncio.timeout(60):
            while not is_so():
                self.seats.moved.clear()
                await self.seats.moved.wait()


@asynccontextmanager
async def house(
    folder: Path,
    *,
    access: Access | None = None,
    seats: WatchedSeats | None = None,
    pace: StreamTiming | None = None,
    most: int = 1000,
    page: int = 500,
    caller: Caller | None = None,
    watch: Callable[[TimelinePage], None] = lambda page: None,
    tickets: int = 1000,
    tickets_of_each: int = 500,
) -> AsyncIterator[House]:
    """`caller` is whose secret came with every request."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(folder / "tasks.db"))
        store, changes, clock = Tasks(database), Changes(), SetClock()
        feed = Feed(store, changes, most=most, page=page, watch=watch, poll=0.05)
        access, seats, shapes, reader = (
            access or Access(),
            seats or WatchedSeats(),
            Representations(Links()),
            Reader(store),
        )
        gate = Gate(access)
        given = Tickets(clock, most=tickets, per_caller=tickets_of_each)
        events = EventRoutes(reader, feed, store, gate=gate, seats=seats, tickets=given, shapes=shapes, pace=pace)
        looks = TaskRoutes(reader, feed, store, seats=seats, shapes=shapes)
        app = make_app(
            service=reader,
            access=access,
            links=Links(),
            gate=gate,
            more=[*events.routes(), *looks.routes()],
            closing=[events.close],
        )
        await feed.start()
        async with asyncio.TaskGroup() as group:
            loop = group.create_task(feed.run(), name="tell who listens")
            try:
                async with serve(app, "127.0.0.1", 0) as url, session() as client:
                    yield House(
                        url=url,
                        session=client,
                        store=store,
                        journal=Journal(store, changes, clock),
                        feed=feed,
                        seats=seats,
                        events=events,
                        looks=looks,
                        clock=clock,
                    )
            finally:
                loop.cancel()


def session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
