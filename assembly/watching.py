"""Who watches: streams, waits and figures, wired together.

Law: as in `assembly.service`; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.auth import Gate
from api.events import Events
from api.feed import Feed
from api.http_meter import HttpMeter
from api.links import Links
from api.metrics import Metrics
from api.ports import Service, Services
from api.routes import Route
from api.seats import Seats
from api.shapes import Shapes
from api.task_meter import TaskMeter
from api.tasks_v1 import TasksV1
from api.tickets import Tickets
from storage.images import Images
from storage.outbox import Outbox
from storage.tasks import Tasks
from tasks.changes import Changes
from tasks.ports import Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class Watching:
    """`feed` is to be started and run; `streams` is to be closed when the server stops."""

    feed: Feed
    streams: Events
    routes: Sequence[Route]
    meter: HttpMeter


def make_watching(
    services: Services[Service],
    *,
    store: Tasks,
    outbox: Outbox,
    copies: Images,
    changes: Changes,
    gate: Gate,
    links: Links,
    clock: Clock,
) -> Watching:
    http_meter, task_meter = HttpMeter(), TaskMeter()
    feed, seats, shapes = Feed(store, changes, watch=task_meter.look), Seats(), Shapes(links)
    streams = Events(services, feed, store, gate=gate, seats=seats, tickets=Tickets(clock), shapes=shapes)
    looks = TasksV1(services, feed, store, seats=seats, shapes=shapes)
    metrics = Metrics(
        http=http_meter,
        ways=task_meter,
        tasks=store,
        hooks=outbox,
        copies=copies,
        accounts=services.accounts,
        seats=seats,
        cut=lambda: streams.cut,
        clock=clock,
    )
    return Watching(
        feed=feed,
        streams=streams,
        routes=[*streams.routes(), *looks.routes(), *metrics.routes()],
        meter=http_meter,
    )
