"""`accounts`: list the accounts of the running service, whether they can draw, and why not.

Contract: the exit code is for scripts: 0 if every account can draw.
"""

from __future__ import annotations

import argparse
import asyncio

from cli import console
from cli.client import Document, connect
from cli.errors import CommandFailed

NAMES = ("id", "state", "at once", "channel", "why")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print whole documents, for programs")
    parser.add_argument("--url", default="", help="the address of the service; default: from the settings")


def run(given: argparse.Namespace) -> int:
    """The exit code: 0 if all accounts can draw, else 1."""
    try:
        accounts = asyncio.run(_fetch(given.url))
    except CommandFailed as error:
        console.notify(str(error))
        return 1
    if given.json:
        console.as_json(accounts)
    else:
        console.table(NAMES, [_row(account) for account in accounts], "The service has no accounts.")
    return 0 if accounts and all(account.get("running") for account in accounts) else 1


async def _fetch(url: str) -> list[Document]:
    async with connect(url) as service:
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
