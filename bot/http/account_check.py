"""Can the account draw in its channel? Asked of Discord after each login, before the account counts as connected.

Contract: reads only, and costs nothing. Each finding is a fact that Discord stated: the channel's answer, the account's
permissions by READY, the bots' commands in the index. What Discord does not state is left to the index. A transient
failure raises the library's error; `Unfit` means that a human must act, with the reason of the pause.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import discord
from discord.http import Route

from bot.grammar.ids import APPLICATIONS, snowflake
from bot.grammar.payload import mapping, number
from bot.http.permissions import Membership, may_use_commands
from bot.http.refusals import ACCOUNT
from bot.interactions import CommandIndex, parse_command_index
from tasks.domain.model import Bot

Request = Callable[[Route], Awaitable[Any]]

UNKNOWN_MEMBER = 10007
# Channel types without messages of their own: category, directory, forum, media (docs.discord.food, "Channel Type").
_WITHOUT_MESSAGES = frozenset({4, 14, 15, 16})


class Unfit(Exception):
    """The account cannot draw until a human acts. `reason`: that of the pause, a code and its details."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawingPlace:
    """Where the account draws, with which bots. `guild_id` is empty for private messages with the bot."""

    guild_id: str
    channel_id: str
    bots: frozenset[Bot] = frozenset()  # empty: any

    @property
    def name(self) -> str:
        return f"server {self.guild_id}" if self.guild_id else f"channel {self.channel_id}"

    @property
    def wanted(self) -> frozenset[Bot]:
        return self.bots or frozenset(Bot)


async def check_channel(request: Request, place: DrawingPlace) -> Mapping[str, Any]:
    """The channel, as Discord shows it to the account. Raises `Unfit` if it cannot draw there."""
    what = f"channel {place.channel_id}"
    with definite(what):
        channel = mapping(await request(Route("GET", "/channels/{channel}", channel=place.channel_id)))
    guild_id = snowflake(channel.get("guild_id")) or ""
    if guild_id != place.guild_id:
        where = f"server {guild_id}" if guild_id else "no server: it is a private conversation"
        raise Unfit(f"wrong_guild: {what} belongs to {where}")
    if number(channel.get("type")) in _WITHOUT_MESSAGES:
        raise Unfit(f"wrong_channel: {what} holds no messages")
    return channel


def check_permission(member: Membership | None, channel: Mapping[str, Any], place: DrawingPlace) -> None:
    """Raises `Unfit` if the account may not use application commands in the channel."""
    if may_use_commands(member, channel) is False:
        raise Unfit(f"missing_permission: channel {place.channel_id}")


async def fetch_commands(request: Request, place: DrawingPlace) -> CommandIndex:
    """The bots' commands where the account draws. Raises the library's errors."""
    kind, key = ("guilds", place.guild_id) if place.guild_id else ("channels", place.channel_id)
    route = Route("GET", f"/{kind}/{{place}}/application-command-index", place=key)
    return parse_command_index(await request(route))


async def check_commands(request: Request, commands: CommandIndex, place: DrawingPlace) -> None:
    """Raises `Unfit` if no bot that the account draws with offers /imagine, and says whether a bot is there at all."""
    if any((bot, "imagine", 1) in commands for bot in place.wanted):
        return
    if any(bot in place.wanted for bot, _, _ in commands) or await _is_any_member(request, place):
        raise Unfit("missing_command: imagine")
    raise Unfit(f"unknown_application: {place.name}")


async def _is_any_member(request: Request, place: DrawingPlace) -> bool:
    """Is one of the bots a member of the server? Only Discord's own answer "unknown member" or the member counts."""
    for bot in sorted(place.wanted) if place.guild_id else ():
        route = Route("GET", "/guilds/{guild}/members/{user}", guild=place.guild_id, user=APPLICATIONS[bot])
        try:
            await request(route)
        except discord.HTTPException as error:
            if error.status < 500 and error.status != 429:
                continue
            raise
        return True
    return False


@contextmanager
def definite(what: str) -> Iterator[None]:
    """Raises `Unfit` for a definite refusal of `what`, such as "channel 1"; every other failure as it came."""
    try:
        yield
    except discord.CaptchaRequired as error:
        raise Unfit("captcha") from error
    except discord.HTTPException as error:
        if reason := _reason(error, what):
            raise Unfit(reason) from error
        raise


def _reason(error: discord.HTTPException, what: str) -> str:
    """The reason of a pause; "" if the failure may pass."""
    if error.status == 401:
        return "token_invalid"
    if error.code in ACCOUNT and error.status < 500:
        return f"{ACCOUNT[error.code]}: {what}"
    if error.status == 403:
        return f"missing_access: {what}"
    if error.status == 404:
        return f"{'unknown_guild' if what.startswith('server') else 'unknown_channel'}: {what}"
    return ""
