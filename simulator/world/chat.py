"""Creates, edits and deletes messages: stored for history and announced over the gateway in one step.

Contract: the only writer of channels. Decides who receives a message (everybody in the channel, or its only reader);
the caller decides its content.
"""

import hashlib
import re
from typing import Any
from urllib.parse import quote, urlsplit

from simulator.data.components import in_components_v2
from simulator.data.pictures import CONTENT_TYPES, DrawnPicture
from simulator.world.gateway import SimulatedGateway
from simulator.world.messages import (
    BOT,
    BOTS,
    EPHEMERAL,
    REPLY,
    attachment_object,
    gateway_view,
    message_object,
    user_object,
)
from simulator.world.records import Channel, Job, Message, NonceAudience, User, now_ms, timestamp
from simulator.world.state import UploadedFile, World

_SIGNATURE_SECONDS = 86_400
_UNSEEN_EDGE = 1024  # of an external picture, which is not fetched
_FILE = re.compile(r"/(?:ephemeral-)?attachments/[0-9]+/(?P<attachment>[0-9]+)/[^/]+\Z")


def _signature(path: str) -> str:
    issued = now_ms() // 1000
    signature = hashlib.blake2b(f"{path}{issued}".encode(), digest_size=32).hexdigest()
    return f"?ex={issued + _SIGNATURE_SECONDS:x}&is={issued:x}&hm={signature}&"


