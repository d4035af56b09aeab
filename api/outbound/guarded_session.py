"""An aiohttp session that connects to allowed addresses only.

Contract: as `api.outbound.guarded_transport`, for requests that are too frequent for httpx. A name is resolved once for
each connection, all its addresses are checked, and the connection goes to one of them; TLS and the Host header keep the
name. aiohttp resolves names alone, so `allowed_url` checks URLs that hold an address. Each socket is checked
again before it is opened. No proxies, no cookies; the caller disables redirects.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from functools import cache
from ipaddress import ip_address
from ssl import SSLContext

import aiohttp
import httpcore
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType
from cachetools import LRUCache
from yarl import URL

from api.outbound.allowlist import Allowlist
from api.outbound.guarded_transport import AddressNotAllowed, Lookup, SystemLookup, checked_addresses

HEADER_BYTES = 65536  # of a line and of a field; the default of aiohttp, 8 kB, is less than some receivers send
ADDRESSES_KEPT = 4096  # private addresses of names that the operator allows


class GuardedResolver(AbstractResolver):
    """Resolves a name to addresses that are all allowed. Raises `AddressNotAllowed` for a name with any other."""

    def __init__(self, allowed: Allowlist, *, lookup: Lookup | None = None, seconds: float) -> None:
        self._allowed = allowed
        self._lookup = lookup or SystemLookup()
        self._seconds = seconds
        self._by_name: LRUCache[str, None] = LRUCache(ADDRESSES_KEPT)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        try:
            async with asyncio.timeout(self._seconds):
                addresses = await checked_addresses(self._allowed, self._lookup, host)
        except httpcore.ConnectError as error:
            raise OSError(str(error)) from error
        if self._allowed.allows_name(host):
            self._by_name.update(dict.fromkeys(addresses))
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""

    def open_socket(self, target: AddrInfoType) -> socket.socket:
        """The socket for one address. Raises `AddressNotAllowed` for an address that no check has passed."""
        family, kind, proto, _, address = target
        host = str(address[0])
        if host not in self._by_name and not self._allowed.allows(ip_address(host)):
            raise AddressNotAllowed
        return socket.socket(family, kind, proto)


def allowed_url(allowed: Allowlist, text: str) -> URL:
    """The URL of a request, checked. Raises `aiohttp.InvalidURL` unless it is an http URL with a host, and
    `AddressNotAllowed` when it holds an address that is not allowed.
    """
    try:
        url = URL(text)
    except ValueError as error:
        raise aiohttp.InvalidURL(text) from error
    if url.scheme not in ("http", "https") or not url.host:
        raise aiohttp.InvalidURL(url)
    if not allowed.allows_name(url.host) and not _may_be_connected(allowed, url.host):
        raise AddressNotAllowed
    return url


def _may_be_connected(allowed: Allowlist, host: str) -> bool:
    """Whether an address is allowed. True for a name, which the resolver checks."""
    try:
        return allowed.allows(ip_address(host))
    except ValueError:
        return not host.replace(".", "").isdigit()  # 2130706433 and 127.1 are addresses that aiohttp does not resolve


def guarded_session(
    resolver: GuardedResolver, *, connect_seconds: float, keep_alive_seconds: float, headers: Mapping[str, str]
) -> aiohttp.ClientSession:
    """A session over the resolver. Limits the time to connect alone; whoever sends limits the whole request."""
    connector = aiohttp.TCPConnector(
        resolver=resolver,
        socket_factory=resolver.open_socket,
        use_dns_cache=False,  # a name is checked for each connection
        ssl=_tls_context(),
        limit=0,
        keepalive_timeout=keep_alive_seconds,
    )
    return aiohttp.ClientSession(
        connector=connector,
        headers=headers,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        max_line_size=HEADER_BYTES,
        max_field_size=HEADER_BYTES,
    )


@cache
def _tls_context() -> SSLContext:
    """The certificates of httpx, which do not depend on the system. Reading them takes 30 ms."""
    return httpx.create_ssl_context(trust_env=False)
