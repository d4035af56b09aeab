"""The commands that work on the service's files while it may be stopped: one module each, listed in run.py.

Contract: only arguments in, a report out; `storage/` and `bot/` do the work. A command finds its file as the service
finds it. None needs a Discord account, except `import` to learn which channel the drawings belong to.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable


def report(title: str, lines: Iterable[str] = ()) -> None:
    """Print a line and, indented below it, its details."""
    sys.stdout.write("".join(f"{line}\n" for line in (title, *(f"  {line}" for line in lines))))
