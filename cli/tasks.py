"""`tasks`: what the running service has been asked for, the newest first."""

from __future__ import annotations

import argparse
import asyncio
from datetime import datetime

from cli import console
from cli.client import Document, calling
from cli.errors import CommandFailed

STATUSES = ("NOT_START", "SUBMITTED", "IN_PROGRESS", "MODAL", "SUCCESS", "FAILURE", "CANCEL")
NAMES = ("id", "when", "action", "status", "progress", "prompt")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--status", type=_statuses, default="", metavar="S,…", help=f"only {', '.join(STATUSES)}")
    parser.add_argument("--search", default="", metavar="TEXT", help="only those whose prompt, id or reason has it")
    parser.add_argument("--limit", type=_limit, default=20, metavar="N", help="look at the newest N, 1–1000; 20")
    parser.add_argument("--json", action="store_true", help="whole documents, for programs")
    parser.add_argument("--url", default="", help="where the service is; as the settings say when missing")


def run(given: argparse.Namespace) -> int:
    try:
        found = [task for task in asyncio.run(_listed(given)) if _has(task, given.search)]
    except CommandFailed as error:
        console.say(str(error))
        return 1
    if given.json:
        console.as_json(found)
    else:
        console.table(NAMES, [_row(task) for task in found], "There are no such tasks.")
    return 0


async def _listed(given: argparse.Namespace) -> list[Document]:
    async with calling(given.url) as service:
        return await service.tasks(given.limit, given.status)


def _has(task: Document, text: str) -> bool:
    places = ("id", "prompt", "promptEn", "failReason", "state")
    return any(text.casefold() in str(task.get(place) or "").casefold() for place in places)


def _row(task: Document) -> tuple[object, ...]:
    when = datetime.fromtimestamp((task.get("submitTime") or 0) / 1000).astimezone()
    said = str(task.get("failReason") or "") or str(task.get("prompt") or task.get("description") or "")
    return (
        task.get("id"),
        f"{when:%Y-%m-%d %H:%M:%S}",
        task.get("action"),
        task.get("status"),
        task.get("progress") or "",
        said,
    )


def _statuses(text: str) -> str:
    names = [name.strip().upper() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in STATUSES]:
        raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(STATUSES)}")
    return ",".join(names)


def _limit(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 1000:
        raise argparse.ArgumentTypeError("must be a number from 1 to 1000")
    return number
