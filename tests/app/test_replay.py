"""`replay` on reports made on the simulator: one for each era, with two drawings, a failed one and two commands."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path

import pytest

from app.commands.replay import replay

REPORTS = sorted((Path(__file__).parent / "reports").glob("*.jsonl"))


def replayed(lines: list[str]) -> tuple[int, list[str]]:
    out = io.StringIO()
    code = replay(lines, out)
    return code, out.getvalue().splitlines()


@pytest.mark.parametrize("report", REPORTS, ids=lambda path: path.stem)
def test_a_report_of_each_era_is_understood(report: Path) -> None:
    lines = report.read_text("utf-8").splitlines()
    code, said = replayed(lines)
    assert (code, said[-1]) == (0, "18 of 18 messages are understood.")
    kinds = Counter(json.loads(line)["kind"] for line in said[:-1])
    assert (kinds["done"], kinds["error"]) == (2, 1), kinds


def test_what_is_not_understood_is_named_and_odd_lines_are_skipped() -> None:
    embed = {"title": "Quota changed", "description": "new", "color": 16711680, "type": "rich"}
    author = {"id": "936929561302675456", "bot": True}
    message = {"id": "1400000000000000001", "channel_id": "1", "type": 0, "author": author, "embeds": [embed]}
    code, said = replayed(["", "no JSON", "[1]", '{"report":1}', json.dumps({"event": "MESSAGE_CREATE", "d": message})])
    assert (code, said[1]) == (1, "0 of 1 messages are understood.")
    assert said[2].endswith("unknown_error")
