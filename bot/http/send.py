"""One send: at most one accepted request, repeated only after a definite refusal.

Contract: three refusals allow a repeat: a rate limit, after its wait; an outdated command, once, after reading the
index; a missing button, once, after a moment. Each shows that Discord accepted nothing. Every other failure is raised
as one of `tasks.domain.errors`.
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
BUTTON_SECONDS = 1.0  # a button may be missing while its message is edited
LEAST_WAIT_SECONDS = 0.1  # also if Discord says 0, to avoid a request storm


async def send(
    order: Interaction,
    *,
    build: Callable[[], dict[str, Any]],
    post: Callable[[dict[str, Any]], Awaitable[None]],
    refresh: Callable[[], Awaitable[None]],
) -> None:
    """`build` returns the payload for the open session, and raises `NotSent` without one."""
    deadline = asyncio.get_running_loop().time() + RATE_LIMIT_BUDGET_SECONDS
    remedies = [partial(_refresh_outdated_command, order, refresh), partial(_wait_for_button, order)]
    while True:
        payload = build()
        try:
            await post(payload)
            return
        except RateLimited as limited:
            await wait(limited, deadline)
        except Exception as error:  # of two libraries; `bot.http.refusals` knows them
            for remedy in remedies:
                if await remedy(error):
                    remedies.remove(remedy)
                    break
            else:
                raise refusals.to_error(error, order) from error


async def wait(limited: RateLimited, deadline: float) -> None:
    """Raises `NotSent` if the wait would exceed the deadline (of the loop's clock)."""
    if asyncio.get_running_loop().time() + limited.retry_after > deadline:
        raise refusals.to_error(limited) from limited
    log.info("rate limited by Discord: waiting %.1f s before the next send", limited.retry_after)
    await asyncio.sleep(max(limited.retry_after, LEAST_WAIT_SECONDS))


async def _refresh_outdated_command(
    order: Interaction, refresh: Callable[[], Awaitable[None]], error: Exception
) -> bool:
    """True if the command was outdated and the index has been read again."""
    if not refusals.is_outdated(error, order):
        return False
    log.info("Discord refused an outdated command: reading the command index again")
    try:
        await refresh()
    except Exception as failed:  # nothing was sent, whatever failed
        raise NotSent("The command is outdated and the new one could not be fetched.") from failed
    return True


async def _wait_for_button(order: Interaction, error: Exception) -> bool:
    """True if the button was missing and a moment has passed."""
    if not refusals.is_button_missing(error, order):
        return False
    log.info("Discord found no such button: pressing it again in %g s", BUTTON_SECONDS)
    await asyncio.sleep(BUTTON_SECONDS)
    return True
