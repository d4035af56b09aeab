"""Wording, prompt echo, buttons and dictionary: the pure parts."""

import re
import string
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.data import components, wording
from simulator.data.eras import ERAS, Era
from simulator.data.layouts import TEXT_LAYOUTS
from simulator.data.pictures import _drawable
from simulator.data.rewriting import echo, split_parameters, with_aspect
from simulator.wire.translate import translated

ERA = ERAS["2026"]
JOB = "0f6cbd8e-3f0a-4b3c-9d2e-5a1c2b3d4e5f"
# A busy machine is no fault of the code under test.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
words = st.text(st.sampled_from(string.ascii_letters + string.digits + " ,.'狗"), min_size=1).filter(str.strip)


@unhurried
@given(words, st.text())
def test_an_echo_is_the_same_for_the_same_seed(prompt: str, seed: str) -> None:
    assert echo(prompt, seed) == echo(prompt, seed)


@unhurried
@given(st.text(), st.text())
def test_an_echo_has_no_double_spaces_and_no_line_breaks(prompt: str, seed: str) -> None:
    echoed = echo(prompt, seed)
    assert "\n" not in echoed and "  " not in echoed and echoed == echoed.strip()


@unhurried
@given(words, st.text())
def test_an_echo_keeps_the_words(prompt: str, seed: str) -> None:
    assert split_parameters(echo(prompt, seed))[0] == " ".join(prompt.split())


@pytest.mark.parametrize(
    ("sent", "part"),
    [
        ("a fox —ar 3:2", "--ar 3:2"),
        ("a fox --v 7", "--v 7.0"),
        ("a fox --style raw", "--raw"),
        ("https://example.com/a.png a fox", "<https://s.mj.run/"),
        ("a fox --no hills, moon", "--no hills, moon"),
        ("a fox sim-slow", "sim-slow"),
    ],
)
def test_what_an_echo_rewrites(sent: str, part: str) -> None:
    for seed in map(str, range(20)):
        assert part in echo(sent, seed)


def test_an_echo_may_add_drop_and_reorder_parameters() -> None:
    echoes = {echo("a fox --ar 1:1 --chaos 5 --raw", str(seed)) for seed in range(200)}
    assert any("--v 7.0" in item for item in echoes) and any("--v 7.0" not in item for item in echoes)
    assert any("--ar 1:1" in item for item in echoes) and any("--ar 1:1" not in item for item in echoes)
    assert any(item.index("--raw") < item.index("--chaos") for item in echoes)


def test_panning_replaces_the_aspect_ratio() -> None:
    assert with_aspect("a fox --ar 1:1 --v 7.0", "3:2") == "a fox --v 7.0 --ar 3:2"


@pytest.mark.parametrize(
    ("command", "waiting", "final"),
    [
        ("imagine", "**a fox** - <@7> (Waiting to start)", "**a fox** - <@7> [(Open"),
        ("upscale", "Upscaling image #2 with **a fox** - <@7> (Waiting to start)", "**a fox** - Image #2 <@7>"),
        (
            "variation",
            "Making variations for image #2 with prompt **a fox** - <@7> (Waiting to start)",
            "**a fox** - Variations (Strong) by <@7> [(Open",
        ),
        ("reroll", "Rerolling **a fox** - <@7> (Waiting to start)", "**a fox** - <@7> [(Open"),
        ("zoom_2x", "**a fox** - <@7> (Waiting to start)", "**a fox** - Zoom Out by <@7> [(Open"),
        ("pan_left", "**a fox** - <@7> (Waiting to start)", "**a fox** - Pan Left by <@7> [(Open"),
        (
            "upscale_creative",
            "Upscaling image #2 with **a fox** - <@7> (Waiting to start)",
            "**a fox** - Upscaled (Creative) by <@7> [(Open",
        ),
    ],
)
def test_the_words_of_each_kind(command: str, waiting: str, final: str) -> None:
    kind = ERA.kinds[command]
    assert wording.waiting(kind, "a fox", "7", 2) == waiting
    done = wording.final(ERA, kind, "a fox", "7", index=2, job_id=JOB, mode="fast", footer=False, website=True)
    assert done.startswith(final)
    if not kind.bare:
        assert done.endswith(f"](<https://midjourney.com/jobs/{JOB}>) (fast)")
        bare = wording.final(ERA, kind, "a fox", "7", index=2, job_id=JOB, mode="fast", footer=False, website=False)
        assert bare.endswith("<@7> (fast)")


