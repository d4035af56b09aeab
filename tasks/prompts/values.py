"""Judges the value of a parameter.

Contract: pure. A wrong refusal is worse than MidJourney's own error, which costs nothing. So only what no version
accepts is fatal: a missing value, text for a number, a number that neither the named version nor one since 5 takes.
Anything else that looks wrong, or is newer than the table of `tasks.prompts.parameters`, is a warning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.domain.facts import version_name
from tasks.prompts.parameters import (
    CURRENT,
    NEWEST,
    NIJI_VERSIONS,
    OLDEST,
    VERSIONS,
    WIDEST_RATIO,
    Kind,
    Parameter,
    Range,
)

_DECIMAL = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_RATIO_VALUE = re.compile(r"[0-9]{1,9}([:/xX×])[0-9]{1,9}")
_STOPS = ",.;，。；、"  # punctuation that may follow a value in a sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with a value. `text` continues a sentence that starts with the parameter."""

    text: str
    fatal: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """The version that draws a prompt. `number` None: unknown. `is_assumed`: the prompt names none. `learned`:
    versions that MidJourney has shown to exist, as `tasks.domain.facts.version_name` writes them."""

    number: float | None = None
    is_niji: bool = False
    is_assumed: bool = False
    learned: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """As `tasks.domain.facts.version_name` writes it; "" if unknown."""
        return "" if self.number is None else version_name(self.number, niji=self.is_niji)

    @property
    def phrase(self) -> str:
        """The version within a sentence."""
        text = f"{'niji ' if self.is_niji else ''}version {format_number(self.number or 0)}"
        return f"{text}, the default," if self.is_assumed else text


ANY = Model()


def number(value: str) -> float | None:
    return float(value) if _DECIMAL.fullmatch(value) else None


def first_number(value: str) -> float | None:
    """The number at the start of a value, as a separate word."""
    words = value.split()
    return number(words[0].rstrip(_STOPS)) if words else None


def format_number(value: float) -> str:
    return f"{value:.10g}"


def takes(parameter: Parameter, word: str) -> bool:
    """Whether this word, as typed, is certainly a value of this parameter."""
    value = unicodedata.normalize("NFKC", word.rstrip(_STOPS)).rstrip(_STOPS)
    if not value or parameter.kind in (Kind.FLAG, Kind.LIST):
        return False
    if parameter.kind is Kind.TEXT:
        is_code = parameter.name == "sref" and value.isascii() and value.isdigit()
        is_link = not parameter.choices and value.startswith(("http://", "https://"))
        return is_code or is_link or value.casefold() in (*parameter.choices, *parameter.words)
    if parameter.kind is not Kind.RATIO and number(value) is None:
        return False
    return not any(finding.fatal for finding in _value_findings(parameter, value, ANY))


def findings(parameter: Parameter, value: str, model: Model) -> Iterator[Finding]:
    """The problems with this value of this parameter, in a prompt for this model, or none."""
    number = model.number
    if number is not None and not parameter.since <= number <= parameter.until:
        yield Finding(f"belongs to {_versions(parameter)}; {model.phrase} may not take it.")
    words = value.split()
    if not words:
        if parameter.needs_value:
            yield Finding(f"needs a value: {_wanted(parameter, model)}.", fatal=True)
        elif parameter.kind is Kind.LIST:
            yield Finding("names nothing.")
    elif parameter.kind is Kind.LIST:
        yield from _list_findings(value)
    elif parameter.kind is Kind.TEXT:
        yield from _text_findings(parameter, words)
    else:
        yield from _plain_findings(parameter, words, model)


def _text_findings(parameter: Parameter, words: list[str]) -> Iterator[Finding]:
    last = words[-1]
    if stuck := last[len(last.rstrip(_STOPS)) :]:
        yield Finding(f"is followed by {stuck!r}, which MidJourney may take for a part of it.")
    if not parameter.one_word:
        return
    first = words[0].rstrip(_STOPS)
    if parameter.choices and first.casefold() not in parameter.choices:
        yield Finding(f"is usually {' or '.join(parameter.choices)}.")
    rest = " ".join(words[1:])
    if any(sign.isalnum() for sign in rest):
        yield _text_behind(rest)


def _text_behind(rest: str) -> Finding:
    return Finding(f"is followed by text ({excerpt(rest)!r}): text belongs before the first parameter.")


def _plain_findings(parameter: Parameter, words: list[str], model: Model) -> Iterator[Finding]:
    """For parameters with a single-word value, or none: further text is misplaced."""
    first = words[0].rstrip(_STOPS)
    has_value = parameter.is_numeric and (parameter.needs_value or number(first) is not None)
    if has_value:
        if first != words[0]:
            yield Finding(f"is followed by {words[0][len(first) :]!r}, which MidJourney may take for a part of it.")
        yield from _value_findings(parameter, first, model)
    rest = " ".join(words[1:] if has_value else words)
    if any(sign.isalnum() for sign in rest):
        yield _text_behind(rest)
    elif rest and not has_value and not rest.strip(_STOPS):
        yield Finding(f"is followed by {rest!r}, which MidJourney may take for a part of it.")


