"""Which differences between the text sent and the text echoed MidJourney is known to make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.prompts.echo import same_prompt


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ("a  dog", "a dog"),
        ("a dog\n in the rain", "a dog in the rain"),
        ("a dog\nin the rain", "a dogin the rain"),
        ("a dog\n--ar 3:2", "a dog --ar 3:2 --v 7.0"),
        ("a dog —ar 3:2", "a dog --ar 3:2"),
        ("a dog --aspect 3:2 --v 7", "a dog --v 7.0 --ar 3:2"),
        ("a dog", "a dog --v 7.0"),
        ("a dog --ar 1:1", "a dog"),
        ("a dog --style raw", "a dog --raw"),
        ("https://example.com/x.png a dog", "<https://s.mj.run/abc> a dog"),
        ("a dog --sref random", "a dog --sref 8065717925"),
        ("a dog --no cats,  birds", "a dog --no cats, birds"),
        ("a dog --no cats --no birds", "a dog --no birds, cats --v 7.0"),
        ("a dog --seed 5", "a dog --seed 5 --v 7.0"),
        ("a dog --sref https://example.com/x.png", "a dog --sref <https://s.mj.run/abc>"),
        ("a dog --sref 12 34", "a dog --sref 12 <https://s.mj.run/abc>"),
        ("a dog --edit https://example.com/x.png", "a dog --edit <https://s.mj.run/abc> --v 8.2"),
        ("a dog --edit https://a.b/x https://a.b/y", "<https://s.mj.run/a> <https://s.mj.run/b> a dog --v 8.2"),
        ("https://a.b/z a dog --edit https://a.b/x", "<https://s.mj.run/a> <https://s.mj.run/b> a dog"),
        ("a dog — in the rain", "a dog --in the rain --v 7.0"),
        ("a dog —in the rain", "a dog —in the rain"),
        ("--v 7", "--v 7.0"),
        ("", ""),
        ("x" * 900, "x" * 600 + "…"),
        ("x" * 900 + " —yes", "x" * 600 + "…"),
    ],
)
def test_known_rewritings_are_the_same_prompt(sent: str, echoed: str) -> None:
    assert same_prompt(sent, echoed)


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ("a dog", "a dog in the rain"),
        ("a dog --edit https://a.b/x", "a dog --v 8.2"),
        ("a dog --edit https://a.b/x https://a.b/y", "<https://s.mj.run/a> a dog"),
        ("a dog", "a dog --edit <https://s.mj.run/a>"),
        ("a dog in the rain", "a dog"),
        ("a dog --ar 3:2", "a dog --ar 16:9"),
        ("a dog --v 6", "a dog --v 7.0"),
        ("a dog", "a cat"),
        ("a dog in the rain", "a dogin the rain"),
        ("a dog —wet and happy", "a dog —dry and sad"),
        ("a dog — wet and happy", "a dog — wet and sad"),
        ("a dog --no cats", "a dog --no birds"),
        ("a dog --seed 5", "a dog --seed 6"),
        ("a dog --seed 5", "a dog"),
        ("a dog --ar 3:2", "a dog"),
        ("a dog --ar 3:2", "a dog --v 7.0"),
        ("a dog", "a dog --ar 3:2 --v 7.0"),
        ("a dog", "a dog --ar 21:9 --s 750"),
        ("a dog --tile", "a dog"),
        ("a dog --sref 12", "a dog --sref 34"),
        ("a dog-house", "a dog --house"),
        ("short text", "short"),
    ],
)
def test_other_words_are_another_prompt(sent: str, echoed: str) -> None:
    assert not same_prompt(sent, echoed)


@given(st.text(max_size=200))
def test_every_prompt_is_its_own_echo(prompt: str) -> None:
    assert same_prompt(prompt, prompt)


@given(st.lists(st.sampled_from(["dog", "cat", "rain", "**", "(31%)"]), max_size=6), st.sampled_from([" ", "  ", "\n"]))
def test_blanks_never_matter(words: list[str], blank: str) -> None:
    assert same_prompt(blank.join(words), " ".join(words))
