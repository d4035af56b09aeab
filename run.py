"""The only place that knows everything: settings → objects → run → orderly stop.

python run.py               with a Discord account in .env
python run.py --simulator   with the built-in simulator: nothing is real, nothing costs
python run.py read [FILE]   how messages of MidJourney are understood, one JSON line each
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from api.alerts import Alerts
from api.app import make_app, serve
from api.auth import Access
from api.errors import CannotListen
from api.links import Links
from api.mj import Mj
from api.mj_schema import render_mj
from api.picture_fetch import PictureFetch
from api.schema import render_v1
from api.webhooks import Deliveries
from bot.capture import Captures
from bot.client import AccountConfig
from bot.endpoints import Endpoints
from bot.hearing import Watch
from bot.nonces import new_nonce
from bot.pool import Pool
from bot.properties import Properties
from bot.reading import run_read
from bot.translation.baidu import Baidu
from bot.translation.chain import Chain
from bot.translation.mymemory import MyMemory
from bot.translation.provider import Provider
from settings import (
    ROOT,
    AccountSettings,
    DiscordSettings,
    HttpSettings,
    Settings,
    SettingsError,
    TaskSettings,
    TranslationSettings,
    at_simulator,
    is_loopback,
    load,
    provide_example,
)
from storage.database import Database
from storage.outbox import Outbox
from storage.tasks import Tasks
from tasks.banned import BannedWords, BannedWordsUnreadable
from tasks.changes import Changes
from tasks.congestion import Congestion
from tasks.deadlines import MINUTE, Deadlines
from tasks.dispatcher import Dispatcher
from tasks.errors import ServiceError
from tasks.events import Event
from tasks.journal import Journal
from tasks.log import configure
from tasks.ports import SystemClock
from tasks.posting import Posting
from tasks.prompts import PromptRules
from tasks.service import Limits, Service
from tasks.tracker import Rules, Tracker

log = logging.getLogger("run")

STOP_SECONDS = 10.0  # then the process ends whatever still hangs
SIMULATED_SECONDS = 6.0  # a drawing takes this long, so that its progress can be watched


# ---------------------------------------------------------------- settings → what each constructor wants


def account_configs(accounts: Sequence[AccountSettings]) -> list[AccountConfig]:
    """An account is called after its channel, which stays when a token changes; those that share one are numbered."""
    seen: Counter[str] = Counter()
    configs = []
    for account in accounts:
        seen[account.channel_id] += 1
        nth = seen[account.channel_id]
        configs.append(
            AccountConfig(
                id=account.channel_id if nth == 1 else f"{account.channel_id}-{nth}",
                token=account.token,
                guild_id=account.guild_id,
                channel_id=account.channel_id,
                capacity=account.concurrency,
            )
        )
    return configs


def make_pool(
    discord: DiscordSettings,
    sink: Callable[[Event], None],
    *,
    on_pause: Callable[[str, str], None],
    watch: Watch,
) -> Pool:
    given = {
        "api_base": discord.api_base,
        "gateway_url": discord.gateway_url,
        "cdn_base": discord.cdn_base,
        "upload_base": discord.upload_base,
        "activity_base": discord.activity_base,
    }
    return Pool(
        account_configs(discord.accounts),
        sink=sink,
        endpoints=Endpoints(**{name: url for name, url in given.items() if url}),
        proxy_url=discord.proxy_url,
        properties=Properties(build_number=discord.build_number, chrome=discord.chrome_version),
        hear_private=True,  # seeds are told in private messages
        fetch_properties=None if discord.fetch_build else False,
        on_pause=on_pause,
        watch=watch,
    )


def make_translator(client: httpx.AsyncClient, given: TranslationSettings) -> Chain:
    providers: list[Provider] = []
    if given.enabled and given.baidu_appid:
        providers.append(Baidu(client, appid=given.baidu_appid, secret=given.baidu_secret, base_url=given.baidu_url))
    if given.enabled:
        providers.append(MyMemory(client, base_url=given.mymemory_url, email=given.mymemory_email))
    return Chain(providers, timeout=given.timeout_seconds, pause=given.pause_seconds, clock=SystemClock())


def make_access(given: HttpSettings) -> Access:
    public = urlsplit(given.public_url).hostname  # the operator's own name for us is one of our hosts
    return Access(
        secret=given.api_secret,
        allowed_hosts=frozenset([*given.allowed_hosts, *([public] if public else [])]),
        cors_origins=frozenset(given.cors_origins),
    )


def make_deadlines(given: TaskSettings) -> Deadlines:
    return Deadlines(
        nothing_heard=given.silence_minutes * MINUTE,
        fast=given.silence_minutes_fast * MINUTE,
        relaxed=given.silence_minutes_relaxed * MINUTE,
        settle=given.settle_seconds * 1000,
    )


def make_limits(given: TaskSettings) -> Limits:
    return Limits(
        max_queue=given.max_queue,
        modal_timeout=given.modal_timeout_minutes * MINUTE,
        sends_remix_on=given.remix_auto_submit,
    )


def make_rules(given: TaskSettings) -> PromptRules:
    """Raises BannedWordsUnreadable when the operator's list cannot be read."""
    try:
        own = given.banned_words_file
        banned = BannedWords.parse((ROOT / own).read_text("utf-8")) if own else BannedWords.default()
    except (OSError, UnicodeDecodeError) as error:
        raise BannedWordsUnreadable(str(error), hint="Mend BANNED_WORDS_FILE.") from error
    return PromptRules(
        banned=banned,
        max_length=given.max_prompt_length,
        permutations=0 if given.max_drawings_per_prompt == 1 else given.max_drawings_per_prompt,
        default_suffix=given.prompt_suffix,
    )


