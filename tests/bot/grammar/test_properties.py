"""The grammar reads any payload without an error, and a prompt changes nothing but the prompt."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.grammar.events import parse_event, read
from bot.grammar.ids import APPLICATIONS
from bot.grammar.replay import run_read
from tasks.domain.model import Bot

KINDS = {"waiting", "progress", "done", "queued", "error", "info", "ignore", "modal", "captcha"}
EVENTS = (
    "MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "INTERACTION_CREATE", "INTERACTION_SUCCESS",
    "INTERACTION_FAILURE", "INTERACTION_MODAL_CREATE", "INTERACTION_IFRAME_MODAL_CREATE", "MESSAGE_REACTION_ADD",
)  # fmt: skip
JOB = "0f9d1c52-3a7e-4c11-9b60-2d1f6f1f7a01"
ME = "1000000000000000001"

FULL: dict[str, Any] = {
    "id": "1130129254378230721",
    "channel_id": "77",
    "type": 19,
    "flags": 64,
    "nonce": "5",
    "content": f"**a pond** - <@{ME}> (fast)",
    "author": {"id": APPLICATIONS[Bot.MIDJOURNEY], "bot": True},
    "application_id": APPLICATIONS[Bot.MIDJOURNEY],
    "application": {"id": APPLICATIONS[Bot.MIDJOURNEY]},
    "webhook_id": APPLICATIONS[Bot.MIDJOURNEY],
    "attachments": [{"id": "5", "filename": f"x_{JOB}.png", "url": "https://cdn.example/x.png", "size": 3}],
    "components": [
        {"type": 1, "components": [{"type": 2, "custom_id": f"MJ::JOB::upsample::1::{JOB}", "emoji": {}}]},
        {
            "type": 18,
            "label": "Prompt",
            "component": {"type": 4, "custom_id": "MJ::RemixModal::new_prompt", "value": "a"},
        },
        {
            "type": 17,
            "accent_color": 16711680,
            "components": [
                {
                    "type": 9,
                    "components": [{"type": 10, "content": "## Invalid parameter"}],
                    "accessory": {"type": 11, "media": {"url": "https://cdn.example/t.png"}},
                },
                {"type": 10, "content": f"**a pond** - <@{ME}> (31%)"},
                {"type": 12, "items": [{"media": {"url": f"https://cdn.example/y_{JOB}.png", "width": 3}}]},
                {"type": 13, "file": {"url": "https://cdn.example/z.mp4", "content_type": "video/mp4"}},
                {"type": 14},
            ],
        },
    ],
    "embeds": [{"title": "Banned prompt", "description": "x", "color": 16711680, "footer": {"text": "/imagine a"}}],
    "interaction": {"id": "11", "type": 2, "name": "imagine", "user": {"id": ME}},
    "interaction_metadata": {"id": "12", "type": 2, "name": "imagine", "user": {"id": ME}},
    "message_reference": {"message_id": "9"},
    "custom_id": f"MJ::RemixModal::{JOB}::1::0",
    "title": "Remix",
    "iframe_path": "/inpaint/x",
    "reason_code": 1,
}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*FULL, "x"]) | st.text(), inner),
    max_leaves=12,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


PLACES = list(places(FULL))


def damaged(paths: list[tuple[Any, ...]], fill: Any, *, remove: bool) -> dict[str, Any]:
    whole = copy.deepcopy(FULL)
    for path in sorted(paths, key=len, reverse=True):
        holder: Any = whole
        for key in path[:-1]:
            holder = holder[key]
        if remove and isinstance(holder, dict):
            del holder[path[-1]]
        else:
            holder[path[-1]] = fill
    return whole


def check(event: str, payload: Any) -> None:
    assert read(event, payload).kind in KINDS
    parse_event(event, payload, account="a", user_id=ME)
    parse_event(event, payload, account="a", user_id=None, from_history=True)


@settings(deadline=None)
@given(st.sampled_from(EVENTS), st.lists(st.sampled_from(PLACES), unique=True), st.booleans(), anything)
def test_a_message_with_anything_missing_or_wrong_is_read(
    event: str, paths: list[tuple[Any, ...]], remove: bool, fill: Any
) -> None:
    check(event, damaged(paths, fill, remove=remove))
    check(event, damaged(paths, None, remove=False))


@settings(deadline=None)
@given(st.sampled_from(EVENTS) | st.text(), anything)
def test_anything_at_all_is_read(event: str, payload: Any) -> None:
    check(event, payload)


def test_nesting_without_end_is_read() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [{"components": deep}]
    check("MESSAGE_CREATE", {**FULL, "content": "", "components": deep})


# ---------------------------------------------------------------- prompts

NASTY = (
    "**", "** - ", "- ", "** - <@1> (fast)", "(31%)", "(Waiting to start)", "(Stopped)", "(paused)", "(relaxed)",
    "Zoom Out by", "Image #2", "Upscaling image #1 with", "Animating...", "Invalid parameter", "\n", "\n-# ", "\r\n",
    "שלום", "\u202e", "🦦", "木刻", "/imagine ", "Job queued", "Hey <@2>", "*", "",
    f"see https://midjourney.com/jobs/{JOB}", f"\n**Job ID**: {JOB}\n**seed** 7",
)  # fmt: skip
parts = st.lists(st.sampled_from(NASTY) | st.text(max_size=12), max_size=6)
prompts = parts.map(" ".join) | parts.map("".join)

FORMS = [
    ("", f"<@{ME}> (Waiting to start)"),
    ("", f"<@{ME}> (31%) (fast)"),
    ("", f"<@{ME}> (paused) (relaxed)"),
    ("", f"<@{ME}> (Stopped)"),
    ("", f"<@{ME}> (fast)"),
    ("", f"<@{ME}> [(Open on website for full quality)](<https://midjourney.com/jobs/{JOB}>) (fast)"),
    ("", f"<@{ME}> (10%) (fast)\n-# Create, explore, and organize"),
    ("", f"Image #3 <@{ME}>"),
    ("", f"Variations (Strong) by <@{ME}> (fast)"),
    ("", f"Pan Left by <@{ME}> (0%) (fast)"),
    ("", f"Upscaled (Creative) by <@{ME}> (fast, stealth)"),
    ("Upscaling image #2 with ", f"<@{ME}> (Waiting to start)"),
    ("Making variations for image #1 with prompt ", f"<@{ME}> (Waiting to start)"),
    ("Creating video with prompt ", f"<@{ME}> (Waiting to start)"),
]


def of_bot(content: str, **parts: Any) -> dict[str, Any]:
    return {"id": "5", "author": FULL["author"], "type": 0, "content": content, **parts}


@settings(deadline=None)
@given(st.sampled_from(FORMS), prompts)
def test_a_prompt_changes_nothing_but_the_prompt(form: tuple[str, str], prompt: str) -> None:
    before, after = form
    plain = read("MESSAGE_CREATE", of_bot(f"{before}**a pond** - {after}"))
    nasty = read("MESSAGE_CREATE", of_bot(f"{before}**{prompt}** - {after}"))
    assert nasty.prompt == prompt
    for name in ("kind", "action", "candidates", "progress", "mode", "index", "job_id", "user_id", "reason", "why"):
        assert getattr(nasty, name) == getattr(plain, name), name


@settings(deadline=None)
@given(st.sampled_from(["Queue full", "Job queued", "Banned prompt", "Action needed to continue"]), prompts)
def test_a_prompt_in_an_embeds_footer_changes_nothing_either(title: str, prompt: str) -> None:
    def of(text: str) -> Any:
        return read("MESSAGE_CREATE", of_bot("", embeds=[{"title": title, "footer": {"text": f"/imagine {text}"}}]))

    assert of(prompt).prompt == prompt
    assert (of(prompt).kind, of(prompt).code, of(prompt).reason) == (of("a").kind, of("a").code, of("a").reason)


@settings(deadline=None)
@given(prompts)
def test_a_refused_parameter_is_refused_whatever_the_prompt_says(prompt: str) -> None:
    reading = read("MESSAGE_CREATE", of_bot(f"Invalid parameter\n--foo\n/imagine {prompt}"))
    assert (reading.kind, reading.code, reading.prompt) == ("error", "invalid_parameter", prompt)


# ---------------------------------------------------------------- lines in, lines out


@settings(deadline=None)
@given(st.lists(st.text().filter(lambda line: "\n" not in line) | anything.map(json.dumps), max_size=8))
def test_one_line_comes_out_for_each_that_goes_in(lines: list[str]) -> None:
    out = io.StringIO()
    assert run_read(lines, out) == 0
    written = out.getvalue().split("\n")
    assert written.pop() == ""
    assert len(written) == len(lines)
    assert all(json.loads(line)["kind"] in KINDS for line in written)


def test_a_line_is_compact_and_in_its_own_letters() -> None:
    event = {"event": "MESSAGE_CREATE", "d": of_bot(f"**木 🦦** - <@{ME}> (fast)", components=FULL["components"][:1])}
    half = {"event": "MESSAGE_CREATE", "d": of_bot(f"**\ud800** - <@{ME}> (fast)")}
    out = io.StringIO()
    run_read([json.dumps(event) + "\n", "no json\n", json.dumps(half) + "\n"], out)
    first, second, third = out.getvalue().splitlines()
    assert first == (
        '{"kind":"done","action":"imagine","prompt":"木 🦦","progress":null,"mode":"fast","index":null,"job_id":"'
        f'{JOB}","buttons":["MJ::JOB::upsample::1::{JOB}"],"reason":null}}'
    )
    assert json.loads(second) == dict.fromkeys(json.loads(first)) | {"kind": "ignore", "buttons": []}
    third.encode()
    assert json.loads(third)["prompt"] == "\ud800"
