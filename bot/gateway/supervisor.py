"""Keeps one account logged in for as long as that makes sense.

Law: never gives up by itself but for a dead token, and never raises but when cancelled. What else ends a login is
tried again, later each time, up to a minute.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from random import Random

import discord

from bot.gateway import cancelling

log = logging.getLogger(__name__)

FIRST_SECONDS = 1.0
CAP_SECONDS = 60.0
GOOD_AFTER_SECONDS = 120.0
DEAD_TOKEN = 4004

_chance = Random()


async def supervise(
    name: str,
    stay: Callable[[], Awaitable[None]],
    token_died: Callable[[], None],
    *,
    first_seconds: float = FIRST_SECONDS,
) -> None:
    """`stay` logs in and returns or raises when that login is over."""
    delay = first_seconds
    while True:
        began = time.monotonic()
        try:
            await stay()
            reason = "the connection ended"
        except Exception as error:  # the library raises what it likes; only a dead token ends this
            if is_dead_token(error):
                log.error(
                    "account %s: Discord does not accept its token; set a new one and resume it, or restart", name
                )
                token_died()
                return
            reason = type(error).__name__
            log.debug("account %s: the login ended", name, exc_info=error)
        cancelling.heed()
        if time.monotonic() - began > GOOD_AFTER_SECONDS:
            delay = first_seconds
        log.warning("account %s: %s; next login in %.0f s", name, reason, delay)
        await asyncio.sleep(delay * _chance.uniform(0.8, 1.0))
        delay = min(delay * 2, CAP_SECONDS)


def is_dead_token(error: Exception) -> bool:
    if isinstance(error, discord.LoginFailure):
        return True
    return isinstance(error, discord.ConnectionClosed) and error.code == DEAD_TOKEN
