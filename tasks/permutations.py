"""Several drawings from one prompt: `{red, green} bird` is two.

Law: what MidJourney would draw is counted, never underestimated, before anything is paid. Braces without a counterpart
and those behind a backslash are text; so are commas outside of braces. Only a few of many variants are written out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.errors import BadRequest
from tasks.parameters import excerpt

MOST_VARIANTS = 40  # MidJourney takes no more jobs from one prompt; of a longer list these are looked into

_BRACE = re.compile(r"(\\.|[{},])", re.DOTALL)


class TooManyDrawings(BadRequest):
    """The prompt makes more drawings than are allowed at once."""

    code = "too_many_drawings"


class _Group:
    """The options between two braces; the whole prompt is the outermost one."""

    def __init__(self, most: int) -> None:
        self.most = most  # variants to be written out
        self.jobs, self.variants = 0, list[str]()  # of the options that are complete
        self._jobs, self._variants = 1, [""]  # of the one that is being read

    def say(self, text: str) -> None:
        self._variants = [variant + text for variant in self._variants]

    def complete(self) -> None:
        options = [variant.strip() for variant in self._variants]
        self.jobs, self.variants = self.jobs + self._jobs, (self.variants + options)[: self.most]
        self._jobs, self._variants = 1, [""]

    def take(self, inner: _Group) -> None:
        self._jobs *= inner.jobs
        self._variants = [a + b for a in self._variants for b in inner.variants][: self.most]


def permuted(text: str, allowed: int) -> tuple[int, list[str]]:
    """How many prompts `{a, b}` makes of this one, and the first of them."""
    pieces = _BRACE.split(text)
    matched = _matched(pieces)
    groups = [_Group(min(MOST_VARIANTS, max(1, allowed)))]
    for at, piece in enumerate(pieces):
        if at in matched and piece == "{":
            groups.append(_Group(groups[0].most))
        elif at in matched:
            inner = groups.pop()
            inner.complete()
            groups[-1].take(inner)
        elif piece == "," and len(groups) > 1:
            groups[-1].complete()
        else:
            groups[-1].say(piece)
    groups[0].complete()
    if matched:
        begin = len("".join(pieces[: min(matched)]))
        check_jobs(groups[0].jobs, allowed, f'"{excerpt(text[begin:])}" in it')
    return groups[0].jobs, groups[0].variants


def has_lone_brace(text: str) -> bool:
    pieces = _BRACE.split(text)
    return len(_matched(pieces)) < sum(piece in ("{", "}") for piece in pieces)


def _matched(pieces: Sequence[str]) -> set[int]:
    """Where the braces stand that have a counterpart; the others are text."""
    opened: list[int] = []
    matched: set[int] = set()
    for at, piece in enumerate(pieces):
        if piece == "{":
            opened.append(at)
        elif piece == "}" and opened:
            matched |= {opened.pop(), at}
    return matched


def check_jobs(jobs: int, allowed: int, why: str) -> None:
    if jobs > max(1, allowed):
        count = jobs if jobs <= 1_000_000 else "more than a million"
        raise TooManyDrawings(
            f"The prompt makes {count} drawings, because of {why}; allowed is {max(1, allowed)}.",
            hint="Submit one prompt for each drawing. Where braces are meant as text, write \\{ and \\}.",
        )
