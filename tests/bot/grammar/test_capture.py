"""Messages that are not understood: logged once per kind, kept below a cap, without any effect on events."""

from __future__ import annotations

import asyncio
import io
import json
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from bot.gateway.receiver import EventReceiver, Sink
from bot.grammar.capture import MOST_KINDS, SAMPLES, CaptureFolder, Captures, without_tokens
from bot.grammar.ids import APPLICATIONS, is_known
from bot.grammar.replay import run_read
from tasks.domain.events import Event
from tasks.domain.model import Bot

CHANNEL = "100"
DAY = 24 * 3_600_000
JOB = "5d3a1b20-8b9c-4d1e-9f00-0123456789ab"


class Clock:
    time = 1_700_000_000_000  # 2023-11-14

    def now(self) -> int:
        return self.time


def message(content: str = "", **parts: Any) -> dict[str, Any]:
    return {
        "id": "1112507163252260609",
        "channel_id": CHANNEL,
        "type": 0,
        "author": {"id": APPLICATIONS[Bot.MIDJOURNEY], "bot": True},
        "content": content,
        **parts,
    }


def ear(captures: Captures, sink: Sink = lambda event: None) -> EventReceiver:
    return EventReceiver(account="a0", channel_id=CHANNEL, sink=sink, private=True, observe=captures.observe)


def button(custom_id: str) -> dict[str, Any]:
    return {"type": 1, "components": [{"type": 2, "style": 2, "label": "?", "custom_id": custom_id}]}