def _value_findings(parameter: Parameter, value: str, model: Model) -> Iterator[Finding]:
    if parameter.kind is Kind.RATIO:
        yield from _ratio_findings(value)
        return
    amount = number(value)
    if amount is None:
        yield Finding(f"must be {_wanted(parameter, ANY if model.is_assumed else model)}.", fatal=True)
    elif parameter.kind is Kind.VERSION:
        yield from _version_findings(parameter, amount, model)
    else:
        if parameter.kind is Kind.WHOLE and not amount.is_integer():
            yield Finding("should be a whole number.")
        yield from _range_findings(parameter, amount, model)


def _range_findings(parameter: Parameter, amount: float, model: Model) -> Iterator[Finding]:
    """Out of every range that may apply is fatal; out of this version's range is a warning."""
    ranges = _ranges(parameter, model)
    possible = [*ranges, *_ranges(parameter, ANY)]
    fitting = [each for each in ranges if each.low <= amount <= each.high]
    if ranges and not fitting:
        is_taken = any(each.low <= amount <= each.high for each in possible)
        is_soft = is_taken or any(each.soft for each in possible)
        wanted = _wanted(parameter, model if is_taken or not model.is_assumed else ANY)
        yield Finding(f"{'should' if is_taken else 'must'} be {wanted}.", fatal=not is_soft)
    elif fitting and all(each.only and amount not in each.only for each in fitting):
        only = sorted({value for each in ranges for value in each.only})
        yield Finding(f"is usually one of {', '.join(map(format_number, only))}.")


def _ratio_findings(value: str) -> Iterator[Finding]:
    match = _RATIO_VALUE.fullmatch(value)
    parts = value.split(match.group(1)) if match else []
    if not match or not all(map(int, parts)):
        yield Finding("must be two whole numbers above 0 with a colon between them, such as 16:9.", fatal=True)
        return
    if match.group(1) != ":":
        yield Finding(f"is usually written {':'.join(parts)}.")
    if ratio(value) > WIDEST_RATIO:
        yield Finding(f"is longer than {format_number(WIDEST_RATIO)}:1, which MidJourney may not take.")


def ratio(value: str) -> float:
    """The long side by the short side of an aspect ratio; 0 for anything else."""
    match = _RATIO_VALUE.fullmatch(value)
    sides = sorted(map(int, value.split(match.group(1)))) if match else [0]
    return sides[-1] / sides[0] if sides[0] else 0.0


def _version_findings(parameter: Parameter, amount: float, model: Model) -> Iterator[Finding]:
    is_niji = parameter.name == "niji"
    known = NIJI_VERSIONS if is_niji else VERSIONS
    if amount < 1:
        yield Finding(f"must be a version, such as {format_number(known[-1])}.", fatal=True)
    elif amount not in known and version_name(amount, niji=is_niji) not in model.learned:
        yield Finding(f"is a version unknown to us; known are {', '.join(map(format_number, known))}.")


def _list_findings(value: str) -> Iterator[Finding]:
    items = [item.strip() for item in re.split("[,，、]", value)]
    if not all(items):
        yield Finding("has an empty item: two commas in a row, or one at an end.")
    if any("::" in item for item in items):
        yield Finding("has a weight (::) in its list; MidJourney gives these items a weight of its own.")


def _ranges(parameter: Parameter, model: Model) -> list[Range]:
    if model.number is None:
        return [each for each in parameter.ranges if each.until >= CURRENT]
    of_niji = parameter.niji_ranges if model.is_niji else ()
    own = [each for each in of_niji if each.since <= model.number <= each.until]
    return own or [each for each in parameter.ranges if each.since <= model.number <= each.until]


def _wanted(parameter: Parameter, model: Model) -> str:
    if parameter.kind is Kind.RATIO:
        return "two whole numbers such as 16:9"
    if parameter.kind is Kind.TEXT:
        return " or ".join(parameter.choices) or "a word or a link"
    ranges = _ranges(parameter, model)
    if not ranges:
        return f"a {parameter.kind}"
    low, high = min(each.low for each in ranges), max(each.high for each in ranges)
    return f"a {parameter.kind} from {format_number(low)} to {format_number(high)}"


def _versions(parameter: Parameter) -> str:
    if parameter.since == OLDEST:
        return f"versions up to {format_number(parameter.until)}"
    if parameter.until == NEWEST:
        return f"version {format_number(parameter.since)} and newer ones"
    if parameter.since == parameter.until:
        return f"version {format_number(parameter.since)}"
    return f"versions {format_number(parameter.since)} to {format_number(parameter.until)}"


def excerpt(text: str, length: int = 40) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