class Chat:
    def __init__(self, world: World, gateway: SimulatedGateway, *, cdn: str, proxy: str) -> None:
        self._world = world
        self._gateway = gateway
        self._cdn = cdn
        self._proxy = proxy

    def post(
        self,
        channel: Channel,
        content: str,
        *,
        type_: int,
        author: User = BOT,
        mentions: tuple[User, ...] = (),
        reader: User | None = None,
        job: Job | None = None,
        nonce: str | None = None,
        audience: NonceAudience | None = None,
        keys: dict[str, Any] | None = None,
        is_v2: bool | None = None,
    ) -> Message:
        """A new message; with a `reader` it is ephemeral. Its nonce is sent to the `audience` only, or without one to
        everybody. `is_v2`: sent in the form of Components V2; None: the bot's messages by their share."""
        flags = EPHEMERAL if reader else 0
        body = message_object(self._world.snowflakes.next(), channel.id, author, content, type_=type_, flags=flags)
        body["mentions"] = [user_object(user) for user in mentions]
        body |= keys or {}
        if author.id in BOTS and not reader and self._world.era.newer_keys:
            body["resolved"] = {"users": {}, "members": {}, "channels": {}, "roles": {}}
            if type_ == REPLY:
                body["position"] = 0
        message = Message(body=body, ephemeral_to=reader.id if reader else None, job=job)
        message.is_v2 = author.id in BOTS and self._draws_v2() if is_v2 is None else is_v2
        channel.messages[message.id] = message
        if job is not None:
            job.message_ids.append(message.id)
        self._announce("MESSAGE_CREATE", channel, message, nonce=nonce, audience=audience)
        return message

    def post_own(self, channel: Channel, author: User, keys: dict[str, Any], *, nonce: str | None) -> Message:
        """A user's message. Everybody receives its nonce, and a repeated nonce makes no second message."""
        message = self.post(channel, keys["content"], type_=keys["type"], author=author, nonce=nonce, keys=keys)
        if nonce is not None:
            self._world.sent[author.id, channel.id, nonce] = message.id
        return message

    def sent_before(self, channel: Channel, author: User, nonce: str | None) -> Message | None:
        """The message already made with this nonce."""
        known = self._world.sent.get((author.id, channel.id, nonce or ""))
        return None if known is None else channel.messages.get(known)

    def edit(self, channel: Channel, message: Message, **changes: Any) -> None:
        if message.id not in channel.messages:
            return
        message.body |= changes | {"edited_timestamp": timestamp()}
        self._announce("MESSAGE_UPDATE", channel, message)

    def delete(self, channel: Channel, message: Message) -> None:
        if channel.messages.pop(message.id, None) is None:
            return
        body = {"id": message.id, "channel_id": channel.id}
        if channel.guild_id is not None and message.ephemeral_to is None:
            body["guild_id"] = channel.guild_id
        self._gateway.to_channel("MESSAGE_DELETE", channel, body, only=message.ephemeral_to, stage="delete")
        self._world.touch()

    def attach(
        self, channel: Channel, picture: DrawnPicture, filename: str, *, ephemeral: bool = False
    ) -> dict[str, Any]:
        """An attachment object for a picture that is rendered on request."""
        attachment_id = self._world.snowflakes.next()
        self._world.add_file(attachment_id, picture)
        # The size is a guess: the file is not rendered yet.
        return attachment_object(
            attachment_id,
            filename,
            self._urls(channel.id, attachment_id, filename, ephemeral=ephemeral),
            size=picture.width * picture.height // (3 if picture.format == "png" else 12),
            width=picture.width,
            height=picture.height,
            content_type=CONTENT_TYPES[picture.format],
            newer_keys=self._world.era.newer_keys,
        )

    def attach_upload(self, channel: Channel, upload: UploadedFile, *, ephemeral: bool = False) -> dict[str, Any]:
        attachment_id = self._world.snowflakes.next()
        self._world.add_file(attachment_id, upload)
        body = attachment_object(
            attachment_id,
            upload.filename,
            self._urls(channel.id, attachment_id, upload.filename, ephemeral=ephemeral),
            size=len(upload.data or b""),
            width=upload.size[0],
            height=upload.size[1],
            content_type=upload.content_type,
            newer_keys=self._world.era.newer_keys,
        )
        if not upload.size[0]:
            del body["width"], body["height"]
        return body

    def view(self, channel: Channel, message: Message) -> dict[str, Any]:
        """The REST object. A reply includes the message it answers, one level deep, or null if that was deleted."""
        body = shown(message)
        if "message_reference" not in body or body["flags"] & EPHEMERAL:
            return body
        answered = channel.messages.get(body["message_reference"]["message_id"])
        return {**body, "referenced_message": shown(answered) if answered else None}

    def _draws_v2(self) -> bool:
        share = self._world.settings.components_v2
        return share > 0 and self._world.random.random() < share

    def typing(self, channel: Channel, user: User, member: dict[str, Any]) -> None:
        body: dict[str, Any] = {"channel_id": channel.id, "user_id": user.id, "timestamp": now_ms() // 1000}
        if channel.guild_id is not None:
            body |= {"guild_id": channel.guild_id, "member": {**member, "user": user_object(user)}}
        self._gateway.to_channel("TYPING_START", channel, body)

    def acknowledge(self, channel: Channel, message_id: str, user: User) -> None:
        body = {"channel_id": channel.id, "message_id": message_id, "version": 1, "flags": 0, "last_viewed": 0}
        self._gateway.to_channel("MESSAGE_ACK", channel, body, only=user.id)

    def react(self, channel: Channel, message: Message, event: str, user: User, emoji: str) -> None:
        body = {
            "user_id": user.id,
            "channel_id": channel.id,
            "message_id": message.id,
            "emoji": {"id": None, "name": emoji},
        }
        if channel.guild_id is not None:
            body["guild_id"] = channel.guild_id
        self._gateway.to_channel(event, channel, body)
        self._world.touch()

    def _announce(
        self,
        event: str,
        channel: Channel,
        message: Message,
        *,
        nonce: str | None = None,
        audience: NonceAudience | None = None,
    ) -> None:
        body = gateway_view(self.view(channel, message), channel.guild_id)
        if event == "MESSAGE_CREATE" and nonce is None and self._has_bot_nonce(message):
            body = {**body, "nonce": self._world.snowflakes.next()}
        self._gateway.to_channel(
            event,
            channel,
            body,
            only=message.ephemeral_to,
            nonce=nonce,
            audience=audience,
            stage=_stage(event, message),
        )
        self._world.counters["messages_created" if event == "MESSAGE_CREATE" else "messages_edited"] += 1
        self._world.touch()

    def _has_bot_nonce(self, message: Message) -> bool:
        """Bot libraries add a nonce to each message; answers to interactions come from a webhook, without one."""
        wanted, body = self._world.settings.bot_nonce, message.body
        own = self._world.era.bot_nonce if wanted == "era" else wanted == "own"
        return own and body["author"]["id"] in BOTS and "webhook_id" not in body

    def sign_again(self, url: str) -> str | None:
        """The same link with a new signature; None when the file does not exist."""
        match = _FILE.search(urlsplit(url).path)
        if match is None or match["attachment"] not in self._world.files:
            return None
        return f"{self._cdn}{match[0]}{_signature(match[0])}"

    def embedded(self, url: str) -> dict[str, Any]:
        """An embed's picture with Discord's additions: the proxied URL and the size."""
        match = _FILE.search(urlsplit(url).path)
        file = self._world.files.get(match["attachment"]) if match else None
        if isinstance(file, UploadedFile):
            proxied = self._proxy + url.removeprefix(self._cdn)
            width, height = file.size
        else:
            digest = hashlib.blake2b(url.encode(errors="replace"), digest_size=16).hexdigest()
            proxied = f"{self._proxy}/external/{digest}/{url.replace('://', '/', 1)}"
            width = height = _UNSEEN_EDGE
        return {"url": url, "proxy_url": proxied, "width": width, "height": height}

    def _urls(self, channel_id: str, attachment_id: str, filename: str, *, ephemeral: bool) -> tuple[str, str]:
        folder = "ephemeral-attachments" if ephemeral else "attachments"
        path = f"/{folder}/{channel_id}/{attachment_id}/{quote(filename)}"
        if not self._world.era.newer_keys:
            return f"{self._cdn}{path}", f"{self._proxy}{path}"
        query = _signature(path)
        return f"{self._cdn}{path}{query}", f"{self._proxy}{path}{query}"


def shown(message: Message) -> dict[str, Any]:
    """The message in the form in which it is sent."""
    return in_components_v2(message.body) if message.is_v2 else message.body


def _stage(event: str, message: Message) -> str:
    """The stage of the job that this event belongs to: one of `faults.STAGES`."""
    job = message.job
    if job is None:
        return "note" if message.ephemeral_to else "other"
    if job.finished is not None:
        return "end"
    if event == "MESSAGE_UPDATE":
        return "progress"
    return "first" if job.message_ids == [message.id] else "note"
