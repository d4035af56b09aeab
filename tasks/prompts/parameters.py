"""MidJourney's parameters: names, syntax and values.

Contract: data only. This table is the only place that lists parameters; `tasks.prompts.values` judges their values.
Where sources disagree about a bound, the wider one is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache

OLDEST, NEWEST = 0.0, 99.0
CURRENT = 5.0  # a prompt without a version uses this one or a newer one
VERSIONS = (1, 2, 3, 4, 5, 5.1, 5.2, 6, 6.1, 7, 8.1, 8.2)  # 8 was removed on 2026-07-24, when 8.2 became the default
NIJI_VERSIONS = (4, 5, 6, 7)


WIDEST_RATIO, WIDEST_HD_RATIO = 14.0, 4.0  # long side by short side, of `--ar`; the second with `--hd`
WEIGHTS_UNTIL, NIJI_WEIGHTS_UNTIL = 6.1, 6.0  # the last versions that take `::`
MOST_EDITED = 4  # links behind `--edit`
PLAN_REPEATS = {"basic": 4, "standard": 10}  # the largest `--repeat` of a plan; of others the table's


class Kind(StrEnum):
    FLAG = "flag"  # takes no value
    WHOLE = "whole number"
    NUMBER = "number"
    RATIO = "ratio"
    VERSION = "version"
    TEXT = "text"  # up to the next parameter; not parsed
    LIST = "list"  # comma-separated items


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers accepted by the versions from `since` to `until`."""

    low: float
    high: float
    _: KW_ONLY
    since: float = OLDEST
    until: float = NEWEST
    only: tuple[float, ...] = ()  # the meaningful ones; others are a warning
    soft: bool = False  # MidJourney does or may accept others: outside the range is a warning


@dataclass(frozen=True, slots=True)
class Parameter:
    names: tuple[str, ...]
    kind: Kind = Kind.FLAG
    _: KW_ONLY
    ranges: tuple[Range, ...] = ()
    niji_ranges: tuple[Range, ...] = ()  # where niji accepts others than the version of the same number
    choices: tuple[str, ...] = ()  # known words; another is a warning
    words: tuple[str, ...] = ()  # words accepted besides codes and links; others are no warning
    one_word: bool = False  # of TEXT: the value is one word; text after it is misplaced
    since: float = OLDEST  # known first and last version with it; outside is a warning
    until: float = NEWEST
    bare: bool = False  # may appear without its value
    not_with: tuple[str, ...] = ()  # parameters, with their value where only that one is meant; a warning
    group: str = ""  # a prompt has one of a group; empty: the name
    repeatable: bool = False
    in_clips: bool = False  # allowed with `--video`; another is a warning there

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def family(self) -> str:
        return self.group or self.name

    @property
    def needs_value(self) -> bool:
        return self.kind is not Kind.FLAG and not self.bare

    @property
    def is_numeric(self) -> bool:
        return self.kind in (Kind.WHOLE, Kind.NUMBER, Kind.RATIO, Kind.VERSION)


_WHOLE, _NUMBER, _RATIO, _VERSION, _TEXT, _LIST = list(Kind)[1:]

_STYLES = ("raw", "cute", "scenic", "expressive", "original", "4a", "4b", "4c")

