"""A route, and how its path is forgiving.

Contract: a path means the same with doubled slashes and with a trailing one, and is answered in place: a redirect would
lose the body of a POST.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import HttpVersion11, hdrs, web

from api.http.operations import Operation
from tasks.domain.errors import ServiceError

Refuse = Callable[[ServiceError], web.Response]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One path and who answers it."""

    path: str
    handler: Handler
    methods: tuple[str, ...] = ("GET", "POST")
    is_open: bool = False  # answered without the secret and to any page: it draws nothing and tells nothing
    is_admin: bool = False  # for the holder of ADMIN_SECRET alone; without one in the settings, for nobody
    doc: Operation | None = None  # what it says of itself; a test fails for a route without
    too_fast: Refuse | None = None  # a submit, counted against RATE_LIMIT: how one too many is answered


def register(router: web.UrlDispatcher, route: Route) -> None:
    """The plain path first: the router finds it by one look-up, the forgiving one only when that failed."""
    for path in (route.path, forgiving(route.path)):
        for method in route.methods:
            router.add_route(method, path, route.handler, expect_handler=_continue)


async def _continue(request: web.Request) -> None:
    """A caller may ask before it sends its body; what else it may expect is no reason to refuse it."""
    if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue" and request.version == HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun


def forgiving(path: str) -> str:
    """The path as a pattern that takes more slashes than one: `/a/b` also as `//a//b/`."""
    parts = [part for part in path.split("/") if part]
    middle = "".join(f"/{{_{number}:/*}}{part}" for number, part in enumerate(parts))
    return f"{middle}{{_end:/*}}" if parts else "/{_end:/+}"
