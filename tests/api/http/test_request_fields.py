"""Parameters: what is read in a short way is what the long way reads."""

from __future__ import annotations

from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from api.http.request_fields import form_pairs


@given(st.text("zZ0_-=&%+; 狗\n", max_size=12))
def test_a_plain_pair_is_read_as_the_library_reads_it(text: str) -> None:
    assert list(form_pairs(text)) == parse_qsl(text, keep_blank_values=True)
