"""The grammar against recorded messages of MidJourney, where a folder of them lies beside the repository.

Without the folder nothing is collected; `test_grammar.py` stands on its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.grammar.events import parse_event, read
from bot.grammar.ids import APPLICATIONS
from bot.grammar.reading import Reading
from tasks.domain.events import Finished, Withdrawn
from tasks.domain.model import Bot

FOLDER = Path(__file__).parents[3].parent / "shared" / "captures"
EXACT = ("prompt", "progress", "index", "job_id")
OPTIONAL = ("variant", "stealth", "paused", "recoverable", "already_done", "options", "seed", "custom_id")

Sample = tuple[str, str, Mapping[str, Any], Mapping[str, Any]]


def message(**parts: Any) -> dict[str, Any]:
    return {
        "id": "1112507163252260609",
        "channel_id": "1111082577257236789",
        "author": {"id": APPLICATIONS[Bot.MIDJOURNEY], "bot": True},
        **parts,
    }


def lines(name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    path = FOLDER / name
    if path.exists():
        yield from enumerate(map(json.loads, path.read_text("utf-8").splitlines()), start=1)


def samples() -> Iterator[Sample]:
    for path in sorted(FOLDER.glob("messages/*.json")):
        one = json.loads(path.read_text("utf-8"))
        yield path.stem, one["event"], one["d"], one["expect"]
    for n, one in lines("contents.jsonl"):
        yield f"content {n}", "MESSAGE_CREATE", message(content=one["content"]), one["expect"]
    for n, one in lines("embeds.jsonl"):
        yield f"embed {n}", "MESSAGE_CREATE", message(content="", embeds=[one["embed"]]), one["expect"]
    for path in sorted(FOLDER.glob("timelines/*.json")):
        for one in json.loads(path.read_text("utf-8"))["events"]:
            yield f"{path.stem} {one['n']}", one["event"], one["d"], one["expect"]


def named(reading: Reading) -> str | None:
    return reading.action.value.casefold() if reading.action else None


def kinds(expect: Mapping[str, Any]) -> set[str]:
    """A notice and a message without meaning may be told apart or not; `why` of a human's text cannot be."""
    right = {expect["kind"], *expect.get("accept_kinds", ())}
    return right | {"info", "ignore"} if right & {"info", "ignore"} else right


def check(reading: Reading, expect: Mapping[str, Any]) -> None:
    assert reading.kind in kinds(expect)
    if expect["action"] is None:
        assert named(reading) in {None, *expect.get("candidates", ())}
        assert {a.value.casefold() for a in reading.candidates} <= set(expect.get("candidates", ()))
    else:
        assert named(reading) == expect["action"]
    for name in EXACT:
        assert getattr(reading, name) == expect[name], name
    for name in OPTIONAL:
        assert (getattr(reading, name) or None) == expect.get(name), name
    assert (reading.mode.value if reading.mode else None) == expect["mode"]
    assert [b.custom_id for b in reading.buttons] == expect["buttons"]
    if expect["reason"] is not None:
        assert expect["reason"] in (reading.reason or "")
    else:
        assert reading.reason is None


SAMPLES = [pytest.param(*s[1:], id=s[0]) for s in samples()]
TIMELINES = sorted(FOLDER.glob("timelines/*.json"))

if SAMPLES:

    @pytest.mark.parametrize(("event", "payload", "expect"), SAMPLES)
    def test_a_recorded_message_reads_as_it_should(
        event: str, payload: Mapping[str, Any], expect: Mapping[str, Any]
    ) -> None:
        check(read(event, payload), expect)


if TIMELINES:

    @pytest.mark.parametrize("path", TIMELINES, ids=lambda path: path.stem)
    def test_a_recorded_timeline_finishes_exactly_its_jobs(path: Path) -> None:
        timeline = json.loads(path.read_text("utf-8"))
        heard = [parse_event(e["event"], e["d"], account="a", user_id=None) for e in timeline["events"]]
        finished = [h.keys for h in heard if isinstance(h, Finished) and not h.keys.edited]
        assert [(k.message_id, k.job_id, k.prompt) for k in finished] == [
            (job["final_message_id"], job["uuid"], job["prompt"]) for job in timeline["jobs"]
        ]
        for job in timeline["jobs"]:
            keys = [h.keys for h in heard if h is not None]
            assert any(k.interaction_id == job["interaction_id"] for k in keys)
            assert any(isinstance(h, Withdrawn) and h.keys.message_id == job["progress_message_id"] for h in heard)
