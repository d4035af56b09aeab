"""What callers meet: the HTTP application, call-backs, streams, copies of pictures; over the core.

Law: everybody is made here and handed what it needs, by keyword; nothing here decides, and nothing runs yet.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from api.admin.accounts import AccountRoutes
from api.admin.deliveries import DeliveryRoutes
from api.admin.manual_resolution import ManualResolutionRoutes
from api.admin.settings_view import SettingsView
from api.app import Application, make_app
from api.http.auth import Gate
from api.http.links import Links
from api.http.routes import Route
from api.images.picture_fetch import PictureFetch
from api.mj.routes import MjRoutes
from api.mj.schema import render_mj
from api.v1.schema import render_v1
from api.webhooks.signing import Signer
from api.webhooks.worker import WebhookWorker
from app.copying import Copying, copying
from app.core import Core
from app.effective_settings import effective_settings
from app.factories import make_access, make_allowlist
from app.observers import Observers, make_observers
from settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpStack:
    links: Links
    deliveries: WebhookWorker
    copies: Copying
    watching: Observers
    app: Application


async def open_http_stack(settings: Settings, core: Core, stack: AsyncExitStack) -> HttpStack:
    """Opened in order; `stack` closes it in reverse."""
    store, access = core.store, make_access(settings.http)
    gate = Gate(access)
    links = Links(
        cdn_base=settings.discord.cdn_base,
        public_url=settings.http.public_url,
        names_tiles=settings.http.names_tiles,
    )
    copies = await stack.enter_async_context(
        copying(
            settings.archive,
            database=store.database,
            store=store.tasks,
            pool=core.pool,
            changes=store.changes,
            tell=core.events.put_nowait,
            clock=store.clock,
            wall=store.clock,
        )
    )
    watching = make_observers(
        core.use_cases,
        store=store.tasks,
        outbox=store.outbox,
        copies=copies.images,
        changes=store.changes,
        gate=gate,
        links=links,
        clock=store.clock,
    )
    routes = [*await _routes(settings, core, links, stack), *watching.routes, *copies.routes]
    app = make_app(
        service=core.use_cases,
        access=access,
        links=links,
        gate=gate,
        max_body=settings.http.max_body_mb * 2**20,
        more=routes,
        meter=watching.meter,
        troubles=copies.troubles,
        closing=[watching.streams.close],
        picture_hosts=[settings.discord.cdn_base],
    )
    return HttpStack(
        links=links, deliveries=_deliveries(settings, core, links), copies=copies, watching=watching, app=app
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
        told=store.changes.publish,
    )
