"""Checks a prompt before anything is paid.

Contract: pure. Returns the prompt letter for letter, except for the changes of `tasks.prompts.fixes` and the operator's
suffix; checking the returned text again changes nothing. Refuses only what certainly causes an error or extra drawings;
doubts are warnings. Every refusal names the place.

`check` runs at submit. `check_sent` runs on the very text to send: translated, with picture links and mode. Nothing is
added to a text after `check_sent`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil, isfinite

from tasks.domain.errors import BadRequest, MissingPrompt, PromptTooLong
from tasks.domain.facts import conflict
from tasks.domain.model import Mode
from tasks.prompts.banned import BannedWord, BannedWords
from tasks.prompts.fixes import INSIDE_A_WORD, LINK, fix_prompt
from tasks.prompts.learned import NOTHING_LEARNED, Learned
from tasks.prompts.parameters import (
    KNOWN,
    MOST_EDITED,
    NEWEST,
    NIJI_WEIGHTS_UNTIL,
    OLDEST,
    PLAN_REPEATS,
    WEIGHTS_UNTIL,
    WIDEST_HD_RATIO,
    Kind,
    Parameter,
    suggestion,
)
from tasks.prompts.permutations import check_jobs, has_lone_brace, permutations_of
from tasks.prompts.values import Model, excerpt, findings, first_number, format_number, ratio

MOST_WARNINGS = 20
VIDEO, SPEED = "video", "speed"  # a parameter, and the group of modes
_OF_TEST = 3.0  # `--test` and `--testp` take the values of this version
MODE_PARAMETERS = {Mode.FAST: "--fast", Mode.RELAXED: "--relax", Mode.TURBO: "--turbo"}

# Not inside a word; but Chinese needs no blank before a parameter.
_READ = re.compile(rf"{LINK} | (?<![{INSIDE_A_WORD}])--(?P<name>[A-Za-z][A-Za-z0-9_-]*)", re.VERBOSE)
_FIRST = re.compile(r"(?<!\S)--[A-Za-z{]")
_HALF = re.compile("[\ud800-\udfff]")
_BROKEN_LINK = re.compile(r"(?i:https?)://[^\s<>]++[ \t][^\s<>:/]{1,200}\.(?:png|jpe?g|webp|gif)(?!\w)", re.IGNORECASE)
_PICTURE_NAME = re.compile(r"\.(?:png|jpe?g|webp|gif)(?:\?|\Z)", re.IGNORECASE)
_MARK = re.compile(r"<picture:[0-9]+>")
_SHORTEST_LINK = len("https://cdn.discordapp.com/attachments/12345678901234567/12345678901234567/picture1.png")
_LINK_WORD = re.compile(r"(?i:https?)://[^\s<>]*?(?=(?:::[-+.0-9]*)?(?:[\s<>]|$))")
_MODES = {parameter: mode for mode, parameter in MODE_PARAMETERS.items()}
_MODE = re.compile("fast|relax|turbo", re.IGNORECASE)
_WEIGHT = re.compile(r"::([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?![^\W_]))?")


class BadParameter(BadRequest):
    """A parameter in the prompt is malformed or out of its range."""

    code = "bad_parameter"


class BadWeights(BadRequest):
    """The weights in the prompt do not add up to more than 0."""

    code = "bad_weights"


class BrokenText(BadRequest):
    """The prompt has half a character."""

    code = "bad_request"


class ModeNotAllowed(BadRequest):
    """The account does not draw in the mode that the prompt names."""

    code = "bad_request"


@dataclass(frozen=True, kw_only=True)
class PromptRules:
    banned: BannedWords
    max_length: int = 6000  # characters
    permutations: int = 0  # drawings allowed from one prompt by `{a, b}` or `--repeat`; 0: one
    default_suffix: str = ""  # parameters for prompts that lack them; may start with words
    learned: Learned = NOTHING_LEARNED  # for warnings


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedPrompt:
    text: str  # to be sent, without a mode requested beside it
    warnings: tuple[str, ...] = ()
    jobs: int = 1  # number of drawings it makes
    modes: tuple[Mode, ...] = field(default=(), compare=False)  # modes named in the text, each once

    @property
    def mode(self) -> Mode | None:
        """The mode requested in the text itself."""
        return self.modes[-1] if self.modes else None


def check(
    prompt: str, rules: PromptRules, *, before: str = "", pictures: int = 0, mode: Mode | None = None
) -> CheckedPrompt:
    """The prompt as it may be sent. Raises a BadRequest with the reason otherwise.

    `before`: links, or marks for those of `pictures` pictures, to be put before it. `mode`: requested beside it.
    """
    _check_characters(prompt)
    if not prompt.strip() and not before:
        raise MissingPrompt(hint="Give words, or the link of a picture.")
    _check_length(prompt, rules.max_length)
    warnings = _Warnings()
    fixes = fix_prompt(prompt)
    for note in fixes.notes:
        warnings.add(note)
    text = _with_suffix(f"{before} {fixes.text}".strip() if before else fixes.text, rules.default_suffix)
    modes = modes_of(text)
    if mode is not None and modes and mode not in modes:
        warnings.add(f"{MODE_PARAMETERS[modes[-1]]} in the prompt counts, not the {mode} mode asked for beside it.")
    jobs = _check_whole(with_mode(text, mode), rules, warnings, pictures)
    return CheckedPrompt(text=text, warnings=tuple(warnings.texts), jobs=jobs, modes=modes)


def check_sent(text: str, rules: PromptRules, modes: Sequence[Mode] = ()) -> None:
    """The final check, on the text to send. `modes`: those that the account may use; empty: any.

    Raises as `check` does.
    """
    _check_characters(text)
    if not text.strip():
        raise MissingPrompt
    _check_whole(text, rules, _Warnings())
    if modes and (wrong := [mode for mode in modes_of(text) if mode not in modes]):
        raise ModeNotAllowed(
            f"The account does not draw in {wrong[0]} mode.", hint=f"Leave {MODE_PARAMETERS[wrong[0]]} out."
        )


def with_mode(text: str, mode: Mode | None) -> str:
    """The text with this mode's parameter, unless it names a mode itself."""
    return text if mode is None or modes_of(text) else f"{text} {MODE_PARAMETERS[mode]}"


