"""Permutations: `{red, green} bird` makes two drawings.

Contract: counts the drawings before anything is paid. Unmatched braces and escaped ones are text, as are commas outside
of braces. Only the first of very many variants are written out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.domain.errors import BadRequest
from tasks.prompts.values import excerpt

MOST_VARIANTS = 40  # MidJourney accepts no more jobs from one prompt; longer lists are cut to this

_BRACE = re.compile(r"(\\.|[{},])", re.DOTALL)


class TooManyDrawings(BadRequest):
    """The prompt makes more drawings than are allowed at once."""

    code = "too_many_drawings"


class _Group:
    """The options between two braces; the whole prompt is the outermost group."""

    def __init__(self) -> None:
        self.jobs, self.variants = 0, list[str]()  # of the complete options
        self._jobs, self._variants = 1, [""]  # of the option being read

    def say(self, text: str) -> None:
        self._variants = [variant + text for variant in self._variants]

    def complete(self) -> None:
        options = [variant.strip() for variant in self._variants]
        self.jobs, self.variants = self.jobs + self._jobs, (self.variants + options)[:MOST_VARIANTS]
        self._jobs, self._variants = 1, [""]

    def take(self, inner: _Group) -> None:
        self._jobs *= inner.jobs
        self._variants = [a + b for a in self._variants for b in inner.variants][:MOST_VARIANTS]


def permutations_of(text: str) -> tuple[int, list[str]]:
    """The number of prompts that `{a, b}` makes of this one, and the first of them."""
    if "{" not in text:
        return 1, [text]
    pieces = _BRACE.split(text)
    matched = _matched_braces(pieces)
    if not matched:
        return 1, [text]
    groups = [_Group()]
    for at, piece in enumerate(pieces):
        if at in matched and piece == "{":
            groups.append(_Group())
        elif at in matched:
            inner = groups.pop()
            inner.complete()
            groups[-1].take(inner)
        elif piece == "," and len(groups) > 1:
            groups[-1].complete()
        else:
            groups[-1].say(piece)
    groups[0].complete()
    return groups[0].jobs, groups[0].variants


def check_jobs(text: str, jobs: int, allowed: int) -> None:
    """Raises TooManyDrawings, naming the cause."""
    if jobs <= max(1, allowed):
        return
    pieces = _BRACE.split(text)
    opening = min(_matched_braces(pieces), default=None)
    why = "its --repeat" if opening is None else f'"{excerpt(text[len("".join(pieces[:opening])) :])}" in it'
    raise TooManyDrawings(
        f"The prompt makes {jobs if jobs <= 10**6 else 'more than a million'} drawings, because of {why};"
        f" allowed is {max(1, allowed)}.",
        hint="Submit one prompt for each drawing. Where braces are meant as text, write \\{ and \\}.",
    )


def has_lone_brace(text: str) -> bool:
    pieces = _BRACE.split(text)
    return len(_matched_braces(pieces)) < sum(piece in ("{", "}") for piece in pieces)


def brace_spans(text: str) -> list[tuple[int, int]]:
    """The spans of the outermost matched braces."""
    pieces = _BRACE.split(text)
    matched = _matched_braces(pieces)
    spans: list[tuple[int, int]] = []
    place = depth = begun = 0
    for at, piece in enumerate(pieces):
        if at in matched and piece == "{":
            begun, depth = (begun if depth else place), depth + 1
        elif at in matched:
            depth -= 1
            if not depth:
                spans.append((begun, place + 1))
        place += len(piece)
    return spans


def _matched_braces(pieces: Sequence[str]) -> set[int]:
    """The positions of matched braces; the others are text."""
    opened: list[int] = []
    matched: set[int] = set()
    for at, piece in enumerate(pieces):
        if piece == "{":
            opened.append(at)
        elif piece == "}" and opened:
            matched |= {opened.pop(), at}
    return matched
