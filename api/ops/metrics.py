"""/metrics: the state of the service in the Prometheus format.

Contract: counters live in the meters; this page reads the current values once and writes everything. It uses a private
registry and nothing global. An unavailable database is a metric, not a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.http.errors import Forbidden
from api.http.principals import CALLER
from api.http.routes import Route
from api.live.connection_limits import KINDS, StreamLimits
from api.live.operations import METRICS
from api.ops.http_meter import HttpMeter
from api.ops.task_meter import TaskMeter
from tasks.domain.errors import StoreFailed
from tasks.domain.model import Account, Task
from tasks.domain.ports import Clock
from tasks.domain.version import VERSION

_HEADERS = {"Content-Type": CONTENT_TYPE_LATEST}


class TaskCounts(Protocol):
    """Part of `tasks.domain.ports.TaskStore`."""

    async def count_open(self) -> Mapping[tuple[str, ...], int]: ...

    async def count_waiting(self) -> int: ...

    async def waiting(self, limit: int) -> list[Task]: ...


class HookCounts(Protocol):
    """Part of the outbox."""

    async def counts(self) -> tuple[int, int]: ...


class CopyCounts(Protocol):
    """Part of the table of copies."""

    async def counts(self) -> tuple[int, int, int, int]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredCounts:
    """Counts from the database."""

    open: Mapping[tuple[str, ...], int]  # by status, action, account
    waiting: int
    oldest: int  # ms that the first of them has waited
    hooks_due: int
    hooks_given_up: int
    copies: Mapping[str, int]  # by state
    copies_size: int  # bytes of stored copies


class Metrics:
    def __init__(
        self,
        *,
        http: HttpMeter,
        ways: TaskMeter,
        tasks: TaskCounts,
        hooks: HookCounts,
        copies: CopyCounts,
        accounts: Callable[[], Sequence[Account]],
        seats: StreamLimits,
        cut: Callable[[], int],
        clock: Clock,
    ) -> None:
        self._registry = ways.registry
        self._http = http
        self._tasks = tasks
        self._hooks = hooks
        self._copies = copies
        self._accounts = accounts
        self._seats = seats
        self._cut = cut
        self._clock = clock
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def routes(self) -> tuple[Route, ...]:
        return (Route(path="/metrics", handler=self.page, methods=("GET",), doc=METRICS),)

    async def page(self, request: web.Request) -> web.Response:
        if not request[CALLER].sees_all:
            raise Forbidden("Metrics cover all tasks.", hint="Use a secret that sees all tasks.")
        return web.Response(body=generate_latest(_All(self._families(await self._stored()))), headers=_HEADERS)

    async def _stored(self) -> StoredCounts | None:
        try:
            first = await self._tasks.waiting(1)
            due, given_up = await self._hooks.counts()
            copies_due, copies_given_up, stored, size = await self._copies.counts()
            return StoredCounts(
                open=await self._tasks.count_open(),
                waiting=await self._tasks.count_waiting(),
                oldest=max(0, self._clock.now() - first[0].request.submit_time) if first else 0,
                hooks_due=due,
                hooks_given_up=given_up,
                copies={"due": copies_due, "given_up": copies_given_up, "stored": stored},
                copies_size=size,
            )
        except StoreFailed:
            return None

    def _families(self, stored: StoredCounts | None) -> Iterator[Metric]:
        yield gauge("mj_build_info", "The version.", {(VERSION,): 1}, "version")
        yield gauge("mj_database_up", "The database can be read: 1 or 0.", {(): int(stored is not None)})
        if stored is not None:
            yield from of_stored(stored)
        yield from of_accounts(self._accounts())
        open_now: Values = {(kind,): self._seats.kinds[kind] for kind in KINDS}
        yield gauge("mj_streams_open", "Streams and waits that are open.", open_now, "kind")
        yield counter("mj_streams_cut", "Streams cut because their listener was too slow.", {(): self._cut()})
        yield from self._http.collect()
        yield from map(_without_created, self._registry.collect())


class _All(Collector):
    def __init__(self, families: Iterator[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return self._families


def _without_created(metric: Metric) -> Metric:
    """Drop the `_created` samples: each is about the start of the process."""
    metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
    return metric


Values = Mapping[tuple[str, ...], float]
F = TypeVar("F", GaugeMetricFamily, CounterMetricFamily)


def gauge(name: str, meaning: str, values: Values, *labels: str) -> GaugeMetricFamily:
    return _filled(GaugeMetricFamily(name, meaning, labels=labels), values)


def counter(name: str, meaning: str, values: Values, *labels: str) -> CounterMetricFamily:
    return _filled(CounterMetricFamily(name, meaning, labels=labels), values)


def _filled(family: F, values: Values) -> F:
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def of_stored(counts: StoredCounts) -> Iterator[Metric]:
    yield gauge("mj_tasks", "Tasks that are not over.", counts.open, "status", "action", "account")
    yield gauge("mj_queue_length", "Tasks that wait for an account.", {(): counts.waiting})
    yield gauge("mj_queue_oldest_age_seconds", "How long the first of them has waited.", {(): counts.oldest / 1000})
    yield gauge("mj_webhooks_due", "Call-backs that are to be made, now or later.", {(): counts.hooks_due})
    yield gauge(
        "mj_webhooks_given_up", "Call-backs that were given up and are still kept.", {(): counts.hooks_given_up}
    )
    copies: Values = {(state,): number for state, number in counts.copies.items()}
    yield gauge("mj_archive_copies", "Copies of results: to be made, stored, or given up.", copies, "state")
    yield gauge("mj_archive_stored_bytes", "What the stored copies take.", {(): counts.copies_size})


def of_accounts(accounts: Sequence[Account]) -> Iterator[Metric]:
    def each(value: Callable[[Account], object]) -> dict[tuple[str, ...], float]:
        values = {account.id: value(account) for account in accounts}
        return {(name,): float(known) for name, known in values.items() if isinstance(known, int)}

    def known(name: str) -> dict[tuple[str, ...], float]:
        return each(lambda account: account.details.get(name))

    yield gauge("mj_account_connected", "Connected to Discord: 1 or 0.", each(lambda a: a.connected), "account")
    yield gauge("mj_account_usable", "Connected and not paused: 1 or 0.", each(lambda a: a.is_usable), "account")
    yield gauge("mj_account_paused", "A human must mend it: 1 or 0.", each(lambda a: bool(a.paused)), "account")
    yield gauge("mj_account_capacity", "Drawings at once.", each(lambda a: a.capacity), "account")
    yield gauge(
        "mj_account_heartbeat_age_seconds",
        "Since anything came from Discord's gateway.",
        known("last_heartbeat_seconds"),
        "account",
    )
    yield gauge(
        "mj_account_last_event_age_seconds", "Since something was said.", known("last_event_seconds"), "account"
    )
    yield counter("mj_account_reconnects", "Connections that were lost.", known("reconnects"), "account")
