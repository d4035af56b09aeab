"""`tasks`: list the tasks of the running service, newest first.

Contract: reads only.
"""

from __future__ import annotations

import argparse
import asyncio
from datetime import datetime

from cli import console
from cli.client import Document, connect
from cli.errors import CommandFailed

STATUSES = ("NOT_START", "SUBMITTED", "IN_PROGRESS", "MODAL", "SUCCESS", "FAILURE", "CANCEL")
NAMES = ("id", "when", "action", "status", "progress", "prompt")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--status",
        type=_statuses,
        default="",
        metavar="S,…",
        help=f"only {', '.join(STATUSES)}",
    )
    parser.add_argument(
        "--search", default="", metavar="TEXT", help="only tasks with this text in prompt, id or reason"
    )
    parser.add_argument(
        "--limit", type=_limit, default=20, metavar="N", help="of the newest N tasks, 1–1000; default: 20"
    )
    parser.add_argument("--json", action="store_true", help="print whole documents, for programs")
    parser.add_argument("--url", default="", help="the address of the service; default: from the settings")


def run(given: argparse.Namespace) -> int:
    try:
        found = [task for task in asyncio.run(_fetch(given)) if _has(task, given.search)]
    except CommandFailed as error:
        console.notify(str(error))
        return 1
    if given.json:
        console.as_json(found)
    else:
        console.table(NAMES, [_row(task) for task in found], "No tasks found.")
    return 0


async def _fetch(given: argparse.Namespace) -> list[Document]:
    async with connect(given.url) as service:
        return await service.tasks(given.limit, given.status)


def _has(task: Document, text: str) -> bool:
    places = ("id", "prompt", "promptEn", "failReason", "state")
    return any(text.casefold() in str(task.get(place) or "").casefold() for place in places)


def _row(task: Document) -> tuple[object, ...]:
    when = datetime.fromtimestamp((task.get("submitTime") or 0) / 1000).astimezone()
    text = str(task.get("failReason") or "") or str(task.get("prompt") or task.get("description") or "")
    return (
        task.get("id"),
        f"{when:%Y-%m-%d %H:%M:%S}",
        task.get("action"),
        task.get("status"),
        task.get("progress") or "",
        text,
    )


def _statuses(text: str) -> str:
    names = [name.strip().upper() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in STATUSES]:
        raise argparse.ArgumentTypeError(f"{unknown[0]} is not one of {', '.join(STATUSES)}")
    return ",".join(names)


def _limit(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 1000:
        raise argparse.ArgumentTypeError("must be a number from 1 to 1000")
    return number
