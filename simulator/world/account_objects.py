"""Discord's objects for an account: user, guild, channels, members, and the payloads at log-in.

Contract: pure. Only the fields that clients need, with Discord's names. READY and READY_SUPPLEMENTAL have the form that
the client requests: the `capabilities` bits in IDENTIFY state which forms it knows; each missing bit selects an older
form. Discord does not document them; these are the bits of public clients.
"""

from collections.abc import Iterable
from typing import Any

from simulator.world.messages import BOT, BOTS, NIJI, member_object, user_object
from simulator.world.records import SimulatedAccount, User

Json = dict[str, Any]

LAZY_USER_NOTES = 1 << 0
VERSIONED_READ_STATES = 1 << 2
VERSIONED_USER_GUILD_SETTINGS = 1 << 3
DEDUPE_USER_OBJECTS = 1 << 4  # users are listed once; channels and members refer to them
PRIORITIZED_READY_PAYLOAD = 1 << 5  # less urgent parts come in READY_SUPPLEMENTAL
USER_SETTINGS_PROTO = 1 << 9  # settings as a protocol buffer only
CLIENT_STATE_V2 = 1 << 10  # a guild's name and similar fields are under `properties`


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


USE_APPLICATION_COMMANDS = 1 << 31
PERMISSIONS = 2_222_085_186_637_376  # of @everyone


def guild_object(account: SimulatedAccount, members: int, *, large: bool, access: str = "full") -> Json:
    lacks_permission = access == "no_permission"
    role = {
        "id": account.guild_id,
        "name": "@everyone",
        "color": 0,
        "hoist": False,
        "position": 0,
        "permissions": str(PERMISSIONS & ~USE_APPLICATION_COMMANDS if lacks_permission else PERMISSIONS),
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
    properties = {
        "id": account.guild_id,
        "name": "Simulated Guild",
        "icon": None,
        "owner_id": BOT.id if lacks_permission else account.user_id,  # an owner has every permission
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
        "permissions": str(PERMISSIONS),
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


def ready(
    account: SimulatedAccount,
    session_id: str,
    resume_url: str,
    members: int,
    *,
    large: bool,
    capabilities: int,
    access: str = "full",
) -> Json:
    body = {
        "v": 9,
        "user": self_user(account),
        "session_id": session_id,
        "session_type": "normal",
        "resume_gateway_url": resume_url,
        "guilds": [_guild(account, members, large=large, capabilities=capabilities, access=access)],
        "private_channels": _private_channels(account, capabilities),
        "relationships": [],
        "read_state": _listed(capabilities & VERSIONED_READ_STATES),
        "user_guild_settings": _listed(capabilities & VERSIONED_USER_GUILD_SETTINGS),
        "experiments": [],
        "guild_experiments": [],
        "connected_accounts": [],
        "sessions": [_session(session_id)],
        "country_code": "US",
        "geo_ordered_rtc_regions": [],
        "analytics_token": "simulated",
        "auth_session_id_hash": "simulated",
        "api_code_version": 1,
        "friend_suggestion_count": 0,
        "tutorial": None,
        "consents": {"personalization": {"consented": False}},
        "_trace": [],
    }
    if capabilities & DEDUPE_USER_OBJECTS:
        body["users"] = [user_object(bot) for bot in BOTS.values()]
        body["merged_members"] = [[{**member_object(), "user_id": account.user_id}]]
    if capabilities & USER_SETTINGS_PROTO:
        body["user_settings_proto"] = ""
    else:
        body["user_settings"] = legacy_settings()
    if not capabilities & LAZY_USER_NOTES:
        body["notes"] = {}
    if not capabilities & PRIORITIZED_READY_PAYLOAD:
        body["presences"] = []
    return body


def ready_supplemental(account: SimulatedAccount) -> Json:
    return {
        "guilds": [{"id": account.guild_id, "voice_states": [], "embedded_activities": []}],
        "merged_members": [[]],
        "merged_presences": {"guilds": [[]], "friends": []},
        "lazy_private_channels": [],
        "disclose": [],
    }


def _guild(account: SimulatedAccount, members: int, *, large: bool, capabilities: int, access: str) -> Json:
    body = guild_object(account, members, large=large, access=access)
    if not capabilities & CLIENT_STATE_V2:
        body = {**body, **body.pop("properties")}
        del body["data_mode"]
    if not capabilities & DEDUPE_USER_OBJECTS:
        body["members"] = [{**member_object(), "user": user_object(account.user)}]
    if not capabilities & PRIORITIZED_READY_PAYLOAD:
        body |= {"voice_states": [], "presences": [], "embedded_activities": []}
    return body


def _private_channels(account: SimulatedAccount, capabilities: int) -> list[Json]:
    full = not capabilities & DEDUPE_USER_OBJECTS
    places = ((account.dm_channel_id, BOT), (account.niji_dm_channel_id, NIJI))
    return [dm_object(channel_id, bot, recipients=full) for channel_id, bot in places]


def _listed(versioned: int) -> Any:
    return {"entries": [], "partial": False, "version": 1} if versioned else []


def _session(session_id: str) -> Json:
    client = {"version": 0, "os": "windows", "client": "web"}
    return {"session_id": session_id, "status": "online", "client_info": client, "activities": [], "active": True}
