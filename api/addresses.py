"""Where we let a caller's URL lead us: public addresses only, checked on the address that is connected to.

A name is looked up once, every address it has is checked, and the connection is made to one of those checked: a name
that answers differently a moment later changes nothing. TLS and the Host header keep the name.

Nothing here knows what is fetched or told. Redirects are the caller's business: do not follow them.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from types import TracebackType

import httpcore
import httpx

from tasks.errors import ServiceError


class AddressNotAllowed(ServiceError):
    """The URL leads to an address that is not public."""

    code = "address_not_allowed"


# IANA's registries of special-purpose addresses, written out: what `ipaddress` calls private differs between patch
# releases of Python.
NOT_PUBLIC_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this host
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier NAT; one cloud keeps its metadata here
            "127.0.0.0/8",
            "168.63.129.16/32",  # a cloud's host agent, on an address that looks public
            "169.254.0.0/16",  # link-local; most clouds' metadata
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)

# Public IPv6 is in here and nowhere else: loopback, unique local (fd00:ec2::254 too), link-local and multicast are not.
GLOBAL_V6 = IPv6Network("2000::/3")
NOT_PUBLIC_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo, which wraps an IPv4 address
            "2001:db8::/32",
            "2002::/16",  # 6to4, which wraps an IPv4 address
            "3fff::/20",
        ),
    )
)
NAT64 = IPv6Network("64:ff9b::/96")  # how a host without IPv4 reaches the IPv4 address in the last 32 bits

Address = IPv4Address | IPv6Address
Lookup = Callable[[str], Awaitable[Sequence[str]]]

ADDRESSES_TRIED = 4


def is_public(address: Address) -> bool:
    """May a stranger's URL lead here?"""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_V4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in GLOBAL_V6 and not any(address in network for network in NOT_PUBLIC_V6)


class SystemLookup:
    """The system's resolver. Look-ups of one name share a thread: a name that never answers cannot use them all up."""

    def __init__(self) -> None:
        self._pending: dict[str, asyncio.Future[Sequence[str]]] = {}

    async def __call__(self, name: str) -> Sequence[str]:
        pending = self._pending.get(name)
        if pending is None:
            pending = asyncio.get_running_loop().run_in_executor(None, _addresses_of, name)
            self._pending[name] = pending
            pending.add_done_callback(lambda _: self._pending.pop(name, None))
        return await asyncio.shield(pending)


def _addresses_of(name: str) -> Sequence[str]:
    """Also reads what resolvers take for numbers: 2130706433, 0177.1 and 0x7f000001 are all 127.0.0.1."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # a label of more than 63 letters is a UnicodeError
        raise httpcore.ConnectError("the name was not found") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PublicOnly(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and raises `AddressNotAllowed` for names that have any other."""

    def __init__(self, *, lookup: Lookup | None = None, inner: httpcore.AsyncNetworkBackend | None = None) -> None:
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
        # One that is not public spoils them all: an honest receiver has none.
        if not all(is_public(ip_address(address)) for address in addresses):
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
