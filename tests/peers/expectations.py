"""What each program's steps must give, as data, and the comparison with what they gave.

Contract: pure but for reading the table. A step that the table has and the program did not report is a deviation, and
so is one that it reported and the table lacks.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("expectations.toml")
WORKS = "works"


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """`fails`: a regular expression that the error's text matches; None for a step that works."""

    fails: str | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What a program reported of one step; `seen` is a short result, or the error's text."""

    step: str
    works: bool
    seen: str


@dataclass(frozen=True, kw_only=True)
class Row:
    program: str
    step: str
    result: str  # what was seen, in a few words
    as_expected: bool
    remark: str  # the reason of an expected failure, or what deviates


Expectations = Mapping[str, Mapping[str, Expectation]]


def read(text: str) -> Expectations:
    """Program, step, expectation. Raises `ValueError` for an entry that is neither "works" nor fails for a reason."""
    return {
        program: {step: _expectation(f"{program}.{step}", value) for step, value in steps.items()}
        for program, steps in tomllib.loads(text).items()
    }


def _expectation(name: str, value: object) -> Expectation:
    if value == WORKS:
        return Expectation()
    if isinstance(value, dict) and value.keys() == {"fails", "reason"}:
        re.compile(value["fails"])
        return Expectation(fails=value["fails"], reason=value["reason"])
    raise ValueError(f'{name} is neither "works" nor a table of fails and reason: {value!r}')


def compared(program: str, expected: Mapping[str, Expectation], seen: Iterable[Observation]) -> Iterator[Row]:
    """One row for each step, in the order in which they ran; the missing ones last."""
    missing = dict(expected)
    for observation in seen:
        yield _row(program, missing.pop(observation.step, None), observation)
    for step in missing:
        yield Row(program=program, step=step, result="not reported", as_expected=False, remark="the step did not run")


def _row(program: str, expected: Expectation | None, seen: Observation) -> Row:
    result = seen.seen if seen.works else f"fails: {seen.seen}"
    if expected is None:
        as_expected, remark = False, "the table has no such step"
    elif expected.fails is None:
        as_expected, remark = seen.works, "" if seen.works else "should work"
    elif seen.works:
        as_expected, remark = False, f"should fail: {expected.reason}"
    else:
        as_expected = re.search(expected.fails, seen.seen) is not None
        remark = expected.reason if as_expected else f"should fail with {expected.fails!r}"
    return Row(program=program, step=seen.step, result=result, as_expected=as_expected, remark=remark)
