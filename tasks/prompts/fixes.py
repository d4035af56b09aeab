"""Fixes typing habits in prompts: `一只猫——ar 3：2` becomes `一只猫 --ar 3:2`.

Contract: pure. Links and `<…>` stay letter for letter, and fixing a fixed text changes nothing. A run of dashes becomes
`--` where it can only mean a parameter: before a known name with a valid value. Where it may be text it stays, with a
note. The time is linear in the length of the prompt.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from tasks.prompts.parameters import KNOWN, Kind, Parameter
from tasks.prompts.permutations import brace_spans
from tasks.prompts.values import excerpt, takes

LINK = r"(?i:https?)://[^\s<>，。；、！？（）《》「」]+ | <[^<>\s]*>"
# Unicode's dashes (category Pd), the minus sign, and the box drawing line that some Chinese keyboards produce.
DASHES = (
    "\\-\u058a\u05be\u1400\u1806\u2010-\u2015\u2212\u2500\u2e17\u2e1a\u2e3a\u2e3b\u2e40\u2e5d\u301c\u3030\u30a0"
    "\ufe31\ufe32\ufe58\ufe63\uff0d\U00010ead"
)
OPENING = "{([<\"'“‘（「《"  # may precede a parameter without a blank
INSIDE_A_WORD = r"A-Za-z0-9_\u00aa-\u1fff\u2070-\u2e7f-"  # but Chinese needs no blank before a parameter

_SUSPECT = re.compile(f"[{DASHES}：﹕，、،]|::[０-９－＋]")
# What may be a slip in ASCII text: everything else is `--name` after a blank, or a hyphen inside a word.
_SUSPECT_ASCII = re.compile(
    r"(?<!\S)-(?!-) | --(?![A-Za-z]) | (?<=[^\s-])-(?:- | \s | [A-Za-z]++\s) | https?://\S*?--[A-Za-z]", re.VERBOSE
)
_RUN = re.compile(
    rf"{LINK} | (?<![{DASHES}])(?P<run>[{DASHES}]++)(?P<gap>\s*+)(?P<name>[A-Za-z]{{1,24}}+)(?![\w{DASHES}])",
    re.VERBOSE,
)
_IN_WORD = re.compile(f"[{INSIDE_A_WORD}]")
_SHORT_RUN = re.compile("[—–―−－─]{1,2}")  # keyboards replace `--` by these, and MidJourney reads them as such
_LONG_DASHES = "—―⸺⸻─"  # a single one of them is not a hyphen
_DASH = re.compile(f"[{DASHES}]")
_COLONS = re.compile("[:：﹕]{2}")
_SWALLOWED = re.compile(f"[{DASHES}]{{1,4}}(?P<name>[A-Za-z]{{1,24}})$")
_VALUE = re.compile(r"(?P<blank>\s++)(?P<word>[^\s<>]{1,400})")
_NUMERIC = re.compile(r"[-+－＋]?[0-9０-９][0-9０-９:：.．]*")
_WIDE_STOPS = "，。；、"
_WEIGHT = re.compile(
    rf"{LINK} | (?P<colons>[:：﹕]{{2}})(?P<number>[-+－＋]?(?:[0-9０-９]+(?:[.．][0-9０-９]*)?)?)(?P<more>[^\W_]?)",
    re.VERBOSE,
)
_WIDE_COMMA = re.compile(r"(?<!\s)\s*+[，、،]\s*+")
_NAME = re.compile(r"(?<!\S)--(?P<name>[A-Za-z]+)")
# Names that are English words or single letters: after a single dash they may be text.
_WORDS = frozenset(
    (
        "version",
        "test",
        "creative",
        "aspect",
        "no",
        "chaos",
        "stylize",
        "weird",
        "quality",
        "seed",
        "stop",
        "repeat",
        "style",
        "raw",
        "tile",
        "draft",
        "profile",
        "video",
        "motion",
        "loop",
        "end",
        "fast",
        "relax",
        "turbo",
        "stealth",
        "public",
        "height",
        "width",
        "beta",
        "personalize",
        "zoom",
    )
)


class _Meaning(Enum):
    PARAMETER = auto()
    PERHAPS = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class FixedPrompt:
    text: str
    notes: tuple[str, ...] = ()  # what was changed, and what looks like a parameter but was not


def fix_prompt(text: str) -> FixedPrompt:
    """The prompt with typing slips fixed."""
    if not (_SUSPECT_ASCII if text.isascii() else _SUSPECT).search(text):
        return FixedPrompt(text)
    notes: list[str] = []
    for fix in (_dashes, _weights, _commas):
        text = fix(text, notes.append)
    return FixedPrompt(text, tuple(notes))


# ---------------------------------------------------------------- dashes


def _dashes(text: str, note: Callable[[str], None]) -> str:
    if not _DASH.search(text):
        return text
    out: list[str] = []
    position = 0
    for match in _RUN.finditer(text):
        if match["name"] is None:
            _note_swallowed(match, note)
            continue
        parameter = KNOWN.get(match["name"].lower())
        if parameter is None:
            continue
        value = _VALUE.match(text, match.end())
        meaning = _meaning(match, parameter, value["word"] if value else "")
        if meaning is _Meaning.PARAMETER:
            replacement, end = _written(match, parameter, value)
            before = text[position : match.start()]
            separate = before or not out  # the preceding text already ends with a blank
            blank = " " if separate and _touches(text, match.start()) else ""
            if (old := text[match.start() : end].strip()) != replacement.strip() or blank:
                note(f'"{excerpt(old)}" was read as "{excerpt((blank + replacement).strip())}".')
            out += [before, blank, replacement]
            position = end
        elif meaning is _Meaning.PERHAPS:
            said = excerpt(text[match.start() : value.end() if value else match.end()])
            note(f'"{said}" is text to MidJourney; a parameter begins with " --{match["name"]}".')
    return "".join([*out, text[position:]]) if out else text


def _note_swallowed(link: re.Match[str], note: Callable[[str], None]) -> None:
    """Note a parameter that is attached to a link without a blank, and so is part of the link."""
    swallowed = _SWALLOWED.search(link.group(), len(link.group()) - 32 if len(link.group()) > 32 else 0)
    parameter = KNOWN.get(swallowed["name"].lower()) if swallowed else None
    value = _VALUE.match(link.string, link.end())
    if swallowed and parameter and takes(parameter, value["word"] if value else ""):
        note(f'"{swallowed.group()}" is a part of the link before it, as no blank stands between them.')


def _touches(text: str, at: int) -> bool:
    """Whether a word or sign stands directly before it that does not belong there."""
    before, more = text[at - 1 : at], text[at - 2 : at - 1]
    if before in ('"', "'") and more and not more.isspace():
        return True  # a closing quote
    return bool(before) and not before.isspace() and before not in OPENING


def _meaning(match: re.Match[str], parameter: Parameter, word: str) -> _Meaning:
    run, gap, name = match["run"], match["gap"], match["name"]
    has_value = takes(parameter, word)
    if not gap and run in ("--", "－－"):
        before = match.string[match.start() - 1 : match.start()]
        if not before or not _IN_WORD.match(before):
            return _Meaning.PARAMETER
    touches = _touches(match.string, match.start())
    if not gap and not touches and (_SHORT_RUN.fullmatch(run) or len(run) > 1):
        is_plain = _SHORT_RUN.fullmatch(run) or not parameter.needs_value
        return _Meaning.PARAMETER if is_plain or has_value else _Meaning.PERHAPS
    if not has_value:
        is_doubtful = len(run) > 1 and not gap and not parameter.needs_value and len(name) > 1
        return _Meaning.PERHAPS if is_doubtful else _Meaning.TEXT
    if _is_certain(match, parameter, touches=touches):
        return _Meaning.PARAMETER
    return _Meaning.PERHAPS


def _is_certain(match: re.Match[str], parameter: Parameter, *, touches: bool) -> bool:
    """Whether dashes before this name and value can mean nothing but a parameter."""
    run, name = match["run"], match["name"]
    if touches and len(run) == 1 and run not in _LONG_DASHES:
        return False  # a hyphen inside a word
    if parameter.kind is Kind.RATIO:
        return True
    if len(run) > 1:
        return len(name) > 1 or not match["gap"]
    return len(name) > 1 and name.lower() not in _WORDS


def _written(match: re.Match[str], parameter: Parameter, value: re.Match[str] | None) -> tuple[str, int]:
    """The parameter as it should be written, and the end of the text that it replaces."""
    name = f"--{match['name']}"
    number = _NUMERIC.match(value["word"]) if value and parameter.is_numeric else None
    if value is None or number is None:
        return name, match.end()
    replacement, end = unicodedata.normalize("NFKC", number.group()), value.start("word") + number.end()
    stops = len(match.string[end : end + 8]) - len(match.string[end : end + 8].lstrip(_WIDE_STOPS))
    after = match.string[end + stops : end + stops + 1]
    return f"{name}{value['blank']}{replacement}{' ' if stops and after and not after.isspace() else ''}", end + stops


# ---------------------------------------------------------------- weights and lists


def _weights(text: str, note: Callable[[str], None]) -> str:
    if not _COLONS.search(text):
        return text

    def replacement(match: re.Match[str]) -> str:
        if match["colons"] is None:
            return match.group()
        number = match["number"]
        plain = f"::{unicodedata.normalize('NFKC', number)}{match['more']}"
        if plain == match.group():
            return plain
        if match["more"] or not number[-1:].strip("-+－＋"):
            if match["colons"] != "::":
                note(f'"{match.group()}" is text to MidJourney; a weight is written as "::2".')
            return match.group()
        note(f'"{match.group()}" was read as the weight "{plain}".')
        return plain

    return _WEIGHT.sub(replacement, text)


def _commas(text: str, note: Callable[[str], None]) -> str:
    """Replace Chinese and Arabic commas between list items: MidJourney recognises only the ASCII comma."""
    if ("{" not in text and "--" not in text) or not _WIDE_COMMA.search(text):
        return text
    out: list[str] = []
    position = 0
    for start, end in _joined([*brace_spans(text), *_no_spans(text)]):
        out += [text[position:start], _WIDE_COMMA.sub(", ", text[start:end])]
        if text[start:end] != out[-1]:
            note(f'The commas in "{excerpt(text[start:end].strip())}" were read as ASCII commas.')
        position = end
    return "".join([*out, text[position:]])


def _no_spans(text: str) -> Iterator[tuple[int, int]]:
    begun: int | None = None
    for match in _NAME.finditer(text):
        if begun is not None:
            yield begun, match.start()
        begun = match.end() if match["name"].lower() == "no" else None
    if begun is not None:
        yield begun, len(text)


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, with overlapping ones merged."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out