def modes_of(text: str) -> tuple[Mode, ...]:
    """The modes that the text names by parameters, each once."""
    if not _MODE.search(text):
        return ()
    _, variants = permutations_of(text)
    names = (f"--{given.name.lower()}" for variant in variants for given in _read(variant).parameters)
    return tuple(dict.fromkeys(_MODES[name] for name in names if name in _MODES))


def drawings_of(text: str) -> int:
    """The number of drawings that MidJourney makes of a prompt, by `{a, b}` and `--repeat`."""
    combinations, variants = permutations_of(text)
    return _jobs(combinations, [_read(variant) for variant in variants])


def given_in(text: str) -> dict[str, tuple[str, str]]:
    """The parameters in a text: by group (or name), their name and value."""
    return {
        given.family: (given.name.lower(), given.value.strip()) for given in _read(fix_prompt(text).text).parameters
    }


def _check_whole(text: str, rules: PromptRules, warnings: _Warnings, pictures: int = 0) -> int:
    """Check the text: raise errors, collect warnings, return the number of drawings."""
    _check_length(text, rules.max_length, _links_to_come(text, pictures))
    jobs, found = _judge(text, rules)
    for warning in found:
        warnings.add(warning)
    return jobs


def _jobs(combinations: int, readings: Sequence[_Reading]) -> int:
    """Of very many combinations only the first were read."""
    repeats = [reading.repeat for reading in readings]
    return sum(repeats) + (combinations - len(repeats)) * max(repeats)


