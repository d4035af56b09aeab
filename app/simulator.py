"""The built-in simulator beside the service.

Contract: the one place that imports the simulator, and only when it runs: it needs pillow.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from api.http.errors import CannotListen
from settings import AccountSettings, Settings, at_simulator, is_loopback

DRAWING_SECONDS = 6.0  # long enough to show progress
ERA = "2026-10"  # the messages of MidJourney today


@asynccontextmanager
async def run_simulator(settings: Settings) -> AsyncIterator[Settings]:
    """Run the simulator; yield the settings with its addresses. Raises `CannotListen`."""
    from simulator import Simulator  # noqa: PLC0415 - it needs pillow, which only the simulator does

    # In a container, clients outside load the pictures, as they reach the service; `docker -p` decides who can.
    host = "127.0.0.1" if is_loopback(settings.http.host) else settings.http.host
    async with AsyncExitStack() as stack:
        try:
            simulator = await stack.enter_async_context(
                Simulator(settings.simulator_port, host=host, job_seconds=DRAWING_SECONDS, era=ERA)
            )
        except OSError as error:
            raise CannotListen.at(host, settings.simulator_port, error, setting="SIMULATOR_PORT") from error
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
