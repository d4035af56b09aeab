"""Output of the commands: progress bars and tables on a terminal, plain lines elsewhere.

Contract: results go to stdout, where scripts read them; everything else goes to stderr. Control characters are removed
from text of other origin, as a terminal would obey them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table


def plain(text: object) -> str:
    """The text with a blank in place of each control character."""
    return "".join(character if character.isprintable() else " " for character in str(text))


def notify(text: str) -> None:
    """Print a message for people, to stderr."""
    print(plain(text), file=sys.stderr, flush=True)


def result(text: str) -> None:
    """Print a result, to stdout."""
    print(plain(text), flush=True)


class ProgressDisplay(Protocol):
    def show(self, what: str, percent: float) -> None: ...


class _Lines:
    """Prints a line after each change."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, what: str, percent: float) -> None:
        line = f"{what} {percent:.0f}%" if percent else what
        if line != self._last:
            self._last = line
            notify(line)


class _Bar:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def show(self, what: str, percent: float) -> None:
        self._progress.update(self._task, description=escape(plain(what)), completed=percent)


@contextmanager
def progress_display() -> Iterator[ProgressDisplay]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bar(progress, progress.add_task("", total=100))


def table(names: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> None:
    """Print a table on a terminal, elsewhere the same cells separated by tabs, without a header."""
    if not rows:
        notify(empty)
        return
    console = Console()
    if not console.is_terminal:
        for row in rows:
            print("\t".join(plain(cell) for cell in row), flush=True)
        return
    shown = Table(box=None, header_style="bold", pad_edge=False)
    for name in names:
        shown.add_column(name, overflow="ellipsis", no_wrap=name != names[-1])
    for row in rows:
        shown.add_row(*(escape(plain(cell)) for cell in row))
    console.print(shown)


def as_json(value: Any) -> None:
    """Print the value as one line of JSON."""
    print(json.dumps(value, ensure_ascii=True, separators=(",", ":")), flush=True)
