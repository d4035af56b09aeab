"""Downloads pictures and clips from Discord's CDN.

Contract: a download needs no account, as a link carries its own signature. Only Discord's hosts are contacted, or the
CDN that the operator configured instead; redirects are never followed.
"""

import ssl
from functools import cache
from urllib.parse import urlsplit

import httpx

from bot.http.client_identity import ClientIdentity
from bot.http.endpoints import CDN_BASE, Endpoints
from tasks.domain.errors import NotSent, SendRefused

HOSTS = ("cdn.discordapp.com", "media.discordapp.net")
CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0  # of silence
_TRANSIENT = (408, 425, 429)  # of the 4xx


async def load(url: str, most: int, *, endpoints: Endpoints, proxy_url: str, properties: ClientIdentity) -> bytes:
    """Raises NotSent (may be retried) and SendRefused: a definite 4xx, more than `most` bytes, a link of another
    host."""
    where = _address(url, endpoints)
    limits = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    headers = {"User-Agent": properties.user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
    try:
        async with (
            httpx.AsyncClient(
                verify=_certificates(), proxy=proxy_url or None, trust_env=False, timeout=limits, headers=headers
            ) as client,
            client.stream("GET", where, follow_redirects=False) as answer,
        ):
            return await _body(answer, most)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise SendRefused("The picture's link is no http or https URL.") from error
    except httpx.TimeoutException as error:
        raise NotSent("The CDN did not answer in time.") from error
    except (httpx.HTTPError, httpx.StreamError, ImportError) as error:
        raise NotSent(f"The CDN cannot be reached ({type(error).__name__}).") from error


@cache
def _certificates() -> ssl.SSLContext:
    """Shared by all downloads: loading the certificates blocks the event loop for 30 ms."""
    return httpx.create_ssl_context(trust_env=False)


def _address(url: str, endpoints: Endpoints) -> str:
    moved = endpoints.cdn_base.rstrip("/") not in ("", CDN_BASE)
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise SendRefused("The picture's link cannot be read.") from error
    if not moved and (parts.scheme != "https" or parts.hostname not in HOSTS or parts.port not in (None, 443)):
        raise SendRefused("The picture is not at Discord.")
    return endpoints.cdn(url)


async def _body(answer: httpx.Response, most: int) -> bytes:
    status = answer.status_code
    if status != httpx.codes.OK:
        if status // 100 == 4 and status not in _TRANSIENT:
            raise SendRefused(f"The CDN answered {status}.", status=status)
        raise NotSent(f"The CDN answered {status}.")
    data = bytearray()
    async for piece in answer.aiter_raw():
        data += piece
        if len(data) > most:
            raise SendRefused(f"It is larger than {most // 2**20} MB.")
    return bytes(data)
