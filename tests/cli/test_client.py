"""Which button of a task is meant."""

from __future__ import annotations

import pytest

from cli.client import button_of
from cli.errors import CommandFailed

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
