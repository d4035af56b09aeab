"""Components V2: a message without content reads as the same message with it, wherever its parts stand."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.grammar.events import Reading, parse_event, read
from bot.grammar.ids import APPLICATIONS
from tasks.domain.events import CaptchaAsked, Finished, ModalOpened, Progressed, Queued, Refused
from tasks.domain.model import Action, Bot
from tasks.rules.matching import Candidate, match
from tests.support.tasks import NOW, snowflake, task

MIDJOURNEY = APPLICATIONS[Bot.MIDJOURNEY]
ME = "1000000000000000001"
JOB = "0f9d1c52-3a7e-4c11-9b60-2d1f6f1f7a01"
V2 = 1 << 15
PROMPTS = (
    "a quiet pond",
    "",
    "a **bold** fox (31%) --ar 3:2",
    "Invalid parameter",
    "`--oref` is not compatible with x",
)
FORMS = (
    f"<@{ME}> (Waiting to start)",
    f"<@{ME}> (31%) (fast)",
    f"<@{ME}> (fast)",
    f"Image #2 <@{ME}>",
    f"Variations (Strong) by <@{ME}> [(Open on website)](<https://midjourney.com/jobs/{JOB}>) (fast)",
    f"Upscaled (Creative) by <@{ME}> (fast)",
)
BUTTONS = [{"type": 2, "style": 2, "custom_id": f"MJ::JOB::upsample::{n}::{JOB}"} for n in (1, 2)]


def message(**parts: Any) -> dict[str, Any]:
    return {
        "id": "1130129254378230721",
        "channel_id": "77",
        "author": {"id": MIDJOURNEY, "bot": True},
        "type": 0,
        "content": "",
        **parts,
    }


def spoken(*texts: str, **container: Any) -> dict[str, Any]:
    inner = [{"type": 10, "content": text} for text in texts]
    return message(flags=V2, components=[{"type": 17, "components": inner, **container}])


def heard(payload: Any, event: str = "MESSAGE_CREATE") -> Any:
    return parse_event(event, payload, account="a", user_id=ME)


def gallery(*urls: str) -> dict[str, Any]:
    return {"type": 12, "items": [{"media": {"url": url, "width": 2048, "height": 1024}} for url in urls]}


@st.composite
def nestings(draw: st.DrawFn, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts in their order, each within containers, sections and rows as deep as one likes."""
    placed = []
    for part in parts:
        inner: dict[str, Any] = part
        for shape in draw(st.lists(st.sampled_from(["container", "section", "accessory", "label", "row"]), max_size=6)):
            shapes: dict[str, dict[str, Any]] = {
                "container": {"type": 17, "accent_color": None, "components": [{"type": 14}, inner]},
                "section": {"type": 9, "components": [inner]},
                "accessory": {"type": 9, "components": [], "accessory": inner},
                "label": {"type": 18, "component": inner},
                "row": {"type": 1, "components": [inner]},
            }
            inner = shapes[shape]
        placed.append(inner)
    return placed


FACTS = (
    "kind", "action", "candidates", "prompt", "progress", "mode", "index", "job_id", "buttons", "variant", "reason",
    "user_id", "code",
)  # fmt: skip


@settings(deadline=None)
@given(st.data(), st.sampled_from(FORMS), st.sampled_from(PROMPTS), st.booleans(), st.booleans())
def test_a_drawing_reads_the_same_however_it_is_nested(
    data: st.DataObject, form: str, prompt: str, has_picture: bool, has_buttons: bool
) -> None:
    content, url = f"**{prompt}** - {form}", f"https://cdn.example/a_pond_{JOB}.png"
    plain = message(
        content=content,
        attachments=[{"url": url, "filename": f"a_pond_{JOB}.png"}] if has_picture else [],
        components=[{"type": 1, "components": BUTTONS}] if has_buttons else [],
    )
    parts = [{"type": 10, "content": content}]
    parts += [gallery(url)] if has_picture else []
    parts += BUTTONS if has_buttons else []
    nested = message(flags=V2, components=data.draw(nestings(parts)))
    for event in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
        of_v2, of_plain = read(event, nested), read(event, plain)
        assert [getattr(of_v2, fact) for fact in FACTS] == [getattr(of_plain, fact) for fact in FACTS]
        assert type(heard(nested, event)) is type(heard(plain, event))


