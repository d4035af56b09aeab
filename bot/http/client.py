"""The library's HTTP client, restricted to the configured endpoints and proxy.

Contract: every HTTP request of one account to Discord goes through this object. The library's start-up is replaced
completely: it would contact a third party and open a second HTTP stack that honours neither endpoints nor proxy.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from curl_cffi.requests import AsyncWebSocket
from curl_cffi.requests.exceptions import RequestException
from discord.errors import HTTPException
from discord.http import HTTPClient, Route
from discord.utils import Headers

from bot.http.endpoints import Endpoints
from bot.http.session import CONNECT_SECONDS, DiscordSession, SingleUse

FILE_SECONDS = 120.0  # for the largest picture over a slow line
DIALOG_SECONDS = 60.0  # of silence
LONGEST_BUCKET_WAIT = 60.0  # the longest wait of the library for a rate limit that it knows


class DiscordHttp(HTTPClient):
    def __init__(
        self,
        *,
        endpoints: Endpoints,
        headers: Headers,
        proxy_url: str,
        loop: asyncio.AbstractEventLoop,
        captcha: Callable[[Any], Any],
        locale: Callable[[], str],
    ) -> None:
        super().__init__(
            loop=loop,
            proxy=proxy_url or None,
            captcha=captcha,
            locale=locale,
            max_ratelimit_timeout=LONGEST_BUCKET_WAIT,
            debug_options=["bugReporterEnabled"],
        )
        self._endpoints = endpoints
        self._own_headers = headers
        self._own_session: DiscordSession | None = None
        self._running: set[asyncio.Task[Any]] = set()

    # ------------------------------------------------------------ called by the library

    async def startup(self) -> None:
        if self._started:
            return
        self._global_over = asyncio.Event()
        self._global_over.set()
        self.headers = self._own_headers
        self._own_session = DiscordSession(proxied=self.proxy is not None)
        setattr(self, "_HTTPClient__session", self._own_session)  # noqa: B010 - the library's private name
        self._started = True

    async def request(self, route: Route, **kwargs: Any) -> Any:
        route.url = self._endpoints.api(route.url)
        return await super().request(route, **kwargs)

    async def ws_connect(self, url: str, **kwargs: Any) -> AsyncWebSocket:
        headers = {
            "Accept-Language": "en-US,en;q=0.9",
            "Accept-Encoding": "gzip, deflate, br, zstd",
            "Origin": "https://discord.com",
            "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
            "User-Agent": self.user_agent,
        }
        return await self._session().open_gateway(self._endpoints.gateway(url), headers=headers, **self._proxies())

    async def get_from_cdn(self, url: str) -> bytes:
        answer = await self._session().request("GET", self._endpoints.cdn(url), **self._proxies())
        return _ok(answer, "the CDN")

    async def upload_to_cloud(self, url: str, file: Any, hash: str | None = None) -> Any:  # noqa: A002 - the library's
        """`file`: bytes, or the library's File. Sent without a content type, as the store refuses any."""
        content = file if isinstance(file, bytes | str) else file.fp.read()
        headers = {"Content-Type": None, **({"Content-MD5": hash} if hash else {})}
        answer = await self._session().request(
            "PUT",
            self._endpoints.upload(url),
            data=content,
            headers=headers,
            allow_redirects=False,
            timeout=FILE_SECONDS,
            **self._proxies(),
        )
        return _ok(answer, "the upload store")

    async def close(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await super().close()

    # ------------------------------------------------------------ called by the service

    def server_time(self) -> int | None:
        """Discord's time now (ms), to half a second, from the last response's Date header; None without one."""
        header, received = self._session().last_date
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return None
        return int((date.timestamp() + 0.5 + time.monotonic() - received) * 1000)

    async def post_interaction(self, payload: dict[str, Any]) -> None:
        """Send one POST; raises what `bot.http.session` or the library raises.

        Returns as soon as Discord accepts it. The library may still wait for the next window of the rate limit before
        it lets the next request through.
        """
        guild, channel = payload.get("guild_id") or "@me", payload.get("channel_id")
        once = SingleUse(referer=f"https://discord.com/channels/{guild}/{channel}" if channel else "")
        request = asyncio.create_task(
            self.request(Route("POST", "/interactions"), json=payload, once=once), name="post an interaction"
        )
        self._running.add(request)
        request.add_done_callback(self._on_done)
        try:
            await asyncio.wait({request, once.accepted}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            request.cancel()
            raise
        if not once.accepted.done():
            request.result()

    async def post_to_dialog(self, url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[int, str]:
        """Send one POST to a web dialog like its page does: without the token. Returns the status and text.

        Raises what `bot.http.session` raises.
        """
        all_headers = {
            **self.headers.client_hints,
            "Accept": "application/json",
            "Accept-Language": "en-US,en;q=0.9",
            "Accept-Encoding": "gzip, deflate, br, zstd",
            "Content-Type": "application/json",
            "Expect": None,
            "Sec-Fetch-Dest": "empty",
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Site": "same-origin",
            "User-Agent": self.user_agent,
            **headers,
        }
        answer = await self._session().request(
            "POST",
            url,
            once=SingleUse(denies=False),
            data=json.dumps(body),
            headers=all_headers,
            timeout=(CONNECT_SECONDS, DIALOG_SECONDS),
            stream=True,
            **self._proxies(),
        )
        return answer.status_code, await _text(answer)

    def _on_done(self, request: asyncio.Task[Any]) -> None:
        self._running.discard(request)
        if not request.cancelled():
            request.exception()  # retrieve it, so that asyncio does not log it

    def _session(self) -> DiscordSession:
        if self._own_session is None:
            raise RuntimeError("not started")
        return self._own_session

    def _proxies(self) -> dict[str, Any]:
        return {"proxies": {"all": self.proxy}} if self.proxy is not None else {}


async def _text(answer: Any) -> str:
    """The text of a streamed response; "" if the connection is lost, as the status suffices."""
    try:
        return str(await answer.atext())
    except RequestException:
        return ""
    finally:
        await answer.aclose()


def _ok(answer: Any, where: str) -> bytes:
    if not 200 <= answer.status_code < 300:
        answer.status, answer.reason = answer.status_code, ""
        raise HTTPException(answer, f"{where} refused")
    return bytes(answer.content)
