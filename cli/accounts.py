"""`accounts`: the running service's accounts, whether they can draw, and why not."""

from __future__ import annotations

import argparse
import asyncio

from cli import console
from cli.client import Document, calling
from cli.errors import CommandFailed

NAMES = ("id", "state", "at once", "channel", "why")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="whole documents, for programs")
    parser.add_argument("--url", default="", help="where the service is; as the settings say when missing")


def run(given: argparse.Namespace) -> int:
    """0 all can draw, 1 not."""
    try:
        accounts = asyncio.run(_listed(given.url))
    except CommandFailed as error:
        console.say(str(error))
        return 1
    if given.json:
        console.as_json(accounts)
    else:
        console.table(NAMES, [_row(account) for account in accounts], "The service has no accounts.")
    return 0 if accounts and all(account.get("running") for account in accounts) else 1


async def _listed(url: str) -> list[Document]:
    async with calling(url) as service:
        return await service.accounts()


def _row(account: Document) -> tuple[object, ...]:
    state = "draws" if account.get("running") else "paused" if not account.get("enable") else "not connected"
    return (
        account.get("id"),
        state,
        account.get("coreSize"),
        account.get("channelId"),
        account.get("disabledReason") or "",
    )