# niji's numbers use the same scale: niji 6 accepts what version 6 accepts.
PARAMETERS: tuple[Parameter, ...] = (
    # the model
    Parameter(("v", "version"), _VERSION, group="model"),
    Parameter(("niji",), _VERSION, bare=True, group="model"),
    Parameter(("test",), group="model", until=4),
    Parameter(("testp",), group="model", until=4),
    Parameter(("creative",)),
    # the picture
    Parameter(("ar", "aspect"), _RATIO),
    Parameter(("no",), _LIST, bare=True, repeatable=True),
    Parameter(("chaos", "c"), _WHOLE, ranges=(Range(0, 100),)),
    Parameter(("stylize", "s"), _WHOLE, ranges=(Range(0, 60000, until=3), Range(0, 1000, since=4))),
    Parameter(("weird", "w"), _WHOLE, ranges=(Range(0, 3000, since=5),), since=5),
    Parameter(("exp",), _WHOLE, ranges=(Range(0, 100),), since=7),
    Parameter(
        ("quality", "q"),
        _NUMBER,
        ranges=(
            Range(0.25, 5, until=4, only=(0.25, 0.5, 1, 2, 5), soft=True),
            Range(0.25, 2, since=5, until=6.1, only=(0.25, 0.5, 1, 2), soft=True),
            Range(0.5, 4, since=7, only=(0.5, 1, 2, 4), soft=True),
        ),
        until=7,
    ),
    Parameter(("seed",), _WHOLE, ranges=(Range(0, 4294967295),)),
    Parameter(("sameseed",), _WHOLE, ranges=(Range(0, 4294967295),), until=3),
    Parameter(("stop",), _WHOLE, ranges=(Range(10, 100),), until=6.1),
    Parameter(("repeat", "r"), _WHOLE, ranges=(Range(1, 40),)),
    Parameter(("style",), _TEXT, group="style", one_word=True, words=_STYLES),
    Parameter(("raw",), group="style", in_clips=True),
    Parameter(("tile",)),
    Parameter(("preview",)),
    Parameter(("zoom",), _NUMBER, ranges=(Range(1, 2, soft=True),)),
    Parameter(("draft",), since=7, until=7),
    Parameter(("hd",), since=8),
    Parameter(("sd",), since=8),
    Parameter(("p", "profile", "personalize"), _TEXT, bare=True),
    # pictures as models
    Parameter(
        ("iw",),
        _NUMBER,
        ranges=(Range(-10000, 10000, until=3), Range(0, 2, since=5, until=5.2), Range(0, 3, since=6)),
        niji_ranges=(Range(0, 2, since=7),),
    ),
    Parameter(("sref",), _TEXT, bare=True, since=5, words=("random",)),
    Parameter(("sw",), _WHOLE, ranges=(Range(0, 1000),), since=5),
    Parameter(("sv",), _WHOLE, ranges=(Range(1, 8, soft=True),), since=6),
    Parameter(("cref",), _TEXT, since=6, until=6.1),
    Parameter(("cw",), _WHOLE, ranges=(Range(0, 100),), since=6, until=6.1),
    Parameter(("oref",), _TEXT, since=7, until=7, not_with=("draft", "quality 4")),
    Parameter(("ow",), _WHOLE, ranges=(Range(0, 1000),), since=7, until=7),
    Parameter(("edit",), _TEXT, since=8.1, not_with=("tile",)),
    # clips
    Parameter(("video",), _WHOLE, bare=True, ranges=(Range(1, 1, soft=True),), in_clips=True),
    Parameter(("motion",), _TEXT, choices=("low", "high"), one_word=True, in_clips=True),
    Parameter(("bs",), _WHOLE, ranges=(Range(1, 4, only=(1, 2, 4), soft=True),), in_clips=True),
    Parameter(("loop",), group="end", in_clips=True),
    Parameter(("end",), _TEXT, group="end", one_word=True, words=("loop",), in_clips=True),
    # the account
    Parameter(("fast",), group="speed", in_clips=True),
    Parameter(("relax",), group="speed", in_clips=True),
    Parameter(("turbo",), group="speed", until=7, in_clips=True),
    Parameter(("stealth",), group="visibility"),
    Parameter(("public",), group="visibility"),
    # of old versions
    Parameter(("h", "height"), _WHOLE, until=3),
    Parameter(("width",), _WHOLE, until=3),
    Parameter(("upbeta",), group="upscaler", until=5.2),
    Parameter(("uplight",), group="upscaler", until=5.2),
    Parameter(("upanime",), group="upscaler", until=5.2),
    Parameter(("beta",), until=4),
)
KNOWN: Mapping[str, Parameter] = {name: parameter for parameter in PARAMETERS for name in parameter.names}


@lru_cache(maxsize=512)
def suggestion(name: str) -> str:
    """The likely intended name for an unknown one; "" without any."""
    stem = name.rstrip("0123456789")
    if stem in KNOWN:
        return f"--{stem}, with a blank before its value"
    close = get_close_matches(name, [known for known in KNOWN if len(known) > 1], n=1, cutoff=0.75)
    return f"--{close[0]}" if close and len(name) <= 20 else ""
