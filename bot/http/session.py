"""The HTTP session under the library, which can be told that a request may leave only once.

Law: whoever gives `once` gets one request on the wire at most, and learns which of three things happened: Discord
answered (yes, or no with all that it said), nothing left, or nobody knows. Two others would send it again by
themselves: the library on 502, 504 and time-outs, and libcurl when a connection it had kept alive is cut. The library
is stopped by spending the permit, libcurl by a body that can be read once. That body also tells whether it was ever
asked for: if not, nothing that Discord could act on has left, whatever the error was. `docs/decisions/0002` has the
measurements.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

from curl_cffi import CurlOpt
from curl_cffi.requests import AsyncSession, AsyncWebSocket, Response
from curl_cffi.requests.exceptions import RequestException

CONNECT_SECONDS = 8.0  # a shutdown must not wait longer for a thread that opens a connection
MAX_IDLE_SECONDS = 30  # an older connection may have been forgotten by something in between: not used again
MAX_GATEWAY_MESSAGE = 32 * 2**20  # READY of an account with many servers is over curl_cffi's 4 MiB
UNTOLD_WAIT_SECONDS = 60.0  # Cloudflare's 429 may say no time


class RequestNotSent(Exception):
    """The connection failed before the request's body was read."""


class ResponseLost(Exception):
    """The request left and no answer says what became of it."""


class RateLimited(Exception):
    """429: not taken, and when to come again."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"429, retry after {retry_after:g} s")
        self.retry_after = retry_after


class Denied(Exception):
    """A definite no. `body`: the JSON of the answer, or its text, whole: the library drops parts of it."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body


class SingleUse:
    """A permit for one request. `taken` is done at the moment Discord says yes. `denies`: a no is raised as `Denied`,
    else it is handed to whoever asked. `referer`: the page on which the client stands; "" leaves the library's."""

    def __init__(self, *, denies: bool = True, referer: str = "") -> None:
        self.denies = denies
        self.referer = referer
        self.spent = False
        self.taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def spend(self) -> None:
        if self.spent:
            raise ResponseLost("the library wanted to send it again")
        self.spent = True


class DiscordSession(AsyncSession[Response]):
    """Chrome's handshake, no proxy from the environment, and `once`."""

    def __init__(self, *, proxied: bool) -> None:
        # libcurl reads http_proxy and no_proxy itself: "*" means no proxy for any host, "" the given one for all.
        self._options = {CurlOpt.NOPROXY: b"" if proxied else b"*", CurlOpt.MAXAGE_CONN: MAX_IDLE_SECONDS}
        self.told = ("", 0.0)  # the last answer's Date, and when it came
        super().__init__(impersonate="chrome", default_headers=False, trust_env=False, curl_options=self._options)

    # `once` is ours; whoever leaves it out gets the library's own way.
    async def request(self, method: Any, url: str, once: SingleUse | None = None, **kwargs: Any) -> Response:  # type: ignore[override]
        if once is None:
            answer = await super().request(method, url, **kwargs)
            self.told = (answer.headers.get("Date", ""), time.monotonic())
            return answer
        once.spend()
        body = _SingleUseBody((kwargs.pop("data", None) or "").encode())
        referer = {"Referer": once.referer} if once.referer else {}
        kwargs["headers"] = {**kwargs["headers"], **referer, "Content-Length": str(len(body.content))}
        try:
            answer = await super().request(method, url, content=body, allow_redirects=False, **kwargs)
        except RequestException as error:
            may_have_left = body.asked or not body.content  # an empty one may never be asked for
            raise (ResponseLost if may_have_left else RequestNotSent)(f"curl error {int(error.code)}") from error
        return await _judged(answer, once)

    async def open_gateway(self, url: str, **kwargs: Any) -> AsyncWebSocket:
        kwargs.update(timeout=CONNECT_SECONDS, max_message_size=MAX_GATEWAY_MESSAGE, curl_options=self._options)
        return await self.ws_connect(url, **kwargs)


async def _judged(answer: Response, once: SingleUse) -> Response:
    """A definite answer for the library to read, or the error that it would hide behind another attempt."""
    status = answer.status_code
    if status == 429:
        raise RateLimited(_retry_after(await answer.atext(), answer.headers.get("Retry-After")))
    if status // 100 not in (2, 4):
        await answer.aclose()  # type: ignore[no-untyped-call]  # curl_cffi's
        raise ResponseLost(f"HTTP {status}")
    if status // 100 == 4 and once.denies:
        raise Denied(status, await _said(answer))
    if status in (200, 204):
        once.taken.set_result(None)
    return answer


async def _said(answer: Response) -> Any:
    """JSON, or text. An answer that breaks off says nothing."""
    try:
        text = await answer.atext()
    except RequestException as error:
        raise ResponseLost(f"curl error {int(error.code)}") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _retry_after(text: str, header: str | None) -> float:
    """Discord says it in the body, with decimals; Cloudflare in the header, if at all."""
    try:
        said = json.loads(text)
        return float(said["retry_after"])
    except (ValueError, TypeError, KeyError):
        pass
    try:
        return float(header or UNTOLD_WAIT_SECONDS)
    except ValueError:
        return UNTOLD_WAIT_SECONDS


class _SingleUseBody:
    """Can be read once, and knows whether it was."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked = False

    def __iter__(self) -> Iterator[bytes]:
        self.asked = True
        yield self.content
