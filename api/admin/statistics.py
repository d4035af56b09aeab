"""/api/v1/statistics: what was drawn in a period and how the service stands, for the operator.

Contract: adds up hourly tallies and reads current counts; never reads tasks one by one. Periods begin and end on full
hours (UTC), because the tallies do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Protocol, TypedDict

from aiohttp import web
from msgspec import Struct

from api.http.operations import Answer, Operation, names_of, says
from api.http.request_fields import Fields, query_fields
from api.http.responses import json_value
from api.http.routes import Route
from api.ops.metrics import CopyCounts, TaskCounts
from tasks.domain.errors import BadRequest, StoreFailed
from tasks.domain.ports import Clock
from tasks.domain.version import VERSION

HOUR = 3_600_000  # ms
DAY = 24 * HOUR
LONGEST_DAYS = 400
DEFAULT_DAYS = 30
HOURLY_UP_TO = 48  # hours; longer periods are divided into days
_END = 8_640_000_000_000_000  # ms; the last time of a JavaScript Date

Totals = Mapping[str, Mapping[str, int]]
Ends = Mapping[int, Mapping[str, int]]


class Period(Struct, kw_only=True, rename={"since": "from", "until": "to"}):
    """Which period. Times are milliseconds since 1970."""

    since: Annotated[int, says("Its beginning; 30 days before its end if absent.", ge=0, le=_END)] = 0
    until: Annotated[int, says("Its end; now if absent.", ge=0, le=_END)] = 0


class EndsV1(TypedDict):
    """Tasks that ended in a part of the period."""

    start: Annotated[int, says("Milliseconds since 1970.")]
    succeeded: int
    failed: int
    cancelled: int


class DurationsV1(TypedDict):
    """Seconds from submit to the end of successful drawings, to about 5 %; null without any."""

    p50: int | None
    p95: int | None


class DiskV1(TypedDict):
    """Bytes on the disk of the database; free and total are null with PostgreSQL, whose disk may be elsewhere."""

    free: int | None
    total: int | None
    database: int | None


class ArchiveV1(TypedDict):
    """Copies of results."""

    stored: int
    bytes: int
    due: int
    givenUp: int


class StatisticsV1(TypedDict):
    """Ended tasks of the period, and the present state. Times are milliseconds since 1970."""

    version: str
    since: int
    until: int
    succeeded: int
    failed: int
    cancelled: int
    successRate: Annotated[float | None, says("Succeeded of succeeded and failed, 0 to 1; null without any.")]
    seconds: DurationsV1
    byAction: dict[str, int]
    byMode: Annotated[dict[str, int], says('Drawings; `""` where MidJourney has not reported a mode.')]
    byAccount: dict[str, int]
    bySecret: Annotated[dict[str, int], says('By name of the secret; `""` for an unnamed one, or none.')]
    failures: Annotated[dict[str, int], says("By `Error-Code` or other reason.")]
    stepHours: Annotated[int, says("Length of the parts in `series`.")]
    series: list[EndsV1]
    waiting: Annotated[int, says("Tasks that wait for an account now.")]
    oldestSeconds: Annotated[int, says("How long the first of them has waited.")]
    disk: DiskV1
    archive: ArchiveV1
    lastBackup: Annotated[int | None, says("When `backup` last copied the database; null if never.")]


_DOC = Operation(
    name="statistics",
    tag="operator",
    summary="What was drawn, and how the service stands (统计)",
    text="Counts tasks that ended, also those that retention has removed.",
    query=Period,
    answers={200: Answer(means="Period and present state.", type=StatisticsV1)},
    errors=(BadRequest, StoreFailed),
)
_FIELDS = names_of(Period)


class Tallies(Protocol):
    """Ended tasks per hour. Hours count from 1970; a period includes `first`, not `last`."""

    async def totals(self, first: int, last: int) -> Totals:
        """By dimension and name."""

    async def ends(self, first: int, last: int, step: int) -> Ends:
        """By part of the period, 0 is the first, and status."""


class StatisticsRoutes:
    """`disk` returns `free`, `total` and `database` bytes and the time of the `last_backup`; it may block."""

    def __init__(
        self,
        tallies: Tallies,
        *,
        tasks: TaskCounts,
        copies: CopyCounts,
        disk: Callable[[], Mapping[str, int | None]],
        clock: Clock,
    ) -> None:
        self._tallies = tallies
        self._tasks = tasks
        self._copies = copies
        self._disk = disk
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        return (Route(path="/api/v1/statistics", handler=self.statistics, methods=("GET",), is_admin=True, doc=_DOC),)

    async def statistics(self, request: web.Request) -> web.Response:
        now = self._clock.now()
        first, last = _period(query_fields(request, _FIELDS), now)
        step = 1 if last - first <= HOURLY_UP_TO else 24
        totals = await self._tallies.totals(first, last)
        ends = await self._tallies.ends(first, last, step)
        waiting, oldest = await self._tasks.count_waiting(), await self._tasks.waiting(1)
        due, given_up, stored, size = await self._copies.counts()
        disk = await asyncio.to_thread(self._disk)
        series = [
            {"start": (first + part * step) * HOUR, **_by_status(ends.get(part, {}))}
            for part in range((last - first + step - 1) // step)
        ]
        return json_value(
            {
                "version": VERSION,
                "since": first * HOUR,
                "until": last * HOUR,
                **in_period(totals),
                "stepHours": step,
                "series": series,
                "waiting": waiting,
                "oldestSeconds": max(0, now - oldest[0].request.submit_time) // 1000 if oldest else 0,
                "disk": {name: disk[name] for name in ("free", "total", "database")},
                "archive": {"stored": stored, "bytes": size, "due": due, "givenUp": given_up},
                "lastBackup": disk["last_backup"],
            }
        )


def in_period(totals: Totals) -> dict[str, object]:
    """The figures of a period, from its totals."""
    ended = _by_status(totals.get("status", {}))
    decided = ended["succeeded"] + ended["failed"]
    seconds = {int(name): count for name, count in totals.get("seconds", {}).items()}
    return {
        **ended,
        "successRate": round(ended["succeeded"] / decided, 4) if decided else None,
        "seconds": {"p50": percentile(seconds, 50), "p95": percentile(seconds, 95)},
        "byAction": _sorted(totals.get("action", {})),
        "byMode": _sorted(totals.get("mode", {})),
        "byAccount": _sorted(totals.get("account", {})),
        "bySecret": _sorted(totals.get("owner", {})),
        "failures": _sorted(totals.get("reason", {})),
    }


def percentile(counts: Mapping[int, int], percent: int) -> int | None:
    """The smallest value that at least `percent` of the counted values do not exceed; None without values."""
    wanted = sum(counts.values()) * percent
    reached = 0
    for value in sorted(counts):
        reached += counts[value] * 100
        if reached >= wanted:
            return value
    return None


def _by_status(counts: Mapping[str, int]) -> dict[str, int]:
    names = {"succeeded": "SUCCESS", "failed": "FAILURE", "cancelled": "CANCEL"}
    return {name: counts.get(status, 0) for name, status in names.items()}


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _period(fields: Fields, now: int) -> tuple[int, int]:
    """The hours from 1970: the first, and the one after the last."""
    until = _time(fields, "to", now)
    since = _time(fields, "from", max(0, until - DEFAULT_DAYS * DAY))
    if since >= until:
        raise BadRequest("from must be before to.", hint="Both are milliseconds since 1970.")
    if until - since > LONGEST_DAYS * DAY:
        raise BadRequest(f"The period is longer than {LONGEST_DAYS} days.", hint="Ask for a shorter one.")
    return since // HOUR, -(-until // HOUR)


def _time(fields: Fields, name: str, default: int) -> int:
    text = fields.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= _END):
        raise BadRequest(f"{name} must be a time in milliseconds since 1970.")
    return int(text)
