"""Discord's REST API, as far as a MidJourney client uses it.

Law: one handler for each route: authorise, look up, answer. POST /interactions has a module of its own; files
are in `cdn`. A route that is missing is answered 404 in Discord's shape and counted.
"""

import json
import logging
from bisect import bisect_left
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from simulator.answers import (
    DiscordError,
    error_response,
    json_response,
    missing_access,
    unauthorized,
    unknown,
)
from simulator.chat import Chat
from simulator.commands import command_index
from simulator.guilds import channel_object, dm_object, guild_object, self_user
from simulator.interactions import Interactions
from simulator.limits import RateLimits
from simulator.messages import BOTS, DEFAULT
from simulator.records import Account, Channel, Message
from simulator.state import World

logger = logging.getLogger("simulator")

Handler = Callable[[web.Request, Account], Awaitable[web.StreamResponse]]
PREFIX = "/api/v9"
_MOST_LINKS = 50  # that are refreshed at once


class Rest:
    def __init__(
        self,
        world: World,
        chat: Chat,
        interactions: Interactions,
        limits: RateLimits,
        *,
        gateway_url: str,
        on_reaction: Callable[[Account, Message, str], None],
    ) -> None:
        self._on_reaction = on_reaction
        self._world = world
        self._chat = chat
        self._interactions = interactions
        self._limits = limits
        self._gateway_url = gateway_url

    def add_routes(self, router: web.UrlDispatcher) -> None:
        channel, messages = "/channels/{channel}", "/channels/{channel}/messages"
        reaction = messages + "/{message}/reactions/{emoji}/@me"
        routes: tuple[tuple[str, str, Handler], ...] = (
            ("GET", "/users/@me", self._me),
            ("GET", "/users/@me/application-command-index", self._commands),
            ("GET", "/guilds/{guild}", self._guild),
            ("GET", "/guilds/{guild}/application-command-index", self._commands),
            ("GET", channel, self._channel),
            ("GET", channel + "/application-command-index", self._commands),
            ("GET", messages, self._history),
            ("POST", messages, self._send),
            ("GET", messages + "/{message}", self._message),
            ("PUT", reaction, self._react),
            ("DELETE", reaction, self._unreact),
            ("POST", "/attachments/refresh-urls", self._refresh),
        )
        for method, path, handler in routes:
            router.add_route(method, PREFIX + path, self.guarded(handler))
        # Recorded before it is counted: also what the rate limit refuses is seen by the control API.
        router.add_post(PREFIX + "/interactions", self.guarded(self._interactions.post, limited=False))
        router.add_get(PREFIX + "/gateway", self._gateway)

    def guarded(
        self, handler: Handler, *, limited: bool = True
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Checks the token and the rate limit before, turns Discord's errors into answers after."""

        async def handle(request: web.Request) -> web.StreamResponse:
            headers: dict[str, str] = {}
            try:
                account = self._authorised(request)
                if limited:
                    headers = self._limits.spend(account.token, _route(request), self._world.settings.rate_limit)
                response = await handler(request, account)
            except DiscordError as error:
                self._world.counters[f"status_{error.status}"] += 1
                error.headers = {**headers, **error.headers}
                return error_response(error)
            if not response.prepared:
                response.headers.update(headers)
            return response

        return handle

    def _authorised(self, request: web.Request) -> Account:
        token = request.headers.get("Authorization", "")
        account = self._world.by_token.get(token)
        if account is None or token in self._world.dead_tokens:
            raise unauthorized()
        return account

    def channel_of(self, request: web.Request, account: Account) -> Channel:
        channel = self._world.channels.get(request.match_info["channel"])
        if channel is None:
            raise unknown("Channel", 10003)
        if not self._world.sees(account, channel):
            raise missing_access()
        return channel

    # Who and where

    async def _gateway(self, _: web.Request) -> web.Response:
        return json_response({"url": self._gateway_url})

    async def _me(self, _: web.Request, account: Account) -> web.Response:
        return json_response(self_user(account))

    async def _guild(self, request: web.Request, account: Account) -> web.Response:
        self._check_guild(request, account)
        body = guild_object(account, len(self._world.accounts) + 1, large=False)
        return json_response({**body, **body["properties"]})

    async def _channel(self, request: web.Request, account: Account) -> web.Response:
        channel = self.channel_of(request, account)
        if channel.guild_id is None:
            return json_response(dm_object(channel.id, BOTS[str(channel.bot_id)], recipients=True))
        return json_response(channel_object(channel.id, channel.guild_id))

    async def _commands(self, request: web.Request, account: Account) -> web.Response:
        self._check_guild(request, account)
        if "channel" in request.match_info:
            bot_id = self.channel_of(request, account).bot_id
            if bot_id is not None:
                return json_response(command_index(self._world.command_version, [bot_id]))
        return json_response(command_index(self._world.command_version))

    def _check_guild(self, request: web.Request, account: Account) -> None:
        if request.match_info.get("guild", account.guild_id) != account.guild_id:
            raise missing_access()

    # Messages

    async def _history(self, request: web.Request, account: Account) -> web.Response:
        channel = self.channel_of(request, account)
        limit = _integer(request, "limit", 50)
        if not 1 <= limit <= 100:
            raise DiscordError(400, 50035, "Invalid Form Body")
        shown = [item for item in channel.messages.values() if item.ephemeral_to is None]
        found = _window(shown, request, limit)
        return json_response([self._chat.view(channel, item) for item in found])

    async def _message(self, request: web.Request, account: Account) -> web.Response:
        channel = self.channel_of(request, account)
        return json_response(self._chat.view(channel, self._one(request, channel)))

    def _one(self, request: web.Request, channel: Channel) -> Message:
        message = channel.messages.get(request.match_info["message"])
        if message is None or message.ephemeral_to is not None:
            raise unknown("Message", 10008)
        return message

    async def _send(self, request: web.Request, account: Account) -> web.Response:
        channel = self.channel_of(request, account)
        body = await read_json(request)
        keys: dict[str, Any] = {"attachments": []}
        for item in body.get("attachments") or []:
            upload = self._world.uploads.get(str(item.get("uploaded_filename")))
            if upload is None or upload.data is None:
                raise DiscordError(400, 50146, "Uploaded file not found.")
            upload = replace(upload, filename=str(item.get("filename") or upload.filename))
            keys["attachments"].append(self._chat.attach_upload(channel, upload))
        content = str(body.get("content") or "")
        if not content and not keys["attachments"]:
            raise DiscordError(400, 50006, "Cannot send an empty message")
        message = self._chat.post(channel, content, type_=DEFAULT, author=account.user, keys=keys)
        nonce = body.get("nonce")
        return json_response(message.body if nonce is None else {**message.body, "nonce": str(nonce)})

    async def _react(self, request: web.Request, account: Account) -> web.Response:
        return self._reaction(request, account, "MESSAGE_REACTION_ADD")

    async def _unreact(self, request: web.Request, account: Account) -> web.Response:
        return self._reaction(request, account, "MESSAGE_REACTION_REMOVE")

    def _reaction(self, request: web.Request, account: Account, event: str) -> web.Response:
        channel = self.channel_of(request, account)
        message = self._one(request, channel)
        emoji = request.match_info["emoji"]
        self._chat.react(channel, message, event, account.user, emoji)
        if event == "MESSAGE_REACTION_ADD":
            self._on_reaction(account, message, emoji)
        return web.Response(status=204)

    async def _refresh(self, request: web.Request, _: Account) -> web.Response:
        """Links to files, whose signature may have ended, with new ones; null for what is no such link."""
        urls = (await read_json(request)).get("attachment_urls")
        if not isinstance(urls, list) or not 1 <= len(urls) <= _MOST_LINKS:
            raise DiscordError(400, 50035, "Invalid Form Body")
        fresh = [{"original": str(url), "refreshed": self._chat.signed_anew(str(url))} for url in urls]
        return json_response({"refreshed_urls": fresh})


async def read_json(request: web.Request) -> dict[str, Any]:
    """A JSON object, or the `payload_json` of a form."""
    text = str((await request.post()).get("payload_json")) if "multipart" in request.content_type else ""
    try:
        body = json.loads(text or await request.text())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise DiscordError(400, 50109, "The request body contains invalid JSON.")
    return body


def _window(messages: list[Message], request: web.Request, limit: int) -> list[Message]:
    """Newest first; `messages` come oldest first."""
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


def _route(request: web.Request) -> str:
    """Discord counts per method, path pattern and channel."""
    resource = request.match_info.route.resource
    pattern = resource.canonical if resource is not None else request.path
    return f"{request.method} {pattern} {request.match_info.get('channel', '')}"
