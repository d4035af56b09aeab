"""The listening socket, opened and closed in order.

Law: when the block is left the port is free and no request is open; those under way get a short while to finish. What
is not even HTTP is answered in the same shape as everything else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from api.errors import CannotListen, InternalError, Malformed, refusal

SHUTDOWN_SECONDS = 3.0  # for requests under way; the whole service has 10 s to end
MAX_LINE = 64 * 1024  # bytes of an address: a Chinese prompt in a GET is nine bytes a character

log = logging.getLogger(__name__)

_OPTIONS: dict[str, Any] = {
    "access_log": None,  # the service logs what happened, with the task's id; an address may hold a prompt
    "logger": log,
    "max_line_size": MAX_LINE,
    "lingering_time": 2.0,  # a refused body is read on this long, so that its sender sees the answer
}


@asynccontextmanager
async def serve(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve until the block is left; yields the URL actually bound (`port` 0 takes a free one)."""
    runner = web.AppRunner(app, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        sockets = await _listen(runner, host, port)
        try:
            yield url_of(sockets.sockets[0].getsockname())
        finally:
            sockets.close()  # first: no new connection while the open ones end
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> asyncio.Server:
    loop, manager = asyncio.get_running_loop(), runner.server
    assert manager is not None
    try:
        return await loop.create_server(lambda: _Connection(manager, loop), host, port, backlog=1024)
    except OSError as error:
        raise CannotListen(
            f"{host}:{port} cannot be listened on: {error.strerror or error}.",
            hint="Stop the program that holds it, or set HOST and PORT.",
        ) from error


def url_of(address: tuple[str, int] | tuple[str, int, int, int]) -> str:
    host, port = address[0], address[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def when_gone(request: web.Request, call: Callable[[], None]) -> Iterator[None]:
    """While in the block, `call` is called when the connection is lost: else a caller who left is only noticed when
    something is written."""
    connection = request.protocol
    assert isinstance(connection, _Connection)
    if connection.transport is None:
        call()
    connection.when_gone.append(call)
    try:
        yield
    finally:
        connection.when_gone.remove(call)


class _Connection(web.RequestHandler):
    """A connection whose own failures, too, have our shape."""

    __slots__ = ("when_gone",)

    def __init__(self, manager: web.Server, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(manager, loop=loop, **_OPTIONS)
        self.when_gone: list[Callable[[], None]] = []

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        for call in self.when_gone:
            call()

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

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """What is left of a body after its answer is read away: that it is broken was told, and is no fault of ours."""
        if isinstance(kw.get("exc_info"), web.RequestPayloadError):
            log.info("the rest of what %s sent could not be read", self._peer())
        else:
            super().log_exception(*args, **kw)

    def _peer(self) -> object:
        return self.transport.get_extra_info("peername") if self.transport else None


def _not_http(error: HttpProcessingError) -> Malformed:
    if isinstance(error, LineTooLong):
        return Malformed("The address or a header is too long.", hint="Send the parameters in the body of a POST.")
    return Malformed(
        "The request is not valid HTTP.",
        hint="Percent-encode the address, as curl -G --data-urlencode does, or send the parameters in a body.",
    )
