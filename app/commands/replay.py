"""`replay FILE`: what the grammar makes of a report of `doctor --live`, offline.

Contract: reads the file and prints; it logs in nowhere and changes nothing. Lines that are no messages are counted. The
exit code is 1 if a message is not understood.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from bot.grammar.capture import kind_of, why_not_understood
from bot.grammar.events import parse_event
from bot.grammar.payload import mapping
from bot.grammar.replay import run_read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="a report of doctor --live --report, or JSON lines of captures")


def run(given: argparse.Namespace) -> int:
    try:
        lines = given.file.read_text("utf-8", errors="replace").splitlines()
    except OSError as error:
        sys.stderr.write(f"{given.file} cannot be read: {error.strerror}.\n")
        return 1
    return replay(lines, sys.stdout)


def replay(lines: list[str], out: TextIO) -> int:
    """Print the reading of each message, then how many are understood. The exit code: 0 if all are."""
    messages = list(_messages(lines))
    run_read((json.dumps({"event": name, "d": payload}) for name, payload in messages), out)
    unknown = Counter(kind for name, payload in messages if (kind := unknown_kind(name, payload)))
    out.write(f"{len(messages) - sum(unknown.values())} of {len(messages)} messages are understood.\n")
    for kind, count in unknown.most_common():
        out.write(f"not understood, {count} times: kind {kind}\n")
    return 1 if unknown else 0


def unknown_kind(
    name: str, payload: Mapping[str, Any], *, account: str = "replay", user_id: str | None = None, history: bool = False
) -> str:
    """The kind and the reason, as the log names them; "" if the message is understood."""
    event, error = None, None
    try:
        event = parse_event(name, payload, account=account, user_id=user_id, from_history=history)
    except Exception as raised:  # an unforeseen message is a finding
        error = raised
    why = why_not_understood(name, payload, event, error)
    return f"{kind_of(name, why, payload)} {why}" if why else ""


def _messages(lines: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in lines:
        try:
            parsed = mapping(json.loads(line))
        except (ValueError, RecursionError):
            continue
        if isinstance(parsed.get("event"), str) and isinstance(parsed.get("d"), dict):
            yield parsed["event"], parsed["d"]
