"""Is this the prompt that we sent? Pure text comparison, the last resort of matching.

MidJourney echoes a prompt as it understood it: blanks collapse, newlines become blanks or vanish, `—` becomes `--`,
links become `<https://s.mj.run/…>`, parameters are renamed, re-ordered, added and dropped, a long text may be cut. So
texts are compared after the same treatment of both, and a difference counts only where MidJourney is not known to make
one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tasks.parameters import KNOWN

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
    "motion": "motion",
}
# values that MidJourney replaces by its own: a random style gets a code, links are shortened
_FREE = frozenset({"sref", "cref", "oref", "fast", "relax", "turbo", "p", "profile", "video", "style"})
_CODES = re.compile(r"[0-9 .]+")  # of styles: numbers are not replaced
_CUT = 500  # a text this long may have been cut by MidJourney or Discord

Parameters = dict[str, str]


def _number(value: str) -> str:
    try:
        return str(float(value))
    except ValueError:
        return value.casefold()


def _listed(value: str) -> str:
    return ",".join(sorted({item.strip().casefold() for item in value.split(",")} - {""}))


@lru_cache(maxsize=4096)
def normalise(prompt: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text before the first parameter, and the parameters by their short names, sorted."""
    plain = _DASH.sub("--", _URL.sub("<url>", prompt))
    first = _PARAMETER.search(plain)
    text = plain[: first.start()] if first else plain
    parameters: Parameters = {}
    if first:
        marks = list(_PARAMETER.finditer(plain))
        ends = [mark.start() for mark in marks[1:]] + [len(plain)]
        for mark, end in zip(marks, ends, strict=True):
            name, value = mark.group(1).casefold(), " ".join(plain[mark.end() : end].split())
            if name == "no":  # several are one list
                parameters[name] = _listed(f"{parameters.get(name, '')},{value}")
            else:
                parameters[_ALIASES.get(name, name)] = _number(value)
    return " ".join(text.split()), tuple(sorted(parameters.items()))


def same_prompt(sent: str, echoed: str) -> bool:
    """True when `echoed` can be MidJourney's echo of `sent`; never true for texts that differ in their words."""
    return _is_echo(sent, echoed) or ("\n" in sent and _is_echo(sent.replace("\n", ""), echoed))


def _is_echo(sent: str, echoed: str) -> bool:
    sent_text, sent_parameters = normalise(sent)
    echoed_text, echoed_parameters = normalise(echoed)
    is_cut = _is_cut(sent_text, echoed_text)
    if sent_text != echoed_text and not is_cut:
        return False
    return _compatible(dict(sent_parameters), dict(echoed_parameters), is_cut=is_cut)


def _is_cut(sent: str, echoed: str) -> bool:
    kept = echoed.rstrip(".… ")
    return sent != echoed and len(kept) >= _CUT and sent.startswith(kept)


def _compatible(sent: Parameters, echoed: Parameters, *, is_cut: bool) -> bool:
    """No parameter of both has two different values, unless MidJourney is known to replace it; and what is no parameter
    that we know, as words behind a dash, is in both."""
    if not is_cut and any(name not in KNOWN for name in sent.keys() - echoed.keys()):
        return False
    return all(_may_be(name, sent[name], echoed[name]) for name in sent.keys() & echoed.keys())


def _may_be(name: str, sent: str, echoed: str) -> bool:
    if sent == echoed:
        return True
    return name in _FREE and not (_CODES.fullmatch(sent) and _CODES.fullmatch(echoed))
