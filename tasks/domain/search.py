"""What is searched for among all tasks.

Contract: a frozen record and the reading of words, nothing more. What matches is decided by the store: every word must
be found somewhere in a task's words, as a piece of them, or in its ids, if it is long enough to be meant as one.
"""

from __future__ import annotations

from dataclasses import dataclass

from tasks.domain.model import Action, Status, Task

MOST_WORDS = 8
NAME_LENGTH = 8  # characters; a shorter word is not looked for in ids
_SMALL = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """Empty fields ask for anything. `words`: ASCII letters small, as the store keeps them."""

    words: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One page, newest first, and how many there are in all."""

    tasks: tuple[Task, ...]
    total: int


def words_of(text: str) -> tuple[str, ...]:
    """Each word once. Case counts beyond ASCII letters, as it does in SQLite."""
    return tuple(dict.fromkeys(text.translate(_SMALL).split()))
