"""Downloads pictures that clients name by links: bytes within limits, or BadPicture with the reason.

Contract: no link, and no step of a redirect, reaches the operator's network except where the operator allows it, and no
redirect leaves TLS. An error names the host alone, as paths and queries hold secrets. Of the content only the length is
checked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from api.outbound.allowlist import Allowlist
from api.outbound.guarded_transport import AddressNotAllowed, GuardedBackend, GuardedTransport
from tasks.prompts.images import MOST_BYTES, BadPicture

SECONDS = 20.0  # for all links of a request together
CONNECT_SECONDS = 6.0
REDIRECTS = 3
AT_ONCE = 8  # for the whole service, as each may hold 20 MB
HINT = "Give a link that works without a login, or the picture as a data URL."


class PictureFetch:
    """Downloads while it is open."""

    def __init__(self, allowed: Allowlist, *, seconds: float = SECONDS, guard: GuardedBackend | None = None) -> None:
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=0)
        self._seconds = seconds
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(guard or GuardedBackend(allowed), limits=limits),
            trust_env=False,
            follow_redirects=False,  # httpx would read the whole body of each redirect
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),  # `_fetch` limits the whole
            headers={"Accept": "image/*", "Accept-Encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # keeps none
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def __call__(self, urls: Sequence[str]) -> Mapping[str, bytes]:
        """Link → bytes. Raises BadPicture for the first link that fails."""
        found = await asyncio.gather(*map(self._fetch, urls), return_exceptions=True)
        for each in found:
            if isinstance(each, BaseException):
                raise each
        return {url: each for url, each in zip(urls, found, strict=True) if isinstance(each, bytes)}

    async def _fetch(self, url: str) -> bytes:
        try:
            async with asyncio.timeout(self._seconds), self._slots:
                return await self._read(url)
        except AddressNotAllowed as error:
            raise _bad(url, "it leads to an address that is not public") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise _bad(url, "it leads to a URL that is not http or https") from error
        except (httpx.TimeoutException, TimeoutError) as error:
            raise _bad(url, "it did not arrive in time") from error
        except httpx.ConnectError as error:
            raise _bad(url, "there is no connection") from error
        except (httpx.HTTPError, httpx.StreamError, UnicodeError, ValueError) as error:
            raise _bad(url, "the connection broke") from error

    async def _read(self, url: str) -> bytes:
        request = self._client.build_request("GET", url)
        for _ in range(REDIRECTS + 1):
            answer = await self._client.send(request, stream=True)
            try:
                if answer.next_request is None:
                    return await _body(url, answer)
                if (request.url.scheme, answer.next_request.url.scheme) == ("https", "http"):
                    raise _bad(url, "it redirects from https to http")
                request = answer.next_request
            finally:
                await answer.aclose()
        raise _bad(url, f"it redirects more than {REDIRECTS} times")


async def _body(url: str, answer: httpx.Response) -> bytes:
    """Read the body without decompressing it, which could enlarge it a thousandfold."""
    if answer.status_code != httpx.codes.OK:
        raise _bad(url, f"the server answered {answer.status_code}")
    data = bytearray()
    async for part in answer.aiter_raw():
        data += part
        if len(data) > MOST_BYTES:
            raise _bad(url, "it is larger than 20 MB")
    return bytes(data)


def _bad(url: str, why: str) -> BadPicture:
    try:
        host = urlsplit(url).hostname or "the link"
    except ValueError:
        host = "the link"
    return BadPicture(f"The picture of {host[:100]} cannot be loaded: {why}.", hint=HINT)
