"""Judges the value of a parameter.

Contract: pure. A wrong refusal is worse than MidJourney's own error, which costs nothing. So only what no version
accepts is fatal: a missing value, text for a number, a number out of range. Anything else that looks wrong, or is newer
than the table of `tasks.prompts.parameters`, is a warning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.prompts.parameters import CURRENT, NEWEST, NIJI_VERSIONS, OLDEST, VERSIONS, Kind, Parameter, Range

_DECIMAL = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_RATIO_VALUE = re.compile(r"[0-9]{1,9}([:/xX×])[0-9]{1,9}")
_STOPS = ",.;，。；、"  # punctuation that may follow a value in a sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with a value. `text` continues a sentence that starts with the parameter."""

    text: str
    fatal: bool = False


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
    return not any(finding.fatal for finding in _value_findings(parameter, value, None))


def findings(parameter: Parameter, value: str, version: float | None) -> Iterator[Finding]:
    """The problems with this value of this parameter, in a prompt with this version, or none."""
    if version is not None and not parameter.since <= version <= parameter.until:
        yield Finding(f"belongs to {_versions(parameter)}; version {format_number(version)} may not take it.")
    words = value.split()
    if not words:
        if parameter.needs_value:
            yield Finding(f"needs a value: {_wanted(parameter, version)}.", fatal=True)
        elif parameter.kind is Kind.LIST:
            yield Finding("names nothing.")
    elif parameter.kind is Kind.LIST:
        yield from _list_findings(value)
    elif parameter.kind is Kind.TEXT:
        yield from _text_findings(parameter, words)
    else:
        yield from _plain_findings(parameter, words, version)


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


def _plain_findings(parameter: Parameter, words: list[str], version: float | None) -> Iterator[Finding]:
    """For parameters with a single-word value, or none: further text is misplaced."""
    first = words[0].rstrip(_STOPS)
    has_value = parameter.is_numeric and (parameter.needs_value or number(first) is not None)
    if has_value:
        if first != words[0]:
            yield Finding(f"is followed by {words[0][len(first) :]!r}, which MidJourney may take for a part of it.")
        yield from _value_findings(parameter, first, version)
    rest = " ".join(words[1:] if has_value else words)
    if any(sign.isalnum() for sign in rest):
        yield _text_behind(rest)
    elif rest and not has_value and not rest.strip(_STOPS):
        yield Finding(f"is followed by {rest!r}, which MidJourney may take for a part of it.")


def _value_findings(parameter: Parameter, value: str, version: float | None) -> Iterator[Finding]:
    if parameter.kind is Kind.RATIO:
        yield from _ratio_findings(value)
        return
    amount = number(value)
    if amount is None:
        yield Finding(f"must be {_wanted(parameter, version)}.", fatal=True)
    elif parameter.kind is Kind.VERSION:
        yield from _version_findings(parameter, amount)
    else:
        if parameter.kind is Kind.WHOLE and not amount.is_integer():
            yield Finding("should be a whole number.")
        yield from _range_findings(parameter, amount, version)


def _range_findings(parameter: Parameter, amount: float, version: float | None) -> Iterator[Finding]:
    ranges = _ranges(parameter, version)
    fitting = [each for each in ranges if each.low <= amount <= each.high]
    if ranges and not fitting:
        yield Finding(f"must be {_wanted(parameter, version)}.", fatal=not any(each.soft for each in ranges))
    elif fitting and all(each.only and amount not in each.only for each in fitting):
        only = sorted({value for each in ranges for value in each.only})
        yield Finding(f"is usually one of {', '.join(map(format_number, only))}.")


def _ratio_findings(value: str) -> Iterator[Finding]:
    match = _RATIO_VALUE.fullmatch(value)
    parts = value.split(match.group(1)) if match else []
    if not match or not all(map(int, parts)):
        yield Finding("must be two whole numbers above 0 with a colon between them, such as 16:9.", fatal=True)
    elif match.group(1) != ":":
        yield Finding(f"is usually written {':'.join(parts)}.")


def _version_findings(parameter: Parameter, amount: float) -> Iterator[Finding]:
    known = NIJI_VERSIONS if parameter.name == "niji" else VERSIONS
    if amount < 1:
        yield Finding(f"must be a version, such as {format_number(known[-1])}.", fatal=True)
    elif amount not in known:
        yield Finding(f"is a version unknown to us; known are {', '.join(map(format_number, known))}.")


def _list_findings(value: str) -> Iterator[Finding]:
    items = [item.strip() for item in re.split("[,，、]", value)]
    if not all(items):
        yield Finding("has an empty item: two commas in a row, or one at an end.")
    if any("::" in item for item in items):
        yield Finding("has a weight (::) in its list; MidJourney gives these items a weight of its own.")


def _ranges(parameter: Parameter, version: float | None) -> list[Range]:
    if version is None:
        return [each for each in parameter.ranges if each.until >= CURRENT]
    return [each for each in parameter.ranges if each.since <= version <= each.until]


def _wanted(parameter: Parameter, version: float | None) -> str:
    if parameter.kind is Kind.RATIO:
        return "two whole numbers such as 16:9"
    if parameter.kind is Kind.TEXT:
        return " or ".join(parameter.choices) or "a word or a link"
    ranges = _ranges(parameter, version)
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
