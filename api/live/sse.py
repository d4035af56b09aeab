"""One open stream of server-sent events.

Contract: knows how an event is written and how a stream ends; what is told, and to whom, is decided elsewhere. Once it
is open no failure becomes another answer: the stream ends, and its listener comes back.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from aiohttp_sse import EventSourceResponse

from api.http.responses import encode
from api.live.feed import FeedEvent
from api.live.representations import Representation
from tasks.domain.errors import ServiceError

HEARTBEAT = 15.0  # seconds between comments: proxies cut what is silent for a minute
WRITE_SECONDS = 10.0  # a listener that takes nothing for this long is cut
RETRY = 3000  # ms after which a browser comes back

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamTiming:
    """Seconds."""

    heartbeat: float = HEARTBEAT
    write: float = WRITE_SECONDS


class Stream:
    """`was_cut`: the listener was too slow."""

    def __init__(self, request: web.Request, response: EventSourceResponse, shape: Representation) -> None:
        self.request = request
        self.response = response
        self.was_cut = False
        self._shape = shape

    @property
    def is_left(self) -> bool:
        """The listener has gone."""
        return self.request.transport is None

    async def begin(self, position: int) -> None:
        """What a browser notes without an event: when to come back, and from where."""
        await self.response.write(f"retry: {RETRY}\nid: {position}\n\n".encode())

    async def send(self, event: FeedEvent) -> None:
        """Raises ConnectionError, TimeoutError."""
        text = event.texts.get(self._shape.key)
        if text is None:
            text = event.texts[self._shape.key] = format_event(event, self._shape)
        await self.response.send(text, id=str(event.line.id), event="task")

    async def reset(self, position: int) -> None:
        """Events are missing: the client reads the tasks again and gets the events from now on."""
        reason = "What happened since your last event is not known here: read the tasks anew."
        await self.response.send(encode({"reason": reason}).decode(), id=str(position), event="reset")

    def cut(self) -> None:
        """Abort: a slow client would take as long as it likes to read what is buffered."""
        self.was_cut = True
        if self.request.transport is not None:
            self.request.transport.abort()


def format_event(event: FeedEvent, shape: Representation) -> str:
    line = event.line
    document = {
        "taskId": line.task_id,
        "kind": line.kind,
        "time": line.time,
        "detail": line.detail,
        "task": shape.document(event.task),
    }
    return encode(document).decode()


@asynccontextmanager
async def open_stream(
    request: web.Request, shape: Representation, pace: StreamTiming, headers: Mapping[str, str]
) -> AsyncIterator[Stream]:
    """Open until the block is left. Whatever ends the block, the response is one that can be returned."""
    response = EventSourceResponse(
        headers=dict(headers), sep="\n", send_timeout=pace.write, ping_interval=pace.heartbeat
    )
    stream = Stream(request, response, shape)
    try:
        await response.prepare(request)
        async with response:
            yield stream
    except TimeoutError:
        stream.was_cut = True
    except ConnectionError:
        pass  # the listener has left
    except ServiceError as error:
        log.error("a stream of events ends: %s", error)
