"""How a command says what it found."""

from __future__ import annotations

import sys
from collections.abc import Iterable


def say(head: str, lines: Iterable[str] = ()) -> None:
    """A line, and those that belong to it."""
    sys.stdout.write("".join(f"{line}\n" for line in (head, *(f"  {line}" for line in lines))))
