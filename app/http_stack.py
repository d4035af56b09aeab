"""The HTTP side of the service over the core: the application, webhooks, streams, metrics, archived images.

Contract: constructs each object and passes its dependencies by keyword. Nothing here decides, and nothing runs yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from api.admin.accounts import AccountRoutes
from api.admin.alerts import AlertRoutes
from api.admin.deliveries import DeliveryRoutes
from api.admin.facts import FactRoutes
from api.admin.manual_resolution import ManualResolutionRoutes
from api.admin.settings_view import SettingsView
from api.admin.statistics import StatisticsRoutes
from api.app import Application, make_app
from api.http.auth import Gate
from api.http.links import Links
from api.http.routes import Route
from api.images.picture_fetch import PictureFetch
from api.live.connection_limits import StreamLimits
from api.live.events import EventRoutes
from api.live.feed import Feed
from api.live.representations import Representations
from api.live.tasks import TaskRoutes
from api.live.tickets import Tickets
from api.mj.routes import MjRoutes
from api.mj.schema import render_mj
from api.ops.http_meter import HttpMeter
from api.ops.metrics import Metrics
from api.ops.task_meter import TaskMeter
from api.ports import Service, Services
from api.v1.schema import render_v1
from api.webhooks.signing import Signer
from api.webhooks.worker import WebhookWorker
from app.core import Core
from app.database import database_figures
from app.effective_settings import effective_settings
from app.factories import make_access, make_allowlist
from app.image_archive import ImageArchive, open_image_archive
from settings import Settings
from storage.images import Images
from storage.outbox import Outbox
from storage.tasks import Tasks
from tasks.domain.ports import Clock
from tasks.effects.changes import Changes


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpStack:
    links: Links
    deliveries: WebhookWorker
    images: ImageArchive
    observers: Observers
    app: Application


async def open_http_stack(settings: Settings, core: Core, stack: AsyncExitStack) -> HttpStack:
    """Open the parts in order; `stack` closes them in reverse."""
    store, access = core.store, make_access(settings.http)
    gate = Gate(access)
    links = Links(
        cdn_base=settings.discord.cdn_base,
        public_url=settings.http.public_url,
        names_tiles=settings.http.names_tiles,
    )
    images = await stack.enter_async_context(
        open_image_archive(
            settings.archive,
            database=store.database,
            store=store.tasks,
            pool=core.pool,
            changes=store.changes,
            publish=core.events.put_nowait,
            clock=store.clock,
            wall=store.clock,
        )
    )
    observers = make_observers(
        core.use_cases,
        store=store.tasks,
        outbox=store.outbox,
        copies=images.table,
        changes=store.changes,
        gate=gate,
        links=links,
        clock=store.clock,
    )
    statistics = StatisticsRoutes(
        store.statistics,
        tasks=store.tasks,
        copies=images.table,
        disk=database_figures(settings.storage),
        clock=store.clock,
    )
    routes = [
        *await _routes(settings, core, links, stack),
        *observers.routes,
        *images.routes,
        *statistics.routes(),
    ]
    app = make_app(
        service=core.use_cases,
        access=access,
        links=links,
        gate=gate,
        max_body=settings.http.max_body_mb * 2**20,
        more=routes,
        meter=observers.meter,
        troubles=images.problems,
        closing=[observers.streams.close],
        picture_hosts=[settings.discord.cdn_base],
    )
    return HttpStack(
        links=links, deliveries=_deliveries(settings, core, links), images=images, observers=observers, app=app
    )


async def _routes(settings: Settings, core: Core, links: Links, stack: AsyncExitStack) -> list[Route]:
    pictures = await stack.enter_async_context(PictureFetch(make_allowlist(settings.hooks)))
    mj = MjRoutes(
        core.use_cases,
        links,
        queued_code=settings.http.queued_code,
        queue_size=settings.tasks.max_queue,
        timeout_minutes=settings.tasks.silence_minutes,
        load=pictures,
    )
    return [
        *mj.routes(),
        *ManualResolutionRoutes(core.use_cases, links).routes(),
        *AccountRoutes(core.accounts, core.use_cases).routes(),
        *SettingsView(effective_settings(settings)).routes(),
        *AlertRoutes(core.alerts).routes(),
        *FactRoutes(core.store.facts).routes(),
        *DeliveryRoutes(core.store.outbox, core.store.clock).routes(),
    ]


def _deliveries(settings: Settings, core: Core, links: Links) -> WebhookWorker:
    store = core.store
    return WebhookWorker(
        store.outbox,
        store.tasks.get,
        {"v1": partial(render_v1, links=links), "mj": partial(render_mj, links=links)},
        allowed=make_allowlist(settings.hooks),
        signer=Signer(settings.hooks.webhook_secret),
        clock=store.clock,
        wall=store.clock,
        notify=store.changes.publish,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Observers:
    """Streams and metrics. Start and run `feed`; close `streams` when the server stops."""

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
    feed, seats, shapes = Feed(store, changes, watch=task_meter.observe), StreamLimits(), Representations(links)
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
