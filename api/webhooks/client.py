"""One POST to a webhook receiver: its status, or why it failed, in words that contain nothing of the URL.

Contract: does not follow redirects, keeps no cookies and ignores proxies of the environment. Of a response it reads the
status, Retry-After and the beginning of the body. When to retry is decided elsewhere.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp
from cachetools import TTLCache
from yarl import URL

from api.outbound.allowlist import Allowlist
from api.outbound.guarded_session import GuardedResolver, allowed_url, guarded_session
from api.outbound.guarded_transport import AddressNotAllowed, Lookup
from tasks.domain.version import VERSION

USER_AGENT = f"midjourney-api/{VERSION}"

TIMEOUT = 10.0  # seconds for a whole attempt
CONNECT_TIMEOUT = 6.0  # seconds of it, shared by the addresses of a name
KEEP_ALIVE = 15.0  # seconds an idle connection stays open
KEPT_RECEIVERS = 64  # whose idle connections stay open; others get Connection: close
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


class WebhookClient:
    """Sends webhooks to public addresses and those `allowed`, over one session."""

    def __init__(self, allowed: Allowlist, session: aiohttp.ClientSession) -> None:
        self._allowed = allowed
        self._session = session
        self._kept: TTLCache[URL, None] = TTLCache(KEPT_RECEIVERS, KEEP_ALIVE, time.monotonic)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[aiohttp.ClientResponse, bytes]:
        """Send one POST; return the response and the beginning of its body. Raises aiohttp's errors."""
        target = allowed_url(self._allowed, url)
        sent = headers if self._keeps(target.origin()) else {**headers, "Connection": "close"}
        async with self._session.post(target, data=body, headers=sent, allow_redirects=False) as response:
            return response, await _beginning(response.content)

    def _keeps(self, receiver: URL) -> bool:
        if receiver in self._kept or len(self._kept) < KEPT_RECEIVERS:
            self._kept[receiver] = None
            return True
        return False


async def post_once(
    client: WebhookClient, url: str, body: bytes, headers: Mapping[str, str], seconds: float = TIMEOUT
) -> int:
    """Make one attempt and return its status, which is 2xx. Raises `DeliveryFailed`."""
    status, _ = await post_and_read(client, url, body, headers, seconds)
    return status


async def post_and_read(
    client: WebhookClient, url: str, body: bytes, headers: Mapping[str, str], seconds: float = TIMEOUT
) -> tuple[int, bytes]:
    """As `post_once`, with the beginning of the response's body."""
    try:
        async with asyncio.timeout(seconds):
            response, answer = await client.post(url, body, headers)
    except AddressNotAllowed as error:
        raise DeliveryFailed("address not allowed", final=True) from error
    except aiohttp.InvalidURL as error:
        raise DeliveryFailed("not an http URL", final=True) from error
    except TimeoutError as error:
        raise DeliveryFailed("no answer in time") from error
    except aiohttp.ClientConnectorError as error:
        raise DeliveryFailed("no connection") from error
    except aiohttp.ClientError as error:
        raise DeliveryFailed("the connection broke") from error
    status = response.status
    if not 200 <= status < 300:
        retry_after = response.headers.get("Retry-After", "")
        final = status == HTTPStatus.GONE
        raise DeliveryFailed(f"answered {status}", final=final, status=status, retry_after=retry_after)
    return status, answer


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    """Read a short body to its end. The rest of a longer one stays unread, which closes the connection."""
    answer = b""
    async for part in content.iter_any():
        answer += part
        if len(answer) > RESPONSE_BYTES:
            break
    return answer


@asynccontextmanager
async def webhook_client(allowed: Allowlist, lookup: Lookup | None = None) -> AsyncIterator[WebhookClient]:
    """A client that reaches public addresses and those `allowed`. `lookup`: the resolver, by default the system's."""
    resolver = GuardedResolver(allowed, lookup=lookup, seconds=CONNECT_TIMEOUT)
    headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
    async with guarded_session(
        resolver, connect_seconds=CONNECT_TIMEOUT, keep_alive_seconds=KEEP_ALIVE, headers=headers
    ) as session:
        yield WebhookClient(allowed, session)
