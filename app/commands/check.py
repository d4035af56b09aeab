"""`check`: verify the database or a copy of it, also while the service runs.

Contract: arguments and report only; `storage.sqlite.checking` does the work.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from app.commands import report
from app.database import refuse_postgres
from settings import load_storage
from storage.sqlite.checking import check


def add_arguments(parser: argparse.ArgumentParser) -> None:
    help_text = "such as a backup; default: the database of the service"
    parser.add_argument("file", nargs="?", type=Path, help=help_text)


def run(given: argparse.Namespace) -> int:
    """The exit code: 0 sound, 1 damaged."""
    storage = load_storage(simulator=given.simulator)
    if not given.file:
        refuse_postgres(storage, "PostgreSQL checks its pages itself: pg_amcheck. A file can still be named here.")
    path = given.file or storage.database_path
    result = check(path)
    lines = [*result.facts, *(f"PROBLEM {problem}" for problem in result.problems)]
    report(f"{path}: {'damaged' if result.problems else 'sound'}", lines)
    return 1 if result.problems else 0