@lru_cache(maxsize=256)  # the text checked at submit is mostly the one that is sent
def _judge(text: str, rules: PromptRules) -> tuple[int, tuple[str, ...]]:
    """The number of drawings, and the warnings."""
    warnings = _Warnings()
    if word := rules.banned.find(text):
        raise BannedWord(word)
    combinations, variants = permutations_of(text)
    readings = [_read(variant) for variant in variants]
    jobs = _jobs(combinations, readings)
    check_jobs(text, jobs, rules.permutations)
    if (link := _BROKEN_LINK.search(text)) and not _PICTURE_NAME.search(link.group().split()[0]):
        warnings.add(f'The link in "{excerpt(link.group(), 80)}" ends at the blank; write a blank in a link as %20.')
    if has_lone_brace(text):
        warnings.add("A brace in the prompt has no counterpart, so it is text.")
    for reading in readings:
        _check_reading(reading, warnings, rules.learned)
    return jobs, tuple(warnings.texts)


def _check_characters(text: str) -> None:
    if half := _HALF.search(text):
        raise BrokenText(
            f"The prompt has half a character, \\u{ord(half.group()):04x}, {place(text, half.start())}.",
            hint="A sign such as an emoji was cut in two. Send the text as UTF-8, or both halves of the pair.",
        )


def _links_to_come(text: str, pictures: int) -> int:
    """The least number of characters that the text grows by when its picture marks become links."""
    return sum(_SHORTEST_LINK - len(mark) for mark in _MARK.findall(text)[:pictures]) if pictures else 0


def check_offered_length(text: str, limits: Iterable[int | None]) -> None:
    """Check a prompt's length against MidJourney's command. `limits`: characters, of each account that may run it;
    None: its command index gives no limit. Raises PromptTooLong when no account accepts it."""
    known = list(limits)
    if known and None not in known:
        _check_length(text, max(limit for limit in known if limit is not None))


def _check_length(text: str, most: int, more: int = 0) -> None:
    length = len(text) + more
    if length > most:
        with_links = " with its pictures' links" if more else ""
        raise PromptTooLong(
            f"The prompt has {length} characters{with_links}, {length - most} too many.",
            hint=f'Shorten it: the limit falls after "{excerpt_before(text, max(most - more, 0))}".',
        )


# ---------------------------------------------------------------- the operator's suffix


@lru_cache(maxsize=8)
def _suffix(suffix: str) -> _Reading:
    return _read(fix_prompt(suffix).text)


def suffix_beside(suffix: str, parameter: str) -> str:
    """The suffix without what does not go with this parameter."""
    reading, (beside,) = _suffix(suffix), _read(f"--{parameter}").parameters
    kept = [given.raw.strip() for given in reading.parameters if given.goes_with(beside)]
    return " ".join([reading.words.strip(), *kept]).strip()


def _with_suffix(text: str, suffix: str) -> str:
    """The prompt with the parts of the suffix that it lacks."""
    if not suffix.strip():
        return text
    _, variants = permutations_of(text)
    own = [given for variant in variants for given in _read(variant).parameters]
    present = {given.family for given in own}
    reading = _suffix(suffix)
    words = reading.words.strip()
    is_clip = VIDEO in present
    if words and words not in text and not is_clip:
        first = _FIRST.search(text)
        end = first.start() if first else len(text)
        text = f"{text[:end].rstrip()} {words} {text[end:]}".strip()
    missing = [
        given.raw.strip()
        for given in reading.parameters
        if given.family not in present and (given.family == SPEED if is_clip else all(map(given.goes_with, own)))
    ]
    return " ".join([text.rstrip(), *missing]) if missing else text


# ---------------------------------------------------------------- parameters and weights


