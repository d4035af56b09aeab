"""The payloads at log-in: READY and READY_SUPPLEMENTAL, in the form the client requests.

Contract: pure. The `capabilities` bits in IDENTIFY state which forms a client knows; each missing bit selects an older
form. Discord does not document them; these are the bits of public clients.
"""

from typing import Any

from simulator.world.guilds import dm_object, guild_object, legacy_settings, self_user
from simulator.world.messages import BOT, BOTS, NIJI, member_object, user_object
from simulator.world.records import SimulatedAccount

Json = dict[str, Any]

LAZY_USER_NOTES = 1 << 0
VERSIONED_READ_STATES = 1 << 2
VERSIONED_USER_GUILD_SETTINGS = 1 << 3
DEDUPE_USER_OBJECTS = 1 << 4  # users are listed once; channels and members refer to them
PRIORITIZED_READY_PAYLOAD = 1 << 5  # less urgent parts come in READY_SUPPLEMENTAL
USER_SETTINGS_PROTO = 1 << 9  # settings as a protocol buffer only
CLIENT_STATE_V2 = 1 << 10  # a guild's name and similar fields are under `properties`


def ready(
    account: SimulatedAccount, session_id: str, resume_url: str, members: int, *, large: bool, capabilities: int
) -> Json:
    body = {
        "v": 9,
        "user": self_user(account),
        "session_id": session_id,
        "session_type": "normal",
        "resume_gateway_url": resume_url,
        "guilds": [_guild(account, members, large=large, capabilities=capabilities)],
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


def _guild(account: SimulatedAccount, members: int, *, large: bool, capabilities: int) -> Json:
    body = guild_object(account, members, large=large)
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
