"""Who watches: streams, waits and figures, wired together.

Law: as in `app.service`; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.http.auth import Gate
from api.http.links import Links
from api.http.routes import Route
from api.live.connection_limits import StreamLimits
from api.live.events import EventRoutes
from api.live.feed import Feed
from api.live.representations import Representations
from api.live.tasks import TaskRoutes
from api.live.tickets import Tickets
from api.ops.http_meter import HttpMeter
from api.ops.metrics import Metrics
from api.ops.task_meter import TaskMeter
from api.ports import Service, Services
from storage.images import Images
from storage.outbox import Outbox
from storage.tasks import Tasks
from tasks.domain.ports import Clock
from tasks.effects.changes import Changes


@dataclass(frozen=True, kw_only=True, slots=True)
class Observers:
    """`feed` is to be started and run; `streams` is to be closed when the server stops."""

    feed: Feed
    streams: EventRoutes
    routes: Sequence[Route]
    meter: HttpMeter


def make_observers(
    services: Services[Service],
    *,
    store: Tasks,
    outbox: Outbox,
    copies: Images,
    changes: Changes,
    gate: Gate,
    links: Links,
    clock: Clock,
) -> Observers:
    http_meter, task_meter = HttpMeter(), TaskMeter()
    feed, seats, shapes = Feed(store, changes, watch=task_meter.look), StreamLimits(), Representations(links)
    streams = EventRoutes(services, feed, store, gate=gate, seats=seats, tickets=Tickets(clock), shapes=shapes)
    looks = TaskRoutes(services, feed, store, seats=seats, shapes=shapes)
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
    return Observers(
        feed=feed,
        streams=streams,
        routes=[*streams.routes(), *looks.routes(), *metrics.routes()],
        meter=http_meter,
    )