# ---------------------------------------------------------------- the service


@asynccontextmanager
async def service(settings: Settings, port: int | None = None) -> AsyncIterator[str]:
    """Open everything, in order; yields the address; closed in reverse. A loop that dies ends the block.

    `port` overrides the setting; 0 takes a free one.
    """
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(settings.storage.database_path))
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        clock, changes, store, outbox = SystemClock(), Changes(), Tasks(database), Outbox(database)
        links = Links(cdn_base=settings.discord.cdn_base, public_url=settings.http.public_url)
        rules = make_rules(settings.tasks)
        journal = Journal(store, changes, settings.hooks.notify_hook)
        translator = make_translator(http, settings.translation)
        events: asyncio.Queue[Event] = asyncio.Queue()
        awake = asyncio.Event()
        alerts = Alerts(settings.hooks.alert_hook, clock=clock)
        folder = settings.storage.capture_dir
        captures = await stack.enter_async_context(Captures(ROOT / folder if folder else None, clock=clock))
        pool = make_pool(settings.discord, events.put_nowait, on_pause=alerts.account_paused, watch=captures.look)
        congestion = Congestion()
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
            banned=rules.banned,
            new_nonce=new_nonce,
            send_interval=settings.tasks.send_interval_ms / 1000,
        )
        use_cases = Service(
            store=store,
            gateway=pool,
            translator=translator,
            journal=journal,
            changes=changes,
            clock=clock,
            limits=make_limits(settings.tasks),
            rules=rules,
            submitted=awake.set,
            tell=events.put_nowait,
        )
        deliveries = Deliveries(
            outbox,
            store.get,
            {"v1": partial(render_v1, links=links), "mj": partial(render_mj, links=links)},
            allow_private=settings.hooks.allow_private_hooks,
            clock=clock,
        )
        access = make_access(settings.http)
        pictures = await stack.enter_async_context(PictureFetch(allow_private=settings.hooks.allow_private_hooks))
        mj = Mj(
            use_cases,
            links,
            secret=settings.http.api_secret,
            queued_code=settings.http.queued_code,
            queue_size=settings.tasks.max_queue,
            timeout_minutes=settings.tasks.silence_minutes,
            load=pictures,
        )
        app = make_app(
            service=use_cases,
            access=access,
            links=links,
            max_body=settings.http.max_body_mb * 2**20,
            more=mj.routes(),
        )
        for part in (tracker, dispatcher, use_cases):
            await part.start()
        async with asyncio.TaskGroup() as group:
            loops = [
                group.create_task(tracker.run(), name="follow what happens in Discord"),
                group.create_task(tracker.watch(), name="let time pass"),
                group.create_task(dispatcher.run(), name="send what waits"),
                group.create_task(deliveries.run(), name="deliver call-backs"),
                group.create_task(alerts.run(), name="tell the operator"),
            ]
            try:
                async with pool:
                    try:
                        listen = settings.http.port if port is None else port
                        async with serve(app, settings.http.host, listen) as url:
                            yield url
                    finally:
                        await dispatcher.drain()
                        await posting.drain()
            finally:
                for loop in loops:
                    loop.cancel()
        await tracker.drain()


