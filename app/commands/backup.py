"""`backup`: a copy of the database, also while the service runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.commands import report
from settings import load_storage
from storage.backup import backup


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the copy; only this user may read it")
    parser.add_argument("--force", action="store_true", help="replace the file when it exists")


def run(given: argparse.Namespace) -> int:
    source = load_storage(simulator=given.simulator).database_path
    size = backup(source, given.file, force=given.force)
    report(f"{given.file}: {size} bytes, a sound copy of {source}")
    return 0
