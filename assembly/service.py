"""The whole service: settings → objects → run → orderly stop.

Law: everybody is made here and handed what it needs, by keyword; nothing here decides. What opens is entered in order
and closed in reverse.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from api.accounts import AccountRoutes
from api.alerts import Alerts
from api.app import make_app, serve
from api.deliveries import DeliveryRoutes
from api.links import Links
from api.mj import Mj
from api.mj_schema import render_mj
from api.operator import Operator
from api.picture_fetch import PictureFetch
from api.schema import render_v1
from api.server import Patience
from api.settings_view import SettingsView
from api.signing import Signer
from api.webhooks import Deliveries
from assembly.accounts import Accounts
from assembly.accounts_file import AccountsFile
from assembly.copying import copying, make_wanted, tell_address
from assembly.in_force import in_force
from assembly.parts import (
    accounts_of,
    make_access,
    make_allowed,
    make_deadlines,
    make_endpoints,
    make_keeping,
    make_limits,
    make_pool,
    make_rules,
)
from assembly.translating import make_translation_client, make_translator
from assembly.watching import make_watching
from bot.capture import Captures
from bot.nonces import new_nonce
from settings import ROOT, Settings
from storage.database import Database
from storage.outbox import Outbox
from storage.removal import Removal
from storage.tasks import Tasks
from tasks.allowance import Allowances
from tasks.changes import Changes
from tasks.clock import SteadyClock, SystemClock, tell_of_jumps
from tasks.congestion import Congestion
from tasks.deadlines import MINUTE
from tasks.dispatcher import Dispatcher
from tasks.events import Event
from tasks.journal import Journal
from tasks.posting import Posting
from tasks.scheduling import Choice
from tasks.service import Service
from tasks.tracker import Rules, Tracker
from tasks.upkeep import Upkeep


@asynccontextmanager
async def service(settings: Settings, port: int | None = None) -> AsyncIterator[str]:
    """Open everything, in order; yields the address; closed in reverse. A loop that dies ends the block.

    `port` overrides the setting; 0 takes a free one.
    """
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(settings.storage.database_path))
        clock, changes = SteadyClock(), Changes()
        store, outbox = (
            Tasks(
                database,
                clock=clock,
                operator_hook=settings.hooks.notify_hook,
                copies=make_wanted(settings.archive),
            ),
            Outbox(database, settings.hooks.notify_hook),
        )
        links = Links(cdn_base=settings.discord.cdn_base, public_url=settings.http.public_url)
        rules, journal = make_rules(settings.tasks), Journal(store, changes, clock, settings.hooks.notify_hook)
        http = await stack.enter_async_context(make_translation_client(settings.translation))
        translator = make_translator(http, settings.translation, clock, database)
        events, awake = asyncio.Queue[Event](), asyncio.Event()
        alerts = Alerts(settings.hooks.alert_hook, clock=clock, signer=Signer(settings.hooks.webhook_secret))
        folder = ROOT / name if (name := settings.storage.capture_dir) else None
        captures = await stack.enter_async_context(Captures(folder, clock=clock))
        accounts_file = AccountsFile(ROOT / path) if (path := settings.discord.accounts_file) else None
        shared = make_endpoints(settings.discord)
        pool = make_pool(
            settings.discord,
            accounts_of(settings.discord, accounts_file, shared),
            settings.tasks.history_pages,
            events.put_nowait,
            on_pause=alerts.account_paused,
            watch=captures.look,
            clock=clock,
        )
        congestion, allowances = Congestion(), Allowances(store, SystemClock())
        posting = Posting(pool, events.put_nowait)
        tracker = Tracker(
            events=events,
            store=store,
            gateway=pool,
            posting=posting,
            congestion=congestion,
            new_nonce=new_nonce,
            journal=journal,
            clock=clock,
            rules=Rules(
                deadlines=make_deadlines(settings.tasks),
                modal_timeout=settings.tasks.modal_timeout_minutes * MINUTE,
                falls_back_to_relax=settings.tasks.fallback_to_relax,
                forgets=settings.simulator,
            ),
            freed=awake.set,
        )
        dispatcher = Dispatcher(
            awake=awake,
            store=store,
            gateway=pool,
            translator=translator,
            tracker=tracker,
            posting=posting,
            journal=journal,
            clock=clock,
            congestion=congestion,
            allowances=allowances,
            banned=rules.banned,
            new_nonce=new_nonce,
            send_interval=settings.tasks.send_interval_ms / 1000,
            choice=Choice(settings.tasks.account_choice),
        )
        accounts = Accounts(accounts_file, pool, shared, changed=dispatcher.accounts_changed)
        use_cases = Service(
            store=store,
            gateway=pool,
            translator=translator,
            journal=journal,
            changes=changes,
            allowances=allowances,
            clock=clock,
            wall=clock,
            limits=make_limits(settings.tasks),
            rules=rules,
            submitted=awake.set,
            tell=events.put_nowait,
        )
        deliveries = Deliveries(
            outbox,
            store.get,
            {"v1": partial(render_v1, links=links), "mj": partial(render_mj, links=links)},
            allowed=make_allowed(settings.hooks),
            signer=Signer(settings.hooks.webhook_secret),
            clock=clock,
            wall=clock,
            told=changes.publish,
        )
        keeping = make_keeping(settings.storage)
        upkeep = Upkeep(Removal(database, store), keeping, clock, wall=SystemClock())
        access = make_access(settings.http)
        pictures = await stack.enter_async_context(PictureFetch(make_allowed(settings.hooks)))
        mj = Mj(
            use_cases,
            links,
            queued_code=settings.http.queued_code,
            queue_size=settings.tasks.max_queue,
            timeout_minutes=settings.tasks.silence_minutes,
            load=pictures,
        )
        copies = await stack.enter_async_context(
            copying(
                settings.archive,
                database=database,
                store=store,
                pool=pool,
                changes=changes,
                tell=events.put_nowait,
                clock=clock,
                wall=clock,
            )
        )
        watching = make_watching(
            use_cases, store=store, outbox=outbox, changes=changes, access=access, links=links, clock=clock
        )
        app = make_app(
            service=use_cases,
            access=access,
            links=links,
            max_body=settings.http.max_body_mb * 2**20,
            more=[
                *mj.routes(),
                *watching.routes,
                *copies.routes,
                *Operator(use_cases, links).routes(),
                *AccountRoutes(accounts, use_cases).routes(),
                *SettingsView(in_force(settings)).routes(),
                *DeliveryRoutes(outbox, clock).routes(),
            ],
            around=watching.around,
            troubles=copies.troubles,
            closing=[watching.streams.close],
            picture_hosts=[settings.discord.cdn_base],
        )
        for part in (watching.feed, tracker, dispatcher, use_cases):
            await part.start()
        async with asyncio.TaskGroup() as group:
            loops = [
                group.create_task(tracker.run(), name="follow what happens in Discord"),
                group.create_task(tracker.watch(), name="let time pass"),
                group.create_task(tell_of_jumps(clock), name="watch the machine's clock"),
                group.create_task(dispatcher.run(), name="send what waits"),
                group.create_task(deliveries.run(), name="deliver call-backs"),
                group.create_task(watching.feed.run(), name="tell who listens"),
                group.create_task(alerts.run(), name="tell the operator"),
                group.create_task(accounts.watch(), name="follow the file of accounts"),
                *copies.start(group),
            ]
            if not keeping.is_off:
                loops.append(group.create_task(upkeep.run(), name="remove old tasks"))
            try:
                async with pool:
                    try:
                        async with serve(
                            app,
                            settings.http.host,
                            settings.http.port if port is None else port,
                            Patience(connections=settings.http.max_connections),
                        ) as url:
                            tell_address(links, settings.http, url)
                            yield url
                    finally:
                        await dispatcher.drain()
                        await posting.drain()
            finally:
                for loop in loops:
                    loop.cancel()
        await tracker.drain()
