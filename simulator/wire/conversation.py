"""REST for a channel's messages: history and search, sending, editing and deleting, reactions, typing, reading.

Contract: one handler per route. `chat` changes the channel and announces the change.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from aiohttp import web

from simulator.wire.bodies import read_body, read_json
from simulator.wire.rest import Handler, Rest
from simulator.world import uploads
from simulator.world.chat import Chat
from simulator.world.messages import BOTS, DEFAULT, REPLY, member_object, reference, user_object
from simulator.world.records import Channel, Message, SimulatedAccount, User
from simulator.world.responses import DiscordError, invalid_form, json_response, unknown
from simulator.world.state import STRANGERS, World

_MOST_LINKS = 50  # refreshed per request
_SEARCH_PAGE = 25
_MENTION = re.compile(r"<@!?(\d+)>")
# What a user may set on a message: no embeds, no notification.
_OWN_FLAGS = 1 << 2 | 1 << 12


class Conversation:
    def __init__(
        self, world: World, rest: Rest, chat: Chat, *, on_reaction: Callable[[SimulatedAccount, Message, str], None]
    ) -> None:
        self._world = world
        self._rest = rest
        self._chat = chat
        self._on_reaction = on_reaction

    def add_routes(self, router: web.UrlDispatcher) -> None:
        messages = "/channels/{channel}/messages"
        one = messages + "/{message}"
        routes: list[tuple[str, str, Handler]] = [
            ("GET", messages, self._history),
            ("POST", messages, self._send),
            ("GET", messages + "/search", self._search),
            ("GET", "/guilds/{guild}/messages/search", self._search),
            ("GET", one, self._message),
            ("PATCH", one, self._edit),
            ("DELETE", one, self._delete),
            ("POST", one + "/ack", self._ack),
            ("POST", "/channels/{channel}/typing", self._typing),
            ("POST", "/attachments/refresh-urls", self._refresh),
        ]
        for reaction in (one + "/reactions/{emoji}/@me", one + "/reactions/{emoji}/{kind}/@me"):
            routes += [("PUT", reaction, self._react), ("DELETE", reaction, self._unreact)]
        self._rest.serve(router, routes)

    # Reading

    async def _history(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        channel = self._rest.channel_of(request, account)
        limit = _integer(request, "limit", 50)
        if not 1 <= limit <= 100:
            raise DiscordError(400, 50035, "Invalid Form Body")
        found = _window(_public_messages(channel), request, limit)
        return json_response([self._chat.view(channel, item) for item in found])

    async def _message(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        channel = self._rest.channel_of(request, account)
        return json_response(self._chat.view(channel, self._one(request, channel)))

    def _one(self, request: web.Request, channel: Channel) -> Message:
        message = channel.messages.get(request.match_info["message"])
        if message is None or message.ephemeral_to is not None:
            raise unknown("Message", 10008)
        return message

    async def _search(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        """Search by words of the content, by author, or both; newest first, each hit in its own list."""
        channel = self._searched(request, account)
        words, author = request.query.get("content", "").lower(), request.query.get("author_id")
        found = [
            item
            for item in reversed(_public_messages(channel))
            if words in item.body["content"].lower() and author in (None, item.body["author"]["id"])
        ]
        offset = _integer(request, "offset", 0)
        page = [[{**self._chat.view(channel, item), "hit": True}] for item in found[offset : offset + _SEARCH_PAGE]]
        body = {"analytics_id": "simulated", "doing_deep_historical_index": False}
        return json_response({**body, "total_results": len(found), "messages": page})

    def _searched(self, request: web.Request, account: SimulatedAccount) -> Channel:
        if "channel" in request.match_info:
            return self._rest.channel_of(request, account)
        self._rest.check_guild(request, account)
        return self._world.channels[account.channel_id]

    async def _ack(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        """Mark as read; announced to the account's own sessions."""
        channel = self._rest.channel_of(request, account)
        self._chat.acknowledge(channel, request.match_info["message"], account.user)
        return json_response({"token": None})

    # Writing

    async def _send(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        channel = self._rest.channel_of(request, account)
        sent = await read_body(request)
        body = sent.values
        nonce = None if body.get("nonce") is None else str(body["nonce"])
        message = self._chat.sent_before(channel, account.user, nonce)
        if message is None:
            listed = uploads.attach_files(self._world, account, channel.id, sent.files, body.get("attachments"))
            message = self._chat.post_own(channel, account.user, self._content(channel, body, listed), nonce=nonce)
        answer = self._chat.view(channel, message)
        return json_response(answer if nonce is None else {**answer, "nonce": nonce})

    def _content(self, channel: Channel, body: dict[str, Any], listed: list[Any]) -> dict[str, Any]:
        """The keys of a user's message."""
        content, flags = str(body.get("content") or ""), body.get("flags")
        if not content and not listed:
            raise DiscordError(400, 50006, "Cannot send an empty message")
        keys: dict[str, Any] = {"content": content, "type": DEFAULT, "attachments": []}
        keys["flags"] = flags & _OWN_FLAGS if isinstance(flags, int) else 0
        answered = self._replied_message(channel, body.get("message_reference"))
        mentioned = [user_object(user) for user in self._mentioned(content)]
        if answered is not None:
            author = answered.body["author"]
            mentioned += [author] if author["id"] not in {user["id"] for user in mentioned} else []
            keys |= {"type": REPLY, "message_reference": reference(channel.id, channel.guild_id, answered.id)}
        for item in listed:
            upload = uploads.find(self._world, item)
            if upload is None:
                raise DiscordError(400, 50146, "Uploaded file not found.")
            keys["attachments"].append(self._chat.attach_upload(channel, upload))
        return {**keys, "mentions": mentioned}

    def _replied_message(self, channel: Channel, body: Any) -> Message | None:
        if not isinstance(body, dict) or body.get("type"):
            return None
        message = channel.messages.get(str(body.get("message_id")))
        if message is None or message.ephemeral_to is not None:
            if body.get("fail_if_not_exists") is False:
                return None
            raise invalid_form("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        return message

    def _mentioned(self, content: str) -> list[User]:
        known = {user.id: user for user in (*BOTS.values(), *STRANGERS)}
        known |= {account.user_id: account.user for account in self._world.accounts}
        return [known[found] for found in dict.fromkeys(_MENTION.findall(content)) if found in known]

    async def _edit(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        channel = self._rest.channel_of(request, account)
        message = self._one(request, channel)
        if message.body["author"]["id"] != account.user_id:
            raise DiscordError(403, 50005, "Cannot edit a message authored by another user")
        content = (await read_json(request)).get("content")
        if isinstance(content, str):
            if not content and not message.body["attachments"]:
                raise DiscordError(400, 50006, "Cannot send an empty message")
            mentions = [user_object(user) for user in self._mentioned(content)]
            self._chat.edit(channel, message, content=content, mentions=mentions)
        return json_response(self._chat.view(channel, message))

    async def _delete(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        """Delete one's own message; in a guild, which every account owns, any message."""
        channel = self._rest.channel_of(request, account)
        message = self._one(request, channel)
        if message.body["author"]["id"] != account.user_id and channel.guild_id is None:
            raise DiscordError(403, 50003, "Cannot execute action on a DM channel")
        self._chat.delete(channel, message)
        return web.Response(status=204)

    async def _typing(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        channel = self._rest.channel_of(request, account)
        self._chat.typing(channel, account.user, member_object())
        return web.Response(status=204)

    # Reactions and links

    async def _react(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        return self._reaction(request, account, "MESSAGE_REACTION_ADD")

    async def _unreact(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        return self._reaction(request, account, "MESSAGE_REACTION_REMOVE")

    def _reaction(self, request: web.Request, account: SimulatedAccount, event: str) -> web.Response:
        channel = self._rest.channel_of(request, account)
        message = self._one(request, channel)
        emoji = request.match_info["emoji"]
        self._chat.react(channel, message, event, account.user, emoji)
        if event == "MESSAGE_REACTION_ADD":
            self._on_reaction(account, message, emoji)
        return web.Response(status=204)

    async def _refresh(self, request: web.Request, _: SimulatedAccount) -> web.Response:
        """Sign links to files again, including expired ones; null for other links."""
        urls = (await read_json(request)).get("attachment_urls")
        if not isinstance(urls, list) or not 1 <= len(urls) <= _MOST_LINKS:
            raise DiscordError(400, 50035, "Invalid Form Body")
        fresh = [{"original": str(url), "refreshed": self._chat.sign_again(str(url))} for url in urls]
        return json_response({"refreshed_urls": fresh})


def _public_messages(channel: Channel) -> list[Message]:
    """The messages in history, which exclude private ones."""
    return [item for item in channel.messages.values() if item.ephemeral_to is None]


def _window(messages: list[Message], request: web.Request, limit: int) -> list[Message]:
    """Newest first; `messages` are ordered oldest first."""
    ids = [int(item.id) for item in messages]
    if "before" in request.query:
        edge = _integer(request, "before", 0)
        found = [item for item, number in zip(messages, ids, strict=True) if number < edge][-limit:]
    elif "after" in request.query:
        edge = _integer(request, "after", 0)
        found = [item for item, number in zip(messages, ids, strict=True) if number > edge][:limit]
    elif "around" in request.query:
        edge = _integer(request, "around", 0)
        first = max(0, bisect_left(ids, edge) - limit // 2)
        found = messages[first : first + limit]
    else:
        found = messages[-limit:]
    return found[::-1]


def _integer(request: web.Request, name: str, default: int) -> int:
    try:
        return int(request.query.get(name, default))
    except ValueError:
        raise DiscordError(400, 50035, "Invalid Form Body") from None
