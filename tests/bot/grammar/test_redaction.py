"""A report holds nothing of a person, and still reads as the messages did."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.grammar.ids import APPLICATIONS
from bot.grammar.reading import read
from bot.grammar.redaction import _ALLOWED, Redactor
from simulator import Simulator
from tasks.domain.model import Bot
from tests.support.discord_account import IMAGINE, Events, connected_pool

SECRETS = (
    "MTEwODMwMjE2ODAxMzkzODY4OA.GzABCD.abcdefghijklmnopqrstuvwxyz0123456789AB",
    "mfa.Vk0xZ2x3aEd0SnV5",
    "bob.miller@mail.example",
    "Bob Miller",
    "https://bobs-home.example/cat.png?key=hunter2hunter2",
    "https://cdn.discordapp.com/attachments/1108302168013938689/1108302168013938690/Bob_Miller_portrait.png?ex=67&hm=abc9",
    "+1 555 867 5309",
    "1108302168013938689",
    "王小明的照片",
    "日本語テキスト",
)
PIECES = (
    "Bob",
    "Miller",
    "bobs",
    "hunter",
    "GzABCD",
    "abcdefghij",
    "Vk0x",
    "867",
    "5309",
    "1108302168013938",
    "王小明",
    "日本語",
)

names = st.sampled_from(sorted(_ALLOWED)) | st.sampled_from(["email", "token", "session_id", "phone", "Bob Miller"])
texts = st.sampled_from(SECRETS) | st.builds(
    lambda before, secret, after: f"{before}{secret}{after}",
    st.sampled_from(("", "**", "(", "MJ::JOB::", "<@", "--ar ", "--v ", "/imagine ", "```", "#", "_", "::")),
    st.sampled_from(SECRETS),
    st.sampled_from(("", "** - <@7> (31%) (fast)", ")", "::1", ">", ".png")),
)
values = st.recursive(
    texts | st.none() | st.booleans() | st.just(15558675309),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)


@given(st.dictionaries(names, values, max_size=6))
def test_nothing_personal_is_left(payload: dict[str, Any]) -> None:
    written = json.dumps(Redactor().payload(payload), ensure_ascii=False)
    assert [piece for piece in PIECES if piece.casefold() in written.casefold()] == []


def test_equal_values_stay_equal_and_the_bots_keep_their_ids() -> None:
    redactor, bot = Redactor(), APPLICATIONS[Bot.MIDJOURNEY]
    first = redactor.payload({"id": "1108302168013938689", "author": {"id": bot}, "content": "**Bob runs**"})
    again = redactor.payload({"id": "1108302168013938689", "content": "**bob Runs**"})
    assert (first["id"], first["content"]) == (again["id"], again["content"])
    assert first["author"]["id"] == bot


@pytest.mark.parametrize("era", ["2023", "2024", "2026"])
async def test_redacted_messages_read_as_before(era: str) -> None:
    seen: list[tuple[str, dict[str, Any]]] = []
    async with Simulator(accounts=1, era=era) as simulator:
        events = Events()
        async with connected_pool(
            simulator, events, observe=lambda name, payload, *_: seen.append((name, dict(payload)))
        ) as pool:
            from bot.http.nonces import new_nonce

            await pool.send("a0", IMAGINE, new_nonce())
            await events.until(lambda event: type(event).__name__ == "Finished")
    redactor = Redactor()
    for name, payload in seen:
        before, after = read(name, payload), read(name, redactor.payload(payload))
        for part in ("kind", "action", "progress", "mode", "index", "why", "code"):
            assert getattr(before, part) == getattr(after, part), (part, payload)
        assert len(before.buttons) == len(after.buttons)
