"""Is this prompt worth sending? Asked before anything is paid.

Law: pure. What is returned is the prompt as given, letter for letter, but for what keyboards and habits do to
parameters (`—ar`, `－－ar`, `16：9`, no blank between Chinese and `--`) and for the operator's own suffix; checked
again it stays as it is. Refused is only what costs an error or more than one drawing for certain; doubts are warnings.
Every refusal names the place.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from math import ceil, isfinite

from tasks.banned import BannedWord, BannedWords
from tasks.errors import BadRequest, MissingPrompt, PromptTooLong
from tasks.parameters import KNOWN, Kind, Parameter, suggestion
from tasks.permutations import check_jobs, has_lone_brace, permuted
from tasks.values import excerpt, findings, first_number

MOST_WARNINGS = 20

_LINK = r"(?i:https?)://[^\s<>，。；、！？（）《》「」]+ | <[^<>\s]*>"
# Not inside a word; but Chinese needs no blank before a parameter.
_FREE = r"(?<![A-Za-z0-9_\u00aa-\u1fff\u2070-\u2e7f-])"
_READ = re.compile(rf"{_LINK} | {_FREE}--(?P<name>[A-Za-z][A-Za-z0-9_-]*)", re.VERBOSE)
_MEND = re.compile(
    rf"{_LINK} | (?: {_FREE}(?:--|－－) | (?<!\S)[—–―−－]{{1,2}} ) (?P<name>[A-Za-z]+)(?![\w-])"
    r"(?P<value>\s+[0-9０-９:：.．]+)?",
    re.VERBOSE,
)
_SLIP = re.compile(r"(?<!\S)(?P<dashes>--\s+|-)(?P<name>[A-Za-z]+)\s+[0-9.]")
_FIRST = re.compile(r"(?<!\S)--[A-Za-z{]")
_OPENING = "{([<\"'“‘（「《"  # what stands before a parameter without a blank, on purpose
_LINK_WORD = re.compile(r"(?i:https?)://[^\s<>]*?(?=(?:::[-+.0-9]*)?(?:[\s<>]|$))")
_WEIGHT = re.compile(r"::([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?![^\W_]))?")


class BadParameter(BadRequest):
    """A parameter in the prompt is malformed or out of its range."""

    code = "bad_parameter"


class BadWeights(BadRequest):
    """The weights in the prompt do not add up to more than 0."""

    code = "bad_weights"


@dataclass(frozen=True, kw_only=True)
class PromptRules:
    banned: BannedWords
    max_length: int = 6000  # characters
    permutations: int = 0  # drawings that one prompt may make by `{a, b}` or `--repeat`; 0: one
    default_suffix: str = ""  # parameters for prompts that do not have them; may begin with words


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    text: str  # to be sent
    warnings: tuple[str, ...] = ()
    jobs: int = 1  # drawings that it makes


def check(prompt: str, rules: PromptRules) -> Checked:
    """The prompt as it may be sent; raises a BadRequest that says why not."""
    if not prompt.strip():
        raise MissingPrompt(hint="Give words, or the link of a picture.")
    _check_length(prompt, rules.max_length)
    if word := rules.banned.find(prompt):
        raise BannedWord(word)
    text = _with_suffix(_mended(prompt), _mended(rules.default_suffix))
    _check_length(text, rules.max_length)
    combinations, variants = permuted(text)
    readings = [_read(variant) for variant in variants]
    repeats = [reading.repeat for reading in readings]
    jobs = sum(repeats) + (combinations - len(repeats)) * max(repeats)
    check_jobs(text, jobs, rules.permutations)
    warnings = _Warnings()
    _check_slips(text, warnings)
    if has_lone_brace(text):
        warnings.add("A brace in the prompt has no counterpart, so it is text.")
    for reading in readings:
        _check_reading(reading, warnings)
    return Checked(text=text, warnings=tuple(warnings.texts), jobs=jobs)


def _check_length(text: str, most: int) -> None:
    if len(text) > most:
        raise PromptTooLong(
            f"The prompt has {len(text)} characters, {len(text) - most} too many.",
            hint=f'Shorten it: the limit falls after "{excerpt_before(text, most)}".',
        )


# ---------------------------------------------------------------- what keyboards do


def _mended(text: str) -> str:
    return _MEND.sub(_mended_parameter, text)


def _mended_parameter(match: re.Match[str]) -> str:
    parameter = KNOWN.get((match["name"] or "").lower())
    if parameter is None:
        return match.group()
    value = match["value"] or ""
    if parameter.is_numeric:
        value = value.replace(value.strip(), unicodedata.normalize("NFKC", value.strip()))
    before = match.string[match.start() - 1 : match.start()]  # empty at the beginning
    blank = "" if not before or before.isspace() or before in _OPENING else " "
    return f"{blank}--{match['name']}{value}"


def _check_slips(text: str, warnings: _Warnings) -> None:
    """`-- ar 3:2` and `-ar 3:2`: no parameter to MidJourney, but meant as one."""
    for match in _SLIP.finditer(text):
        name, parameter = match["name"], KNOWN.get(match["name"].lower())
        if parameter is None or not parameter.is_numeric or len(name) < 2:
            continue  # "c 50" and the like may be words
        if match["dashes"] != "-":
            raise BadParameter(f"-- {name} {place(text, match.start())} is torn apart.", hint=f"Write --{name}.")
        warnings.add(f"-{name} {place(text, match.start())} is text to MidJourney; a parameter begins with --{name}.")


# ---------------------------------------------------------------- the operator's suffix


def _with_suffix(text: str, suffix: str) -> str:
    """The prompt with those parts of the suffix that it does not have."""
    if not suffix.strip():
        return text
    _, variants = permuted(text)
    present = {given.family for variant in variants for given in _read(variant).parameters}
    reading = _read(suffix)
    words = reading.words.strip()
    if words and words not in text:
        first = _FIRST.search(text)
        end = first.start() if first else len(text)
        text = f"{text[:end].rstrip()} {words} {text[end:]}".strip()
    missing = [given.raw.strip() for given in reading.parameters if given.family not in present]
    return " ".join([text.rstrip(), *missing]) if missing else text


# ---------------------------------------------------------------- parameters and weights


@dataclass(frozen=True, kw_only=True, slots=True)
class _Given:
    """A parameter as it stands in a prompt."""

    name: str
    raw: str  # with dashes and value
    place: str

    @property
    def known(self) -> Parameter | None:
        return KNOWN.get(self.name.lower())

    @property
    def family(self) -> str:
        return self.known.family if self.known else self.name.lower()

    @property
    def value(self) -> str:
        return self.raw[len(self.name) + 2 :]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reading:
    words: str  # what stands before the first parameter
    parameters: tuple[_Given, ...]

    @property
    def version(self) -> float | None:
        """The version it names, if it does."""
        named = [given.value for given in self.parameters if given.known and given.known.kind is Kind.VERSION]
        return first_number(named[-1]) if named else None

    @property
    def repeat(self) -> int:
        """How often it is drawn."""
        numbers = [first_number(given.value) for given in self.parameters if given.family == "repeat"]
        return max([1, *(ceil(number) for number in numbers if number and isfinite(number))])


@dataclass(slots=True)
class _Warnings:
    texts: list[str] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return len(self.texts) >= MOST_WARNINGS

    def add(self, text: str) -> None:
        if not self.full and text not in self.texts:
            self.texts.append(text)


def _read(text: str) -> _Reading:
    marks = [mark for mark in _READ.finditer(text) if mark["name"]]
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    return _Reading(
        words=text[: marks[0].start()] if marks else text,
        parameters=tuple(
            _Given(name=mark["name"], raw=text[mark.start() : end], place=place(text, mark.start()))
            for mark, end in zip(marks, ends, strict=False)
        ),
    )


def _check_reading(reading: _Reading, warnings: _Warnings) -> None:
    if not reading.words.strip():
        warnings.add("The prompt has parameters only, no words and no picture.")
    _check_weights(reading.words)
    version = reading.version
    seen: dict[str, str] = {}
    for given in reading.parameters:
        said = f"{excerpt(' '.join(given.raw.split()))} {given.place}"
        if given.known is None:
            meant = "" if warnings.full else suggestion(given.name.lower())
            question = f" Did you mean {meant}?" if meant else ""
            warnings.add(f"{said} is unknown to us and goes to MidJourney as it is.{question}")
            continue
        for finding in findings(given.known, given.value, version):
            if finding.fatal:
                raise BadParameter(f"{said} {finding.text}", hint="Mend it or leave it out.")
            warnings.add(f"{said} {finding.text}")
        if given.family in seen and not given.known.repeatable:
            warnings.add(f"{said} comes after --{seen[given.family]}: MidJourney takes one of them.")
        seen[given.family] = given.name


def _check_weights(words: str) -> None:
    masked = _LINK_WORD.sub("link", words)
    marks = list(_WEIGHT.finditer(masked))
    weights = [float(mark[1]) if mark[1] else 1.0 for mark in marks]
    if not weights or min(weights) > 0:
        return
    if masked[marks[-1].end() :].strip():
        weights.append(1.0)  # what stands after the last sign
    if round(sum(weights), 6) <= 0:
        lowest = marks[weights.index(min(weights))]
        raise BadWeights(
            f'The weights in the prompt add up to {sum(weights):.10g}; the lowest is in "'
            f'{excerpt_before(masked, lowest.end())}".',
            hint="Make it more than 0: raise one of the others, or use --no.",
        )


# ---------------------------------------------------------------- naming the place


def excerpt_before(text: str, end: int, length: int = 24) -> str:
    before = " ".join(text[max(0, end - 4 * length) : end].split())
    return before if len(before) <= length else f"…{before[-length:]}"


def place(text: str, at: int) -> str:
    before = excerpt_before(text, at)
    return f'(at character {at + 1}, after "{before}")' if before else "(at the beginning)"