@dataclass(frozen=True, kw_only=True, slots=True)
class _WrittenParameter:
    """A parameter as written in a prompt."""

    name: str
    raw: str  # including dashes and value
    place: str

    @property
    def known(self) -> Parameter | None:
        return KNOWN.get(self.name.lower())

    @property
    def family(self) -> str:
        return self.known.family if self.known else self.name.lower()

    @property
    def canonical(self) -> str:
        """Its first name in the table."""
        return self.known.name if self.known else self.name.lower()

    @property
    def span(self) -> tuple[float, float]:
        """The first and last version that it goes with."""
        number = first_number(self.value) if self.known and self.known.kind is Kind.VERSION else None
        if number is not None:
            return number, number
        return (self.known.since, self.known.until) if self.known else (OLDEST, NEWEST)

    def excludes(self, other: _WrittenParameter) -> bool:
        """Whether the table lists the other one, or its value, among those that this one does not go with."""
        names = self.known.not_with if self.known else ()
        return other.canonical in names or f"{other.canonical} {other.value.strip()}" in names

    def goes_with(self, other: _WrittenParameter) -> bool:
        """Whether one version takes both, and neither excludes the other."""
        (first, last), (since, until) = self.span, other.span
        return first <= until and since <= last and not self.excludes(other) and not other.excludes(self)

    @property
    def goes_with_clips(self) -> bool:
        return self.known is not None and self.known.in_clips

    @property
    def value(self) -> str:
        return self.raw[len(self.name) + 2 :]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reading:
    words: str  # the text before the first parameter
    parameters: tuple[_WrittenParameter, ...]

    def model(self, learned: Learned) -> Model:
        """The version that it names, else the default."""
        if self.is_clip:
            return Model(learned=learned.versions)
        named = [given for given in self.parameters if given.family == "model"]
        if not named:
            name, _, number = learned.default.partition(" ")
            return Model(number=first_number(number), is_niji=name == "niji", is_assumed=True, learned=learned.versions)
        last = named[-1]
        version = _OF_TEST if last.name.lower() in ("test", "testp") else first_number(last.value)
        return Model(number=version, is_niji=last.name.lower() == "niji", learned=learned.versions)

    @property
    def is_clip(self) -> bool:
        return any(given.family == VIDEO for given in self.parameters)

    @property
    def by_name(self) -> Mapping[str, _WrittenParameter]:
        """Each parameter by its name alone, and by name and value; of equal ones the first."""
        found: dict[str, _WrittenParameter] = {}
        for given in self.parameters:
            found.setdefault(given.canonical, given)
            found.setdefault(f"{given.canonical} {given.value.strip()}", given)
        return found

    def value_of(self, name: str) -> str | None:
        """The last value of this parameter; None without it."""
        values = [given.value.strip() for given in self.parameters if given.canonical == name]
        return values[-1] if values else None

    @property
    def repeat(self) -> int:
        """The number of repetitions."""
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
            _WrittenParameter(name=mark["name"], raw=text[mark.start() : end], place=place(text, mark.start()))
            for mark, end in zip(marks, ends, strict=False)
        ),
    )


def _check_reading(reading: _Reading, warnings: _Warnings, learned: Learned) -> None:
    if not reading.words.strip():
        warnings.add("The prompt has parameters only, no words and no picture.")
    has_weights = _check_weights(reading.words)
    model = reading.model(learned)
    seen: dict[str, str] = {}
    written, is_clip = reading.by_name, reading.is_clip
    for given in reading.parameters:
        said = f"{excerpt(' '.join(given.raw.split()))} {given.place}"
        if refusal := learned.refusal(conflict(given.canonical, model.name)):
            warnings.add(f"{said} was refused by MidJourney with {model.phrase} before: {excerpt(refusal, 120)}")
        if given.known is None:
            meant = "" if warnings.full else suggestion(given.name.lower())
            question = f" Did you mean {meant}?" if meant else ""
            warnings.add(f"{said} is unknown to us and goes to MidJourney as it is.{question}")
            continue
        for finding in findings(given.known, given.value, model):
            if finding.fatal:
                raise BadParameter(f"{said} {finding.text}", hint="Correct it or leave it out.")
            warnings.add(f"{said} {finding.text}")
        if is_clip and not given.goes_with_clips:
            warnings.add(f"{said} is not taken with --video.")
        if given.family in seen and not given.known.repeatable:
            warnings.add(f"{said} comes after --{seen[given.family]}: MidJourney takes one of them.")
        seen[given.family] = given.name
        for other in (written[name] for name in given.known.not_with if name in written):
            warnings.add(f"{said} may not be taken with {excerpt(' '.join(other.raw.split()))}.")
    for text in (
        *_weight_findings(model, learned, has_weights=has_weights),
        *_value_limits(reading),
        *_account_findings(reading, learned),
    ):
        warnings.add(text)


