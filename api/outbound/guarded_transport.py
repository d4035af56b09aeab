"""Where we let a caller's URL lead us is checked on the address that is connected to; `api.outbound.allowlist` says
what may be.

A name is looked up once, every address it has is checked, and the connection is made to one of those checked: a name
that answers differently a moment later changes nothing. TLS and the Host header keep the name.

Nothing here knows what is fetched or told. Redirects are the caller's business: do not follow them.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from threading import Thread
from types import TracebackType

import httpcore
import httpx

from api.outbound.allowlist import Allowlist
from tasks.domain.errors import ServiceError


class AddressNotAllowed(ServiceError):
    """The URL leads to an address that is not public."""

    code = "address_not_allowed"


Lookup = Callable[[str], Awaitable[Sequence[str]]]

ADDRESSES_TRIED = 4
LOOK_UPS = 256  # at once


class SystemLookup:
    """The system's resolver. Look-ups of one name are one.

    Each has a thread of its own: in a shared pool some names whose servers never answer would hold up all others, and
    the end of the process with them.
    """

    def __init__(self) -> None:
        self._pending: dict[str, asyncio.Future[Sequence[str]]] = {}

    async def __call__(self, name: str) -> Sequence[str]:
        try:
            return [str(ip_address(name))]
        except ValueError:
            pending = self._pending.get(name) or self._start(name)
        return await asyncio.shield(pending)

    def _start(self, name: str) -> asyncio.Future[Sequence[str]]:
        if len(self._pending) >= LOOK_UPS:
            raise httpcore.ConnectError("too many names are being looked up")
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Sequence[str]] = loop.create_future()
        found.add_done_callback(lambda _: self._forget(name, found))
        self._pending[name] = found
        Thread(target=_look_up, args=(name, loop, found), name="look up a name", daemon=True).start()
        return found

    def _forget(self, name: str, found: asyncio.Future[Sequence[str]]) -> None:
        del self._pending[name]
        if not found.cancelled():
            found.exception()  # whoever asked may have gone


def _look_up(name: str, loop: asyncio.AbstractEventLoop, found: asyncio.Future[Sequence[str]]) -> None:
    """In a thread: what is found, or why not, goes back to the loop, unless that has ended."""
    addresses: Sequence[str] = ()
    failure: Exception | None = None
    try:
        addresses = _addresses_of(name)
    except Exception as error:  # raised where it is waited for
        failure = error

    def tell() -> None:
        if found.done():
            return
        if failure is None:
            found.set_result(addresses)
        else:
            found.set_exception(failure)

    with suppress(RuntimeError):
        loop.call_soon_threadsafe(tell)


def _addresses_of(name: str) -> Sequence[str]:
    """Also reads what resolvers take for numbers: 2130706433, 0177.1 and 0x7f000001 are all 127.0.0.1."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # a label of more than 63 letters is a UnicodeError
        raise httpcore.ConnectError("the name was not found") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects to what is allowed, and raises `AddressNotAllowed` for names that have any other address."""

    def __init__(
        self,
        allowed: Allowlist,
        *,
        lookup: Lookup | None = None,
        inner: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._allowed = allowed
        self._lookup = lookup or SystemLookup()
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._checked(host)
                return await self._connect_first(addresses, port, timeout, local_address, socket_options)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("no connection in time") from error

    async def _checked(self, host: str) -> Sequence[str]:
        addresses = await self._lookup(host)
        if not addresses:
            raise httpcore.ConnectError("the name has no address")
        # One that is not allowed spoils them all: an honest receiver has none.
        may = self._allowed.allows_name(host) or all(self._allowed.allows(ip_address(each)) for each in addresses)
        if not may:
            raise AddressNotAllowed
        return addresses[:ADDRESSES_TRIED]

    async def _connect_first(
        self,
        addresses: Sequence[str],
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        # Each gets its share of the time, so that a dead first address leaves some for the next.
        share = None if timeout is None else timeout / len(addresses)
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(addresses[-1], port, share, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise AddressNotAllowed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class GuardedTransport(httpx.AsyncBaseTransport):
    """httpx over a network backend of our choice, without proxies.

    httpx's own transport takes no backend. To replace its private pool would be shorter, and would fail open on the day
    that the attribute is renamed.
    """

    def __init__(self, backend: httpcore.AsyncNetworkBackend, *, limits: httpx.Limits) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        plain = httpcore.Request(
            method=request.method,
            url=url,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _as_httpx():
            answer = await self._pool.handle_async_request(plain)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    async def __aenter__(self) -> GuardedTransport:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._pool.__aexit__(exc_type, exc_value, traceback)

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for part in self._answer.aiter_stream():
                yield part

    async def aclose(self) -> None:
        with _as_httpx():
            await self._answer.aclose()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Callers know httpx's errors only."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.TimeoutException(str(error)) from error
    except httpcore.ConnectError as error:
        raise httpx.ConnectError(str(error)) from error
    except httpcore.UnsupportedProtocol as error:
        raise httpx.UnsupportedProtocol(str(error)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise httpx.NetworkError(str(error)) from error
