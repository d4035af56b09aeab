"""The core of the service: settings → the store, the accounts, the tracker, the dispatcher and the use cases.

Contract: constructs each object and passes its dependencies by keyword. Nothing here decides, and nothing runs yet.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

from api.ops.alerts import Alerts
from app.accounts import Accounts
from app.accounts_file import AccountsFile
from app.database import open_database
from app.factories import (
    account_configs,
    accounts_of,
    make_alerts,
    make_deadlines,
    make_endpoints,
    make_limits,
    make_pool,
    make_rules,
)
from app.image_archive import make_copy_policy
from app.translators import make_translation_client, make_translator
from bot.grammar.capture import Captures
from bot.http.nonces import new_nonce
from bot.pool import Pool
from settings import ROOT, Settings, TaskSettings
from storage.database_port import SqlDatabase
from storage.facts import Facts
from storage.outbox import Outbox
from storage.statistics import Statistics
from storage.tasks import Tasks
from tasks.domain.clock import SteadyClock, SystemClock
from tasks.domain.events import Event
from tasks.effects.changes import Changes
from tasks.effects.fact_book import FactBook
from tasks.effects.journal import Journal
from tasks.effects.sender import Sender
from tasks.rules.account_limits import AccountLimits, QueueFullBackoff
from tasks.rules.deadlines import MINUTE
from tasks.rules.scheduling import AccountChoice
from tasks.sending.dispatcher import Dispatcher
from tasks.tracking.tracker import Rules, Tracker
from tasks.use_cases.service import Service


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """The database, its tables and the notification of changes."""

    database: SqlDatabase
    tasks: Tasks
    outbox: Outbox
    changes: Changes
    journal: Journal
    facts: FactBook
    statistics: Statistics
    clock: SteadyClock


@dataclass(frozen=True, kw_only=True, slots=True)
class Core:
    """Everything between a submit and Discord, in both directions."""

    store: Store
    events: asyncio.Queue[Event]
    alerts: Alerts
    pool: Pool
    accounts: Accounts
    posting: Sender
    tracker: Tracker
    dispatcher: Dispatcher
    use_cases: Service


async def open_store(settings: Settings, stack: AsyncExitStack) -> Store:
    database = await stack.enter_async_context(open_database(settings.storage))
    clock, changes, operator = SteadyClock(), Changes(), settings.hooks.notify_hook
    tasks = Tasks(database, clock=clock, operator_hook=operator, copies=make_copy_policy(settings.archive))
    journal = Journal(tasks, changes, clock, operator)
    outbox = Outbox(database, operator)
    return Store(
        database=database,
        tasks=tasks,
        outbox=outbox,
        changes=changes,
        journal=journal,
        facts=FactBook(Facts(database)),
        statistics=Statistics(database, clock),
        clock=clock,
    )


async def open_core(settings: Settings, stack: AsyncExitStack) -> Core:
    """Open the parts in order; `stack` closes them in reverse. Raises BadAccount, StoreFailed …"""
    store = await open_store(settings, stack)
    clock, events, awake = store.clock, asyncio.Queue[Event](), asyncio.Event()
    alerts = make_alerts(settings.hooks, clock)
    file = AccountsFile(ROOT / path) if (path := settings.discord.accounts_file) else None
    pool = await _open_pool(settings, stack, clock=clock, events=events, alerts=alerts, file=file)
    rules = make_rules(settings.tasks)
    translating = await stack.enter_async_context(make_translation_client(settings.translation))
    translator = make_translator(translating, settings.translation, clock, store.database)
    posting = Sender(pool, events.put_nowait)
    queue_full_backoff, account_limits = QueueFullBackoff(), AccountLimits(store.tasks, SystemClock())
    tracker = Tracker(
        events=events,
        store=store.tasks,
        gateway=pool,
        posting=posting,
        queue_full_backoff=queue_full_backoff,
        new_nonce=new_nonce,
        journal=store.journal,
        facts=store.facts,
        clock=clock,
        rules=_tracking(settings.tasks, forgets=settings.simulator),
        freed=awake.set,
    )
    dispatcher = Dispatcher(
        awake=awake,
        store=store.tasks,
        gateway=pool,
        translator=translator,
        tracker=tracker,
        posting=posting,
        journal=store.journal,
        clock=clock,
        queue_full_backoff=queue_full_backoff,
        account_limits=account_limits,
        rules=rules,
        new_nonce=new_nonce,
        send_interval=settings.tasks.send_interval_ms / 1000,
        choice=AccountChoice(settings.tasks.account_choice),
    )
    use_cases = Service(
        store=store.tasks,
        gateway=pool,
        translator=translator,
        journal=store.journal,
        changes=store.changes,
        account_limits=account_limits,
        clock=clock,
        wall=clock,
        limits=make_limits(settings.tasks),
        rules=rules,
        facts=store.facts,
        submitted=awake.set,
        publish=events.put_nowait,
    )
    accounts = Accounts(
        file,
        pool,
        make_endpoints(settings.discord),
        changed=dispatcher.on_accounts_changed,
        plain=frozenset(config.id for config in account_configs(settings.discord.accounts)),
    )
    return Core(
        store=store,
        events=events,
        alerts=alerts,
        pool=pool,
        accounts=accounts,
        posting=posting,
        tracker=tracker,
        dispatcher=dispatcher,
        use_cases=use_cases,
    )


async def _open_pool(
    settings: Settings,
    stack: AsyncExitStack,
    *,
    clock: SteadyClock,
    events: asyncio.Queue[Event],
    alerts: Alerts,
    file: AccountsFile | None,
) -> Pool:
    folder = ROOT / name if (name := settings.storage.capture_dir) else None
    captures = await stack.enter_async_context(Captures(folder, clock=clock))
    return make_pool(
        settings.discord,
        accounts_of(settings.discord, file, make_endpoints(settings.discord)),
        settings.tasks.history_pages,
        events.put_nowait,
        on_pause=alerts.account_paused,
        observe=captures.observe,
        clock=clock,
    )


def _tracking(given: TaskSettings, *, forgets: bool) -> Rules:
    return Rules(
        deadlines=make_deadlines(given),
        modal_timeout=given.modal_timeout_minutes * MINUTE,
        falls_back_to_relax=given.fallback_to_relax,
        forgets=forgets,
    )
