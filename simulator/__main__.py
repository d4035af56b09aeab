"""`python -m simulator`: the simulator as a program of its own, until it is interrupted.

Law: arguments in, a running `Simulator` and a few lines on the screen out.
"""

import argparse
import asyncio
import logging
import signal
from typing import Any

from simulator.eras import ERAS
from simulator.server import Simulator
from simulator.settings import Settings


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description="A fake Discord with a fake MidJourney bot.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8765, help="port; 0 takes any free one (8765)")
    parser.add_argument("--accounts", type=int, default=2, help="number of Discord accounts (2)")
    parser.add_argument("--shared-channel", action="store_true", help="all accounts in one guild and channel")
    parser.add_argument("--large-guilds", action="store_true", help="events only after a guild subscription")
    parser.add_argument("--discord-hosts", action="store_true", help="payloads name Discord's own hosts")
    parser.add_argument("--job-seconds", type=float, default=6.0, help="duration of a drawing (6)")
    parser.add_argument("--era", choices=ERAS, default=Settings().era, help="generation of messages (2026)")
    parser.add_argument("--seed", type=int, help="makes job ids and chance repeatable")
    return parser.parse_args()


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
    except OSError as error:
        raise SystemExit(f"simulator: cannot listen on {given.host}:{given.port}: {error.strerror}") from None


if __name__ == "__main__":
    main()
