"""Discord's REST API as used by MidJourney clients: account, guild, channels, users.

Contract: one handler per route: authorise, look up, answer. POST /interactions is in `interactions`, messages are in
`conversation`, files in `cdn`. A missing route returns 404 in Discord's format and is counted.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from simulator.wire.bodies import read_json
from simulator.wire.interactions import Interactions
from simulator.wire.limits import RateLimits
from simulator.world.account_objects import (
    channel_object,
    dm_object,
    guild_object,
    guild_summary,
    legacy_settings,
    profile_object,
    self_user,
)
from simulator.world.commands import command_index
from simulator.world.messages import BOTS, member_object, user_object
from simulator.world.records import Channel, SimulatedAccount, User
from simulator.world.responses import (
    DiscordError,
    error_response,
    json_response,
    missing_access,
    must_verify,
    unauthorized,
    unknown,
)
from simulator.world.state import STRANGERS, World

logger = logging.getLogger("simulator")

Handler = Callable[[web.Request, SimulatedAccount], Awaitable[web.StreamResponse]]
# For clients of all ages: each API version that Discord still serves, and the path without a version.
PREFIXES = ("/api/v9", "/api/v10", "/api/v8", "/api/v7", "/api/v6", "/api")


class Rest:
    def __init__(self, world: World, interactions: Interactions, limits: RateLimits, *, gateway_url: str) -> None:
        self._world = world
        self._interactions = interactions
        self._limits = limits
        self._gateway_url = gateway_url

    def add_routes(self, router: web.UrlDispatcher) -> None:
        me, channel, guild = "/users/@me", "/channels/{channel}", "/guilds/{guild}"
        self.serve(
            router,
            (
                ("GET", me, self._me),
                ("GET", me + "/application-command-index", self._commands),
                ("GET", me + "/guilds", self._guilds),
                ("GET", me + "/channels", self._private_channels),
                ("POST", me + "/channels", self._open_private),
                ("GET", me + "/settings", self._settings),
                ("PATCH", me + "/settings", self._settings),
                ("GET", me + "/settings-proto/{kind}", self._settings_proto),
                ("PATCH", me + "/settings-proto/{kind}", self._settings_proto),
                ("GET", "/users/{user}", self._user),
                ("GET", "/users/{user}/profile", self._profile),
                ("GET", guild, self._guild),
                ("GET", guild + "/channels", self._channels),
                ("GET", guild + "/members/{user}", self._member),
                ("GET", guild + "/application-command-index", self._commands),
                ("GET", channel, self._channel),
                ("GET", channel + "/application-command-index", self._commands),
                ("GET", "/applications/{application}/commands", self._commands_of),
            ),
        )
        # Recorded before counting, so that the control API also shows rate-limited requests.
        self.serve(router, (("POST", "/interactions", self._interactions.post),), limited=False)
        for prefix in PREFIXES:
            router.add_get(prefix + "/gateway", self._gateway)

    def serve(
        self, router: web.UrlDispatcher, routes: Iterable[tuple[str, str, Handler]], *, limited: bool = True
    ) -> None:
        """Add the route under each API version; all versions share one rate limit."""
        for method, path, handler in routes:
            guarded = self._guarded(handler, f"{method} {path}" if limited else None)
            for prefix in PREFIXES:
                router.add_route(method, prefix + path, guarded)

    def _guarded(self, handler: Handler, route: str | None) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Check the token and the rate limit first; turn Discord errors into responses afterwards."""

        async def handle(request: web.Request) -> web.StreamResponse:
            headers: dict[str, str] = {}
            try:
                account = self._authorised(request)
                if route is not None:
                    # Discord counts per method, path pattern and channel.
                    bucket = f"{route} {request.match_info.get('channel', '')}"
                    headers = self._limits.spend(account.token, bucket, self._world.settings.rate_limit)
                response = await handler(request, account)
            except DiscordError as error:
                self._world.counters[f"status_{error.status}"] += 1
                error.headers = {**headers, **error.headers}
                return error_response(error, locale_of(request))
            if not response.prepared:
                response.headers.update(headers)
            return response

        return handle

    def _authorised(self, request: web.Request) -> SimulatedAccount:
        token = request.headers.get("Authorization", "")
        account = self._world.by_token.get(token)
        if account is None or token in self._world.dead_tokens:
            raise unauthorized()
        if self._world.access(account) == "locked" and not request.path.endswith("/users/@me"):
            raise must_verify()
        return account

    def channel_of(self, request: web.Request, account: SimulatedAccount) -> Channel:
        channel = self._world.channels.get(request.match_info["channel"])
        if channel is None:
            raise unknown("Channel", 10003)
        if not self._world.sees(account, channel):
            raise missing_access()
        return channel

    def check_guild(self, request: web.Request, account: SimulatedAccount) -> None:
        if request.match_info.get("guild", account.guild_id) != account.guild_id:
            raise missing_access()

    # The account

    async def _gateway(self, _: web.Request) -> web.Response:
        return json_response({"url": self._gateway_url})

    async def _me(self, _: web.Request, account: SimulatedAccount) -> web.Response:
        return json_response(self_user(account))

    async def _settings(self, _: web.Request, __: SimulatedAccount) -> web.Response:
        """The older form of a user's settings; changes are accepted and ignored."""
        return json_response(legacy_settings())

    async def _settings_proto(self, _: web.Request, __: SimulatedAccount) -> web.Response:
        return json_response({"settings": ""})

    async def _guilds(self, _: web.Request, account: SimulatedAccount) -> web.Response:
        return json_response([guild_summary(account)])

    async def _private_channels(self, _: web.Request, account: SimulatedAccount) -> web.Response:
        opened = (self._world.dm_channel(account, bot) for bot in BOTS.values())
        return json_response([_private(channel) for channel in opened])

    async def _open_private(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        """Only the private channels with the two bots exist."""
        body = await read_json(request)
        recipients = body.get("recipients") or [body.get("recipient_id")]
        bot = BOTS.get(str(recipients[0])) if isinstance(recipients, list) and len(recipients) == 1 else None
        if bot is None:
            raise DiscordError(400, 50007, "Cannot send messages to this user")
        return json_response(_private(self._world.dm_channel(account, bot)))

    # Guild and channel

    async def _guild(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        self.check_guild(request, account)
        access = self._world.access(account)
        body = guild_object(account, len(self._world.accounts) + 1, large=False, access=access)
        return json_response({**body, **body["properties"]})

    async def _channels(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        self.check_guild(request, account)
        return json_response([channel_object(account.channel_id, account.guild_id)])

    async def _channel(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        channel = self.channel_of(request, account)
        if channel.guild_id is None:
            return json_response(_private(channel))
        return json_response(channel_object(channel.id, channel.guild_id))

    async def _commands(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        self.check_guild(request, account)
        offered = self._world.offered_to(account)
        without = ("imagine",) if self._world.access(account) == "no_imagine" else ()
        if "channel" in request.match_info and (bot_id := self.channel_of(request, account).bot_id) is not None:
            offered = tuple(item for item in offered if item == bot_id)
        words = self._words(request)
        return json_response(command_index(self._world.command_version, offered, words, without=without))

    def _words(self, request: web.Request) -> str:
        return locale_of(request) if self._world.settings.localised else ""

    async def _commands_of(self, request: web.Request, _: SimulatedAccount) -> web.Response:
        application = request.match_info["application"]
        if application not in self._world.offered:
            raise unknown("Application", 10002)
        index = command_index(self._world.command_version, [application])
        return json_response(index["application_commands"])

    # Others

    async def _user(self, request: web.Request, _: SimulatedAccount) -> web.Response:
        return json_response(user_object(self._known(request)))

    async def _profile(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        user = self._known(request)
        return json_response(profile_object(user, [account.guild_id] if self._is_member(user, account) else []))

    async def _member(self, request: web.Request, account: SimulatedAccount) -> web.Response:
        self.check_guild(request, account)
        user = self._known(request)
        if not self._is_member(user, account):
            raise unknown("Member", 10007)
        return json_response({**member_object(), "user": user_object(user)})

    def _known(self, request: web.Request) -> User:
        asked = request.match_info["user"]
        everybody = (*BOTS.values(), *STRANGERS, *(account.user for account in self._world.accounts))
        user = next((user for user in everybody if user.id == asked), None)
        if user is None:
            raise unknown("User", 10013)
        return user

    def _is_member(self, user: User, account: SimulatedAccount) -> bool:
        """The strangers are members everywhere; so are the bots, unless the account's server has none."""
        if user.id in BOTS and self._world.access(account) == "no_bot":
            return False
        places = {item.user_id: item.guild_id for item in self._world.accounts}
        return places.get(user.id, account.guild_id) == account.guild_id


def _private(channel: Channel) -> dict[str, object]:
    return dm_object(channel.id, BOTS[str(channel.bot_id)], recipients=True)


def locale_of(request: web.Request) -> str:
    """The language in which the client requests Discord's texts."""
    accepted = request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0]
    return request.headers.get("X-Discord-Locale") or accepted
