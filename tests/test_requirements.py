"""What is installed is what is asked for: each lock holds the pins of its requirements, and a hash for each file.

That the pins are complete for every Python is `make lock-check`'s, which asks the package index.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("requirements", "requirements-mcp", "requirements-dev", "tests/peers/requirements", "requirements-binary")
_PIN = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.ASCII | re.MULTILINE)
_INCLUDED = re.compile(r"^-r (\S+)$", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text("utf-8")
    found = {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in _PIN.findall(text)}
    for other in _INCLUDED.findall(text):
        found |= pins(other)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_lock_holds_the_pins(name: str) -> None:
    """Else: make lock."""
    wanted, locked = pins(f"{name}.txt"), pins(f"{name}.lock")
    assert {package: locked.get(package) for package in wanted} == wanted


@pytest.mark.parametrize("name", NAMES)
def test_what_the_lock_has_besides_is_for_other_systems(name: str) -> None:
    text = (ROOT / f"{name}.lock").read_text("utf-8")
    besides = pins(f"{name}.lock").keys() - pins(f"{name}.txt").keys() - {"pip"}
    assert [package for package in besides if not re.search(rf"^{package}==\S+ ; .*sys_platform", text, re.M)] == []


@pytest.mark.parametrize("name", NAMES)
def test_each_file_has_its_hash(name: str) -> None:
    text = (ROOT / f"{name}.lock").read_text("utf-8")
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert entries
    assert [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)] == []


def test_what_is_installed_is_installed_by_hash() -> None:
    for name in ("Makefile", "Dockerfile"):
        text = (ROOT / name).read_text("utf-8")
        assert "--require-hashes" in text
        assert not re.search(r"-r requirements[\w-]*\.txt", text), name
