"""The event of each kind of MidJourney's messages, on messages in the forms of 2023 to 2026."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.grammar.embeds import REFUSALS_BY_CODE
from bot.grammar.events import Reading, parse_event, read
from bot.grammar.ids import APPLICATIONS, button_form
from tasks.domain.errors import ADVICE
from tasks.domain.events import (
    Acknowledged,
    CaptchaAsked,
    DiscordEvent,
    Finished,
    Informed,
    InteractionFailed,
    ModalOpened,
    Progressed,
    Queued,
    Refused,
    Started,
    Withdrawn,
)
from tasks.domain.model import Action, Bot, Mode

MIDJOURNEY = APPLICATIONS[Bot.MIDJOURNEY]
ME, OTHER = "1000000000000000001", "1000000000000000002"
JOB = "0f9d1c52-3a7e-4c11-9b60-2d1f6f1f7a01"
OLD_JOB = "5b1e7ad0-88c4-4f0f-8a57-91a0c1d2e3f4"
ID = "1130129254378230721"  # made in 2023
ID_2026 = "1510800000000000000"
SENT_AT = 1689514211029  # what ID carries


def message(content: str | None = None, **parts: Any) -> dict[str, Any]:
    said = {} if content is None else {"content": content}
    return {"id": ID, "channel_id": "77", "author": {"id": MIDJOURNEY, "bot": True}, **said, **parts}


def row(*custom_ids: str) -> list[dict[str, Any]]:
    return [{"type": 1, "components": [{"type": 2, "style": 2, "custom_id": c} for c in custom_ids]}]


def cancel(job: str = JOB) -> list[dict[str, Any]]:
    return row(f"MJ::CancelJob::ByJobid::{job}")


def picture(name: str = f"otter_a_quiet_pond_{JOB}.png") -> dict[str, Any]:
    return {
        "id": "5",
        "filename": name,
        "url": f"https://cdn.example/{name}?ex=1",
        "content_type": "image/png",
        "width": 2048,
        "height": 1024,
        "size": 99,
    }


def grid(content: str = f"**a quiet pond** - <@{ME}> (fast)", **parts: Any) -> dict[str, Any]:
    buttons = row(f"MJ::JOB::upsample::1::{JOB}", f"MJ::JOB::reroll::0::{JOB}::SOLO", f"MJ::JOB::variation::1::{JOB}")
    return message(content, **{"type": 0, "flags": 0, "attachments": [picture()], "components": buttons, **parts})


def embed(title: str = "", description: str = "", **parts: Any) -> dict[str, Any]:
    return message("", embeds=[{"title": title, "description": description, **parts}])


def heard(payload: Any, event: str = "MESSAGE_CREATE", user_id: str | None = ME) -> DiscordEvent | None:
    return parse_event(event, payload, account="a", user_id=user_id)


# ---------------------------------------------------------------- what a text says

P = "**a quiet pond, --ar 3:2** - "
TEXTS: list[tuple[str, dict[str, Any]]] = [
    (f"{P}<@{ME}> (Waiting to start)", {"kind": "waiting"}),
    (f"{P}<@!{ME}> (Waiting to start)", {"kind": "waiting"}),
    (f"{P}<@{ME}> (0%) (relaxed)", {"kind": "progress", "progress": 0, "mode": Mode.RELAXED}),
    (f"{P}<@{ME}> (100%) (turbo)", {"kind": "progress", "progress": 100, "mode": Mode.TURBO}),
    (f"{P}<@{ME}> (31%) (fast, stealth)", {"kind": "progress", "progress": 31, "mode": Mode.FAST, "stealth": True}),
    (f"{P}<@{ME}> (paused) (relaxed)", {"kind": "progress", "progress": None, "paused": True, "mode": Mode.RELAXED}),
    (f"{P}<@{ME}> (Stopped)", {"kind": "error", "reason": "Stopped", "code": "stopped"}),
    (f"{P}<@{ME}> (fast)", {"kind": "done", "mode": Mode.FAST}),
    (f"{P}<@{ME}> (Open on website for full quality) (relaxed)", {"kind": "done", "mode": Mode.RELAXED}),
    (
        f"{P}<@{ME}> [(Open on website for full quality)](<https://midjourney.com/jobs/{JOB}>) (fast)",
        {"kind": "done", "mode": Mode.FAST, "job_id": JOB},
    ),
    (
        f"{P}<@{ME}> (10%) (fast)\n-# Create, explore (93%) on [x](<https://e.org>)",
        {"kind": "progress", "progress": 10},
    ),
    (f"{P}<@{ME}> (fast)\n-# Create, explore, (Waiting to start)", {"kind": "done"}),
    (f"{P}Image #3 <@{ME}>", {"kind": "done", "action": Action.UPSCALE, "index": 3, "mode": None}),
    (f"{P}Variations by <@{ME}> (fast)", {"kind": "done", "action": Action.VARIATION, "variant": None}),
    (f"{P}Variations (Strong) by <@{ME}> (62%) (fast)", {"kind": "progress", "action": Action.VARIATION}),
    (f"{P}Variations (Region) by <@{ME}> (fast)", {"action": Action.VARIATION, "variant": "region"}),
    (f"{P}Remix by <@{ME}> (fast)", {"kind": "done", "action": Action.VARIATION, "variant": "remix"}),
    (f"{P}Remix (Subtle) by <@{ME}> (fast)", {"action": Action.VARIATION, "variant": "remix-subtle"}),
    (f"{P}Upscaled by <@{ME}> (fast)", {"kind": "done", "action": Action.UPSCALE, "index": None}),
    (f"{P}Upscaled (4x) by <@{ME}> (fast)", {"action": Action.UPSCALE, "variant": "4x"}),
    (f"{P}Upscaling (Creative) by <@{ME}> (15%) (fast)", {"kind": "progress", "action": Action.UPSCALE}),
    (f"{P}Zoom Out by <@{ME}> (Waiting to start)", {"kind": "waiting", "action": Action.ZOOM}),
    (f"{P}Pan Left by <@{ME}> (fast)", {"kind": "done", "action": Action.PAN, "variant": "left"}),
    (f"{P}Melted (Slowly) by <@{ME}> (fast)", {"kind": "done", "action": None}),
    (f"Upscaling image #2 with {P}<@{ME}> (Waiting to start)", {"kind": "waiting", "index": 2}),
    (f"Making variations for image #4 with prompt {P}<@{ME}> (Waiting to start)", {"index": 4}),
    (f"Rerolling {P}<@{ME}> (Waiting to start)", {"kind": "waiting", "action": Action.REROLL}),
    (f"Creating video with prompt {P}<@{ME}> (Waiting to start)", {"kind": "waiting", "action": Action.VIDEO}),
]


@pytest.mark.parametrize(("content", "expected"), TEXTS, ids=[t[0][:70] for t in TEXTS])
def test_a_drawings_text(content: str, expected: dict[str, Any]) -> None:
    reading = read("MESSAGE_CREATE", message(content))
    assert reading.prompt == "a quiet pond, --ar 3:2"
    assert reading.user_id == ME
    for name, value in expected.items():
        assert getattr(reading, name) == value, name


def test_an_older_start_has_no_words_after_the_prompt() -> None:
    reading = read("MESSAGE_CREATE", message("Making variations for image #2 with prompt **a - b**"))
    assert (reading.kind, reading.action, reading.prompt, reading.index) == ("waiting", Action.VARIATION, "a - b", 2)


def test_words_that_are_new_to_us_before_a_prompt_finish_nothing() -> None:
    assert read("MESSAGE_CREATE", message(f"Dreaming of **a pond** - <@{ME}>")).kind == "waiting"


def test_an_empty_prompt_is_a_prompt() -> None:
    assert read("MESSAGE_CREATE", message(f"**** - <@{ME}> (fast)")).prompt == ""


@pytest.mark.parametrize("content", ["*one - two - Image #3 <@1>", "**a** - nobody (fast)", "** - ", "**", "hello"])
def test_text_without_the_form_is_passed_on_as_words(content: str) -> None:
    assert read("MESSAGE_CREATE", message(content)).kind == "ignore"
    event = heard(message(content))
    assert isinstance(event, Informed)
    assert (event.words, event.is_known) == (content.strip(), False)


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        ("Animating...", "waiting", ""),
        ("You have successfully rated [this job](https://discord.com/channels/1/2/3) with 😍", "info", ""),
        ("Progress images have been disabled. Don't worry, …", "info", ""),
        ("There was an error processing your request. Your trace: `a-b`", "error", "internal_error"),
        ("Failed to process your command :c", "error", "internal_error"),
        ("Unrecognized parameter(s): `--foo`\n/imagine a --foo", "error", "invalid_parameter"),
        ("Invalid parameter\nsaid **x** - <@1> (fast)\n/imagine a **b** - <@1> (fast)", "error", "invalid_parameter"),
    ],
)
def test_a_sentence_of_midjourney(content: str, kind: str, code: str) -> None:
    reading = read("MESSAGE_CREATE", message(content))
    assert (reading.kind, reading.code) == (kind, code)
    assert (reading.reason is None) is (kind != "error")


def test_a_plain_error_gives_its_words_and_the_prompt() -> None:
    event = heard(message("Invalid parameter\n`--foo` is unknown\n/imagine a  pond\n--foo", nonce="5"))
    assert isinstance(event, Refused)
    assert (event.keys.prompt, event.keys.nonce, event.code) == ("a  pond\n--foo", "5", "invalid_parameter")
    assert "`--foo` is unknown" in event.reason


def test_the_seed_is_read() -> None:
    reading = read("MESSAGE_CREATE", message(f"**a** - b**\n**Job ID**: {JOB}\n**seed** 4711"))
    assert (reading.kind, reading.seed, reading.job_id) == ("info", "4711", JOB)


# ---------------------------------------------------------------- whose job it is


@pytest.mark.parametrize(
    ("payload", "action", "candidates"),
    [
        (grid(), Action.IMAGINE, set()),
        (grid(type=19, message_reference={"message_id": "9"}), Action.REROLL, set()),
        (grid(type=19, message_reference={"message_id": "9"}, id=ID_2026), None, {Action.IMAGINE, Action.REROLL}),
        (grid(type=None), None, {Action.IMAGINE, Action.REROLL}),
        (
            grid(f"**a** - <@{ME}> [(Open)](<https://midjourney.com/jobs/{JOB}>) (fast)", type=19, id=ID_2026),
            None,
            {Action.IMAGINE, Action.REROLL},
        ),
        (
            grid(f"**<https://s.mj.run/a> <https://s.mj.run/b> --v 6** - <@{ME}> (fast)"),
            None,
            {Action.IMAGINE, Action.BLEND},
        ),
        (grid(f"**cat --video 1** - <@{ME}> (fast)"), Action.VIDEO, set()),
        (grid(f"**about --video tapes** - <@{ME}> (fast)"), Action.IMAGINE, set()),
        (grid(components=row(f"MJ::JOB::video_virtual_upscale::1::{JOB}")), Action.VIDEO, set()),
        (grid(f"**a** - Image #2 <@{ME}>", attachments=[picture(f"x_{JOB}.mp4")]), Action.VIDEO, set()),
        (message(f"**a** - <@{ME}> (Waiting to start)", type=20), Action.IMAGINE, set()),
        (message(f"**a** - <@{ME}> (Waiting to start)", interaction={"name": "blend", "type": 2}), Action.BLEND, set()),
        (
            message(f"**a** - <@{ME}> (Waiting to start)", type=19, components=cancel()),
            None,
            {Action.ZOOM, Action.PAN, Action.REROLL, Action.VARIATION},
        ),
        (message(f"**a** - <@{ME}> (9%)", components=cancel()), None, {Action.IMAGINE, Action.REROLL}),
        (message(f"**a** - <@{ME}> (9%)", attachments=[picture(f"{JOB}_0_step_1.jpeg")]), Action.VIDEO, set()),
    ],
)
def test_the_action_or_what_it_may_be(payload: dict[str, Any], action: Action | None, candidates: set[Action]) -> None:
    reading = read("MESSAGE_CREATE", payload)
    assert (reading.action, set(reading.candidates)) == (action, candidates)


@pytest.mark.parametrize(
    ("parts", "job"),
    [
        ({"attachments": [picture()], "components": cancel(OLD_JOB)}, JOB),
        ({"attachments": [picture(f"me_{OLD_JOB}_in_the_prompt_{JOB}.png")]}, JOB),
        ({"attachments": [picture("grid_0.webp")], "components": cancel()}, JOB),
        ({"attachments": [{"id": "5"}], "components": row(f"MJ::BOOKMARK::{JOB}")}, JOB),
        ({"components": row("MJ::Prompts::Appeal::" + JOB)}, None),
        ({}, None),
    ],
)
def test_the_job_is_named_by_its_file_or_its_buttons(parts: dict[str, Any], job: str | None) -> None:
    content = f"**https://midjourney.com/jobs/{OLD_JOB}** - <@{ME}> (fast)"
    assert read("MESSAGE_CREATE", message(content, **parts)).job_id == job


def test_keys_hold_all_that_the_message_says() -> None:
    payload = message(
        f"Upscaling image #2 with **a quiet pond** - <@{ME}> (Waiting to start)",
        type=19,
        flags=64,
        nonce=1085590901261802895,
        message_reference={"message_id": "9"},
        interaction={"id": "11", "name": "imagine", "type": 2},
        interaction_metadata={"id": "12", "type": 3},
        components=cancel(),
    )
    event = parse_event("MESSAGE_UPDATE", payload, account="a", user_id=ME, from_history=True)
    assert isinstance(event, Started)
    keys = event.keys
    assert (keys.account, keys.nonce, keys.interaction_id) == ("a", "1085590901261802895", "12")
    assert (keys.message_id, keys.channel_id, keys.job_id, keys.reference_id) == (ID, "77", JOB, "9")
    assert (keys.action, keys.index, keys.prompt, keys.user_id) == (Action.UPSCALE, 2, "a quiet pond", ME)
    assert (keys.sent_at, keys.flags, keys.edited, keys.from_history) == (SENT_AT, 64, True, True)


# ---------------------------------------------------------------- what ends, what does not


@pytest.mark.parametrize(
    ("said", "pressed", "not_pressed"),
    [
        (
            "Variations (Subtle) by ",
            f"MJ::JOB::low_variation::1::{JOB}::SOLO",
            f"MJ::JOB::high_variation::1::{JOB}::SOLO",
        ),
        ("Remix (Strong) by ", f"MJ::JOB::high_variation::1::{JOB}::SOLO", f"MJ::JOB::low_variation::1::{JOB}::SOLO"),
        ("Variations (Region) by ", f"MJ::Inpaint::1::{JOB}::SOLO", f"MJ::JOB::high_variation::1::{JOB}::SOLO"),
        ("Variations (Strong) by ", f"MJ::JOB::variation::2::{JOB}", f"MJ::Inpaint::1::{JOB}::SOLO"),
        ("Pan Left by ", f"MJ::JOB::pan_left::1::{JOB}::SOLO", f"MJ::JOB::pan_up::1::{JOB}::SOLO"),
        (
            "Upscaled (Subtle) by ",
            f"MJ::JOB::upsample_v7_2x_subtle::1::{JOB}::SOLO",
            f"MJ::JOB::upsample_v7_2x_creative::1::{JOB}::SOLO",
        ),
        ("Upscaled (4x) by ", f"MJ::JOB::upsample_v5_4x::1::{JOB}::SOLO", f"MJ::JOB::upsample_v5_2x::1::{JOB}::SOLO"),
        ("Variations by ", f"MJ::JOB::high_variation::1::{JOB}::SOLO", None),
        ("Remix by ", f"MJ::JOB::low_variation::1::{JOB}::SOLO", None),
        ("Upscaled by ", f"MJ::JOB::upsample_v7_2x_subtle::1::{JOB}::SOLO", None),
        ("Zoom Out by ", f"MJ::Outpaint::50::1::{JOB}::SOLO", None),
    ],
)
def test_a_result_names_the_buttons_that_do_not_lead_to_it(said: str, pressed: str, not_pressed: str | None) -> None:
    event = heard(message(f"**a** - {said}<@{ME}> (fast)", attachments=[picture()]))
    assert isinstance(event, Finished)
    assert not any(part in pressed for part in event.keys.not_of)
    assert not_pressed is None or any(part in not_pressed for part in event.keys.not_of)


@pytest.mark.parametrize("bot", Bot)
def test_keys_say_which_bot_speaks(bot: Bot) -> None:
    application = APPLICATIONS[bot]
    said = f"**a** - <@{ME}> (9%)"
    for who in ({"author": {"id": application}}, {"author": None, "webhook_id": application}):
        event = heard(message(said, **who))
        assert isinstance(event, Progressed)
        assert event.keys.bot is bot


def test_a_result_has_its_picture_its_buttons_and_its_mode() -> None:
    event = heard(grid())
    assert isinstance(event, Finished)
    assert event.mode is Mode.FAST
    assert event.image is not None
    assert (event.image.width, event.image.height, event.image.size) == (2048, 1024, 99)
    assert [(b.does, b.index) for b in event.buttons] == [
        (Action.UPSCALE, 1),
        (Action.REROLL, None),
        (Action.VARIATION, 1),
    ]


def test_a_result_without_buttons_ends_by_its_picture_and_one_without_a_picture_by_its_buttons() -> None:
    assert isinstance(heard(grid(components=[])), Finished)
    assert isinstance(heard(grid(attachments=[])), Finished)
    for half in (grid(components=[], attachments=[]), grid(components=row("MJ::Prompts::Appeal::x"), attachments=[])):
        assert isinstance(heard(half), Informed)  # its other half may still come


def test_what_can_be_cancelled_or_shows_previews_has_not_ended() -> None:
    assert isinstance(heard(grid(components=cancel())), Progressed)
    assert isinstance(heard(grid(components=[], attachments=[picture("grid_0.webp")])), Progressed)
    assert isinstance(heard(grid(components=[], attachments=[picture(f"{JOB}_grid_0.webp")])), Progressed)
    assert isinstance(heard(grid(attachments=[picture(f"{JOB}_grid_0.webp")])), Finished)


def test_progress_brings_its_preview() -> None:
    payload = message(f"**a** - <@{ME}> (31%) (fast)", attachments=[picture("grid_0.webp")])
    event = heard(payload, "MESSAGE_UPDATE")
    assert isinstance(event, Progressed)
    assert (event.percent, event.mode) == (31, Mode.FAST)
    assert event.preview is not None


def test_the_edit_of_a_finished_message_is_known_for_one() -> None:
    assert read("MESSAGE_UPDATE", grid()).already_done
    assert not read("MESSAGE_CREATE", grid()).already_done
    assert not read("MESSAGE_UPDATE", grid(webhook_id=MIDJOURNEY)).already_done
    event = heard(grid(), "MESSAGE_UPDATE")
    assert event is not None
    assert event.keys.edited


def test_describe_and_shorten_end_with_their_embed() -> None:
    numbered = "1️⃣ a pond\n\n2️⃣ a lake, blocked\n\n3️⃣ a sea\n\n4️⃣ [x](https://e.org)"
    shown = embed(description=numbered, image={"url": "https://cdn.example/p.jpg"})
    described = heard({**shown, "components": row("MJ::Job::PicReader::1", "MJ::Job::PicReader::all")})
    assert isinstance(described, Finished)
    assert (described.keys.action, described.text) == (Action.DESCRIBE, numbered)
    assert described.image is not None
    assert [(b.does, b.index) for b in described.buttons] == [(Action.DESCRIBE, 1), (Action.IMAGINE, None)]
    assert [b.opens_dialog for b in described.buttons] == [True, False]
    assert read("MESSAGE_UPDATE", shown).options == 4

    tokens = "## Important tokens\n**a pond**\n## Shortened prompts\n1️⃣ pond\n2️⃣ a pond"
    shortened = heard(embed(description=tokens), "MESSAGE_UPDATE")
    assert isinstance(shortened, Finished)
    assert (shortened.keys.action, shortened.text) == (Action.SHORTEN, tokens)
    assert read("MESSAGE_CREATE", embed(description=tokens)).options == 2


def test_a_notice_starts_ends_and_fails_nothing() -> None:
    info = heard(embed("Your info - otter", "**Job Mode**: Fast", color=65280))
    assert isinstance(info, Informed)
    assert (info.title, info.text) == ("Your info - otter", "**Job Mode**: Fast")
    assert isinstance(heard(embed("Duplicate images detected", color=16776960)), Informed)
    assert isinstance(heard(message("Fast mode is on", nonce="3")), Informed)


def test_settings_are_told_with_what_can_be_pressed() -> None:
    names = ("RemixMode::1", "VersionSelector")
    parts = [{"style": 3, "label": name, "custom_id": f"MJ::Settings::{name}"} for name in names]
    rows = [{"type": 1, "components": [{"type": type_, **part}]} for type_, part in zip((2, 3), parts, strict=True)]
    for event in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
        settings = heard(message("Adjust your settings", components=rows), event)
        assert isinstance(settings, Informed)
        [remix] = settings.buttons
        assert (remix.custom_id, remix.label, remix.style) == ("MJ::Settings::RemixMode::1", "RemixMode::1", 3)
        assert (remix.is_switch, remix.is_quick, remix.does) == (True, True, None)
    said = heard(message("Remix mode turned on!", nonce="3"))
    assert isinstance(said, Informed)
    assert (said.text, said.buttons) == ("Remix mode turned on!", ())


# ---------------------------------------------------------------- refusals

REFUSALS = [
    ("Queue full", "Your job queue is full.", "queue_full"),
    ("Invalid parameter", "Unrecognized", "invalid_parameter"),
    ("Invalid prompt", "", "invalid_prompt"),
    ("Invalid link!", "", "invalid_link"),
    ("Invalid request", "", "invalid_request"),
    ("Empty prompt", "", "empty_prompt"),
    ("Banned prompt detected", "", "banned_prompt"),
    ("Banned image prompt", "", "banned_image"),
    ("Image denied", "", "image_denied"),
    ("Request cancelled due to image filters", "", "moderated"),
    ("Request cancelled due to output filters", "", "moderated"),
    ("Sorry, something went wrong", "The job encountered an error.", "job_failed"),
    ("Sorry! Could not complete the job!", "", "job_failed"),
    ("Slow Down!", "You can request another upscale for this image <t:1775429503:R>", "slow_down"),
    ("Job action restricted", "You can not submit batch jobs in relax mode", "action_restricted"),
    ("Action needed to continue", "Our AI moderators feel …", "action_needed"),
    ("Pending mod message", "", "pending_mod_message"),
    ("Blocked", "You are blocked until <t:1775429503>", "blocked"),
    ("Plan Cancelled", "", "plan_cancelled"),
    ("Subscription required", "", "subscription_required"),
    ("Subscription paused", "", "subscription_required"),
    ("Credits exhausted", "", "credits_exhausted"),
    ("Tos not accepted", "", "tos_not_accepted"),
    ("Internal error", "", "internal_error"),
    ("Invalid aspect", "", "unknown_error"),
    ("A strange error", "", "unknown_error"),
    ("Upload denied", "", "unknown_error"),
    ("", "Your job queue is full. Please wait", "queue_full"),
    ("", "You have reached the maximum number of concurrent jobs", "queue_full"),
    ("", "Unrecognized parameter(s): --foo", "invalid_parameter"),
    ("", "Sorry! Our AI moderators feel …", "action_needed"),
    ("Alert", "You have run out of fast hours", "credits_exhausted"),
]
PAUSING = {
    "captcha", "pending_mod_message", "blocked", "plan_cancelled", "subscription_required", "credits_exhausted",
    "tos_not_accepted",
}  # fmt: skip


@pytest.mark.parametrize(("title", "description", "code"), REFUSALS)
@pytest.mark.parametrize("colour", [{}, {"color": 16711680}, {"color": 15548997}, {"color": 16776960}])
def test_a_refusal_has_a_stable_code(title: str, description: str, code: str, colour: dict[str, int]) -> None:
    event = heard(embed(title, description, **colour))
    assert isinstance(event, Refused)
    assert event.code == code
    assert title in event.reason
    assert description in event.reason
    assert event.pauses_account is (code in PAUSING)
    assert event.retry is (code == "queue_full")
    assert event.retry_at == (1775429503000 if code in ("slow_down", "blocked") else None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("You are blocked until <t:1775429503>", " (until 2026-04-05 22:51:43 UTC)"),
        ("You can return <t:1775429503:F>.", " (until 2026-04-05 22:51:43 UTC)"),
        ("You can return <t:999999999999:F>.", ""),
        ("You can return <t:0:R>.", ""),
        ("You can return some day.", ""),
    ],
)
def test_a_time_is_told_in_words_beside_midjourneys_own(text: str, told: str) -> None:
    event = heard(embed("Blocked", text))
    assert isinstance(event, Refused)
    assert event.reason == f"Blocked: {text}{told}"
    assert read("MESSAGE_CREATE", embed("Blocked", text)).reason == f"Blocked: {text}"


def test_every_code_has_its_consequences() -> None:
    assert {code for code, t in REFUSALS_BY_CODE.items() if t.pauses_account} == PAUSING
    assert {code for _, _, code in REFUSALS} | {"stopped", "captcha"} == set(REFUSALS_BY_CODE) == set(ADVICE)


def test_a_decline_is_moderation() -> None:
    event = heard(embed("Sorry, something went wrong", "…", footer={"text": "decline-revise-frolic"}))
    assert isinstance(event, Refused)
    assert event.code == "moderated"


def test_an_appeal_can_be_made() -> None:
    assert read("MESSAGE_CREATE", embed("Action needed to continue", color=16711680)).recoverable


def test_red_without_a_title_is_an_error_and_yellow_is_not() -> None:
    assert isinstance(heard(embed(description="Nope", color=16711680)), Refused)
    assert isinstance(heard(embed(description="Mind the step", color=16776960)), Informed)


@pytest.mark.parametrize("title", ["Job queued", ""])
def test_a_queued_job_waits(title: str) -> None:
    payload = embed(
        title,
        "You have reached the maximum allowed number of concurrent jobs. Don't worry, this job will start as soon as …",
        color=16239475,
        footer={"text": "/imagine a  pond\n--v 6"},
    )
    event = heard(payload)
    assert isinstance(event, Queued)
    assert event.keys.prompt == "a  pond\n--v 6"


def test_a_stopped_job_is_refused() -> None:
    event = heard(message(f"**a** - <@{ME}> (Stopped)"), "MESSAGE_UPDATE")
    assert isinstance(event, Refused)
    assert (event.code, event.reason) == ("stopped", "Stopped")


def test_an_error_may_be_added_to_a_running_job_but_not_to_a_finished_one() -> None:
    red: dict[str, Any] = {"embeds": [{"title": "Banned prompt", "color": 16711680}]}
    running = heard(message(f"**a** - <@{ME}> (31%) (fast)", **red), "MESSAGE_UPDATE")
    assert isinstance(running, Refused)
    assert (running.code, running.keys.prompt) == ("banned_prompt", "a")
    assert isinstance(heard(message("Animating...", **red), "MESSAGE_UPDATE"), Refused)
    assert isinstance(heard(grid(**red), "MESSAGE_UPDATE"), Finished)


def test_an_embed_that_addresses_another_is_not_ours() -> None:
    hailed = embed(description=f"Hey <@{OTHER}>\nDue to extreme demand we can't provide a free trial", color=16711680)
    assert read("MESSAGE_CREATE", hailed).why == "foreign_embed"
    assert heard(hailed) is None
    mine = heard(hailed, user_id=OTHER)
    assert isinstance(mine, Refused)
    assert (mine.code, mine.keys.user_id) == ("subscription_required", OTHER)
    running = message(f"**a** - <@{ME}> (31%) (fast)", embeds=hailed["embeds"])
    assert isinstance(heard(running), Progressed)


def test_an_embed_added_to_a_message_we_are_not_told_is_a_fragment() -> None:
    part = embed("Banned prompt", color=16711680)
    del part["content"]
    assert read("MESSAGE_UPDATE", part).why == "fragment"
    assert read("MESSAGE_CREATE", part).kind == "error"


# ---------------------------------------------------------------- who speaks


def test_only_the_two_bots_are_read() -> None:
    niji = {"id": APPLICATIONS[Bot.NIJI], "bot": True}
    assert isinstance(heard({**grid(), "author": niji}), Finished)
    assert read("MESSAGE_CREATE", {**grid(), "author": {"id": ME}}).why == "human"
    assert read("MESSAGE_CREATE", {**grid(), "author": {"id": ME, "bot": True}}).why == "other_bot"
    unsigned = {key: value for key, value in grid().items() if key != "author"}
    assert read("MESSAGE_CREATE", unsigned).why == "fragment"
    assert isinstance(heard({**unsigned, "application_id": MIDJOURNEY}), Finished)
    assert isinstance(heard({**unsigned, "webhook_id": MIDJOURNEY}), Finished)
    assert heard({**unsigned, "webhook_id": "9"}) is None


def test_an_empty_acknowledgement_means_nothing() -> None:
    payload = {"id": ID, "application_id": MIDJOURNEY, "flags": 64, "type": 20, "nonce": "28", "content": ""}
    assert read("MESSAGE_CREATE", payload).why == "empty"
    assert heard(payload) is None


def test_an_empty_message_that_an_answer_will_fill_is_a_start() -> None:
    payload = {"id": ID, "application_id": MIDJOURNEY, "flags": 128, "type": 20, "nonce": "28", "content": ""}
    assert read("MESSAGE_CREATE", payload).why == "empty"
    started = heard(payload)
    assert isinstance(started, Started)
    assert (started.keys.message_id, started.keys.nonce) == (ID, "28")


@pytest.mark.parametrize("event", ["TYPING_START", "MESSAGE_REACTION_ADD", "MESSAGE_DELETE_BULK", "", "READY"])
def test_other_events_mean_nothing(event: str) -> None:
    assert read(event, grid()).kind == "ignore"
    assert heard(grid(), event) is None


# ---------------------------------------------------------------- interactions and dialogs


def test_interactions_are_acknowledged() -> None:
    payload = {"id": ID, "nonce": "5"}
    created, done = heard(payload, "INTERACTION_CREATE"), heard(payload, "INTERACTION_SUCCESS")
    assert isinstance(created, Acknowledged)
    assert isinstance(done, Acknowledged)
    assert (created.confirmed, done.confirmed) == (False, True)
    assert (created.keys.interaction_id, created.keys.nonce, created.keys.sent_at) == (ID, "5", SENT_AT)
    failed = heard({**payload, "reason_code": 7}, "INTERACTION_FAILURE")
    assert isinstance(failed, InteractionFailed)
    assert failed.reason_code == 7
    assert heard({}, "INTERACTION_CREATE") is None


@pytest.mark.parametrize(
    ("custom_id", "action", "job", "index"),
    [
        (f"MJ::RemixModal::{JOB}::3::1", Action.VARIATION, JOB, 3),
        (f"MJ::OutpaintCustomZoomModal::{JOB}", Action.ZOOM, JOB, None),
        (f"MJ::PanModal::left::{JOB}::1", Action.PAN, JOB, 1),
        ("MJ::Picreader::Modal::2", Action.DESCRIBE, None, 2),
        (f"MJ::AnimateModal::{JOB}::1::high::0", Action.VIDEO, JOB, 1),
        (f"MJ::SomethingNew::{JOB}", None, None, None),
    ],
)
def test_a_dialog_tells_its_ids_and_its_text(
    custom_id: str, action: Action | None, job: str | None, index: int | None
) -> None:
    field = {"type": 4, "custom_id": "MJ::RemixModal::new_prompt", "value": "a **pond** - x"}
    payload = {
        "id": ID, "nonce": "5", "custom_id": custom_id, "title": "Remix",
        "application": {"id": MIDJOURNEY}, "components": [{"type": 1, "components": [field]}],
    }  # fmt: skip
    reading = read("INTERACTION_MODAL_CREATE", payload)
    assert reading.kind == "modal"
    assert (reading.action, reading.job_id, reading.index) == (action, job, index)
    assert (reading.prompt, reading.custom_id) == ("a **pond** - x", custom_id)
    event = heard(payload, "INTERACTION_MODAL_CREATE")
    assert isinstance(event, ModalOpened)
    assert (event.modal_id, event.custom_id, event.title, event.keys.nonce) == (ID, custom_id, "Remix", "5")
    assert event.fields == {"MJ::RemixModal::new_prompt": "a **pond** - x"}
    assert heard({**payload, "application": {"id": "9"}}, "INTERACTION_MODAL_CREATE") is None


def test_web_dialogs_are_an_editor_or_a_captcha() -> None:
    payload = {"id": ID, "nonce": "5", "custom_id": "MJ::iframe::token", "title": "Vary (Region)"}
    editor = {**payload, "iframe_path": "/inpaint/index.html?x"}
    event = heard(editor, "INTERACTION_IFRAME_MODAL_CREATE")
    assert isinstance(event, ModalOpened)
    assert event.iframe_path == "/inpaint/index.html?x"
    assert read("INTERACTION_IFRAME_MODAL_CREATE", editor).action is Action.VARIATION
    captcha = {**payload, "title": "Action required to continue", "iframe_path": "/captcha/embedded/x"}
    asked = heard(captcha, "INTERACTION_IFRAME_MODAL_CREATE")
    assert isinstance(asked, CaptchaAsked)
    assert asked.reason == "Action required to continue"
    assert isinstance(heard(embed("Action required to continue")), CaptchaAsked)
    assert isinstance(heard(embed("", "Please complete the task below")), CaptchaAsked)


def test_a_deletion_names_the_message() -> None:
    event = heard({"id": ID, "channel_id": "77"}, "MESSAGE_DELETE")
    assert isinstance(event, Withdrawn)
    assert (event.keys.message_id, event.keys.channel_id) == (ID, "77")
    assert heard({"channel_id": "77"}, "MESSAGE_DELETE") is None


# ---------------------------------------------------------------- buttons


@pytest.mark.parametrize(
    ("custom_id", "does", "index"),
    [
        (f"MJ::JOB::upsample::2::{JOB}", Action.UPSCALE, 2),
        (f"MJ::JOB::variation::4::{JOB}", Action.VARIATION, 4),
        (f"MJ::JOB::reroll::0::{JOB}::SOLO", Action.REROLL, None),
        (f"MJ::JOB::low_variation::1::{JOB}::SOLO", Action.VARIATION, None),
        (f"MJ::JOB::high_variation::1::{JOB}::SOLO", Action.VARIATION, None),
        (f"MJ::JOB::variation::1::{JOB}::SOLO", Action.VARIATION, None),
        (f"MJ::JOB::upsample::1::{JOB}::SOLO", Action.UPSCALE, None),
        (f"MJ::JOB::upsample_v7_2x_subtle::1::{JOB}::SOLO", Action.UPSCALE, None),
        (f"MJ::JOB::upsample_v5_4x::1::{JOB}::SOLO", Action.UPSCALE, None),
        (f"MJ::JOB::upsample_max::1::{JOB}::SOLO", Action.UPSCALE, None),
        (f"MJ::JOB::pan_up::1::{JOB}::SOLO", Action.PAN, None),
        (f"MJ::Outpaint::50::1::{JOB}::SOLO", Action.ZOOM, None),
        (f"MJ::Outpaint::100::1::{JOB}::SOLO", Action.ZOOM, None),
        (f"MJ::CustomZoom::{JOB}", Action.ZOOM, None),
        (f"MJ::Inpaint::1::{JOB}::SOLO", Action.INPAINT, None),
        (f"MJ::JOB::animate_low::1::{JOB}::SOLO", Action.VIDEO, None),
        (f"MJ::JOB::animate_high_extend::1::{JOB}", Action.VIDEO, None),
        (f"MJ::JOB::video_virtual_upscale::3::{JOB}", Action.VIDEO, 3),
        ("MJ::Job::PicReader::4", Action.DESCRIBE, 4),
        ("MJ::Job::PicReader::all", Action.IMAGINE, None),
        ("MJ::Picread::Retry", Action.DESCRIBE, None),
        ("MJ::Job::PromptAnalyzer::5", Action.SHORTEN, 5),
        (f"MJ::BOOKMARK::{JOB}", None, None),
        (f"MJ::CancelJob::ByJobid::{JOB}", None, None),
        ("MJ::JOB::brand_new::1::x", None, None),
        ("", None, None),
    ],
)
def test_what_a_button_does(custom_id: str, does: Action | None, index: int | None) -> None:
    form = button_form(custom_id)
    assert (form.does, form.index) == (does, index)


def test_buttons_are_taken_as_they_stand_and_links_are_left_out() -> None:
    rows = [
        {"type": 1, "components": [
            {"type": 2, "style": 1, "custom_id": "MJ::a", "label": None, "emoji": {"name": "🔄", "id": None}},
            {"type": 2, "style": 5, "label": "Web", "url": "https://www.midjourney.com/jobs/x"},
        ]},
        {"type": 17, "components": [{"type": 1, "components": [{"type": 2, "custom_id": "MJ::b", "label": "B"}]}]},
    ]  # fmt: skip
    reading: Reading = read("MESSAGE_CREATE", grid(components=rows))
    assert [(b.custom_id, b.label, b.emoji, b.style) for b in reading.buttons] == [
        ("MJ::a", "", "🔄", 1),
        ("MJ::b", "B", "", 2),
    ]


# ---------------------------------------------------------------- the table of refusals, wherever the words stand

KNOWN_WORDS = [
    ("Queue full", "queue_full"),
    ("Your job queue is full. Please wait", "queue_full"),
    ("Invalid parameter", "invalid_parameter"),
    ("Unrecognized parameter(s): `--x`", "invalid_parameter"),
    ("`--oref` is not compatible with `--version 8.1`", "invalid_parameter"),
    ("Invalid prompt", "invalid_prompt"),
    ("Empty prompt", "empty_prompt"),
    ("Invalid link!", "invalid_link"),
    ("Invalid request", "invalid_request"),
    ("Banned prompt detected", "banned_prompt"),
    ("Banned image prompt", "banned_image"),
    ("Image denied", "image_denied"),
    ("Request cancelled due to output filters", "moderated"),
    ("Sorry! Could not complete the job!", "job_failed"),
    ("The job encountered an error", "job_failed"),
    ("Slow Down!", "slow_down"),
    ("You can request another upscale for this image <t:1700000000:R>", "slow_down"),
    ("Job action restricted", "action_restricted"),
    ("You can not submit batch jobs in relax mode", "action_restricted"),
    ("Action needed to continue", "action_needed"),
    ("Our AI moderators feel your prompt is against our rules", "action_needed"),
    ("Action required to continue", "captcha"),
    ("Please complete the task", "captcha"),
    ("Pending mod message", "pending_mod_message"),
    ("Blocked", "blocked"),
    ("Plan Cancelled", "plan_cancelled"),
    ("Subscription required", "subscription_required"),
    ("Subscription paused", "subscription_required"),
    ("Credits exhausted", "credits_exhausted"),
    ("You have run out of fast hours", "credits_exhausted"),
    ("Tos not accepted", "tos_not_accepted"),
]


def _places(words: str) -> list[Any]:
    text = {"type": 17, "components": [{"type": 10, "content": words}]}
    return [
        embed(words),
        embed(description=words),
        embed("Attention please", description=words),
        embed(description=f"Hey <@{ME}>! {words}"),
        message(words, nonce="1"),
        message(f"{words}\n/imagine a fox", nonce="1"),
        message("", nonce="1", flags=1 << 15, components=[text]),
    ]


@pytest.mark.parametrize(("words", "code"), KNOWN_WORDS)
def test_known_words_mean_the_same_as_title_description_plain_content_or_component(words: str, code: str) -> None:
    for place in _places(words):
        event = heard(place)
        if code == "captcha":
            assert isinstance(event, CaptchaAsked), place
        else:
            assert isinstance(event, Refused), place
            assert event.code == code, place


def test_a_queued_job_is_no_error_wherever_it_is_said() -> None:
    for place in _places("Job queued"):
        assert isinstance(heard(place), Queued), place


def test_an_embed_added_to_a_message_keeps_its_words_and_a_links_preview_has_none() -> None:
    added = {"type": "rich", "title": "Hold on", "description": "Too many friends"}
    part = {**message("x"), "embeds": [added]}
    del part["content"]
    event = heard(part, "MESSAGE_UPDATE")
    assert isinstance(event, Informed)
    assert event.words == "Hold on: Too many friends"
    assert heard({**part, "embeds": [{**added, "type": "article"}]}, "MESSAGE_UPDATE") is None


@given(
    content=st.text(max_size=60),
    title=st.text(max_size=20),
    label=st.text(max_size=20),
    flags=st.sampled_from([0, 64]),
)
def test_no_words_that_answer_one_of_our_sends_are_dropped(content: str, title: str, label: str, flags: int) -> None:
    said = message(content, nonce="77", flags=flags)
    if title:
        said["embeds"] = [{"type": "rich", "title": title}]
    if label:
        said["components"] = [{"type": 1, "components": [{"type": 2, "custom_id": "MJ::New::1", "label": label}]}]
    event = heard(said)
    if content.strip() or title.strip() or label:
        assert event is not None
        assert event.keys.nonce == "77"
