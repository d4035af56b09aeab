"""A channel's history, oldest first, page by page.

Law: raw messages go the way that the gateway's go, and are marked as history. Private answers are not in it.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.nonces import id_at

log = logging.getLogger(__name__)

PAGE = 100  # Discord's most
MARGIN_MS = 5_000  # clocks differ, ours and Discord's

Message = Mapping[str, Any]


async def read(
    page_after: Callable[[str], Awaitable[Sequence[Message]]], since: int, *, max_pages: int
) -> list[Message]:
    """All messages since `since` (ms). `page_after(id)`: the oldest `PAGE` messages newer than that id."""
    found: list[Message] = []
    after = id_at(since - MARGIN_MS)
    for _ in range(max_pages):
        page = sorted(await page_after(after), key=_age)
        found += page
        if len(page) < PAGE:
            return found
        after = str(page[-1]["id"])
    log.warning("history has more than %d messages since then: the rest is not read", len(found))
    return found


def _age(message: Message) -> int:
    return int(message["id"])
