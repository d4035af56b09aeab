"""The commands beside the service: `backup`, `check` and `import`, from what is typed to what is said.

Law: only the glue. What each does is in `storage/`; which file is meant is found as the service finds it, and no
Discord account is needed but to say whose channel imported drawings are in.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from assembly.parts import account_configs
from settings import SettingsError, load, load_storage
from storage.backup import backup
from storage.checking import TOLD, check
from storage.database import Database
from storage.importing import Report, import_file
from tasks.errors import ServiceError

NAMES = ("backup", "check", "import")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Teach the command line these commands."""
    copy = commands.add_parser("backup", help="copy the database, also while the service runs")
    copy.add_argument("file", type=Path, help="the copy; only this user may read it")
    copy.add_argument("--force", action="store_true", help="replace the file when it exists")
    look = commands.add_parser("check", help="is the database sound? also while the service runs; 0 yes, 1 no")
    look.add_argument("file", nargs="?", type=Path, help="a backup, say; the service's own database when missing")
    old = commands.add_parser("import", help="take over the finished drawings of Midjourney-node-api")
    old.add_argument("file", type=Path, help="its database file; the service must be stopped")
    old.add_argument("--account", help="whose channel they are in, by the id that /health shows: the channel's")


def run_command(given: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """The exit code: 0 done, or sound; 1 not; 2 when the settings cannot be used."""
    try:
        match given.command:
            case "backup":
                return _backup(given, out)
            case "check":
                return _check(given, out)
            case _:
                return _import(given, out)
    except SettingsError as error:
        err.write(f"{error}\n")
        return 2
    except ServiceError as error:
        err.write(f"{error}\n")
        return 1


def _backup(given: argparse.Namespace, out: TextIO) -> int:
    source = load_storage(simulator=given.simulator).database_path
    size = backup(source, given.file, force=given.force)
    out.write(f"{given.file}: {size} bytes, a sound copy of {source}\n")
    return 0


def _check(given: argparse.Namespace, out: TextIO) -> int:
    path = given.file or load_storage(simulator=given.simulator).database_path
    found = check(path)
    lines = [*found.facts, *(f"PROBLEM {problem}" for problem in found.problems)]
    out.write(_told(f"{path}: {'damaged' if found.problems else 'sound'}", lines))
    return 1 if found.problems else 0


def _import(given: argparse.Namespace, out: TextIO) -> int:
    account = given.account or _only_account(given.simulator)
    path = load_storage(simulator=given.simulator).database_path
    report = asyncio.run(_import_into(path, given.file, account))
    out.write(_told(f"{given.file} → {path}", _lines(report)))
    return 0


async def _import_into(path: Path, file: Path, account: str) -> Report:
    async with Database(path) as database:
        return await import_file(file, database, account)


def _only_account(simulator: bool) -> str:
    known = [account.id for account in account_configs(load(simulator=simulator).discord.accounts)]
    if len(known) != 1:
        names = f" ({', '.join(known)})" if known else ""
        raise SettingsError(
            [f"{len(known)} accounts are configured{names}.\n    Say whose the drawings are: --account"]
        )
    return known[0]


def _lines(report: Report) -> list[str]:
    counts = {
        "imported": report.imported,
        "imported before": report.known,
        "deleted by the old service": report.deleted,
        "not finished, left out": report.unfinished,
        "finished, but of no use": len(report.unusable),
        "lines that cannot be read": len(report.bad),
    }
    told = [f"{report.lines} lines", *(f"{number} {what}" for what, number in counts.items() if number)]
    for line, why in (*report.unusable[:TOLD], *report.bad[:TOLD]):
        told.append(f"  line {line}: {why}")
    return told


def _told(head: str, lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in (head, *(f"  {line}" for line in lines)))
