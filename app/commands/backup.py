"""`backup`: copy the database, also while the service runs.

Contract: arguments and report only; `storage.sqlite.backup` does the work.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from app.commands import report
from app.database import refuse_postgres
from settings import load_storage
from storage.sqlite.backup import backup


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the copy, readable by this user alone")
    parser.add_argument("--force", action="store_true", help="replace an existing file")


def run(given: argparse.Namespace) -> int:
    storage = load_storage(simulator=given.simulator)
    refuse_postgres(storage, "Back it up with pg_dump: docs/operations.md.")
    source = storage.database_path
    size = backup(source, given.file, force=given.force)
    report(f"{given.file}: {size} bytes, a sound copy of {source}")
    return 0
