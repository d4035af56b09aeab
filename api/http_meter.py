"""Requests counted and timed, by route.

Law: on the way of every request, so it costs next to nothing: a look-up and an addition. A route is named as the router
knows it, never as it was asked for: an address may hold anything.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from time import perf_counter

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.utils import floatToGoString

from api.errors import CODE_HEADER

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
NO_ROUTE = "none"  # nothing stands at the address
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FORGIVEN = re.compile(r"\{_\w+\}")  # where `api.routes` takes more slashes than one


class HttpMeter:
    def __init__(self) -> None:
        self._routes: dict[web.AbstractResource | None, str] = {None: NO_ROUTE}
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._refusals: Counter[str] = Counter()
        self._times: dict[str, list[int]] = {}  # by route, for each bucket and what is beyond
        self._sums: Counter[str] = Counter()  # microseconds

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        began = perf_counter()
        response = await handler(request)
        self._note(request, response, perf_counter() - began)
        return response

    def _note(self, request: web.Request, response: web.StreamResponse, seconds: float) -> None:
        resource = request.match_info.route.resource
        route = self._routes.get(resource) or self._named(resource)
        method = request.method if request.method in _METHODS else "other"
        self._requests[route, method, response.status] += 1
        if CODE_HEADER in response.headers:
            self._refusals[response.headers[CODE_HEADER]] += 1
        if isinstance(response, web.Response):  # a stream lasts as long as it is listened to
            if route not in self._times:
                self._times[route] = [0] * (len(BUCKETS) + 1)
            self._times[route][bisect_left(BUCKETS, seconds)] += 1
            self._sums[route] += round(seconds * 1_000_000)

    def _named(self, resource: web.AbstractResource | None) -> str:
        name = _FORGIVEN.sub("", "" if resource is None else resource.canonical) or "/"
        self._routes[resource] = name
        return name

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "mj_http_requests", "Requests that were answered.", labels=("route", "method", "status")
        )
        for (route, method, status), count in self._requests.items():
            requests.add_metric((route, method, str(status)), count)
        yield requests
        refusals = CounterMetricFamily("mj_http_refusals", "Answers with an Error-Code.", labels=("code",))
        for code, count in self._refusals.items():
            refusals.add_metric((code,), count)
        yield refusals
        times = HistogramMetricFamily(
            "mj_http_request_duration_seconds", "Until a request was answered, streams left out.", labels=("route",)
        )
        edges = [*map(floatToGoString, BUCKETS), "+Inf"]
        for route, counts in self._times.items():
            buckets = [*zip(edges, accumulate(counts), strict=True)]
            times.add_metric((route,), buckets=buckets, sum_value=self._sums[route] / 1_000_000)
        yield times
