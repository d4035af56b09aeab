"""Findings of `doctor`: passed, warning or failure, with the fix.

Contract: no finding contains a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from settings import is_open_to_others


class Verdict(Enum):
    PASSED = "ok"
    WARNING = "warn"
    FAILURE = "WRONG"


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    verdict: Verdict
    text: str
    fix: str = ""


def passed(text: str) -> CheckResult:
    return CheckResult(verdict=Verdict.PASSED, text=text)


def warning(text: str, fix: str) -> CheckResult:
    return CheckResult(verdict=Verdict.WARNING, text=text, fix=fix)


def failure(text: str, fix: str) -> CheckResult:
    return CheckResult(verdict=Verdict.FAILURE, text=text, fix=fix)


def readable_by_others(path: Path) -> CheckResult | None:
    """A warning if other users may read or change the file."""
    if is_open_to_others(path):
        return warning(f"{path} can be read by other users of this machine.", f"chmod 600 {path}")
    return None
