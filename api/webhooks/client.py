"""One POST to a webhook receiver: its status, or why it failed, in words that contain nothing of the URL.

Contract: does not follow redirects, keeps no cookies and ignores proxies of the environment. Of a response it reads the
status, Retry-After and the beginning of the body. When to retry is decided elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from api.outbound.allowlist import Allowlist
from api.outbound.guarded_transport import AddressNotAllowed, GuardedBackend, GuardedTransport

# At INFO httpx logs whole URLs, with secrets in their queries.
logging.getLogger("httpx").setLevel(logging.WARNING)

TIMEOUT = 10.0  # seconds for a whole attempt
CONNECT_TIMEOUT = 6.0  # seconds of it, shared by the addresses of a name
KEEP_ALIVE = 64  # connections
RESPONSE_BYTES = 4096  # read, so that the connection can be reused; a longer response is cut


class DeliveryFailed(Exception):
    """An attempt failed. `final`: another attempt would fail in the same way.

    `status`: the HTTP status if there was a response. `retry_after`: the text of its Retry-After header.
    """

    def __init__(self, reason: str, *, final: bool = False, status: int | None = None, retry_after: str = "") -> None:
        super().__init__(reason)
        self.final = final
        self.status = status
        self.retry_after = retry_after


async def post_once(
    client: httpx.AsyncClient, url: str, body: bytes, headers: Mapping[str, str], seconds: float = TIMEOUT
) -> int:
    """Make one attempt and return its status, which is 2xx. Raises `DeliveryFailed`."""
    status, _ = await post_and_read(client, url, body, headers, seconds)
    return status


async def post_and_read(
    client: httpx.AsyncClient, url: str, body: bytes, headers: Mapping[str, str], seconds: float = TIMEOUT
) -> tuple[int, bytes]:
    """As `post_once`, with the beginning of the response's body."""
    try:
        async with asyncio.timeout(seconds):  # httpx limits each read alone: a slow drip would pass
            response, answer = await _post(client, url, body, headers)
    except AddressNotAllowed as error:
        raise DeliveryFailed("address not allowed", final=True) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise DeliveryFailed("not an http URL", final=True) from error
    except (httpx.TimeoutException, TimeoutError) as error:
        raise DeliveryFailed("no answer in time") from error
    except httpx.ConnectError as error:
        raise DeliveryFailed("no connection") from error
    except httpx.HTTPError as error:
        raise DeliveryFailed("the connection broke") from error
    status = response.status_code
    if not 200 <= status < 300:
        retry_after = response.headers.get("Retry-After", "")
        final = status == httpx.codes.GONE
        raise DeliveryFailed(f"answered {status}", final=final, status=status, retry_after=retry_after)
    return status, answer


async def _post(
    client: httpx.AsyncClient, url: str, body: bytes, headers: Mapping[str, str]
) -> tuple[httpx.Response, bytes]:
    async with client.stream("POST", url, content=body, headers=headers) as response:
        answer = b""
        async for part in response.aiter_raw():
            answer += part
            if len(answer) > RESPONSE_BYTES:
                break
        return response, answer


@asynccontextmanager
async def webhook_client(allowed: Allowlist) -> AsyncIterator[httpx.AsyncClient]:
    """A client that reaches public addresses and those `allowed`."""
    limits = httpx.Limits(max_keepalive_connections=KEEP_ALIVE, keepalive_expiry=15)
    async with httpx.AsyncClient(
        transport=GuardedTransport(GuardedBackend(allowed), limits=limits),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT),  # `post_once` limits the whole attempt
        headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # keeps none
    ) as client:
        yield client
