"""The HTTP session beneath the library, with requests that leave at most once.

Contract: a caller that passes `once` gets at most one request on the wire, and learns which of three things happened:
Discord answered (accepted, or refused with the whole body), nothing was sent, or the outcome is unknown. Two layers
would repeat a request: the library on 502, 504 and time-outs, and libcurl when a kept-alive connection is cut. A spent
permit stops the library; a body that can be read once stops libcurl. That body also records whether it was read: if
not, nothing that Discord could act on was sent. `docs/decisions/0002` has the measurements.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

from curl_cffi import CurlOpt
from curl_cffi.requests import AsyncSession, AsyncWebSocket, Response
from curl_cffi.requests.exceptions import RequestException

CONNECT_SECONDS = 8.0  # the longest wait of a shutdown for a thread that opens a connection
MAX_IDLE_SECONDS = 30  # proxies forget older connections, so they are not reused
MAX_GATEWAY_MESSAGE = 32 * 2**20  # READY of an account with many servers is over curl_cffi's 4 MiB
DEFAULT_RETRY_AFTER = 60.0  # Cloudflare's 429 may name no time


class RequestNotSent(Exception):
    """The connection failed before the request's body was read."""


class ResponseLost(Exception):
    """The request was sent, and no response shows its outcome."""


class RateLimited(Exception):
    """429: not accepted, with the time until the next attempt."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"429, retry after {retry_after:g} s")
        self.retry_after = retry_after


class Denied(Exception):
    """A definite refusal. `body`: the complete JSON or text of the response; the library drops parts of it."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body


class SingleUse:
    """A permit for one request. `accepted` is done when Discord accepts it. `denies`: raise a refusal as `Denied`, else
    return the response. `referer`: the page of the client; "" keeps the library's."""

    def __init__(self, *, denies: bool = True, referer: str = "") -> None:
        self.denies = denies
        self.referer = referer
        self.spent = False
        self.accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def spend(self) -> None:
        if self.spent:
            raise ResponseLost("the library tried to send it again")
        self.spent = True


class DiscordSession(AsyncSession[Response]):
    """Chrome's handshake, no proxy from the environment, and `once`."""

    def __init__(self, *, proxied: bool) -> None:
        # libcurl reads http_proxy and no_proxy itself: "*" means no proxy for any host, "" the given one for all.
        self._options = {CurlOpt.NOPROXY: b"" if proxied else b"*", CurlOpt.MAXAGE_CONN: MAX_IDLE_SECONDS}
        self.last_date = ("", 0.0)  # the last response's Date header, and when it arrived
        super().__init__(impersonate="chrome", default_headers=False, trust_env=False, curl_options=self._options)

    # `once` is an addition; without it the library's own behaviour applies.
    async def request(self, method: Any, url: str, once: SingleUse | None = None, **kwargs: Any) -> Response:  # type: ignore[override]
        if once is None:
            answer = await super().request(method, url, **kwargs)
            self.last_date = (answer.headers.get("Date", ""), time.monotonic())
            return answer
        once.spend()
        body = _SingleUseBody((kwargs.pop("data", None) or "").encode())
        referer = {"Referer": once.referer} if once.referer else {}
        kwargs["headers"] = {**kwargs["headers"], **referer, "Content-Length": str(len(body.content))}
        try:
            answer = await super().request(method, url, content=body, allow_redirects=False, **kwargs)
        except RequestException as error:
            may_have_left = body.was_read or not body.content  # an empty body may never be read
            raise (ResponseLost if may_have_left else RequestNotSent)(f"curl error {int(error.code)}") from error
        return await _check(answer, once)

    async def open_gateway(self, url: str, **kwargs: Any) -> AsyncWebSocket:
        kwargs.update(timeout=CONNECT_SECONDS, max_message_size=MAX_GATEWAY_MESSAGE, curl_options=self._options)
        return await self.ws_connect(url, **kwargs)


async def _check(answer: Response, once: SingleUse) -> Response:
    """A definite response for the library, or the error that the library would hide behind a retry."""
    status = answer.status_code
    if status == 429:
        raise RateLimited(_retry_after(await answer.atext(), answer.headers.get("Retry-After")))
    if status // 100 not in (2, 4):
        await answer.aclose()  # type: ignore[no-untyped-call]  # curl_cffi's
        raise ResponseLost(f"HTTP {status}")
    if status // 100 == 4 and once.denies:
        raise Denied(status, await _content(answer))
    if status in (200, 204):
        once.accepted.set_result(None)
    return answer


async def _content(answer: Response) -> Any:
    """JSON or text. A response that breaks off is lost."""
    try:
        text = await answer.atext()
    except RequestException as error:
        raise ResponseLost(f"curl error {int(error.code)}") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _retry_after(text: str, header: str | None) -> float:
    """Discord sends it in the body, with decimals; Cloudflare in the header, if at all."""
    try:
        body = json.loads(text)
        return float(body["retry_after"])
    except (ValueError, TypeError, KeyError):
        pass
    try:
        return float(header or DEFAULT_RETRY_AFTER)
    except ValueError:
        return DEFAULT_RETRY_AFTER


class _SingleUseBody:
    """A body that can be read once, and records whether it was."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.was_read = False

    def __iter__(self) -> Iterator[bytes]:
        self.was_read = True
        yield self.content
