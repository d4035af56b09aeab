"""The service as a process: signals, console output and exit codes.

Contract: runs until a signal arrives and logs how it ended. How the service is constructed is in `app.service`.
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
from app.simulator import run_simulator
from app.startup_warnings import startup_warnings
from settings import Settings, dotenv_files, load, provide_example
from tasks.domain.errors import ServiceError
from tasks.domain.log import configure

log = logging.getLogger("run")

STOP_SECONDS = 10.0  # then the process is killed


async def main(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, loop, stop)
    async with AsyncExitStack() as stack:
        if settings.simulator:
            settings = await stack.enter_async_context(run_simulator(settings))
        url = await stack.enter_async_context(service(settings))
        _freeze_heap()
        announce(settings, url)
        await stop.wait()
        log.info("stopping")
    log.info("stopped")


def _freeze_heap() -> None:
    """Exempt the objects of the start, which live to the end, from garbage collection, which stops the event loop."""
    gc.collect()
    gc.freeze()


def _stop(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    stop.set()
    loop.call_later(STOP_SECONDS, _kill)


def _kill() -> None:
    log.error("not stopped within %d seconds: killing the process; everything that was sent is recorded", STOP_SECONDS)
    logging.shutdown()
    signal.raise_signal(signal.SIGKILL)


def announce(settings: Settings, url: str) -> None:
    """Log the address; with the simulator, print how to begin."""
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
        provide_example(Path(folder))  # before reading settings: in a container the example shows their names
    settings = load(simulator=simulator)
    configure(settings.log.level, settings.log.format, settings.secrets())
    for text in startup_warnings(settings, dotenv_files()):
        log.warning("%s", text)
    try:
        asyncio.run(main(settings))
    except Exception as error:  # logged, and the exit code reports it
        return _failed(error)
    return 0


def _failed(error: Exception) -> int:
    """Log why the service ended: a `ServiceError` by its message, any other error with its traceback."""
    if isinstance(error, ExceptionGroup):
        for part in error.exceptions:
            _failed(part)
    elif isinstance(error, ServiceError):
        log.error("%s", error)
    else:
        log.error("the service ended because one of its loops failed", exc_info=error)
    return 1
