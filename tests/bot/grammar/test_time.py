"""Every text of Discord or of a caller is parsed in linear time, whatever it repeats."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from bot.grammar.embeds import embed, plain
from bot.grammar.text import drawing, seed_in, sentence_in
from tasks.prompts.echo import normalise

LENGTH = 6000  # characters
SECONDS = 0.15  # of the processor; each needs some milliseconds, and what is not linear needed several times this
REPEATED = ("[", "(", "*", "#", " ", "\n", "\t\n", "1\u20e3 ", "--", "— ", "<@", "https://a ", "** - ", "# \n", "hey")
BEFORE = ("", "**", "hey", "1\u20e3", "# Important tokens\n", "https://a ")

PARSERS: dict[str, Callable[[str], object]] = {
    "an embed": lambda text: embed({"title": "x", "description": text}),
    "a title": lambda text: embed({"title": text}),
    "an answer to /shorten": lambda text: embed({"description": text}, shortens=True),
    "an answer to /describe": lambda text: embed({"description": text}, describes=True),
    "a sentence": plain,
    "a drawing": drawing,
    "what is said": sentence_in,
    "a seed": seed_in,
    "a prompt": normalise.__wrapped__,
}


@pytest.mark.parametrize("parser", PARSERS)
def test_no_text_takes_long_to_read(parser: str) -> None:
    read = PARSERS[parser]
    for before in BEFORE:
        for repeated in REPEATED:
            text = before + (repeated * LENGTH)[:LENGTH]
            began = time.process_time()
            read(text)
            assert time.process_time() - began < SECONDS, (before, repeated)
