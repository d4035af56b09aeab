"""The HTTP application: which routes there are, who may pass, and how a failure is answered.

Law: every request goes through one guard, and whatever happens behind it leaves as one JSON shape. The reference drew a
paid picture for any method; here a method that a route does not name never reaches it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from api.auth import Access, Gate
from api.callers import CALLER, Caller
from api.docs import Docs
from api.errors import InternalError, TooFast, from_library, refusal
from api.front import Front
from api.health import Health
from api.links import Links
from api.pace import Buckets
from api.ports import Service, Services
from api.protection import security_headers
from api.routes import Handler, Route, register
from api.server import serve
from api.v1 import V1
from tasks.errors import ServiceError

__all__ = ["MAX_BODY", "make_app", "serve"]

MAX_BODY = 1024 * 1024  # bytes; a prompt is a few thousand

log = logging.getLogger(__name__)


def make_app(
    *,
    service: Services[Service],
    access: Access,
    links: Links,
    max_body: int = MAX_BODY,
    more: Iterable[Route] = (),
    around: Iterable[Middleware] = (),
    closing: Iterable[Callable[[web.Application], Awaitable[None]]] = (),
    troubles: Callable[[], Sequence[str]] = tuple,
    picture_hosts: Iterable[str] = (),
) -> web.Application:
    """The application. `more` are further contracts' routes; they pass the same guard. `around` see each answer;
    `closing` are called when the server stops, before it waits for the requests under way. `troubles` is of
    `api.health`. `picture_hosts`: where the console may load pictures from, besides here and by https."""
    gate = Gate(access)
    routes: tuple[Route, ...] = (
        *V1(service, links).routes(),
        *Health(service, gate, troubles).routes(),
        *Front(picture_hosts=picture_hosts).routes(),
        *more,
    )
    routes += Docs(routes, wants_secret=access.wants_secret, public_url=links.public_url).routes()
    guard = _guard(gate, _by_handler(routes), Buckets(access.submits_per_minute), max_body)
    app = web.Application(client_max_size=max_body, middlewares=[*around, guard])
    app.on_shutdown.extend(closing)
    for route in routes:
        register(app.router, route)
    app.on_response_prepare.append(security_headers(is_https=access.is_public_https))
    return app


def _by_handler(routes: Iterable[Route]) -> dict[Handler, Route]:
    """Raises ValueError where one handler would be guarded in two ways: the guard knows a route by its handler."""
    found: dict[Handler, Route] = {}
    for route in routes:
        known = found.setdefault(route.handler, route)
        if (known.is_open, known.is_admin, known.too_fast) != (route.is_open, route.is_admin, route.too_fast):
            raise ValueError(f"{known.path} and {route.path} are guarded in two ways: give each its own handler.")
    return found


def _guard(gate: Gate, routes: Mapping[Handler, Route], submits: Buckets, max_body: int) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        response: web.StreamResponse
        try:
            if request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers:
                return await _preflight(request, gate)
            route = routes.get(handler)  # None: there is no such address, or not with this method
            caller = _let_in(request, route, gate)
            if caller is not None:
                request[CALLER] = caller
            response = _too_fast(caller, route, submits) or await handler(request)
        except ServiceError as error:
            response = refusal(error)
            if response.status >= 500:
                log.error("%s %r: %s", request.method, request.path, error, exc_info=response.status == 500)
        except web.HTTPException as error:
            response = refusal(from_library(error, request, max_body))
            if isinstance(error, web.HTTPMethodNotAllowed):
                response.headers[hdrs.ALLOW] = _methods(error)
        except Exception:
            log.exception("%s %r could not be answered", request.method, request.path)
            response = refusal(InternalError())
        if hdrs.ORIGIN in request.headers:
            response.headers.update(gate.cors(request.headers))
        return response

    return guard


def _let_in(request: web.Request, route: Route | None, gate: Gate) -> Caller | None:
    """Who asks; None on an open route. Raises when it may not pass."""
    if route is not None and route.is_open:
        return None
    caller = gate.check(request.method, request.headers, request.remote)
    if route is not None and route.is_admin:
        gate.check_admin(caller, request.headers, request.remote)
    return caller


def _too_fast(caller: Caller | None, route: Route | None, submits: Buckets) -> web.Response | None:
    """The answer to one submit too many; look-ups are not counted."""
    if caller is None or route is None or route.too_fast is None:
        return None
    wait = submits.take(caller.name)
    return route.too_fast(TooFast(retry_after=wait)) if wait else None


async def _preflight(request: web.Request, gate: Gate) -> web.StreamResponse:
    """What a browser asks before it sends. The router knows the methods: it has just refused OPTIONS."""
    error = request.match_info.http_exception
    if not isinstance(error, web.HTTPMethodNotAllowed):
        raise error or InternalError()
    return web.Response(status=204, headers=gate.preflight(request.headers, _methods(error)))


def _methods(error: web.HTTPMethodNotAllowed) -> str:
    return ", ".join(sorted(error.allowed_methods))