def _weight_findings(model: Model, learned: Learned, *, has_weights: bool) -> Iterator[str]:
    if not has_weights or model.number is None:
        return
    if refusal := learned.refusal(conflict("::", model.name)):
        yield f"Weights (::) were refused by MidJourney with {model.phrase} before: {excerpt(refusal, 120)}"
    elif model.number > (NIJI_WEIGHTS_UNTIL if model.is_niji else WEIGHTS_UNTIL):
        last = f"{format_number(WEIGHTS_UNTIL)} and niji {format_number(NIJI_WEIGHTS_UNTIL)}"
        yield f"Weights (::) belong to versions up to {last}; {model.phrase} may not take them."


def _value_limits(reading: _Reading) -> Iterator[str]:
    """Limits that depend on another parameter, or on the number of words."""
    aspect, edited = reading.value_of("ar"), reading.value_of("edit")
    if aspect and reading.value_of("hd") is not None and ratio(aspect.split()[0]) > WIDEST_HD_RATIO:
        yield f"--ar {excerpt(aspect)} is longer than {format_number(WIDEST_HD_RATIO)}:1, which --hd may not take."
    if edited and len(edited.split()) > MOST_EDITED:
        yield f"--edit has {len(edited.split())} links; MidJourney takes {MOST_EDITED}."


def _account_findings(reading: _Reading, learned: Learned) -> Iterator[str]:
    """What depends on the account's plan and on its modes."""
    modes = [_MODES[name] for given in reading.parameters if (name := f"--{given.name.lower()}") in _MODES]
    yield from (
        f"{MODE_PARAMETERS[mode]} was refused by MidJourney before." for mode in modes if mode in learned.refused_modes
    )
    if reading.repeat == 1:
        return
    if Mode.RELAXED in modes:
        yield "--repeat may not be taken with --relax."
    limits = {plan: PLAN_REPEATS.get(plan.split()[0].lower()) for plan in learned.plans if plan.strip()}
    for plan, most in sorted(limits.items()):
        if most is not None and reading.repeat > most:
            yield f"--repeat {reading.repeat} is more than the plan {plan} allows: {most}."


def _check_weights(words: str) -> bool:
    """Whether the words have weights. Raises BadWeights."""
    masked = _LINK_WORD.sub("link", words)
    marks = list(_WEIGHT.finditer(masked))
    weights = [float(mark[1]) if mark[1] else 1.0 for mark in marks]
    is_weighted = any(mark[1] or not masked[mark.end() :][:1].strip() for mark in marks)  # unlike std::vector
    if not weights or min(weights) > 0:
        return is_weighted
    if masked[marks[-1].end() :].strip():
        weights.append(1.0)  # the part after the last sign
    if round(sum(weights), 6) <= 0:
        lowest = marks[weights.index(min(weights))]
        raise BadWeights(
            f'The weights in the prompt add up to {sum(weights):.10g}; the lowest is in "'
            f'{excerpt_before(masked, lowest.end())}".',
            hint="Make it more than 0: raise one of the others, or use --no.",
        )
    return is_weighted


# ---------------------------------------------------------------- naming the place


def excerpt_before(text: str, end: int, length: int = 24) -> str:
    before = " ".join(text[max(0, end - 4 * length) : end].split())
    return before if len(before) <= length else f"…{before[-length:]}"


def place(text: str, at: int) -> str:
    before = excerpt_before(text, at)
    return f'(at character {at + 1}, after "{before}")' if before else "(at the beginning)"
