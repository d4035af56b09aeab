"""One login of one account: the library's client, with our exits, our ears and our way to stay connected.

Law: lives until it is closed or a human is needed. Every other end of a connection is answered by the next one, as
soon as the brake allows, resuming the session where Discord lets us, so that nothing is missed.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import discord
from curl_cffi import CurlError
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from bot.gateway import cancelling
from bot.gateway.raw_events import RESUMABLE, OnEvent, RawEventState, Socket
from bot.gateway.reconnect_backoff import ReconnectBackoff
from bot.http.client import DiscordHttp
from bot.http.client_identity import ClientIdentity, to_headers
from bot.http.endpoints import Endpoints

log = logging.getLogger(__name__)

discord.VoiceClient.warn_nacl = False  # nobody speaks here: its absence is no news

OPENING_SECONDS = 30.0
SILENT_SECONDS = 55.0  # Discord beats every 41 s: without any frame for this long the socket is dead
_NEVER_RESUMED_AFTER = (None, 1000)  # closed without a reason of Discord's: try to go on
_TRANSIENT = (OSError, CurlError, TimeoutError, discord.HTTPException, discord.GatewayNotFound)
_OTHER_DOOR_AFTER = 3  # failed attempts at the address for resuming, then the general one

SUBSCRIBED = {"typing": True, "activities": False, "threads": False, "member_updates": False}


class GatewayConnection(discord.Client):
    """`heed` gets the raw events, `on_lost` is told each time the gateway is gone, with a reason for people."""

    def __init__(
        self,
        *,
        endpoints: Endpoints,
        properties: ClientIdentity,
        proxy_url: str,
        heed: OnEvent,
        on_frame: Callable[[], None],
        on_lost: Callable[[str], None],
        brake: ReconnectBackoff,
    ) -> None:
        self._endpoints = endpoints
        self._properties = properties
        self._proxy_url = proxy_url
        self._heed = heed
        self.note_frame = on_frame
        self._on_lost = on_lost
        self._brake = brake
        super().__init__(
            max_messages=None,
            chunk_guilds_at_startup=False,
            guild_subscriptions=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            sync_presence=False,
            heartbeat_timeout=SILENT_SECONDS,
        )

    def _get_state(self, **options: Any) -> RawEventState:
        """The library's place for another state; the HTTP client must be there before it, so it is made here."""
        self.rest = DiscordHttp(
            endpoints=self._endpoints,
            headers=to_headers(self._properties),
            proxy_url=self._proxy_url,
            loop=self.loop,
            captcha=self.handle_captcha,
            locale=lambda: self._connection.locale,
        )
        self.http = self.rest
        return RawEventState(
            heed=self._heed,
            dispatch=self.dispatch,
            handlers=self._handlers,
            hooks=self._hooks,
            http=self.rest,
            client=self,
            **options,
        )

    def greeted(self) -> None:
        """READY or RESUMED came: the connection is good."""
        self._brake.greeted()

    @property
    def session_id(self) -> str | None:
        """Of the session that is open now."""
        return self.ws.session_id if self.ws is not None and self.ws.open else None

    async def subscribe(self, guild_id: str) -> None:
        """Without it a large server tells nothing of its messages. Leaves at once; the library waits half a second."""
        # The library's own type asks for more than Discord does.
        await self.ws.bulk_guild_subscribe({guild_id: SUBSCRIBED})  # type: ignore[dict-item]

    async def connect(self, *, reconnect: bool = True) -> None:
        """Stays connected. Raises `discord.ConnectionClosed` for a close code that another attempt would not mend.

        The library's own loop dies when the first connection is refused, hammers without a pause when a resumed
        one is closed at once, and may sleep for a quarter of an hour after others.
        """
        how: dict[str, Any] = {"initial": True}
        while not self.is_closed():
            await asyncio.sleep(self._brake.next_delay())
            try:
                await self._listen(how)
            except ReconnectWebSocket as again:
                reason, how = f"reconnecting with {again.op}", self._next(resume=again.resume)
            except discord.ConnectionClosed as closed:
                if closed.code not in _NEVER_RESUMED_AFTER:
                    self._on_lost(f"closed with {closed.code}")
                    raise
                reason, how = "closed", self._next(resume=True)
            except _TRANSIENT as error:
                reason, how = type(error).__name__, self._next(resume=True)
            self._on_lost(reason)
            await self._leave()
            cancelling.heed()

    async def _listen(self, how: dict[str, Any]) -> None:
        async with asyncio.timeout(OPENING_SECONDS):
            socket: DiscordWebSocket = await Socket.from_client(self, **how)
        self.ws = socket
        while True:
            await socket.poll_event()
            cancelling.heed()

    def _next(self, *, resume: bool) -> dict[str, Any]:
        """The library's arguments for the next connection."""
        if self.ws is None or not resume or self.ws.session_id is None:
            return {"initial": self.ws is None}
        door = self.ws.gateway if self._brake.strikes < _OTHER_DOOR_AFTER else None
        return {"gateway": door, "session": self.ws.session_id, "sequence": self.ws.sequence, "resume": True}

    async def _leave(self) -> None:
        """The library leaves a socket open that only fell silent."""
        if self.ws is not None and self.ws.open:
            await self.ws.close(code=RESUMABLE)
