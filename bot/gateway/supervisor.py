"""Keeps one account logged in.

Contract: gives up only when Discord rejects the token, and raises only when cancelled. After any other end of a login
it logs in again with a growing delay of at most a minute.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from random import Random

import discord

from bot.gateway.connection import raise_if_cancelled

log = logging.getLogger(__name__)

FIRST_SECONDS = 1.0
CAP_SECONDS = 60.0
GOOD_AFTER_SECONDS = 120.0
DEAD_TOKEN = 4004

_chance = Random()


async def supervise(
    name: str,
    log_in: Callable[[], Awaitable[None]],
    on_dead_token: Callable[[], None],
    *,
    first_seconds: float = FIRST_SECONDS,
) -> None:
    """`log_in` logs in and returns or raises when that login ends."""
    delay = first_seconds
    while True:
        began = time.monotonic()
        try:
            await log_in()
            reason = "the connection ended"
        except Exception as error:  # the library raises any exception; only a rejected token ends the loop
            if is_dead_token(error):
                log.error(
                    "account %s: Discord rejects the token; set a new token and resume the account, or restart", name
                )
                on_dead_token()
                return
            reason = type(error).__name__
            log.debug("account %s: the login ended", name, exc_info=error)
        raise_if_cancelled()
        if time.monotonic() - began > GOOD_AFTER_SECONDS:
            delay = first_seconds
        log.warning("account %s: %s; next login in %.0f s", name, reason, delay)
        await asyncio.sleep(delay * _chance.uniform(0.8, 1.0))
        delay = min(delay * 2, CAP_SECONDS)


def is_dead_token(error: Exception) -> bool:
    if isinstance(error, discord.LoginFailure):
        return True
    return isinstance(error, discord.ConnectionClosed) and error.code == DEAD_TOKEN
