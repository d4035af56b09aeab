"""Every payload can be stored after sanitizing, whatever its values."""

from __future__ import annotations

import copy
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.gateway.receiver import EventReceiver
from bot.grammar.events import parse_event
from bot.grammar.sanitize import sanitize, sanitize_text
from bot.http import history
from tasks.domain.events import Event, Finished
from tests.bot.grammar.test_properties import FULL, ME, PLACES, anything, damaged

HALF = "a\ud83d"
any_text = st.text(st.characters(exclude_categories=()))
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=20,
)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)


def numbers(value: Any) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from numbers(inner)


@given(any_json)
def test_all_of_it_can_be_stored_and_what_can_be_is_as_it_was(value: Any) -> None:
    fit = sanitize(value)
    for text in texts(fit):
        assert "\0" not in text
        with closing(sqlite3.connect(":memory:")) as database:
            assert database.execute("SELECT ?", (text,)).fetchone() == (text,)
    document = msgspec.json.encode(fit)
    assert msgspec.json.encode(sanitize(fit)) == document
    if all(text == sanitize_text(text) for text in texts(value)) and all(map(_is_small, numbers(value))):
        assert fit == value


def _is_small(number: int) -> bool:
    return abs(number) < 2**63


@pytest.mark.parametrize("number", [2**63, -(2**63), 10**30, 2**64])
def test_a_number_that_sqlite_cannot_hold_is_not_said(number: int) -> None:
    assert sanitize({"width": number, "height": 2**63 - 1}) == {"width": None, "height": 2**63 - 1}


def test_nesting_without_end_is_cut_off() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    fit = sanitize({"a": deep, "b": 1})
    assert fit["b"] == 1
    assert len(json.dumps(fit)) < 1000


def test_what_is_fit_is_not_copied() -> None:
    whole = copy.deepcopy(FULL)
    assert sanitize(whole) is whole


@settings(deadline=None)
@given(st.lists(st.sampled_from(PLACES), unique=True, min_size=1, max_size=4), any_text | any_json)
def test_what_is_understood_of_a_message_can_be_stored_whatever_stands_where(paths: Any, fill: Any) -> None:
    for name in ("MESSAGE_UPDATE", "MESSAGE_CREATE", "INTERACTION_IFRAME_MODAL_CREATE"):
        heard = parse_event(name, damaged(paths, fill, remove=False), account="a", user_id=ME)
        if heard is not None:
            msgspec.json.encode(asdict(heard))


@pytest.mark.parametrize("place", ["filename", "url", "emoji", "custom_id", "content_type", "label"])
def test_half_a_character_in_any_place_of_a_result_is_replaced(place: str) -> None:
    """In texts that are told, and in those that are only kept."""
    whole = copy.deepcopy({**FULL, "embeds": []})
    picture, button = whole["attachments"][0], whole["components"][0]["components"][0]
    match place:
        case "emoji":
            button["emoji"] = {"name": HALF}
        case "custom_id" | "label":
            button[place] = button.get(place, "") + HALF
        case _:
            picture[place] = picture.get(place, "") + HALF
    heard = parse_event("MESSAGE_UPDATE", whole, account="a", user_id=ME)
    assert isinstance(heard, Finished)
    assert "\ufffd" in msgspec.json.encode(asdict(heard)).decode()


@given(st.sampled_from(["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE_BULK", "INTERACTION_SUCCESS"]), anything)
def test_the_ear_takes_anything(name: str, fill: Any) -> None:
    heard: list[Event] = []
    ear = EventReceiver(account="a", channel_id="77", sink=heard.append, private=True)
    ear.on_ready({"user": fill, "private_channels": fill})
    ear.on_ready({"user": {"id": fill}, "private_channels": [fill, {"id": fill, "type": 1}]})
    for key in ("id", "ids", "author", "content", "components"):
        ear.on_event(name, {"channel_id": "77", "id": "5", key: fill})
    assert all(event.keys.channel_id in ("77", None) for event in heard)  # type: ignore[union-attr]


@pytest.mark.parametrize("strange", [{}, {"id": None}, {"id": "x"}, {"id": "9" * 5000}, "text", None])
async def test_a_message_without_an_id_does_not_cost_the_history(strange: Any) -> None:
    async def page(after: str) -> list[Any]:
        return [strange, {"id": "2"}, {"id": "1"}]

    stretch = await history.read(page, 0, max_pages=1)
    assert [message["id"] for message in stretch.messages] == ["1", "2"]
