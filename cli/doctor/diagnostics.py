"""What `doctor` finds: well, doubtful or wrong, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from settings import is_open_to_others


class Verdict(Enum):
    WELL = "ok"
    DOUBTFUL = "warn"
    WRONG = "WRONG"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    verdict: Verdict
    what: str  # never with a secret in it
    mend: str = ""


def passed(what: str) -> Finding:
    return Finding(verdict=Verdict.WELL, what=what)


def warning(what: str, mend: str) -> Finding:
    return Finding(verdict=Verdict.DOUBTFUL, what=what, mend=mend)


def failure(what: str, mend: str) -> Finding:
    return Finding(verdict=Verdict.WRONG, what=what, mend=mend)


def readable_by_others(path: Path) -> Finding | None:
    """None: it is this user's alone, or the system has no such modes."""
    if is_open_to_others(path):
        return warning(f"{path} can be read by other users of this machine.", f"chmod 600 {path}")
    return None
