"""Replaces values in Discord's payloads that cannot be stored or sent on.

Contract: pure. JSON allows more than UTF-8 and SQLite: half a surrogate pair, NUL, integers beyond 64 bits, unlimited
nesting. Characters become U+FFFD; numbers and values nested too deeply become None. No other code needs to expect them.
If nothing needs replacing, the same object is returned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

DEEPEST = 64  # levels; deeper values are cut off. Discord's messages have about ten
_BIGGEST = 2**63 - 1
_REPLACEMENT = "\ufffd"
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_SUSPECT = re.compile(rb"\\u0000|[:,\[]-?[0-9]{19}")  # in JSON; ids are in quotes

_encode = msgspec.json.Encoder().encode


def sanitize(payload: Any) -> Any:
    """The value in a form that can be stored. Nearly every payload already is; the encoder detects that fifty times
    faster than a walk."""
    try:
        if not _SUSPECT.search(_encode(payload)):
            return payload
    except (ValueError, TypeError, OverflowError, RecursionError):  # surrogates raise the first
        pass
    return _fit(payload, DEEPEST)


def sanitize_text(text: str) -> str:
    return _UNFIT.sub(_REPLACEMENT, text)


def _fit(value: Any, levels: int) -> Any:
    match value:
        case str():
            return sanitize_text(value)
        case bool() | float() | None:
            return value
        case int():
            return value if abs(value) <= _BIGGEST else None
        case Mapping() if levels:
            return {sanitize_text(str(name)): _fit(item, levels - 1) for name, item in value.items()}
        case list() | tuple() if levels:
            return [_fit(item, levels - 1) for item in value]
        case _:
            return None
