"""Discord's permissions: what one member may do in one channel, computed as Discord documents it.

Contract: pure. Source: discord.com/developers/docs/topics/permissions, "Permission Overwrites". What the payloads do
not say is unknown (None), never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from bot.grammar.ids import snowflake
from bot.grammar.payload import mapping, mappings, number

ADMINISTRATOR = 1 << 3
USE_APPLICATION_COMMANDS = 1 << 31
_OF_ROLE, _OF_MEMBER = 0, 1  # types of overwrites


@dataclass(frozen=True, kw_only=True, slots=True)
class Membership:
    """The account in its server: what its roles permit there."""

    guild_id: str
    user_id: str
    role_ids: frozenset[str]
    permissions: int  # of all its roles, before the channel's overwrites
    is_owner: bool = False


def membership_of(ready: Mapping[str, Any], guild_id: str) -> Membership | None:
    """The account's membership by READY; None where READY does not describe it (an unavailable server).

    `merged_members` lists the account's own member objects in the order of `guilds`; a client that does not ask for
    them gets `members` inside the server.
    """
    user_id = snowflake(mapping(ready.get("user")).get("id"))
    merged = ready.get("merged_members")
    for place, guild in enumerate(mappings(ready.get("guilds"))):
        if snowflake(guild.get("id")) != guild_id or user_id is None:
            continue
        listed = merged[place] if isinstance(merged, list) and place < len(merged) else guild.get("members")
        member = next((each for each in mappings(listed) if _user_of(each) == user_id), None)
        roles = {snowflake(role.get("id")): _bits(role.get("permissions")) for role in mappings(guild.get("roles"))}
        if member is None or guild_id not in roles:  # the role of @everyone has the server's id
            return None
        given = member.get("roles")
        role_ids = frozenset(str(role) for role in given) if isinstance(given, list) else frozenset()
        known = [roles[role] for role in (guild_id, *role_ids) if role in roles]
        permissions = _union(bits for bits in known if bits is not None)
        owner = snowflake(guild.get("owner_id")) or snowflake(mapping(guild.get("properties")).get("owner_id"))
        return Membership(
            guild_id=guild_id,
            user_id=user_id,
            role_ids=role_ids,
            permissions=permissions,
            is_owner=owner == user_id,
        )
    return None


def may_use_commands(member: Membership | None, channel: Mapping[str, Any]) -> bool | None:
    """May the member use application commands in the channel? None: the payloads do not say."""
    if member is None or not isinstance(channel.get("permission_overwrites"), list):
        return None  # a thread has its parent's overwrites
    if member.is_owner or member.permissions & ADMINISTRATOR:
        return True
    everyone = [_OF_ROLE, member.guild_id]
    permissions = member.permissions
    overwrites = mappings(channel["permission_overwrites"])
    of_everyone = [each for each in overwrites if [_type(each), snowflake(each.get("id"))] == everyone]
    of_roles = [each for each in overwrites if _type(each) == _OF_ROLE and snowflake(each.get("id")) in member.role_ids]
    own = [each for each in overwrites if [_type(each), snowflake(each.get("id"))] == [_OF_MEMBER, member.user_id]]
    for level in (of_everyone, of_roles, own):
        denied = _union(_bits(each.get("deny")) or 0 for each in level)
        allowed = _union(_bits(each.get("allow")) or 0 for each in level)
        permissions = permissions & ~denied | allowed
    return bool(permissions & USE_APPLICATION_COMMANDS)


def _user_of(member: Mapping[str, Any]) -> str | None:
    return snowflake(member.get("user_id")) or snowflake(mapping(member.get("user")).get("id"))


def _type(overwrite: Mapping[str, Any]) -> int | None:
    """A number; the API before v8 wrote a word."""
    given = overwrite.get("type")
    return {"role": _OF_ROLE, "member": _OF_MEMBER}.get(given) if isinstance(given, str) else number(given)


def _bits(given: Any) -> int | None:
    """A bit set: decimal digits in a text, or a number from the API before v8."""
    if isinstance(given, str) and given.isascii() and given.isdigit():
        return int(given)
    return number(given)


def _union(bits: Iterable[int]) -> int:
    return reduce(or_, bits, 0)
