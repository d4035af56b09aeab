"""Every place that the glossary names exists.

Contract: reads docs/glossary.md and the tree. What a term means is for its reader to judge.
"""

from __future__ import annotations

import re

import pytest

from tests.docs.blocks import ROOT

ROW = re.compile(r"^\| (?P<term>[^|]+) \| (?P<meaning>[^|]+) \| (?P<places>[^|]+) \|$", re.M)
PLACE = re.compile(r"`([\w./]+)`")

ROWS = ROW.findall((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))[1:]  # the first is the heading


def test_terms_are_found_and_each_once() -> None:
    terms = [term for term, _, _ in ROWS]
    assert len(terms) > 30
    assert len(terms) == len(set(terms))


@pytest.mark.parametrize(("term", "places"), [(term, places) for term, _, places in ROWS if term.strip("-")])
def test_the_places_of_a_term_exist(term: str, places: str) -> None:
    named = PLACE.findall(places)
    assert named or "](" in places, f"{term} has no place"
    missing = [place for place in named if not (ROOT / place).exists()]
    assert not missing, f"{term}: {missing}"
