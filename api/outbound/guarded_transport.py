"""An httpx transport that connects to allowed addresses only.

Contract: a name is resolved once, all its addresses are checked against `api.outbound.allowlist`, and the connection
goes to one of the checked addresses; a name that resolves differently a moment later changes nothing. TLS and the Host
header keep the name. The transport does not follow redirects: whoever does must send each step through it.
"""

from __future__ import annotations

import asyncio
import logging
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

# At INFO httpx logs whole URLs, with secrets in their queries.
logging.getLogger("httpx").setLevel(logging.WARNING)


class AddressNotAllowed(ServiceError):
    """The URL leads to an address that is not public."""

    code = "address_not_allowed"


Lookup = Callable[[str], Awaitable[Sequence[str]]]

ADDRESSES_TRIED = 4
MAX_LOOKUPS = 256  # at once


class SystemLookup:
    """The resolver of the system. Concurrent lookups of one name share one.

    Each lookup runs in a new thread: in a shared pool, names whose servers never answer would block all others, and
    the exit of the process.
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
        if len(self._pending) >= MAX_LOOKUPS:
            raise httpcore.ConnectError("too many lookups at once")
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Sequence[str]] = loop.create_future()
        found.add_done_callback(lambda _: self._forget(name, found))
        self._pending[name] = found
        Thread(target=_look_up, args=(name, loop, found), name="resolve a name", daemon=True).start()
        return found

    def _forget(self, name: str, found: asyncio.Future[Sequence[str]]) -> None:
        del self._pending[name]
        if not found.cancelled():
            found.exception()  # retrieved, as nobody may wait for it any more


def _look_up(name: str, loop: asyncio.AbstractEventLoop, found: asyncio.Future[Sequence[str]]) -> None:
    """Resolve in a thread; return the addresses or the error to the loop, unless it has ended."""
    addresses: Sequence[str] = ()
    failure: Exception | None = None
    try:
        addresses = _addresses_of(name)
    except Exception as error:  # raised by the future
        failure = error

    def settle() -> None:
        if found.done():
            return
        if failure is None:
            found.set_result(addresses)
        else:
            found.set_exception(failure)

    with suppress(RuntimeError):
        loop.call_soon_threadsafe(settle)


def _addresses_of(name: str) -> Sequence[str]:
    """Also handles numeric forms that resolvers accept: 2130706433, 0177.1 and 0x7f000001 are all 127.0.0.1."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # a label over 63 characters is a UnicodeError
        raise httpcore.ConnectError("the name was not found") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def checked_addresses(allowed: Allowlist, lookup: Lookup, host: str) -> Sequence[str]:
    """The addresses of a host that may be connected to. Raises `AddressNotAllowed` and `httpcore.ConnectError`."""
    addresses = await lookup(host)
    if not addresses:
        raise httpcore.ConnectError("the name has no address")
    # One forbidden address forbids the name: an honest receiver has none.
    is_allowed = allowed.allows_name(host) or all(allowed.allows(ip_address(each)) for each in addresses)
    if not is_allowed:
        raise AddressNotAllowed
    return addresses[:ADDRESSES_TRIED]


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to allowed addresses; raises `AddressNotAllowed` for a name with any other address."""

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
                addresses = await checked_addresses(self._allowed, self._lookup, host)
                return await self._connect_first(addresses, port, timeout, local_address, socket_options)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("no connection in time") from error

    async def _connect_first(
        self,
        addresses: Sequence[str],
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        # Divide the time, so that a dead first address leaves some for the next.
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
    """httpx over the given network backend, without proxies.

    The transport of httpx accepts no backend. Replacing its private pool would be shorter, and would fail open as soon
    as httpx renames the attribute.
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
        forwarded = httpcore.Request(
            method=request.method,
            url=url,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _translate_errors():
            answer = await self._pool.handle_async_request(forwarded)
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
        with _translate_errors():
            async for part in self._answer.aiter_stream():
                yield part

    async def aclose(self) -> None:
        with _translate_errors():
            await self._answer.aclose()


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Translate errors of httpcore into those of httpx."""
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
