"""One POST to a receiver: what was answered, or why it failed, in words that hold nothing of the URL.

Law: redirects are not followed, no cookie is kept, no proxy of the system is used; of an answer only the status and
Retry-After are looked at. How often it is tried is not decided here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from api.outbound.allowlist import Allowlist
from api.outbound.guarded_transport import AddressNotAllowed, Guarded, GuardedTransport

# At INFO httpx writes whole URLs, secrets in the query included.
logging.getLogger("httpx").setLevel(logging.WARNING)

TIMEOUT = 10.0  # seconds for a whole attempt
CONNECT_TIMEOUT = 6.0  # of it; shared by the addresses of a name
KEPT_OPEN = 64  # connections
ANSWER_BYTES = 4096  # read of an answer so that its connection can be used again; longer ones are cut


class DeliveryFailed(Exception):
    """An attempt failed. `final`: another one would fail in the same way.

    `status` is HTTP's where there was an answer, `asked` the text of its Retry-After.
    """

    def __init__(self, why: str, *, final: bool = False, status: int | None = None, asked: str = "") -> None:
        super().__init__(why)
        self.final = final
        self.status = status
        self.asked = asked


async def post_once(
    client: httpx.AsyncClient, url: str, body: bytes, headers: Mapping[str, str], seconds: float = TIMEOUT
) -> int:
    """One attempt: the status, which is 2xx. Raises `DeliveryFailed`."""
    try:
        async with asyncio.timeout(seconds):  # httpx's own limits are for each read: a drip would pass them
            answer = await _post(client, url, body, headers)
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
    status = answer.status_code
    if not 200 <= status < 300:
        asked = answer.headers.get("Retry-After", "")
        raise DeliveryFailed(f"answered {status}", final=status == httpx.codes.GONE, status=status, asked=asked)
    return status


async def _post(client: httpx.AsyncClient, url: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
    async with client.stream("POST", url, content=body, headers=headers) as answer:
        seen = 0
        async for part in answer.aiter_raw():
            seen += len(part)
            if seen > ANSWER_BYTES:
                break
        return answer


@asynccontextmanager
async def hook_client(allowed: Allowlist) -> AsyncIterator[httpx.AsyncClient]:
    """Leads to what is public or `allowed`."""
    limits = httpx.Limits(max_keepalive_connections=KEPT_OPEN, keepalive_expiry=15)
    async with httpx.AsyncClient(
        transport=GuardedTransport(Guarded(allowed), limits=limits),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT),  # the limit for the whole is set around each attempt
        headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # keeps none
    ) as client:
        yield client
