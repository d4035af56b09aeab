"""The HTTP application: which routes there are, who may pass, and how a failure is answered.

Contract: every request goes through one guard, and whatever happens behind it leaves as one JSON shape. The reference
drew a paid picture for any method; here a method that a route does not name never reaches it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from time import perf_counter

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from api.http.auth import Access, Gate
from api.http.bodies import release_claim
from api.http.body_budget import BODY_BUDGET, BodyBudget
from api.http.errors import InternalError, TooFast, from_library, refusal
from api.http.links import Links
from api.http.principals import CALLER
from api.http.rate_limit import RateLimiter
from api.http.routes import Handler, Route, register
from api.http.security_headers import security_headers
from api.http.server import serve
from api.ops.console_page import ConsolePage
from api.ops.docs import Docs
from api.ops.health import Health
from api.ops.http_meter import HttpMeter
from api.ports import Service, Services
from api.v1.routes import V1Routes
from tasks.domain.errors import ServiceError

__all__ = ["MAX_BODY", "Application", "make_app", "serve"]

MAX_BODY = 1024 * 1024  # bytes; a prompt is a few thousand

log = logging.getLogger(__name__)

Application = web.Application


def make_app(
    *,
    service: Services[Service],
    access: Access,
    links: Links,
    gate: Gate | None = None,
    max_body: int = MAX_BODY,
    more: Iterable[Route] = (),
    meter: HttpMeter | None = None,
    closing: Iterable[Callable[[web.Application], Awaitable[None]]] = (),
    troubles: Callable[[], Sequence[str]] = tuple,
    picture_hosts: Iterable[str] = (),
) -> web.Application:
    """The application. `gate` is that of `access`, where routes of `more` ask it themselves: there is one, as it counts
    wrong secrets. `more` are further contracts' routes; they pass the same guard. `meter` notes each answer; `closing`
    are called when the server stops, before it waits for the requests under way. `troubles` is of `api.ops.health`.
    `picture_hosts`: where the console may load pictures from, besides here and by https."""
    gate = gate or Gate(access)
    routes: tuple[Route, ...] = (
        *V1Routes(service, links).routes(),
        *Health(service, gate, troubles).routes(),
        *ConsolePage(picture_hosts=picture_hosts).routes(),
        *more,
    )
    routes += Docs(routes, wants_secret=access.wants_secret, public_url=links.public_url).routes()
    submits = RateLimiter(access.submits_per_minute)
    guard = _guard(gate, _by_handler(routes), submits, max_body, meter or HttpMeter())
    app = web.Application(client_max_size=max_body, middlewares=[guard])
    app[BODY_BUDGET] = BodyBudget(max_body)
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


def _guard(
    gate: Gate, routes: Mapping[Handler, Route], submits: RateLimiter, max_body: int, meter: HttpMeter
) -> Middleware:
    """One middleware does it all: each further one would cost every request."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = perf_counter()
        response: web.StreamResponse
        headers = request.headers
        try:
            if request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in headers:
                response = _preflight(request, gate)
            else:
                route = routes.get(handler)  # None: there is no such address, or not with this method
                response = _let_in(request, route, gate, submits) or await handler(request)
        except Exception as error:
            if request.writer.output_size:
                raise _broken_off(request, error) from error
            response = _refused(request, error, max_body)
        finally:
            release_claim(request)
        if hdrs.ORIGIN in headers:
            response.headers.update(gate.cors(headers))
        meter.record(request, response, perf_counter() - began)
        return response

    return guard


def _refused(request: web.Request, error: Exception, max_body: int) -> web.Response:
    if isinstance(error, ServiceError):
        response = refusal(error)
        if response.status >= 500:
            log.error("%s %r: %s", request.method, request.path, error, exc_info=response.status == 500)
        return response
    if isinstance(error, web.HTTPException):
        response = refusal(from_library(error, request, max_body))
        if isinstance(error, web.HTTPMethodNotAllowed):
            response.headers[hdrs.ALLOW] = _methods(error)
        return response
    log.error("%s %r could not be answered", request.method, request.path, exc_info=error)
    return refusal(InternalError())


def _broken_off(request: web.Request, error: Exception) -> ConnectionError:
    """An answer that has begun cannot become another: whoever reads it is to see that it is cut. The library knows
    what is raised here."""
    if not isinstance(error, ConnectionError):  # whoever read it has left, most often
        log.error("the answer to %s %r broke off", request.method, request.path, exc_info=error)
    if request.transport is not None:
        request.transport.abort()
    return ConnectionAbortedError("an answer broke off")


def _let_in(request: web.Request, route: Route | None, gate: Gate, submits: RateLimiter) -> web.Response | None:
    """Notes who asks, where that matters. Raises when it may not pass; one submit too many is answered."""
    if route is not None and route.is_open:
        return None
    caller = request[CALLER] = gate.check(request.method, request.headers, request.remote)
    if route is None:
        return None
    if route.is_admin:
        gate.check_admin(caller, request.headers, request.remote)
    if route.too_fast is None:  # look-ups are not counted
        return None
    wait = submits.take(caller.name)
    return route.too_fast(TooFast(retry_after=wait)) if wait else None


def _preflight(request: web.Request, gate: Gate) -> web.StreamResponse:
    """What a browser asks before it sends. The router knows the methods: it has just refused OPTIONS."""
    error = request.match_info.http_exception
    if not isinstance(error, web.HTTPMethodNotAllowed):
        raise error or InternalError()
    return web.Response(status=204, headers=gate.preflight(request.headers, _methods(error)))


def _methods(error: web.HTTPMethodNotAllowed) -> str:
    return ", ".join(sorted(error.allowed_methods))