@unhurried
@given(st.integers(0, 100), st.integers())
def test_percentages_never_fall(steps: int, seed: int) -> None:
    percents = wording.percentages(ERA, steps, Random(seed))
    assert len(percents) == steps
    assert percents == sorted(percents)
    assert all(0 <= value < 100 for value in percents)


@unhurried
@given(st.text(max_size=300))
def test_file_names_are_plain(prompt: str) -> None:
    name = wording.file_name("u1300000001", prompt, JOB, "webp")
    assert name.isascii() and name.endswith(f"_{JOB}.webp") and "/" not in name and " " not in name


@pytest.mark.parametrize("era", ERAS.values(), ids=list(ERAS))
def test_every_button_that_is_shown_is_read_back(era: Era) -> None:
    read = set()
    for shape, layout in (*era.layouts.items(), *TEXT_LAYOUTS.items()):
        for item in components.buttons(components.lay_out(layout, JOB)):
            if "custom_id" in item:
                press = components.read_custom_id(item["custom_id"])
                assert press is not None and press.job_id in (JOB, ""), (shape, item)
                read.add(press.command)
    by_command = {"imagine", "blend", "describe", "shorten", "video"}
    at_once = {"bookmark", "animate_manual", "pic_reader", "pic_reader_all", "describe_again", "analyzed"}
    assert set(era.kinds) - by_command == read - at_once
    assert components.read_custom_id(f"MJ::JOB::unheard_of::1::{JOB}::SOLO") is None


def test_no_row_is_longer_than_discord_allows() -> None:
    layouts = [layout for era in ERAS.values() for layout in era.layouts.values()]
    for layout in (*layouts, *TEXT_LAYOUTS.values()):
        assert len(layout) <= 5 and all(0 < len(line) <= 5 for line in layout)


def test_what_only_other_shapes_have_is_left_out() -> None:
    layout = ERA.layouts["single"]
    wide, square = (list(components.buttons(components.lay_out(layout, JOB, square=it))) for it in (False, True))
    assert {item["label"] for item in wide if "label" in item} - {item.get("label") for item in square} == {
        "Make Square"
    }


def test_only_newer_components_are_numbered() -> None:
    old = components.lay_out(ERA.layouts["grid"], JOB, numbered=False)
    new = components.lay_out(ERA.layouts["grid"], JOB)
    assert not any("id" in item for item in (*old, *components.buttons(old)))
    assert [item["id"] for item in components.buttons(new)] == [2, 3, 4, 5, 6, 8, 9, 10, 11, 12]


def test_a_used_button_changes_its_style_alone() -> None:
    before = components.lay_out(ERA.layouts["grid"], JOB)
    custom_id = f"MJ::JOB::upsample::3::{JOB}"
    after = components.pressed(before, custom_id)
    changed = [
        new for old, new in zip(components.buttons(before), components.buttons(after), strict=True) if old != new
    ]
    assert [item["custom_id"] for item in changed] == [custom_id]
    assert changed[0]["style"] == components.PRIMARY


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("一只狗", "A dog"),
        ("一只橙色的猫，水彩风格", "An orange cat, watercolour style"),
        ("戴着帽子的女孩在海边", "Wearing hat girl in seaside"),
        ("一座古老的城堡。", "An ancient castle."),
        ("一只狗 --ar 16:9", "A dog --ar 16:9"),
        ("齉 dragon", "(untranslated 9c7dd94c) dragon"),
        ("未来城市，霓虹灯，赛博朋克，雨夜", "Future city, neon lights, cyberpunk, rainy night"),
        ("a red fox,  at dusk", "a red fox,  at dusk"),
    ],
)
def test_the_dictionary(chinese: str, english: str) -> None:
    assert translated(chinese) == english


@given(st.text(alphabet=st.sampled_from("一只狗霓虹灯鼗鼓，。 ax-1"), max_size=40))
def test_a_translation_has_no_chinese_left_and_tells_texts_apart(text: str) -> None:
    assert not re.search(r"[\u3400-\u9fff]", translated(text))
    assert translated(f"{text}鼗") != translated(f"{text}鼓")


@given(st.text(max_size=80))
def test_a_caption_paints_only_what_the_font_has(text: str) -> None:
    painted = _drawable(text)
    assert all(" " <= letter <= "\u024f" or letter == "…" for letter in painted)
    assert "\\u" not in painted or "\\u" in text
    assert _drawable(painted) == painted
