"""One login of one account: the library's client with the service's HTTP client, event handling and reconnection.

Contract: the login lasts until it is closed or needs a human. Every other disconnect is followed by a reconnect as soon
as the backoff allows, resuming the session where Discord permits, so that no event is missed.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import discord
from curl_cffi import CurlError
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from bot.gateway.raw_events import RESUMABLE, GatewaySocket, OnEvent, RawEventState
from bot.gateway.reconnect_backoff import ReconnectBackoff
from bot.http.client import DiscordHttp
from bot.http.client_identity import ClientIdentity, to_headers
from bot.http.endpoints import Endpoints

log = logging.getLogger(__name__)

discord.VoiceClient.warn_nacl = False  # the service uses no voice: the missing library is irrelevant

OPENING_SECONDS = 30.0
SILENT_SECONDS = 55.0  # Discord sends a heartbeat every 41 s: without any frame for this long the socket is dead
_NEVER_RESUMED_AFTER = (None, 1000)  # closed without a Discord close code: reconnect
_TRANSIENT = (OSError, CurlError, TimeoutError, discord.HTTPException, discord.GatewayNotFound)
_GENERAL_URL_AFTER = 3  # failed attempts at the resume URL, then the general gateway URL

SUBSCRIBED = {"typing": True, "activities": False, "threads": False, "member_updates": False}


def raise_if_cancelled() -> None:
    """Raises `CancelledError` if the current task was cancelled. Every loop over library calls checks this.

    `asyncio.wait_for`, with which the library waits for the gateway, swallows a cancellation on Python 3.11 when a
    frame arrives in the same moment; the loop would continue and a shutdown would wait forever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class GatewayConnection(discord.Client):
    """`on_event` receives the raw events; `on_lost` receives a human-readable reason for each disconnect."""

    def __init__(
        self,
        *,
        endpoints: Endpoints,
        properties: ClientIdentity,
        proxy_url: str,
        on_event: OnEvent,
        on_frame: Callable[[], None],
        on_lost: Callable[[str], None],
        backoff: ReconnectBackoff,
    ) -> None:
        self._endpoints = endpoints
        self._properties = properties
        self._proxy_url = proxy_url
        self._on_event = on_event
        self.note_frame = on_frame
        self._on_lost = on_lost
        self._backoff = backoff
        super().__init__(
            max_messages=None,
            chunk_guilds_at_startup=False,
            guild_subscriptions=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            sync_presence=False,
            heartbeat_timeout=SILENT_SECONDS,
        )

    def _get_state(self, **options: Any) -> RawEventState:
        """The library's hook for another state. The HTTP client is created here because the state needs it."""
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
            on_event=self._on_event,
            dispatch=self.dispatch,
            handlers=self._handlers,
            hooks=self._hooks,
            http=self.rest,
            client=self,
            **options,
        )

    def mark_greeted(self) -> None:
        """READY or RESUMED arrived: the connection works."""
        self._backoff.mark_greeted()

    @property
    def session_id(self) -> str | None:
        """The id of the open session; None when no session is open."""
        return self.ws.session_id if self.ws is not None and self.ws.open else None

    async def subscribe(self, guild_id: str) -> None:
        """Subscribe to a server's messages, which a large server requires. Sent at once; the library delays half a
        second."""
        # The library's type demands more keys than Discord does.
        await self.ws.bulk_guild_subscribe({guild_id: SUBSCRIBED})  # type: ignore[dict-item]

    async def connect(self, *, reconnect: bool = True) -> None:
        """Stay connected. Raises `discord.ConnectionClosed` for a close code that a reconnect cannot fix.

        Replaces the library's loop, which ends when the first connection is refused, reconnects without a pause when a
        resumed connection closes at once, and may sleep for a quarter of an hour in other cases.
        """
        arguments: dict[str, Any] = {"initial": True}
        while not self.is_closed():
            await asyncio.sleep(self._backoff.next_delay())
            try:
                await self._listen(arguments)
            except ReconnectWebSocket as again:
                reason, arguments = f"reconnecting with {again.op}", self._next(resume=again.resume)
            except discord.ConnectionClosed as closed:
                if closed.code not in _NEVER_RESUMED_AFTER:
                    self._on_lost(f"closed with {closed.code}")
                    raise
                reason, arguments = "closed", self._next(resume=True)
            except _TRANSIENT as error:
                reason, arguments = type(error).__name__, self._next(resume=True)
            self._on_lost(reason)
            await self._leave()
            raise_if_cancelled()

    async def _listen(self, arguments: dict[str, Any]) -> None:
        async with asyncio.timeout(OPENING_SECONDS):
            socket: DiscordWebSocket = await GatewaySocket.from_client(self, **arguments)
        self.ws = socket
        while True:
            await socket.poll_event()
            raise_if_cancelled()

    def _next(self, *, resume: bool) -> dict[str, Any]:
        """The library's arguments for the next connection attempt."""
        if self.ws is None or not resume or self.ws.session_id is None:
            return {"initial": self.ws is None}
        gateway = self.ws.gateway if self._backoff.strikes < _GENERAL_URL_AFTER else None
        return {"gateway": gateway, "session": self.ws.session_id, "sequence": self.ws.sequence, "resume": True}

    async def _leave(self) -> None:
        """Close the socket: the library leaves it open when it only fell silent."""
        if self.ws is not None and self.ws.open:
            await self.ws.close(code=RESUMABLE)
