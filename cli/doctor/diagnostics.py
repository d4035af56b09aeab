"""What `doctor` finds: well, doubtful or wrong, and what to do about it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


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
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return warning(f"{path} can be read by other users of this machine.", f"chmod 600 {path}")
    return None
