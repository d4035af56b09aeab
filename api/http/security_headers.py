"""What every answer tells browsers: read it as what it says it is, load nothing for it, show it in no frame.

Contract: on each answer, whoever made it, streams and errors too; a page that needs more says so itself and keeps its
word.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

SERVER = "midjourney-node-api"  # the library's own value tells its version to everybody
YEAR = 365 * 24 * 3600  # seconds

# For what is no page: nothing may be loaded, run or framed.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def security_headers(*, is_https: bool) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """For `on_response_prepare`. `is_https`: users come by https alone, and browsers are to keep to it."""
    strict = f"max-age={YEAR}"

    async def add(_request: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        if (
            headers.get(hdrs.SERVER) != SERVER
        ):  # api.http.responses, which makes nearly all of them, has the rest in place
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers[hdrs.SERVER] = SERVER
        if is_https:
            headers["Strict-Transport-Security"] = strict

    return add
