"""What `doctor` finds: well, doubtful or wrong, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    WELL = "ok"
    DOUBTFUL = "warn"
    WRONG = "WRONG"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    verdict: Verdict
    what: str  # never with a secret in it
    mend: str = ""


def well(what: str) -> Finding:
    return Finding(verdict=Verdict.WELL, what=what)


def doubtful(what: str, mend: str) -> Finding:
    return Finding(verdict=Verdict.DOUBTFUL, what=what, mend=mend)


def wrong(what: str, mend: str) -> Finding:
    return Finding(verdict=Verdict.WRONG, what=what, mend=mend)
