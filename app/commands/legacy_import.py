"""`import`: import the finished drawings of Midjourney-node-api.

Contract: arguments and report only; `storage.legacy_import` does the work.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from app.commands import report
from app.database import open_database
from app.factories import account_configs
from settings import SettingsError, StorageSettings, load, load_storage
from storage.legacy_import.command import Report, import_file
from storage.sqlite.checking import MAX_LISTED


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="its database file; stop the service first")
    parser.add_argument("--account", help="the account of the drawings, by its id in /health: the id of its channel")


def run(given: argparse.Namespace) -> int:
    account = given.account or _only_account(given.simulator)
    storage = load_storage(simulator=given.simulator)
    result = asyncio.run(_import_into(storage, given.file, account))
    report(f"{given.file} → {'PostgreSQL' if storage.database_url else storage.database_path}", _lines(result))
    return 0


async def _import_into(storage: StorageSettings, file: Path, account: str) -> Report:
    async with open_database(storage) as database:
        return await import_file(file, database, account)


def _only_account(simulator: bool) -> str:
    known = [account.id for account in account_configs(load(simulator=simulator).discord.accounts)]
    if len(known) != 1:
        names = f" ({', '.join(known)})" if known else ""
        raise SettingsError(
            [f"{len(known)} accounts are configured{names}.\n    Name the account of the drawings: --account"]
        )
    return known[0]


def _lines(report: Report) -> list[str]:
    counts = {
        "imported": report.imported,
        "imported before": report.known,
        "deleted by the old service": report.deleted,
        "not finished, left out": report.unfinished,
        "finished, but unusable": len(report.unusable),
        "unreadable lines": len(report.bad),
    }
    lines = [f"{report.lines} lines", *(f"{number} {what}" for what, number in counts.items() if number)]
    for line, why in (*report.unusable[:MAX_LISTED], *report.bad[:MAX_LISTED]):
        lines.append(f"  line {line}: {why}")
    return lines
