"""A search over all tasks.

Contract: a frozen record and the parsing of words, nothing more. The store decides what matches: every word must occur
within a task's words, or within its ids if it is long enough for an id.
"""

from __future__ import annotations

from dataclasses import dataclass

from tasks.domain.model import Action, Status, Task

MOST_WORDS = 8
NAME_LENGTH = 8  # characters; shorter words are not searched in ids
_SMALL = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """Empty fields match everything. `words`: ASCII letters in lower case, as the store keeps them."""

    words: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One page, newest first, and the total number of matches."""

    tasks: tuple[Task, ...]
    total: int


def words_of(text: str) -> tuple[str, ...]:
    """The distinct words. Case is significant beyond ASCII letters, as in SQLite."""
    return tuple(dict.fromkeys(text.translate(_SMALL).split()))