@pytest.mark.parametrize("key", ["gallery", "file", "thumbnail"])
def test_media_count_as_attachments(key: str) -> None:
    url = f"https://cdn.example/x/a%20pond_{JOB}.mp4?ex=1"
    media = {"url": url, "content_type": "video/mp4", "width": 5}
    item = {
        "gallery": {"type": 12, "items": [{}, {"media": None}, {"media": media}]},
        "file": {"type": 13, "file": media, "size": 7},
        "thumbnail": {"type": 9, "components": [], "accessory": {"type": 11, "media": media}},
    }[key]
    event = heard(message(components=[{"type": 10, "content": f"**a pond** - <@{ME}> (fast)"}, item]))
    assert isinstance(event, Finished) and event.image is not None
    assert (event.image.url, event.image.filename, event.image.width) == (url, f"a pond_{JOB}.mp4", 5)
    assert (event.keys.job_id, event.keys.action) == (JOB, Action.VIDEO)


def test_a_file_that_is_attached_and_shown_counts_once_and_a_thumbnail_comes_last() -> None:
    attached = {"id": "5", "filename": f"a_{JOB}.png", "url": "https://cdn.example/real.png"}
    shown = message(
        attachments=[attached],
        components=[gallery("attachment://a.png", f"https://cdn.example/other/a_{JOB}.png"), *BUTTONS],
    )
    thumbnail = {"type": 11, "media": {"url": "https://cdn.example/logo.png"}}
    small_first = message(components=[{"type": 9, "accessory": thumbnail}, gallery("https://cdn.example/big.png")])
    for payload, url in ((shown, "https://cdn.example/real.png"), (small_first, "https://cdn.example/big.png")):
        text = {"type": 10, "content": f"**a pond** - <@{ME}> (fast)"}
        event = heard({**payload, "components": [text, *payload["components"]]})
        assert isinstance(event, Finished) and event.image is not None and event.image.url == url


@pytest.mark.parametrize("percent", [0, 31])
def test_progress_under_a_heading(percent: int) -> None:
    event = heard(spoken("### Your image", f"**a pond** - <@{ME}> ({percent}%) (fast)", accent_color=16711680))
    assert isinstance(event, Progressed)
    assert (event.percent, event.keys.prompt) == (percent, "a pond")


# ---------------------------------------------------------------- refusals, queue, notices


REFUSALS = [
    ("`--oref` is not compatible with `--version 8.1`", "invalid_parameter"),
    ("--tile is not compatible with --edit", "invalid_parameter"),
    ("`--q 4` is not compatible with `--oref`", "invalid_parameter"),
    ("`--oref` and `--draft` are not compatible with each other", "invalid_parameter"),
    ("Sorry! `--cref` is incompatible with `--version 8.2`", "invalid_parameter"),
    ("The parameter `--stop` is not compatible with `--version 8.2`", "invalid_parameter"),
    ("Draft mode is not compatible with `--version 8.2`", "invalid_parameter"),
    ("Invalid parameter\n`--foo` is none", "invalid_parameter"),
    ("Banned prompt detected\nIt holds a word", "banned_prompt"),
    ("Queue full\nYour job queue is full", "queue_full"),
]


@pytest.mark.parametrize(("words", "code"), REFUSALS)
def test_a_refusal_is_the_same_in_an_embed_in_content_and_in_v2(words: str, code: str) -> None:
    title, _, rest = words.partition("\n")
    echo = "\n/imagine a fox --oref x"
    places = [
        message(content=words + echo),
        message(embeds=[{"title": "", "description": words, "footer": {"text": echo.strip()}}]),
        message(embeds=[{"title": "Sorry, something went wrong", "description": words}]) if not rest else None,
        message(embeds=[{"title": title, "description": rest, "color": 16711680}]),
        spoken(words + echo),
        spoken(f"## {title}", rest + echo),
        spoken(f"**{title}**\n{rest}{echo}", accent_color=16711680),
        message(components=[{"type": 10, "content": f"{words}{echo}"}]),
    ]
    for place in filter(None, places):
        event = heard(place)
        assert isinstance(event, Refused) and event.code == code, place
        assert event.keys.prompt in ("a fox --oref x", None)
        assert title.strip("*") in event.reason


@pytest.mark.parametrize("where", ["content", "v2"])
def test_a_conflict_on_a_later_line_explains_a_vague_error(where: str) -> None:
    words = "There was an error processing your request\n`--oref` is not compatible with `--version 8.2`"
    event = heard(message(content=words) if where == "content" else spoken(words))
    assert isinstance(event, Refused) and event.code == "invalid_parameter"


@pytest.mark.parametrize(
    "payload",
    [
        message(content=f"**`--oref` is not compatible with `--v 8`** - <@{ME}> (31%)"),
        spoken(f"**`--oref` is not compatible with `--v 8`** - <@{ME}> (31%)"),
        message(content=f"**a\n--oref is not compatible with --v 8** - <@{ME}> (31%)"),
    ],
)
def test_a_prompt_that_speaks_of_a_conflict_refuses_nothing(payload: Any) -> None:
    assert isinstance(heard(payload), Progressed)


