"""Reads a channel's history, oldest first, page by page, with a limit and pauses.

Contract: the messages are parsed like the gateway's and marked as history. The history contains no private answers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.grammar.ids import snowflake
from bot.grammar.payload import mapping
from bot.http.nonces import id_at
from tasks.rules.matching import snowflake_time

PAGE = 100  # Discord's limit
PAUSE_SECONDS = 0.5  # between two pages, as a person scrolls

Message = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class HistorySlice:
    """Messages, oldest first. `more_since` (ms): more follow from then on; None: read up to now."""

    messages: Sequence[Message]
    more_since: int | None = None


async def read(
    page_after: Callable[[str], Awaitable[Sequence[Message]]],
    since: int,
    *,
    max_pages: int,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> HistorySlice:
    """The messages since `since` (ms), at most `max_pages` pages of them. `page_after(id)`: the oldest `PAGE` messages
    newer than that id."""
    found: list[Message] = []
    after = str(max(0, int(id_at(since)) - 1))  # includes the first id of that moment
    for number in range(max_pages):
        if number:
            await pause(PAUSE_SECONDS)
        page = await page_after(after)
        found += sorted((message for message in page if _has_id(message)), key=_age)
        if len(page) < PAGE or not found:
            return HistorySlice(messages=found)
        after = str(found[-1]["id"])
    return HistorySlice(messages=found, more_since=snowflake_time(after))


def _has_id(message: Message) -> bool:
    """A message without an id cannot be read or continued from; skip it alone."""
    return snowflake(mapping(message).get("id")) is not None


def _age(message: Message) -> int:
    return int(message["id"])
