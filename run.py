"""The command line: what is typed → what runs.

python run.py               with a Discord account in .env
python run.py --simulator   with the built-in simulator: nothing is real, nothing costs
python run.py read [FILE]   how messages of MidJourney are understood, one JSON line each
python run.py backup FILE   a copy of the database, also while the service runs
python run.py check [FILE]  is the database, or a copy of it, sound?
python run.py import FILE   take over the finished drawings of Midjourney-node-api
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from assembly.commands import NAMES, add_commands, run_command
from assembly.service import service
from assembly.simulated import simulated
from bot.reading import run_read
from settings import Settings, SettingsError, load, provide_example
from tasks.errors import ServiceError
from tasks.log import configure

log = logging.getLogger("run")

STOP_SECONDS = 10.0  # then the process ends whatever still hangs


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
        f"  Open {address}/\n\n"
        f"  The service    {address}\n"
        f"  Its Discord    http://127.0.0.1:{settings.simulator_port}/_simulator/state\n\n"
        f"  Draw:   curl '{address}/api/v1/trigger/submit?action=IMAGINE&prompt=%E4%B8%80%E5%8F%AA%E7%8B%97'\n"
        f"  Look:   curl '{address}/api/v1/task/list'\n\n"
        f"  Ctrl+C ends it.\n",
        flush=True,
    )


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run.py",
        description="The HTTP API for MidJourney over Discord. Without a command it serves.",
        epilog="docs/keeping.md: backup, restore, check, import.",
    )
    parser.add_argument("--simulator", action="store_true", help="draw with the built-in simulator; nothing is real")
    commands = parser.add_subparsers(dest="command")
    read = commands.add_parser("read", help="show how messages of MidJourney are understood")
    read.add_argument("file", nargs="?", type=Path, help='JSON lines {"event": …, "d": …}; standard input when missing')
    add_commands(commands)
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
    if given.command in NAMES:
        return run_command(given, sys.stdout, sys.stderr)
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
