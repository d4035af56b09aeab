"""The pure parts of the command line: whose words are whose, what a file is called, which button is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.client import button_of
from cli.console import plain
from cli.errors import CommandFailed
from cli.picture_file import kind_of, name_for, save
from cli.prompt_words import split

OWN = {"--out": True, "--open": False, "--upscale": True}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("words", "prompt", "ours"),
    [
        (["a cat"], "a cat", []),
        (["a", "cat", "--ar", "16:9", "--open"], "a cat --ar 16:9", ["--open"]),
        (["a cat", "--open", "--no", "trees,", "water"], "a cat --no trees, water", ["--open"]),
        (["a cat", "--out", "x", "--v", "7", "--upscale=2"], "a cat --v 7", ["--out", "x", "--upscale=2"]),
        (["a cat", "--outer"], "a cat --outer", []),
        (["a cat", "--out"], "a cat", ["--out"]),
        (["--ar", "16:9"], "--ar 16:9", []),
        ([" ", ""], "", []),
    ],
)
def test_whose_words_are_whose(words: list[str], prompt: str, ours: list[str]) -> None:
    assert split(words, OWN) == (prompt, ours)


@given(st.lists(st.sampled_from(["a cat", "--ar", "1:1", "--open", "--out", "--no", "x"]), max_size=8))
def test_no_word_is_lost_or_made_up(words: list[str]) -> None:
    prompt, ours = split(words, OWN)
    assert sorted(" ".join([prompt, *ours]).split()) == sorted(" ".join(words).split())


@given(st.text(max_size=300))
def test_a_name_is_harmless_whatever_the_prompt(prompt: str) -> None:
    name = name_for("1684310738264000", prompt, "png")
    assert name.startswith("1684310738264000")
    assert name.endswith(".png")
    assert len(name.encode()) <= 255
    assert all(character.isalnum() or character in "-." for character in name)
    assert name.count(".") == 1
    assert Path(name).name == name


def test_a_name_has_the_words_of_the_prompt() -> None:
    assert name_for("1", "A red cat! --ar 16:9", "png") == "1-a-red-cat.png"
    assert name_for("1", "<https://s.mj.run/x> https://a/b 一只猫", "webp") == "1-一只猫.webp"
    assert name_for("../../1", "", "png") == "1.png"
    assert len(name_for("1684310738264000", "𠀀" * 300, "webp").encode()) <= 255


def test_a_file_is_whole_and_replaced(tmp_path: Path) -> None:
    first = save(PNG + b"1", tmp_path / "new", "1", "a cat")
    assert save(PNG + b"2", tmp_path / "new", "1", "a cat") == first
    assert first.read_bytes() == PNG + b"2"
    assert [*first.parent.iterdir()] == [first]


@pytest.mark.parametrize("data", [b"", b"<html>", b"PNG"])
def test_what_is_no_picture_is_not_saved(tmp_path: Path, data: bytes) -> None:
    assert kind_of(data) == ""
    with pytest.raises(CommandFailed, match="no picture"):
        save(data, tmp_path, "1", "a cat")
    assert [*tmp_path.iterdir()] == []


BUTTONS = [
    {"customId": "MJ::JOB::upsample::1::x", "label": "U1", "emoji": ""},
    {"customId": "MJ::JOB::reroll::0::x", "label": "", "emoji": "🔄"},
    {"customId": "MJ::JOB::high_variation::1::x", "label": "Vary (Strong)", "emoji": "🪄"},
]


@pytest.mark.parametrize(
    ("words", "place"), [("u1", 0), (" 🔄 ", 1), ("vary (strong)", 2), ("MJ::JOB::reroll::0::x", 1)]
)
def test_a_button_by_its_label_emoji_or_id(words: str, place: int) -> None:
    assert button_of({"id": "1", "buttons": BUTTONS}, words) == BUTTONS[place]["customId"]


@pytest.mark.parametrize("words", ["", " ", "U9"])
def test_a_button_that_is_not_there_names_those_that_are(words: str) -> None:
    with pytest.raises(CommandFailed, match=r"It has: U1, 🔄, Vary"):
        button_of({"id": "1", "buttons": BUTTONS}, words)
    with pytest.raises(CommandFailed, match="It has: none"):
        button_of({"id": "1", "buttons": []}, words)


@given(st.text())
def test_nothing_said_can_steer_a_terminal(text: str) -> None:
    assert "\x1b" not in plain(text)
    assert plain(text).isprintable()
