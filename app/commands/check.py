"""`check`: is the database, or a copy of it, sound? Also while the service runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.commands import report
from settings import load_storage
from storage.checking import check


def add_arguments(parser: argparse.ArgumentParser) -> None:
    help_text = "a backup, say; the service's own database when missing"
    parser.add_argument("file", nargs="?", type=Path, help=help_text)


def run(given: argparse.Namespace) -> int:
    """0 sound, 1 not."""
    path = given.file or load_storage(simulator=given.simulator).database_path
    found = check(path)
    lines = [*found.facts, *(f"PROBLEM {problem}" for problem in found.problems)]
    report(f"{path}: {'damaged' if found.problems else 'sound'}", lines)
    return 1 if found.problems else 0