def lines(folder: Path) -> list[dict[str, Any]]:
    paths = sorted(folder.glob("*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]


async def test_an_unknown_shape_is_logged_once_and_kept_for_the_reading_lamp(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "captures"
    async with Captures(folder, clock=Clock()) as captures:
        listening = ear(captures)
        for words in ("Painting a red fox 狗 \ud83d", "Painting a blue dog"):
            listening.on_event("MESSAGE_CREATE", message(words))
        listening.on_event("MESSAGE_CREATE", message("**a fox** - <@7> (fast)"))
    [record] = caplog.records
    assert "malformed" in record.getMessage()
    assert "fox" not in record.getMessage()
    [path] = folder.iterdir()
    assert path.name == "2023-11-14.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first, second = lines(folder)
    assert first == {"event": "MESSAGE_CREATE", "d": message("Painting a red fox 狗 \ud83d")}
    assert second["d"]["content"] == "Painting a blue dog"
    out = io.StringIO()
    with path.open(encoding="utf-8") as file:
        assert run_read(file, out) == 0
    assert [json.loads(line)["kind"] for line in out.getvalue().splitlines()] == ["ignore", "ignore"]


async def test_unknown_words_that_answer_our_send_are_strange_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Captures(tmp_path, clock=Clock()) as captures:
        for content in ("**a fox** ~ <@7> (soon)", "Animating...", "Remix mode turned on!"):
            ear(captures).on_event("MESSAGE_CREATE", message(content, nonce="1574339878019504058"))
        settings = [button("MJ::Settings::Remix::1")]
        ear(captures).on_event("MESSAGE_CREATE", message("Adjust your settings", nonce="5", components=settings))
    [record] = caplog.records
    assert "unknown answer" in record.getMessage()
    assert [one["d"]["nonce"] for one in lines(tmp_path)] == ["1574339878019504058"]


async def test_another_shape_is_another_kind(caplog: pytest.LogCaptureFixture) -> None:
    async with Captures(None, clock=Clock()) as captures:
        for content in ("Painting a fox", "**a fox** painted", "Painting a dog"):
            ear(captures).on_event("MESSAGE_CREATE", message(content))
    assert len(caplog.records) == 2


def red(title: str) -> dict[str, Any]:
    return {"title": title, "description": "words of a prompt", "color": 16711680}


async def test_an_unknown_refusal_is_a_kind_by_its_title(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    async with Captures(tmp_path, clock=Clock()) as captures:
        for title in ("Too Cloudy", "Too Cloudy 2", "Too Sunny", "Banned prompt"):
            ear(captures).on_event("MESSAGE_CREATE", message(embeds=[red(title)]))
    assert len(caplog.records) == 2
    assert all("unknown_error" in record.getMessage() for record in caplog.records)
    assert len(lines(tmp_path)) == 3


def test_forms_that_are_known_need_not_draw() -> None:
    assert is_known(f"MJ::BOOKMARK::{JOB}")
    assert is_known(f"MJ::JOB::upsample::1::{JOB}")
    assert not is_known(f"MJ::JOB::sculpt::1::{JOB}")


async def test_an_unknown_button_of_a_result_is_named_without_its_ids(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    async with Captures(tmp_path, clock=Clock()) as captures:
        for prompt, job in (("a fox", JOB), ("a dog", JOB[::-1])):
            rows = [button(f"MJ::JOB::sculpt_v9::1::{job}"), button(f"MJ::BOOKMARK::{job}")]
            ear(captures).on_event("MESSAGE_CREATE", message(f"**{prompt}** - <@7> (fast)", components=rows))
    [record] = caplog.records
    assert "unknown buttons: MJ::JOB::sculpt_v9::#::# (kind" in record.getMessage()
    assert len(lines(tmp_path)) == 2


async def test_an_event_whose_handling_raised_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("defect")

    monkeypatch.setattr("bot.gateway.receiver.parse_event", broken)
    async with Captures(tmp_path, clock=Clock()) as captures:
        listening = ear(captures)
        listening.on_event("MESSAGE_CREATE", message("**a fox** - <@7> (fast)"))
        listening.on_event("MESSAGE_CREATE", message("a word between friends", author={"id": "5"}))
    assert [one["d"]["content"] for one in lines(tmp_path)] == ["**a fox** - <@7> (fast)"]
    assert "MESSAGE_CREATE raised KeyError" in caplog.text


async def test_an_event_that_the_sink_did_not_take_is_kept(tmp_path: Path) -> None:
    def full(event: Event) -> None:
        raise RuntimeError("full")

    async with Captures(tmp_path, clock=Clock()) as captures:
        ear(captures, full).on_event("MESSAGE_CREATE", message("**a fox** - <@7> (0%) (fast)"))
    assert len(lines(tmp_path)) == 1


async def test_people_and_other_channels_are_no_news(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Captures(tmp_path, clock=Clock()) as captures:
        listening = ear(captures)
        listening.on_event("MESSAGE_CREATE", message("Painting", author={"id": "5"}))
        listening.on_event("MESSAGE_CREATE", {**message("Painting"), "channel_id": "300"})
        listening.on_event("MESSAGE_DELETE", {"id": "5", "channel_id": CHANNEL})
        listening.on_event("INTERACTION_SUCCESS", {"id": "5", "nonce": "6"})
    assert not caplog.records
    assert lines(tmp_path) == []


def test_tokens_of_dialogs_are_not_kept() -> None:
    dialog = {
        "id": "5",
        "custom_id": "MJ::iframe::aB3_secret",
        "iframe_path": "/inpaint/index.html?x=secret/secret1234",
        "session_id": "secret",
        "deep": [{"token": "secret", "n": 1, "none": None}],
    }
    kept = without_tokens(dialog)
    assert "secret" not in json.dumps(kept)
    assert (kept["custom_id"], kept["deep"][0]["n"]) == ("MJ::iframe::***", 1)
    assert kept["iframe_path"].startswith("/inpaint/")


async def test_of_one_kind_some_samples_are_kept_and_kinds_have_an_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Captures(tmp_path, clock=Clock()) as captures:
        for n in range(SAMPLES + 5):
            ear(captures).on_event("MESSAGE_CREATE", message(f"Painting {n}"))
        assert len(caplog.records) == 1
        for n in range(MOST_KINDS):
            title = "".join(chr(97 + int(digit)) for digit in str(n))
            captures.observe("MESSAGE_CREATE", message(embeds=[red(title)]), None, ValueError())
    assert len(caplog.records) == MOST_KINDS
    assert sum(one["d"]["content"].startswith("Painting") for one in lines(tmp_path)) == SAMPLES


def test_the_oldest_files_make_room(tmp_path: Path) -> None:
    clock = Clock()
    other = tmp_path / "0000-notes.txt"
    other.write_text("not ours")
    folder = CaptureFolder(tmp_path, clock, most_files=3, most_bytes=1000)
    for _ in range(6):
        clock.time += DAY
        folder.keep("MESSAGE_CREATE", {"content": "x" * 100})
    names = sorted(path.name for path in tmp_path.glob("*.jsonl"))
    assert names == ["2023-11-18.jsonl", "2023-11-19.jsonl", "2023-11-20.jsonl"]
    for _ in range(20):
        folder.keep("MESSAGE_CREATE", {"content": "x" * 300})
        assert sum(path.stat().st_size for path in tmp_path.glob("*.jsonl")) <= 1000
    assert [path.name for path in tmp_path.glob("*.jsonl")] == ["2023-11-20.jsonl"]
    folder.keep("MESSAGE_CREATE", {"content": "x" * 5000})  # alone it is larger than all that may be kept
    assert lines(tmp_path)[-1]["d"]["content"] == "x" * 300
    assert other.exists()


async def test_a_folder_that_cannot_be_written_is_told_once_and_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "file"
    place.write_text("no folder")
    heard: list[Event] = []
    async with Captures(place, clock=Clock()) as captures:
        listening = ear(captures, heard.append)
        for n in range(3):
            listening.on_event("MESSAGE_CREATE", message(f"Painting {n}"))
        listening.on_event("MESSAGE_CREATE", message("**a fox** - <@7> (0%) (fast)"))
    assert len(heard) == 4  # words that are not understood are passed on, too
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]
    assert "cannot write captures" in caplog.records[1].getMessage()


async def test_the_loop_does_not_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    keep = CaptureFolder.keep

    def slow(self: CaptureFolder, name: str, payload: dict[str, Any]) -> None:
        assert goes_on.wait(5)
        keep(self, name, payload)

    monkeypatch.setattr(CaptureFolder, "keep", slow)
    async with Captures(tmp_path, clock=Clock()) as captures:
        ear(captures).on_event("MESSAGE_CREATE", message("Painting"))
        await asyncio.sleep(0)
        assert lines(tmp_path) == []
        goes_on.set()
    assert len(lines(tmp_path)) == 1


@pytest.mark.parametrize("payload", [{}, {"content": 5}, {"embeds": [5, None, {}], "components": [{"custom_id": []}]}])
async def test_strange_payloads_harm_nobody(payload: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    async with Captures(None, clock=Clock()) as captures:
        for name in ("MESSAGE_CREATE", "MESSAGE_UPDATE", "INTERACTION_MODAL_CREATE", ""):
            captures.observe(name, {**message(), **payload}, None, None)
            captures.observe(name, {**message(), **payload}, None, ValueError())
    assert not any(record.levelname == "ERROR" for record in caplog.records)
