"""Discord's objects for an account's user, guild, channels and members.

Contract: pure. Only the fields that clients need, with Discord's names.
"""

from collections.abc import Iterable
from typing import Any

from simulator.world.messages import member_object, user_object
from simulator.world.records import SimulatedAccount, User

Json = dict[str, Any]


def self_user(account: SimulatedAccount) -> Json:
    return {
        **user_object(account.user),
        "flags": 0,
        "email": f"{account.username}@example.invalid",
        "verified": True,
        "mfa_enabled": False,
        "premium_type": 0,
        "locale": "en-US",
        "nsfw_allowed": True,
        "phone": None,
        "bio": "",
    }


def channel_object(channel_id: str, guild_id: str) -> Json:
    return {
        "id": channel_id,
        "type": 0,
        "guild_id": guild_id,
        "name": "drawings",
        "position": 0,
        "permission_overwrites": [],
        "parent_id": None,
        "topic": None,
        "last_message_id": None,
        "nsfw": False,
        "rate_limit_per_user": 0,
        "flags": 0,
    }


def dm_object(channel_id: str, bot: User, *, recipients: bool = False) -> Json:
    body = {"id": channel_id, "type": 1, "last_message_id": None, "flags": 0}
    return {**body, "recipients": [user_object(bot)]} if recipients else {**body, "recipient_ids": [bot.id]}


def guild_object(account: SimulatedAccount, members: int, *, large: bool) -> Json:
    role = {
        "id": account.guild_id,
        "name": "@everyone",
        "color": 0,
        "hoist": False,
        "position": 0,
        "permissions": "2222085186637376",
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
    properties = {
        "id": account.guild_id,
        "name": "Simulated Guild",
        "icon": None,
        "owner_id": account.user_id,
        "features": ["COMMUNITY"],
        "verification_level": 1,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "premium_tier": 0,
        "afk_timeout": 300,
        "preferred_locale": "en-US",
        "nsfw_level": 0,
        "mfa_level": 0,
        "system_channel_flags": 0,
    }
    return {
        "id": account.guild_id,
        "joined_at": "2023-01-01T00:00:00.000000+00:00",
        "large": large,
        "member_count": members,
        "premium_subscription_count": 0,
        "lazy": True,
        "channels": [channel_object(account.channel_id, account.guild_id)],
        "threads": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "emojis": [],
        "stickers": [],
        "data_mode": "full",
        "roles": [role],
        "properties": properties,
    }


def guild_summary(account: SimulatedAccount) -> Json:
    """The form used in the list of one's guilds."""
    return {
        "id": account.guild_id,
        "name": "Simulated Guild",
        "icon": None,
        "owner": True,
        "permissions": "2222085186637376",
        "features": ["COMMUNITY"],
    }


def legacy_settings() -> Json:
    """A user's settings in the form before protocol buffers."""
    return {
        "locale": "en-US",
        "theme": "dark",
        "status": "online",
        "custom_status": None,
        "show_current_game": True,
        "message_display_compact": False,
        "explicit_content_filter": 1,
        "friend_source_flags": {"all": True},
        "developer_mode": True,
        "guild_positions": [],
        "guild_folders": [],
        "restricted_guilds": [],
        "timezone_offset": 0,
    }


def profile_object(user: User, mutual_guilds: Iterable[str]) -> Json:
    return {
        "user": {**user_object(user), "bio": ""},
        "user_profile": {"bio": "", "accent_color": None, "pronouns": ""},
        "badges": [],
        "connected_accounts": [],
        "premium_since": None,
        "premium_type": 0,
        "mutual_guilds": [{"id": guild_id, "nick": None} for guild_id in mutual_guilds],
        "legacy_username": None,
    }


def members_chunk(guild_id: str, asked: Iterable[str], known: Iterable[SimulatedAccount], nonce: str | None) -> Json:
    ids = {str(user_id) for user_id in asked}
    found = [{**member_object(), "user": user_object(account.user)} for account in known if account.user_id in ids]
    body: Json = {
        "guild_id": guild_id,
        "members": found,
        "chunk_index": 0,
        "chunk_count": 1,
        "not_found": sorted(ids - {member["user"]["id"] for member in found}),
    }
    return {**body, "nonce": nonce} if nonce else body
