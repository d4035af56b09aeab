"""Which parameters go together, and which version of MidJourney takes them, in October 2026.

Contract: pure. A prompt in, the words of MidJourney's refusal out. Only eras with `checks_parameters` refuse by it. The
bounds are those of MidJourney's documentation; the exact words are known for `--oref` alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from simulator.data.rewriting import split_parameters, tidied

VERSIONS = ("1", "2", "3", "4", "5", "5.0", "5.1", "5.2", "6", "6.0", "6.1", "7", "7.0", "8.1", "8.2")
_LATEST = 99.0
_MOST_EDITED = 4  # pictures of one --edit
_WIDEST, _WIDEST_HD = 14.0, 4.0  # aspect ratios
_SPEEDS = ("fast", "relax", "turbo")
_OF_VIDEOS = ("video", "motion", "raw", "loop", "end", "bs", *_SPEEDS)


@dataclass(frozen=True, kw_only=True)
class ParameterRule:
    """The versions that take a parameter, with these values only where `values` names the version's first digit."""

    since: float = 0.0
    until: float = _LATEST
    values: Mapping[int, tuple[str, ...]] | None = None
    excludes: tuple[str, ...] = ()  # parameters, or a parameter with its value


_OMNI = ParameterRule(since=7, until=7, excludes=("draft", "q 4"))
_CHARACTER = ParameterRule(since=6, until=6.1)
_RULES: Mapping[str, ParameterRule] = {
    "oref": _OMNI,
    "ow": _OMNI,
    "cref": _CHARACTER,
    "cw": _CHARACTER,
    "q": ParameterRule(until=7, values={6: ("0.5", ".5", "1", "2"), 7: ("1", "2", "4")}),
    "stop": ParameterRule(until=6.1),
    "draft": ParameterRule(since=7, until=7),
    "hd": ParameterRule(since=8, excludes=("sd",)),
    "sd": ParameterRule(since=8),
    "edit": ParameterRule(since=8.1, excludes=("tile",)),
}
_ALIASES = {"quality": "q", "aspect": "ar", "version": "v"}
_WEIGHT = re.compile(r"\S\s*::\s*-?[0-9.]*(?:\s|$)")
_WEIGHTS_UNTIL = 6.1
_RATIO = re.compile(r"(\d{1,3}):(\d{1,3})")


def refusal_of(prompt: str, *, default: str) -> str:
    """MidJourney's words against a drawing that names no version, or one; empty when it draws it."""
    words, given = _read(prompt)
    if "niji" in given:
        return ""
    version = given.get("v", default)
    if version not in VERSIONS:
        return f"`--version {version}` is not a valid version"
    number = float(version)
    found = (_conflict(name, value, given, version) for name, value in given.items())
    if text := next((text for text in found if text), ""):
        return text
    if _WEIGHT.search(words) and number > _WEIGHTS_UNTIL:
        return f"`::` is not compatible with `--version {version}`"
    return _wrong_aspect(given) or _wrong_edit(given)


def refusal_of_video(prompt: str) -> str:
    """The same for a video, which takes no parameters but its own."""
    _, given = _read(prompt)
    other = next((name for name in given if name not in _OF_VIDEOS), "")
    return f"`--{other}` is not compatible with `--video`" if other else ""


def is_hd(prompt: str) -> bool:
    return "hd" in _read(prompt)[1]


def edits(prompt: str) -> bool:
    return "edit" in _read(prompt)[1]


def _read(prompt: str) -> tuple[str, dict[str, str]]:
    """The words, and each parameter's value by its short name."""
    words, parameters = split_parameters(tidied(prompt))
    pairs = (item.removeprefix("--").partition(" ") for item in parameters)
    return words, {_ALIASES.get(name.lower(), name.lower()): value.strip() for name, _, value in pairs}


def _conflict(name: str, value: str, given: Mapping[str, str], version: str) -> str:
    rule = _RULES.get(name)
    if rule is None:
        return ""
    number = float(version)
    allowed = (rule.values or {}).get(int(number))
    if not rule.since <= number <= rule.until or (allowed is not None and value not in allowed):
        return f"`--{name}` is not compatible with `--version {version}`"
    met = (other for other in rule.excludes if other in given or other in {f"{key} {val}" for key, val in given.items()})
    other = next(met, "")
    return f"`--{name}` is not compatible with `--{other}`" if other else ""


def _wrong_aspect(given: Mapping[str, str]) -> str:
    found = _RATIO.fullmatch(given.get("ar", ""))
    if found is None or 0 in (int(found[1]), int(found[2])):
        return ""
    ratio = int(found[1]) / int(found[2])
    if max(ratio, 1 / ratio) > (_WIDEST_HD if "hd" in given else _WIDEST):
        return f"`--ar {found[0]}` is not compatible with `--hd`" if "hd" in given else f"Invalid `--ar {found[0]}`"
    return ""


def _wrong_edit(given: Mapping[str, str]) -> str:
    links = given.get("edit", "-").split()
    right = links == ["-"] or (0 < len(links) <= _MOST_EDITED and all("://" in link for link in links))
    return "" if right else f"`--edit` needs 1 to {_MOST_EDITED} links to pictures"
