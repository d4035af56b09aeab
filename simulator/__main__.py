"""`python -m simulator`: runs the simulator as a separate program until it is interrupted.

Contract: takes arguments, runs a `Simulator`, and prints a few lines.
"""

import argparse
import asyncio
import logging
import signal
from collections.abc import Sequence
from typing import Any

from simulator.data.eras import ERAS, NEWEST
from simulator.wire.server import Simulator
from simulator.world.settings import SimulatorSettingsError


def arguments(typed: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="A fake Discord with a fake MidJourney bot."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8765, help="port; 0 takes any free one (8765)")
    parser.add_argument("--accounts", type=_count, default=2, help="number of Discord accounts (2)")
    parser.add_argument("--shared-channel", action="store_true", help="all accounts in one guild and channel")
    parser.add_argument("--large-guilds", action="store_true", help="events only after a guild subscription")
    parser.add_argument("--discord-hosts", action="store_true", help="payloads name Discord's own hosts")
    parser.add_argument("--open-control", action="store_true", help="other machines may use the control API, too")
    parser.add_argument("--job-seconds", type=float, default=6.0, help="duration of a drawing (6)")
    parser.add_argument("--era", choices=ERAS, default=NEWEST, help=f"generation of messages ({NEWEST})")
    parser.add_argument("--seed", type=int, help="makes job ids and chance repeatable")
    return parser.parse_args(typed)


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError("must be a number from 0 to 65535")
    return number


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 1000:
        raise argparse.ArgumentTypeError("must be a number from 1 to 1000")
    return number


async def run(given: argparse.Namespace) -> None:
    settings: dict[str, Any] = {} if given.seed is None else {"seed": given.seed}
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with Simulator(
        given.port,
        host=given.host,
        accounts=given.accounts,
        shared_channel=given.shared_channel,
        large_guilds=given.large_guilds,
        discord_hosts=given.discord_hosts,
        open_control=given.open_control,
        job_seconds=given.job_seconds,
        era=given.era,
        **settings,
    ) as simulator:
        print(f"REST     {simulator.rest_url}")
        print(f"gateway  {simulator.gateway_url}")
        print(f"CDN      {simulator.url}")
        print(f"inpaint  {simulator.inpaint_url}")
        print(f"control  {simulator.url}/_simulator/state")
        for account in simulator.accounts:
            print(f"account  token {account.token}  guild {account.guild_id}  channel {account.channel_id}")
        print("Nothing here is real. Stop with Ctrl+C.", flush=True)
        await stopped.wait()


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    given = arguments()
    try:
        asyncio.run(run(given))
    except SimulatorSettingsError as error:
        raise SystemExit(f"simulator: {error}") from None
    except OSError as error:
        raise SystemExit(f"simulator: cannot listen on {given.host}:{given.port}: {error.strerror}") from None


if __name__ == "__main__":
    main()
