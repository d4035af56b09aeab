"""`read`: how messages of MidJourney are understood, one JSON line each."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bot.reading import run_read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    help_text = 'JSON lines {"event": …, "d": …}; standard input when missing'
    parser.add_argument("file", nargs="?", type=Path, help=help_text)


def run(given: argparse.Namespace) -> int:
    if given.file is None:
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
        return run_read(sys.stdin, sys.stdout)
    with given.file.open(encoding="utf-8", errors="replace") as lines:
        return run_read(lines, sys.stdout)