def test_an_unknown_red_panel_is_an_error_and_other_unknown_words_are_none() -> None:
    red = read("MESSAGE_CREATE", spoken("### Never seen before", "It says something", accent_color=16711680))
    assert (red.kind, red.code, red.reason) == ("error", "unknown_error", "Never seen before: It says something")
    grey = read("MESSAGE_CREATE", {**spoken("### Never seen before", "It says something"), "nonce": "5"})
    assert (grey.kind, grey.embed, grey.text) == ("info", None, "### Never seen before\nIt says something")


def test_queued_and_captcha_panels() -> None:
    queued = heard(spoken("### Job queued", "It starts soon", "-# /imagine a fox"))
    assert isinstance(queued, Queued) and queued.keys.prompt == "a fox"
    assert isinstance(heard(spoken("**Action required to continue**", "Please complete the task")), CaptchaAsked)
    other = heard(spoken("Hey <@77>, invalid parameter"))
    assert not isinstance(other, Refused)


def test_describe_answers_in_a_panel() -> None:
    row = {"type": 1, "components": [{"type": 2, "custom_id": f"MJ::Job::PicReader::{n}"} for n in (1, 2)]}
    words = "1\ufe0f\u20e3 a robot that is not compatible with water --ar 3:2\n\n2\ufe0f\u20e3 two foxes"
    payload = message(components=[{"type": 10, "content": words}, gallery("https://cdn.example/p.png"), row])
    event = heard(payload, "MESSAGE_UPDATE")
    assert isinstance(event, Finished) and event.keys.action is Action.DESCRIBE
    assert event.text == words and event.image is not None


# ---------------------------------------------------------------- dialogs


def dialog(components: Any, **parts: Any) -> dict[str, Any]:
    return {"id": "9", "nonce": "5", "custom_id": f"MJ::RemixModal::{JOB}::1::0", "components": components, **parts}


def test_a_dialogs_fields_may_stand_in_labels_or_rows() -> None:
    first = {"type": 4, "custom_id": "a", "value": "1"}
    second = {"type": 4, "custom_id": "b", "value": "2"}
    event = heard(
        dialog([{"type": 18, "label": "A", "component": first}, {"type": 1, "components": [second]}]),
        "INTERACTION_MODAL_CREATE",
    )
    assert isinstance(event, ModalOpened)
    assert event.fields == {"a": "1", "b": "2"}
    assert event.labelled == frozenset({"a"})


@pytest.mark.parametrize("slash", ["/", ""])
def test_a_frames_path_may_come_without_its_slash(slash: str) -> None:
    def opened(path: str) -> Reading:
        payload = dialog([], custom_id="MJ::iframe::t", iframe_path=slash + path)
        return read("INTERACTION_IFRAME_MODAL_CREATE", payload)

    assert opened("captcha/embedded/x").kind == "captcha"
    assert (opened("inpaint/index.html").kind, opened("inpaint/index.html").action) == ("modal", Action.VARIATION)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every key in it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if isinstance(value, dict):
            yield (*path, key)
        yield from places(inner, (*path, key))


def without(payload: dict[str, Any], paths: list[tuple[Any, ...]]) -> dict[str, Any]:
    kept = copy.deepcopy(payload)
    for path in sorted(paths, key=len, reverse=True):
        holder: Any = kept
        for key in path[:-1]:
            holder = holder[key]
        del holder[path[-1]]
    return kept


@settings(deadline=None)
@given(st.data(), st.sampled_from(("", "Variations (Strong) by ", "Image #1 ")))
def test_another_users_result_never_ends_a_task_whatever_is_missing(data: st.DataObject, words: str) -> None:
    """Equal words, the same channel and account, any nesting, any keys missing: only the user differs."""
    ours = Candidate(task=task(1), nonces=frozenset({"n"}), interaction_ids=frozenset())

    def of(user: str) -> dict[str, Any]:
        parts = [
            {"type": 10, "content": f"**a dog** - {words}<@{user}> (fast)"},
            gallery(f"https://cdn.example/a_dog_{JOB}.png"),
            *BUTTONS,
        ]
        return message(flags=V2, components=data.draw(nestings(parts))) | {"id": snowflake(NOW + 1000)}

    whole = of("2000000000000000002")
    paths = data.draw(st.lists(st.sampled_from(list(places(whole))), unique=True, max_size=4))
    for event in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
        found = heard(without(whole, paths), event)
        if found is not None:
            assert match(found.keys, [ours], ME, final=isinstance(found, Finished)).task_id is None
    own = heard(of(ME))
    assert isinstance(own, Finished)
    assert (match(own.keys, [ours], ME, final=True).task_id == "1") == (not words)
