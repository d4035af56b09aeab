"""The service as a process: it serves until it is told to stop, and says how it ended.

Law: nothing here knows how the service is made (`app.service`); only signals, words for people and exit codes.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from contextlib import AsyncExitStack
from pathlib import Path

from app.service import service
from app.simulated import simulated
from app.startup_warnings import startup_warnings
from settings import Settings, dotenv_files, load, provide_example
from tasks.domain.errors import ServiceError
from tasks.domain.log import configure

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
        _set_apart()
        announce(settings, url)
        await stop.wait()
        log.info("stopping")
    log.info("stopped")


def _set_apart() -> None:
    """What the start made stays to the end. All stands still while garbage is looked for: it is not looked for here."""
    gc.collect()
    gc.freeze()


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


def run_service(*, simulator: bool) -> int:
    """The exit code: 0 after an orderly stop, 1 when something failed. Raises `SettingsError`."""
    if folder := os.environ.get("DATA_DIR"):
        provide_example(Path(folder))  # before the settings are read: in a container it shows what they are called
    settings = load(simulator=simulator)
    configure(settings.log.level, settings.log.format, settings.secrets())
    for caution in startup_warnings(settings, dotenv_files()):
        log.warning("%s", caution)
    try:
        asyncio.run(main(settings))
    except Exception as error:  # told, with its trace where it is none of ours, and the exit code says so
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
