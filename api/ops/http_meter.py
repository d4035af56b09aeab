"""Counts and times requests by route.

Contract: runs on every request and costs a lookup and an addition. The label is the route of the router, never the
requested path, which may contain anything.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from aiohttp import web
from multidict import istr
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.utils import floatToGoString

from api.http.errors import CODE_HEADER

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
NO_ROUTE = "none"  # no route for the path or for the method
ANY = "any"  # the label of a method without a route, which may be any word
_EDGES = [*map(floatToGoString, BUCKETS), "+Inf"]
_CODE = istr(CODE_HEADER)
_FORGIVEN = re.compile(r"\{_\w+\}")  # where `api.http.routes` accepts repeated slashes


class _Meter:
    """The counts of one route."""

    __slots__ = ("answers", "counts", "route", "seconds")

    def __init__(self, route: str) -> None:
        self.route = route
        self.answers: Counter[tuple[str, int]] = Counter()  # by method and status
        self.counts = [0] * (len(BUCKETS) + 1)  # by bucket; the last is open-ended
        self.seconds = 0.0


class HttpMeter:
    def __init__(self) -> None:
        self._meters: dict[str, _Meter] = {}  # by route
        self._of_resource: dict[web.AbstractResource | None, _Meter] = {None: self._named(NO_ROUTE)}
        self._refusals: Counter[str] = Counter()

    def record(self, request: web.Request, response: web.StreamResponse, seconds: float) -> None:
        """Count a response and its duration."""
        resource = request.match_info.route.resource
        meter = self._of_resource.get(resource)
        if meter is None:
            name = "" if resource is None else resource.canonical
            meter = self._of_resource[resource] = self._named(_FORGIVEN.sub("", name) or "/")
        meter.answers[ANY if resource is None else request.method, response.status] += 1
        if _CODE in response.headers:
            self._refusals[response.headers[_CODE]] += 1
        if isinstance(response, web.Response):  # the duration of a stream depends on its client
            meter.counts[bisect_left(BUCKETS, seconds)] += 1
            meter.seconds += seconds

    def _named(self, route: str) -> _Meter:
        """One meter for all spellings of a route."""
        return self._meters.setdefault(route, _Meter(route))

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "mj_http_requests", "Requests that were answered.", labels=("route", "method", "status")
        )
        times = HistogramMetricFamily(
            "mj_http_request_duration_seconds", "Until a request was answered, streams left out.", labels=("route",)
        )
        for meter in self._meters.values():
            for (method, status), count in meter.answers.items():
                requests.add_metric((meter.route, method, str(status)), count)
            if any(meter.counts):
                buckets = [*zip(_EDGES, accumulate(meter.counts), strict=True)]
                times.add_metric((meter.route,), buckets=buckets, sum_value=meter.seconds)
        yield requests
        yield times
        refusals = CounterMetricFamily("mj_http_refusals", "Answers with an Error-Code.", labels=("code",))
        for code, count in self._refusals.items():
            refusals.add_metric((code,), count)
        yield refusals
