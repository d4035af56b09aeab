"""`read`: print how messages of MidJourney are parsed, one JSON line each.

Contract: arguments and streams only; `bot.grammar.replay` does the work.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bot.grammar.replay import run_read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    help_text = 'JSON lines {"event": …, "d": …}; default: standard input'
    parser.add_argument("file", nargs="?", type=Path, help=help_text)


def run(given: argparse.Namespace) -> int:
    if given.file is None:
        # The real stdin has this method; the declared type does not.
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
        return run_read(sys.stdin, sys.stdout)
    try:
        with given.file.open(encoding="utf-8", errors="replace") as lines:
            return run_read(lines, sys.stdout)
    except FileNotFoundError:
        message = f"The file {given.file} does not exist."
    except (IsADirectoryError, PermissionError) as error:
        message = f"{given.file} cannot be read: {error.strerror}."
    sys.stderr.write(f"{message}\n")
    return 1
