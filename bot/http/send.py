"""One send: at most one request at Discord, again only after a definite no.

Law: there are three reasons to ask twice: a rate limit, waited for; an outdated command, read anew once; a button that
is not there, looked for once more after a moment. All come after an answer that says that nothing was taken. All else
ends here as one of `tasks.domain.errors`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from bot.http import refusals
from bot.http.session import RateLimited
from tasks.domain.errors import NotSent
from tasks.domain.interactions import Interaction

log = logging.getLogger(__name__)

RATE_LIMIT_BUDGET_SECONDS = 60.0  # for rate limits, in all
BUTTON_SECONDS = 1.0  # a button may be missing while its message is being edited
LEAST_WAIT_SECONDS = 0.1  # also when Discord says 0: nothing is to be stormed


async def send(
    order: Interaction,
    *,
    build: Callable[[], dict[str, Any]],
    post: Callable[[dict[str, Any]], Awaitable[None]],
    refresh: Callable[[], Awaitable[None]],
) -> None:
    """`build` makes the payload for the session that is open now, and raises `NotSent` when there is none."""
    deadline = asyncio.get_running_loop().time() + RATE_LIMIT_BUDGET_SECONDS
    again = [partial(_refresh_outdated_command, order, refresh), partial(_wait_for_button, order)]
    while True:
        payload = build()
        try:
            await post(payload)
            return
        except RateLimited as told:
            await wait(told, deadline)
        except Exception as error:  # of two libraries; `bot.http.refusals` knows them
            for remedy in again:
                if await remedy(error):
                    again.remove(remedy)
                    break
            else:
                raise refusals.to_error(error, order) from error


async def wait(told: RateLimited, deadline: float) -> None:
    """Raises `NotSent` when that would go beyond the deadline (of the loop's clock)."""
    if asyncio.get_running_loop().time() + told.retry_after > deadline:
        raise refusals.to_error(told) from told
    log.info("Discord asks to wait %.1f s before the next send", told.retry_after)
    await asyncio.sleep(max(told.retry_after, LEAST_WAIT_SECONDS))


async def _refresh_outdated_command(
    order: Interaction, refresh: Callable[[], Awaitable[None]], error: Exception
) -> bool:
    """Was it refused for a command that is outdated, and was the index read anew?"""
    if not refusals.is_outdated(error, order):
        return False
    log.info("Discord says that the command is outdated: its commands are fetched anew")
    try:
        await refresh()
    except Exception as failed:  # nothing was sent, whatever it was
        raise NotSent("The command is outdated and the new one could not be fetched.") from failed
    return True


async def _wait_for_button(order: Interaction, error: Exception) -> bool:
    """Was it refused for a button that is not there, and has a moment passed?"""
    if not refusals.is_button_missing(error, order):
        return False
    log.info("Discord says that the button is not there: it is pressed once more in %g s", BUTTON_SECONDS)
    await asyncio.sleep(BUTTON_SECONDS)
    return True
