"""The listening socket, opened and closed in order.

Contract: when the block is left the port is free and no request is open; those under way get a short while to finish.
What is not even HTTP is answered in the same shape as everything else. Nobody holds a connection by being slow or
silent, and no more are held than were allowed: who would starve the others is cut off before anything is known of him.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from api.http.errors import CannotListen, InternalError, Malformed, TooManyConnections, TooSlow, refusal
from api.http.principals import network_of
from tasks.domain.errors import ServiceError

SHUTDOWN_SECONDS = 3.0  # for requests under way; the whole service has 10 s to end
MAX_LINE = 64 * 1024  # bytes of an address: a Chinese prompt in a GET is nine bytes a character

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionLimits:
    """How many connections there may be, and how long each is waited for, in seconds. Bodies:
    `api.http.request_fields`."""

    connections: int = 800  # beyond the seats of api.live.connection_limits
    head: float = 10.0  # from a request's first byte to the end of its headers
    idle: float = 75.0  # between two requests
    unread: float = 60.0  # while what is answered is not read


_OPTIONS: dict[str, Any] = {
    "access_log": None,  # the service logs what happened, with the task's id; an address may hold a prompt
    "logger": log,
    "max_line_size": MAX_LINE,
    "auto_decompress": False,  # `api.http.bodies` refuses what is compressed
    "lingering_time": 2.0,  # a refused body is read on this long, so that its sender sees the answer
}


@asynccontextmanager
async def serve(
    app: web.Application, host: str, port: int, patience: ConnectionLimits = ConnectionLimits()
) -> AsyncIterator[str]:
    """Serve until the block is left; yields the URL actually bound (`port` 0 takes a free one)."""
    runner = web.AppRunner(app, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        sockets = await _listen(runner, host, port, patience)
        try:
            yield url_of(sockets.sockets[0].getsockname())
        finally:
            sockets.close()  # first: no new connection while the open ones end
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int, patience: ConnectionLimits) -> asyncio.Server:
    loop, manager = asyncio.get_running_loop(), runner.server
    if manager is None:
        raise RuntimeError("The runner was not set up.")
    crowd = _Crowd(patience.connections)
    try:
        return await loop.create_server(lambda: _Connection(manager, loop, patience, crowd), host, port, backlog=1024)
    except OSError as error:
        raise CannotListen.at(host, port, error) from error


def url_of(address: tuple[str, int] | tuple[str, int, int, int]) -> str:
    host, port = address[0], address[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Crowd:
    """The connections that are open, per network, the one with the oldest last request first.

    Where there is no room a silent one goes: that of the network with most of them, and there the one whose last
    request is longest ago. One network alone never gets every place, as it holds at most `_share` of them.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._share = max(1, most * 7 // 8)
        self._open = 0
        self._of: dict[str, dict[_Connection, None]] = {}
        self._is_full = False

    def enter(self, one: _Connection, network: str) -> bool:
        """False: there is no room."""
        here = self._of.get(network, {})
        if len(here) >= self._share:
            has_room = self._sent_away(here)
        elif self._open >= self._most:
            has_room = any(self._sent_away(there) for there in sorted(self._of.values(), key=len, reverse=True))
        else:
            has_room = True
        if not has_room:
            if not self._is_full:  # once, not for each who is turned away
                log.warning(
                    "%d connections are open, %d from %s, as many as MAX_CONNECTIONS allows: more are refused",
                    self._open,
                    len(here),
                    network,
                )
            self._is_full = True
            return False
        self._of.setdefault(network, {})[one] = None
        self._open += 1
        return True

    def heard(self, one: _Connection, network: str) -> None:
        """A request of it has begun."""
        here = self._of.get(network, {})
        if one in here:
            del here[one]
            here[one] = None

    def leave(self, one: _Connection, network: str) -> None:
        """Nothing happens where it was sent away already."""
        here = self._of.get(network, {})
        if one not in here:
            return
        del here[one]
        if not here:
            del self._of[network]
        self._open -= 1
        if self._open < self._most * 9 // 10:
            self._is_full = False

    def _sent_away(self, there: Mapping[_Connection, None]) -> bool:
        one = next((each for each in there if each.is_silent), None)
        if one is not None:
            one.send_away()
        return one is not None


@contextmanager
def when_gone(request: web.Request, call: Callable[[], None]) -> Iterator[None]:
    """While in the block, `call` is called when the connection is lost: else a caller who left is only noticed when
    something is written."""
    connection = request.protocol
    if not isinstance(connection, _Connection):
        raise TypeError(f"{type(connection).__name__} is not a connection of this server.")
    if connection.transport is None:
        call()
    connection.when_gone.append(call)
    try:
        yield
    finally:
        connection.when_gone.remove(call)


class _Connection(web.RequestHandler):
    """A connection whose own failures, too, have our shape, and that is not waited for without end."""

    __slots__ = ("_crowd", "_is_in", "_late", "_network", "_patience", "_unread", "when_gone")

    def __init__(
        self, manager: web.Server, loop: asyncio.AbstractEventLoop, patience: ConnectionLimits, crowd: _Crowd
    ) -> None:
        super().__init__(manager, loop=loop, keepalive_timeout=patience.idle, **_OPTIONS)
        self._patience = patience
        self._crowd = crowd
        self.when_gone: list[Callable[[], None]] = []
        self._is_in = False
        self._network = ""
        self._late: asyncio.TimerHandle | None = None  # runs while a head is under way
        self._unread: asyncio.TimerHandle | None = None  # runs while an answer is not read

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        address = transport.get_extra_info("peername")
        self._network = network_of(address[0]) if isinstance(address, tuple) else ""
        self._is_in = self._crowd.enter(self, self._network)
        if self._is_in:
            super().connection_made(transport)
            return
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(_raw(TooManyConnections()))
        transport.close()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop(self._late)
        self._stop(self._unread)
        if self._is_in:
            self._is_in = False
            self._crowd.leave(self, self._network)
            super().connection_lost(exc)
        for call in self.when_gone:
            call()

    def data_received(self, data: bytes) -> None:
        if not self._is_in:
            return
        super().data_received(data)
        waiter = self._waiter
        if waiter is None or waiter.done():  # a head is complete, and answered
            self._late = self._stop(self._late)
            self._crowd.heard(self, self._network)
        elif data and self._late is None:
            self._late = self._loop.call_later(self._patience.head, self._head_is_late)

    @property
    def is_silent(self) -> bool:
        """Nothing of it is under way: it has sent no request, or not the whole head of one, and all is answered."""
        return self._current_request is None and not self._messages and self._unread is None

    def send_away(self) -> None:
        """Free its place at once. A client opens another connection when an idle one is closed."""
        self._crowd.leave(self, self._network)
        self.force_close()
        if self.transport is not None:
            self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self._loop.call_later(self._patience.unread, self._nobody_reads)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread = self._stop(self._unread)

    def _head_is_late(self) -> None:
        if self.transport is not None:
            self.transport.write(_raw(TooSlow("The head of the request did not arrive in time.")))
        self.force_close()

    def _nobody_reads(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    @staticmethod
    def _stop(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What the application never saw. The bytes are not logged: a secret may be among them."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer is under way already")
        if isinstance(exc, HttpProcessingError):
            log.info("what %s sent is not HTTP: %s", request.remote, type(exc).__name__)
            response = refusal(_not_http(exc))
        else:
            log.error("a connection of %s failed", request.remote, exc_info=exc)
            response = refusal(InternalError())
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Where no route stands the library itself refuses an Expect, before the application is asked."""
        if isinstance(resp, web.HTTPExpectationFailed):
            resp = refusal(Malformed("No route of ours takes this.", hint="Leave out Expect to see the reason."))
        return await super().finish_response(request, resp, start_time)

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Discard the rest of a body after its answer. The caller already knows that it is broken."""
        if isinstance(kw.get("exc_info"), web.RequestPayloadError):
            log.info("the rest of what %s sent could not be read", self._peer())
        else:
            super().log_exception(*args, **kw)

    def _peer(self) -> object:
        return self.transport.get_extra_info("peername") if self.transport else None


def _raw(error: ServiceError) -> bytes:
    """A refusal where there is no request that could be answered."""
    response = refusal(error)
    body = response.body if isinstance(response.body, bytes) else b""
    head = {**response.headers, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"HTTP/1.1 {response.status} {response.reason}", *(f"{name}: {value}" for name, value in head.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _not_http(error: HttpProcessingError) -> Malformed:
    if isinstance(error, LineTooLong):
        return Malformed("The address or a header is too long.", hint="Send the parameters in the body of a POST.")
    return Malformed(
        "The request is not valid HTTP.",
        hint="Percent-encode the address, as curl -G --data-urlencode does, or send the parameters in a body.",
    )
