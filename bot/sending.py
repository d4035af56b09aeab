"""One send: at most one request at Discord, again only after a definite no.

Law: the wait for a rate limit and one fresh look at the commands are the only reasons to ask twice; both come after
an answer that says that nothing was taken. All else ends here as one of `tasks.errors`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from bot import answers
from bot.session import ToldToWait
from tasks.errors import NotSent
from tasks.orders import Order, SlashOrder

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 60.0  # for rate limits, in all
LEAST_WAIT_SECONDS = 0.1  # also when Discord says 0: nothing is to be stormed


async def send(
    order: Order,
    *,
    build: Callable[[], dict[str, Any]],
    post: Callable[[dict[str, Any]], Awaitable[None]],
    refresh: Callable[[], Awaitable[None]],
) -> None:
    """`build` makes the payload for the session that is open now, and raises `NotSent` when there is none."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    refreshed = False
    while True:
        payload = build()
        try:
            await post(payload)
            return
        except ToldToWait as told:
            await wait(told, deadline)
        except Exception as error:  # of two libraries; `bot.answers` knows them
            if refreshed or not isinstance(order, SlashOrder) or not answers.is_outdated(error):
                raise answers.to_error(error, order) from error
            refreshed = True
            await _refreshed(refresh)


async def wait(told: ToldToWait, deadline: float) -> None:
    """Raises `NotSent` when that would go beyond the deadline (of the loop's clock)."""
    if asyncio.get_running_loop().time() + told.retry_after > deadline:
        raise answers.to_error(told) from told
    log.info("Discord asks to wait %.1f s before the next send", told.retry_after)
    await asyncio.sleep(max(told.retry_after, LEAST_WAIT_SECONDS))


async def _refreshed(refresh: Callable[[], Awaitable[None]]) -> None:
    log.info("Discord says that the command is outdated: its commands are fetched anew")
    try:
        await refresh()
    except Exception as error:  # nothing was sent, whatever it was
        raise NotSent("The command is outdated and the new one could not be fetched.") from error
