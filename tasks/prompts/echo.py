"""Decides whether a text is MidJourney's echo of a prompt. Pure text comparison, the last resort of matching.

MidJourney echoes a prompt as it understood it: blanks collapse, newlines become blanks or vanish, `—` becomes `--`,
links become `<https://s.mj.run/…>`, parameters are renamed, reordered, added and dropped, a long text may be cut. So
both texts are normalised before comparison, and a difference counts unless MidJourney is known to make it: the tables
list the parameters it drops and adds. Any other parameter of the prompt must be in the echo.
"""

from __future__ import annotations

import re
from functools import lru_cache

_URL = re.compile(r"<?https?://[^\s>]+>?")
_DASH = re.compile(r"(?:(?<=\s)|^)[—–]+\s?(?=[A-Za-z])")
_PARAMETER = re.compile(r"(?:(?<=\s)|^)--([A-Za-z][\w]*)")
_ALIASES = {
    "aspect": "ar",
    "version": "v",
    "stylize": "s",
    "chaos": "c",
    "quality": "q",
    "weird": "w",
    "repeat": "r",
    "personalize": "p",
    "profile": "p",
}
# written differently in the echo
_SYNONYMS = {("style", "raw"): ("raw", ""), ("loop", ""): ("end", "loop")}
# values that MidJourney replaces: a random style gets a code, links are shortened
_FREE = frozenset({"sref", "cref", "oref", "fast", "relax", "turbo", "p", "video", "style"})
_CODES = re.compile(r"[0-9 .]+")  # of styles: numbers are not replaced
_CUT = 500  # a text of this length may have been cut by MidJourney or Discord

# Dropped: shown elsewhere in the message (speed, visibility), multipliers of the command, and defaults.
_DROPPED = frozenset({"fast", "relax", "turbo", "stealth", "public", "r", "zoom", "sd"})
_DEFAULTS = frozenset(
    {("ar", "1:1"), ("s", "100.0"), ("c", "0.0"), ("q", "1.0"), ("w", "0.0"), ("iw", "1.0"), ("stop", "100.0")}
)
# Added: from the account's settings (model, style, speed, personal style), and by videos.
_ADDED = frozenset(
    {"v", "niji", "raw", "style", "s", "q", "hd", "sd", "p", "sref", "oref"}
    | {"fast", "relax", "turbo", "stealth", "public", "video", "motion", "end", "bs"}
)
_OF_PICTURES = frozenset({"no", "ar", "v", "s", "q", "c", "w", "stop", "tile", "raw"})  # missing from a video's echo

Parameters = dict[str, str]
Given = tuple[tuple[str, str], ...]


def _number(value: str) -> str:
    try:
        return str(float(value))
    except ValueError:
        return value.casefold()


def _listed(value: str) -> str:
    return ",".join(sorted({item.strip().casefold() for item in value.split(",")} - {""}))


@lru_cache(maxsize=4096)
def normalise(prompt: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text before the first parameter, and the parameters with their short names, sorted."""
    plain = _DASH.sub("--", _URL.sub("<url>", prompt))
    first = _PARAMETER.search(plain)
    text = plain[: first.start()] if first else plain
    parameters: Parameters = {}
    if first:
        marks = list(_PARAMETER.finditer(plain))
        ends = [mark.start() for mark in marks[1:]] + [len(plain)]
        for mark, end in zip(marks, ends, strict=True):
            name, value = mark.group(1).casefold(), " ".join(plain[mark.end() : end].split())
            if name == "no":  # several are merged into one list
                parameters[name] = _listed(f"{parameters.get(name, '')},{value}")
            else:
                given = (_ALIASES.get(name, name), _number(value))
                name, value = _SYNONYMS.get(given, given)
                parameters[name] = value
    return " ".join(text.split()), tuple(sorted(parameters.items()))


def same_prompt(sent: str, echoed: str) -> bool:
    """Whether `echoed` can be MidJourney's echo of `sent`; never true for texts with different words."""
    return misfit(sent, echoed) is not None


@lru_cache(maxsize=1024)
def misfit(sent: str, echoed: str) -> int | None:
    """The number of parameters that MidJourney dropped, added or replaced, if `echoed` is its echo of `sent`; None
    when it cannot be. Lower is a better match."""
    found = _misfit(sent, echoed)
    return _misfit(sent.replace("\n", ""), echoed) if found is None and "\n" in sent else found


def _misfit(sent: str, echoed: str) -> int | None:
    sent_text, sent_parameters = normalise(sent)
    echoed_text, echoed_parameters = normalise(echoed)
    if _edits_in_front(sent_parameters, echoed_parameters):
        sent_text, sent_parameters = _with_links_in_front(sent_text, dict(sent_parameters))
    is_cut = _is_cut(sent_text, echoed_text)
    if sent_text != echoed_text and not is_cut:
        return None
    return _differences(dict(sent_parameters), dict(echoed_parameters), is_cut=is_cut)


def _edits_in_front(sent: Given, echoed: Given) -> bool:
    """Whether the echo has no `--edit`: MidJourney may move its links to the front, like those of image prompts."""
    return "edit" in dict(sent) and "edit" not in dict(echoed)


def _with_links_in_front(text: str, parameters: Parameters) -> tuple[str, Given]:
    links = parameters.pop("edit")
    return f"{links} {text}".strip(), tuple(sorted(parameters.items()))


def _is_cut(sent: str, echoed: str) -> bool:
    kept = echoed.rstrip(".… ")
    return sent != echoed and len(kept) >= _CUT and sent.startswith(kept)


def _differences(sent: Parameters, echoed: Parameters, *, is_cut: bool) -> int | None:
    is_video = "video" in echoed
    dropped, added = sent.keys() - echoed.keys(), echoed.keys() - sent.keys()
    replaced = [name for name in sent.keys() & echoed.keys() if sent[name] != echoed[name]]
    known = (
        (is_cut or all(_may_be_dropped(name, sent[name], is_video=is_video) for name in dropped))
        and all(_may_be_added(name, echoed[name], is_video=is_video) for name in added)
        and all(_may_be_replaced(name, sent[name], echoed[name]) for name in replaced)
    )
    return len(dropped) + len(added) + len(replaced) if known else None


def _may_be_dropped(name: str, value: str, *, is_video: bool) -> bool:
    return name in _DROPPED or (name, value) in _DEFAULTS or (is_video and name in _OF_PICTURES)


def _may_be_added(name: str, value: str, *, is_video: bool) -> bool:
    return name in _ADDED or (name, value) in _DEFAULTS or (is_video and name == "ar")


def _may_be_replaced(name: str, sent: str, echoed: str) -> bool:
    return name in _FREE and not (_CODES.fullmatch(sent) and _CODES.fullmatch(echoed))
