"""Discord's objects: users, members, attachments, messages.

Law: pure. Returns new dictionaries with the keys Discord sends; decides nothing about when or to whom.
"""

from typing import Any

from simulator.records import User
from simulator.snowflakes import timestamp

Json = dict[str, Any]

APPLICATION_ID = "936929561302675456"
BOT = User(id=APPLICATION_ID, username="Midjourney Bot")

DEFAULT, REPLY, CHAT_INPUT_COMMAND = 0, 19, 20
EPHEMERAL = 64


def user_object(user: User) -> Json:
    is_bot = user.id == APPLICATION_ID
    body: Json = {
        "id": user.id,
        "username": user.username,
        "discriminator": "9282" if is_bot else "0",
        "avatar": None,
        "avatar_decoration_data": None,
        "global_name": None if is_bot else user.username.title(),
        "public_flags": 589824 if is_bot else 0,
        "clan": None,
    }
    if is_bot:
        body["bot"] = True
    return body


def member_object() -> Json:
    """A guild member without its user, as it stands beside a user in message events."""
    return {
        "roles": [],
        "nick": None,
        "avatar": None,
        "premium_since": None,
        "joined_at": "2023-01-01T00:00:00.000000+00:00",
        "pending": False,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "communication_disabled_until": None,
    }


def attachment_object(
    attachment_id: str, filename: str, urls: tuple[str, str], *, size: int, width: int, height: int, content_type: str
) -> Json:
    url, proxy_url = urls
    return {
        "id": attachment_id,
        "filename": filename,
        "size": size,
        "url": url,
        "proxy_url": proxy_url,
        "width": width,
        "height": height,
        "content_type": content_type,
        "content_scan_version": 1,
        "placeholder": "n/gBDIJ2iHd4h4iHeId3d4h4d4eIeIg=",
        "placeholder_version": 1,
    }


def message_object(message_id: str, channel_id: str, author: User, content: str, *, type_: int, flags: int = 0) -> Json:
    return {
        "id": message_id,
        "channel_id": channel_id,
        "type": type_,
        "flags": flags,
        "author": user_object(author),
        "content": content,
        "timestamp": timestamp(),
        "edited_timestamp": None,
        "attachments": [],
        "embeds": [],
        "components": [],
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "pinned": False,
        "tts": False,
    }


def interaction_keys(interaction_id: str, user: User, guild_id: str | None, *, name: str | None, pressed: str) -> Json:
    """What an answer to an interaction carries: slash commands by name, buttons by the pressed message's id."""
    owner = {"0": guild_id or APPLICATION_ID}
    metadata: Json = {"id": interaction_id, "user": user_object(user), "authorizing_integration_owners": owner}
    keys: Json = {"webhook_id": APPLICATION_ID, "application_id": APPLICATION_ID, "interaction_metadata": metadata}
    if name is None:
        metadata |= {"type": 3, "interacted_message_id": pressed}
        return keys
    metadata |= {"type": 2, "name": name, "command_type": 1}
    interaction: Json = {"id": interaction_id, "type": 2, "name": name, "user": user_object(user)}
    if guild_id:
        interaction["member"] = member_object()
    return {**keys, "interaction": interaction}


def reference(channel_id: str, guild_id: str | None, message_id: str) -> Json:
    body = {"type": 0, "channel_id": channel_id, "message_id": message_id}
    return {**body, "guild_id": guild_id} if guild_id else body


def gateway_view(body: Json, guild_id: str | None) -> Json:
    """The REST object with what events add in a guild. Private answers lack it, as captured."""
    if guild_id is None or body["flags"] & EPHEMERAL:
        return body
    mentions = [{**user, "member": member_object()} for user in body["mentions"]]
    return {**body, "mentions": mentions, "guild_id": guild_id, "member": member_object()}
