"""The fields of a search -> what is looked for.

Contract: pure. What is not understood is refused, never left out: a search for less would find more than was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from tasks.domain.errors import BadRequest
from tasks.domain.model import Action, Status
from tasks.domain.search import MOST_WORDS, Search, words_of

FEW, MOST = 100, 1000  # tasks of a page
LONGEST = 1000  # characters of q

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchRequest:
    search: Search
    limit: int
    before: str | None


def search_of(fields: Mapping[str, str]) -> SearchRequest:
    """Raises BadRequest."""
    text = fields.get("q", "")
    words = words_of(text[: LONGEST + 1])
    if len(text) > LONGEST or len(words) > MOST_WORDS:
        raise BadRequest(f"q may have {MOST_WORDS} words and {LONGEST} characters.", hint="Search for fewer words.")
    search = Search(
        words=words,
        statuses=_some_of(Status, fields.get("status", ""), "status"),
        actions=_some_of(Action, fields.get("action", ""), "action"),
    )
    return SearchRequest(search=search, limit=_limit(fields.get("limit", "")), before=_before(fields.get("before", "")))


def _some_of(kind: type[E], text: str, field: str) -> tuple[E, ...]:
    names = dict.fromkeys(name.strip().upper() for name in text.split(",") if name.strip())
    known = {member.value: member for member in kind}
    if unknown := [name for name in names if name not in known]:
        raise BadRequest(f"The {field} {unknown[0][:40]!r} is unknown.", hint=f"Give some of {', '.join(known)}.")
    return tuple(known[name] for name in names)


def _limit(text: str) -> int:
    text = text.strip()
    number = FEW if not text else int(text) if _is_number(text, 4) else 0
    if not 1 <= number <= MOST:
        raise BadRequest(f"limit must be a number from 1 to {MOST}.")
    return number


def _before(text: str) -> str | None:
    text = text.strip()
    if text and not _is_number(text, 16):
        raise BadRequest("before must be the id of a task: the search goes on with those submitted earlier.")
    return text or None


def _is_number(text: str, digits: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= digits
