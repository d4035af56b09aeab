"""Server-sent events: changes of tasks, as they happen.

Contract: an event says that a task changed and brings it as it is now; its id is a line of the timeline, so a listener
goes on from the last id it has seen, also after a restart. A slow listener is cut, never waited for. Each stream ends
in order: with its task, with its listener, or with the service.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import hdrs, web

from api.http.auth import Gate
from api.http.operations import names_of
from api.http.principals import CALLER, Caller
from api.http.request_fields import Fields, query_fields
from api.http.responses import json_value
from api.http.routes import Route
from api.http.server import when_gone
from api.live.connection_limits import StreamLimits
from api.live.feed import Feed, FeedEvent, TimelineReader
from api.live.operations import EVENTS, TASK_EVENTS, TICKET
from api.live.representations import Representation, Representations
from api.live.sight import task_or_404
from api.live.sse import Stream, StreamTiming, open_stream
from api.live.tickets import Tickets
from api.live.types import Listening
from api.ports import Service, Services
from tasks.domain.errors import BadRequest
from tasks.domain.model import Task
from tasks.domain.timeline import Line

_NAMES = names_of(Listening)


class EventRoutes:
    """`cut` counts the listeners that were too slow."""

    def __init__(
        self,
        services: Services[Service],
        feed: Feed,
        timeline: TimelineReader,
        *,
        gate: Gate,
        seats: StreamLimits,
        tickets: Tickets,
        shapes: Representations,
        pace: StreamTiming | None = None,
    ) -> None:
        self._services = services
        self._feed = feed
        self._timeline = timeline
        self._gate = gate
        self._seats = seats
        self._tickets = tickets
        self._shapes = shapes
        self._pace = pace or StreamTiming()
        self.cut = 0

    def routes(self) -> tuple[Route, ...]:
        # The streams are open to the guard, which knows no tickets: they ask the gate themselves.
        return (
            Route(path="/api/v1/events", handler=self.all, methods=("GET",), is_open=True, doc=EVENTS),
            Route(path="/api/v1/events/ticket", handler=self.ticket, methods=("POST",), doc=TICKET),
            Route(path="/api/v1/tasks/{id}/events", handler=self.one, methods=("GET",), is_open=True, doc=TASK_EVENTS),
        )

    async def close(self, _app: web.Application) -> None:
        """End every stream and wait, so that the server can stop."""
        self._feed.close()

    async def ticket(self, request: web.Request) -> web.Response:
        ticket = self._tickets.issue(request[CALLER])
        return json_value({"ticket": ticket.text, "expires": ticket.expires})

    # ------------------------------------------------------------ all tasks

    async def all(self, request: web.Request) -> web.StreamResponse:
        fields = query_fields(request, _NAMES)
        caller = self._admitted(request, fields)
        last, shape = last_id(request, fields), self._shapes.named(fields.get("shape"), request)
        with self._seats.taken(caller.name, "all"):
            is_foreign = last is not None and last > await self._timeline.last_line()
            async with self._stream(request, shape) as stream:
                position = self._feed.position if last is None or is_foreign else last
                await stream.begin(position)
                await self._send_all(stream, caller.viewer.may_see, position, is_lost=is_foreign)
        return stream.response

    async def _send_all(self, stream: Stream, sees: Callable[[Task], bool], position: int, *, is_lost: bool) -> None:
        while not is_lost and position < self._feed.position and not self._feed.is_closed:
            if stream.is_left:  # without a write nothing else would notice
                return
            page = await self._feed.page_after(position)
            is_lost = not page.lines or not page.is_whole  # retention removed lines that were not sent yet
            if not is_lost:
                for event in page.events():
                    if sees(event.task):
                        await stream.send(event)
                position = page.end
        # Nothing was awaited since the feed's position was compared: the listener gets every later event.
        with self._feed.listen(sees=sees) as listener, when_gone(stream.request, listener.end):
            if is_lost:
                position = self._feed.position
                await stream.reset(position)
            while events := await listener.next():
                for event in events:
                    if event.line.id > position:
                        await stream.send(event)
            if listener.is_slow:
                stream.cut()

    # ------------------------------------------------------------ one task

    async def one(self, request: web.Request) -> web.StreamResponse:
        fields = query_fields(request, _NAMES)
        caller, task_id = self._admitted(request, fields), request.match_info["id"]
        last, shape = last_id(request, fields), self._shapes.named(fields.get("shape"), request)
        service = self._services.seen_by(caller.viewer)
        task_or_404(await service.get(task_id))
        with (
            self._seats.taken(caller.name, "task"),
            self._feed.listen(task_id) as listener,
            when_gone(request, listener.end),
        ):
            now = await self._now(service, task_id)
            if last == now.line.id and now.task.status.is_over:
                return web.Response(status=204)  # a browser reconnects when a stream ends, except after 204
            async with self._stream(request, shape) as stream:
                await stream.begin(0 if last is None else last)
                if last != now.line.id:
                    await stream.send(now)
                is_over = now.task.status.is_over
                while not is_over and (events := await listener.next()):
                    for event in events:
                        if event.line.id > now.line.id:
                            await stream.send(event)
                            is_over = event.task.status.is_over
            return stream.response

    async def _now(self, service: Service, task_id: str) -> FeedEvent:
        """The line first: the task is at least as new."""
        line = await self._timeline.last_line_of(task_id)
        task = task_or_404(await service.get(task_id))
        return FeedEvent(
            line=line or Line(id=0, task_id=task_id, time=task.request.submit_time, kind="submitted"), task=task
        )

    # ------------------------------------------------------------ both

    def _admitted(self, request: web.Request, fields: Fields) -> Caller:
        """Raises Unauthorized, TooManyWrongSecrets, Forbidden."""
        if "ticket" in fields:
            return self._tickets.redeem(fields["ticket"])
        return self._gate.check(request.method, request.headers, request.remote)

    @asynccontextmanager
    async def _stream(self, request: web.Request, shape: Representation) -> AsyncIterator[Stream]:
        # The guard adds its headers to an answer that has been made, which is too late for a stream.
        headers = self._gate.cors(request.headers) if hdrs.ORIGIN in request.headers else {}
        stream: Stream | None = None
        try:
            async with open_stream(request, shape, self._pace, headers) as stream:
                yield stream
        finally:
            self.cut += stream is not None and stream.was_cut


def last_id(request: web.Request, fields: Fields) -> int | None:
    """The last event that the listener has seen. The header comes first: it is the newer when a browser comes back to
    an address that says `lastEventId`. Raises BadRequest."""
    given = request.headers.get("Last-Event-ID", "").strip() or fields.get("lastEventId", "").strip()
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise BadRequest("Last-Event-ID must be the id of an event.", hint="Leave it out to hear what happens next.")
    return int(given)
