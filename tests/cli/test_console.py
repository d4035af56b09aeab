"""Text of other origin on a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cli.console import plain


@given(st.text())
def test_no_text_can_control_a_terminal(text: str) -> None:
    assert "\x1b" not in plain(text)
    assert plain(text).isprintable()