@asynccontextmanager
async def simulated(settings: Settings) -> AsyncIterator[Settings]:
    """The built-in simulator, and the settings that lead there."""
    from simulator import Simulator  # noqa: PLC0415 - it needs pillow, which only the simulator does

    # In a container the pictures must be reached from outside, as the service is; it is -p that decides by whom.
    host = "127.0.0.1" if is_loopback(settings.http.host) else settings.http.host
    async with AsyncExitStack() as stack:
        try:
            simulator = await stack.enter_async_context(
                Simulator(settings.simulator_port, host=host, job_seconds=SIMULATED_SECONDS)
            )
        except OSError as error:
            raise CannotListen(
                f"The simulator cannot listen on {host}:{settings.simulator_port}: {error.strerror or error}.",
                hint="Stop the program that holds it, or set SIMULATOR_PORT.",
            ) from error
        account = simulator.accounts[0]
        yield at_simulator(
            settings,
            simulator.url,
            [
                AccountSettings(
                    token=account.token,
                    guild_id=account.guild_id,
                    channel_id=account.channel_id,
                    concurrency=3,
                )
            ],
        )


# ---------------------------------------------------------------- the command line


async def main(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, loop, stop)
    async with AsyncExitStack() as stack:
        if settings.simulator:
            settings = await stack.enter_async_context(simulated(settings))
        url = await stack.enter_async_context(service(settings))
        announce(settings, url)
        await stop.wait()
        log.info("stopping")
    log.info("stopped")


def _stop(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    stop.set()
    loop.call_later(STOP_SECONDS, _give_up)


def _give_up() -> None:
    log.error("something would not end in %d seconds; what was sent is written down", STOP_SECONDS)
    logging.shutdown()
    signal.raise_signal(signal.SIGKILL)


def announce(settings: Settings, url: str) -> None:
    address = settings.http.public_url or url
    if not settings.simulator:
        log.info("serving on %s", address)
        return
    print(
        f"\n  Simulator: nothing here is real, no account is used and nothing is paid.\n\n"
        f"  The service    {address}\n"
        f"  Its Discord    http://127.0.0.1:{settings.simulator_port}/_simulator/state\n\n"
        f"  Draw:   curl '{address}/api/v1/trigger/submit?action=IMAGINE&prompt=%E4%B8%80%E5%8F%AA%E7%8B%97'\n"
        f"  Look:   curl '{address}/api/v1/task/list'\n\n"
        f"  Ctrl+C ends it.\n",
        flush=True,
    )


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description="The HTTP API for MidJourney over Discord.")
    parser.add_argument("--simulator", action="store_true", help="draw with the built-in simulator; nothing is real")
    commands = parser.add_subparsers(dest="command")
    read = commands.add_parser("read", help="show how messages of MidJourney are understood")
    read.add_argument("file", nargs="?", type=Path, help='JSON lines {"event": …, "d": …}; standard input when missing')
    return parser.parse_args(arguments)


def read_file(path: Path | None) -> int:
    if path is None:
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
        return run_read(sys.stdin, sys.stdout)
    with path.open(encoding="utf-8", errors="replace") as lines:
        return run_read(lines, sys.stdout)


def run(arguments: Sequence[str]) -> int:
    """The exit code: 0 after an orderly stop, 2 when the settings cannot be used, 1 when something failed."""
    given = parse(arguments)
    if given.command == "read":
        return read_file(given.file)
    if folder := os.environ.get("DATA_DIR"):
        provide_example(Path(folder))  # before the settings are read: in a container it shows what they are called
    try:
        settings = load(simulator=given.simulator)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    configure(settings.log.level, settings.log.format, settings.secrets())
    try:
        asyncio.run(main(settings))
    except Exception as error:
        return _failed(error)
    return 0


def _failed(error: Exception) -> int:
    """Say why the service ended: errors of ours in their own words, any other with its trace."""
    if isinstance(error, ExceptionGroup):
        for part in error.exceptions:
            _failed(part)
    elif isinstance(error, ServiceError):
        log.error("%s", error)
    else:
        log.error("the service ended because a part of it failed", exc_info=error)
    return 1


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
