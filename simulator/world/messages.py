"""Discord's objects: users, members, attachments, messages.

Contract: pure. Returns new dictionaries with Discord's keys; decides neither when nor to whom they are sent.
"""

from dataclasses import dataclass
from typing import Any

from simulator.world.records import User, timestamp

Json = dict[str, Any]

APPLICATION_ID = "936929561302675456"
NIJI_ID = "1022952195194359889"
BOT = User(id=APPLICATION_ID, username="Midjourney Bot")
NIJI = User(id=NIJI_ID, username="niji・journey Bot")
BOTS = {bot.id: bot for bot in (BOT, NIJI)}

DEFAULT, REPLY, CHAT_INPUT_COMMAND = 0, 19, 20
EPHEMERAL, LOADING = 64, 128


def user_object(user: User) -> Json:
    is_bot = user.id in BOTS
    body: Json = {
        "id": user.id,
        "username": user.username,
        "discriminator": "9282" if user.id == APPLICATION_ID else "3931" if is_bot else "0",
        "avatar": None,
        "avatar_decoration_data": None,
        "global_name": None if is_bot else user.username.title(),
        "public_flags": 589824 if is_bot else 0,
        "clan": None,
    }
    if is_bot:
        body["bot"] = True
    return body


def application_object(bot: User) -> Json:
    return {
        "id": bot.id,
        "name": bot.username,
        "icon": None,
        "description": "",
        "bot": user_object(bot),
        "flags": 0,
    }


def member_object() -> Json:
    """A guild member without its user, as beside a user in message events."""
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
    attachment_id: str,
    filename: str,
    urls: tuple[str, str],
    *,
    size: int,
    width: int,
    height: int,
    content_type: str,
    newer_keys: bool,
) -> Json:
    url, proxy_url = urls
    body = {
        "id": attachment_id,
        "filename": filename,
        "size": size,
        "url": url,
        "proxy_url": proxy_url,
        "width": width,
        "height": height,
        "content_type": content_type,
    }
    if newer_keys:
        placeholder = "n/gBDIJ2iHd4h4iHeId3d4h4d4eIeIg="
        body |= {"content_scan_version": 1, "placeholder": placeholder, "placeholder_version": 1}
    return body


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


@dataclass(frozen=True, kw_only=True)
class Source:
    """The interaction that a message answers: a command by `name`, else a button of `pressed`, else the dialog that
    the interaction `opened_by` opened."""

    id: str
    user: User
    bot: User
    guild_id: str | None
    name: str | None = None
    pressed: str = ""
    opened_by: str = ""


def interaction_keys(source: Source, *, metadata: bool = True) -> Json:
    """The keys of an answer to an interaction. Without `metadata` (2023) only commands are named."""
    keys: Json = {"webhook_id": source.bot.id, "application_id": source.bot.id}
    if metadata:
        keys["interaction_metadata"] = _metadata(source)
    if source.name is not None:
        keys["interaction"] = {"id": source.id, "type": 2, "name": source.name, "user": user_object(source.user)}
        if source.guild_id:
            keys["interaction"]["member"] = member_object()
    return keys


def _metadata(source: Source) -> Json:
    owners = {"0": source.guild_id or source.bot.id}
    body: Json = {"id": source.id, "user": user_object(source.user), "authorizing_integration_owners": owners}
    if source.name is not None:
        return {**body, "type": 2, "name": source.name, "command_type": 1}
    pressed = {"type": 3, "interacted_message_id": source.pressed}
    if source.opened_by:
        return {**body, "type": 5, "triggering_interaction_metadata": {**body, **pressed, "id": source.opened_by}}
    return {**body, **pressed}


def reference(channel_id: str, guild_id: str | None, message_id: str, *, newer_keys: bool = True) -> Json:
    body: Json = {"channel_id": channel_id, "message_id": message_id}
    if newer_keys:
        body["type"] = 0
    return {**body, "guild_id": guild_id} if guild_id else body


def gateway_view(body: Json, guild_id: str | None) -> Json:
    """The REST object with the additions of guild events. Private answers lack them, as captured."""
    if guild_id is None or body["flags"] & EPHEMERAL:
        return body
    mentions = [{**user, "member": member_object()} for user in body["mentions"]]
    return {**body, "mentions": mentions, "guild_id": guild_id, "member": member_object()}
