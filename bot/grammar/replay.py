"""The command `read`: reads JSON lines of payloads and prints the grammar's reading of each.

Contract: one line out for every line in, in order, whatever the line is. It reads no settings, opens no file and writes
only to the given stream.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, TextIO

from bot.grammar.reading import Reading, ignored, read

_HALVES = re.compile("[\ud800-\udfff]")


def run_read(lines: Iterable[str], out: TextIO) -> int:
    """Read lines of `{"event": …, "d": {…}}`; write one line of JSON for each. Returns the exit code, always 0."""
    for line in lines:
        out.write(_written(as_json(_read_line(line))) + "\n")
    return 0


def _written(facts: dict[str, Any]) -> str:
    """Compact JSON with letters unescaped; half a surrogate pair, which no stream accepts, is escaped."""
    line = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    return line if not _HALVES.search(line) else json.dumps(facts, separators=(",", ":"))


def as_json(reading: Reading) -> dict[str, Any]:
    """The nine fields of a reading that users see: actions in lower case, buttons by custom_id."""
    return {
        "kind": reading.kind,
        "action": reading.action.value.casefold() if reading.action else None,
        "prompt": reading.prompt,
        "progress": reading.progress,
        "mode": reading.mode.value if reading.mode else None,
        "index": reading.index,
        "job_id": reading.job_id,
        "buttons": [button.custom_id for button in reading.buttons],
        "reason": reading.reason,
    }


def _read_line(line: str) -> Reading:
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError):
        return ignored("malformed")
    if not isinstance(parsed, dict) or not isinstance(parsed.get("event"), str):
        return ignored("malformed")
    return read(parsed["event"], parsed.get("d"))
