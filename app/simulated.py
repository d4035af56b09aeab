"""The built-in simulator beside the service, and the settings that lead there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from api.http.errors import CannotListen
from settings import AccountSettings, Settings, at_simulator, is_loopback

SIMULATED_SECONDS = 6.0  # a drawing takes this long, so that its progress can be watched


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
