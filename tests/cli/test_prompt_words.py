"""Which words of `draw` are the prompt and which are options."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.prompt_words import split

OWN = {"--out": True, "--open": False, "--upscale": True}


@pytest.mark.parametrize(
    ("words", "prompt", "options"),
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
def test_options_are_separated_from_the_prompt(words: list[str], prompt: str, options: list[str]) -> None:
    assert split(words, OWN) == (prompt, options)


@given(st.lists(st.sampled_from(["a cat", "--ar", "1:1", "--open", "--out", "--no", "x"]), max_size=8))
def test_no_word_is_lost_or_made_up(words: list[str]) -> None:
    prompt, options = split(words, OWN)
    assert sorted(" ".join([prompt, *options]).split()) == sorted(" ".join(words).split())
