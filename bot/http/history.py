"""A channel's history, oldest first, page by page: never many pages at a time, and slowly.

Law: raw messages go the way that the gateway's go, and are marked as history. Private answers are not in it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.grammar.ids import snowflake
from bot.grammar.payload import mapping
from bot.http.nonces import id_at
from tasks.rules.matching import snowflake_time

PAGE = 100  # Discord's most
PAUSE_SECONDS = 0.5  # between two pages: nobody scrolls faster

Message = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class HistorySlice:
    """Messages, oldest first. `more_since` (ms): there are more from then on; None: it was read up to now."""

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
    after = str(max(0, int(id_at(since)) - 1))  # the first id of that moment is asked for, too
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
    """Without one it is nothing that could be read or gone on from; it does not cost the others."""
    return snowflake(mapping(message).get("id")) is not None


def _age(message: Message) -> int:
    return int(message["id"])
