"""`read`: how messages of MidJourney are understood, one JSON line each."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bot.grammar.replay import run_read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    help_text = 'JSON lines {"event": …, "d": …}; standard input when missing'
    parser.add_argument("file", nargs="?", type=Path, help=help_text)


def run(given: argparse.Namespace) -> int:
    if given.file is None:
        # The real one can; its type speaks of any.
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
        return run_read(sys.stdin, sys.stdout)
    try:
        with given.file.open(encoding="utf-8", errors="replace") as lines:
            return run_read(lines, sys.stdout)
    except FileNotFoundError:
        said = f"There is no file {given.file}."
    except (IsADirectoryError, PermissionError) as error:
        said = f"{given.file} cannot be read: {error.strerror}."
    sys.stderr.write(f"{said}\n")
    return 1
