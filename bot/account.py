"""One account: log in, stay in, send, put what is heard into the sink.

Law: the account is connected when a job sent now would be heard from its first message on: READY came, the server's
messages are subscribed to, and its commands are known. Each loss is told, and each return with the moment from which
on something may have been missed.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import discord
from discord.http import Route

from bot.account_state import AccountConfig, AccountState
from bot.gateway.connection import GatewayConnection
from bot.gateway.receiver import EventReceiver, Sink, Watch, unwatched
from bot.gateway.reconnect_backoff import ReconnectBackoff
from bot.http import history, media, outcomes, region_edit, send
from bot.http.client import DiscordHttp
from bot.http.client_identity import ClientIdentity
from bot.http.endpoints import Endpoints
from bot.http.refusals import UNKNOWN_IN_A_ROW
from bot.interactions import Commands, Spoken, body_of, parse_command_index
from tasks.domain.clock import SteadyClock
from tasks.domain.errors import AccountBlocked, NotSent, SendRefused
from tasks.domain.events import Connected, Disconnected, HistoryPage
from tasks.domain.interactions import Interaction, RegionEditInteraction, Upload
from tasks.domain.model import Account, Picture, paused_by_operator
from tasks.domain.ports import Clock

log = logging.getLogger(__name__)

TOKEN_INVALID = "token_invalid"  # noqa: S105 - the name of a reason, not a token
_SETTLE_RETRY_CAP = 60.0

SetClock = Callable[[int], None]  # is told what Discord's clock says (ms)


class AccountClient:
    """Made once for each account; logs in as often as needed."""

    def __init__(
        self,
        config: AccountConfig,
        *,
        sink: Sink,
        endpoints: Endpoints,
        proxy_url: str = "",
        hear_private: bool = False,
        history_pages: int = 20,
        clock: Clock | None = None,
        on_pause: Callable[[str, str], None] = lambda account, reason: None,
        set_clock: SetClock = lambda server_time: None,
        watch: Watch = unwatched,
    ) -> None:
        self.config = config
        self._endpoints = endpoints
        self._proxy_url = proxy_url
        self._history_pages = history_pages
        self._clock = clock or SteadyClock()
        self._on_pause = on_pause
        self._tell_time = set_clock
        self._ear = EventReceiver(
            account=config.id, channel_id=config.channel_id, sink=sink, private=hear_private, watch=watch
        )
        self._standing = AccountState(config)
        self._brake = ReconnectBackoff()
        self._wire: GatewayConnection | None = None
        self._settling: asyncio.Task[None] | None = None
        self._settled = False  # subscribed, and commands known, in the session that is open
        self._commands = Commands()
        self._unexplained = 0  # refusals in a row that no table explains

    # ------------------------------------------------------------ what others see

    @property
    def account(self) -> Account:
        return self._standing.shown(
            self._clock.now(),
            connected=self.connected,
            user_id=self._ear.user_id,
            prompt_limit=self._commands.prompt_limit,
        )

    @property
    def connected(self) -> bool:
        return self._session_id() is not None

    async def wait_connected(self) -> None:
        await self._standing.up.wait()

    def pause(self, reason: str) -> None:
        """The first reason stays, it is the one to mend; later ones are only passed on."""
        if not self._standing.paused:
            log.warning("account %s pauses: %s", self.config.id, reason)
            self._standing.paused = reason
        self._on_pause(self.config.id, reason)

    def change(self, config: AccountConfig) -> None:
        """Other limits and choices, which hold from now on. What a login depends on must be the same."""
        assert config.login == self.config.login, "another login wants another client"
        self.config = self._standing.config = config

    def hold(self, reason: str) -> None:
        """The operator's own pause: nobody need be told."""
        self._standing.paused = paused_by_operator(reason)
        log.info("account %s is %s", self.config.id, self._standing.paused)

    def resume(self) -> None:
        """The operator has mended it."""
        if self._standing.paused:
            log.info("account %s goes on; it had paused: %s", self.config.id, self._standing.paused)
        self._standing.paused = ""

    @property
    def paused(self) -> str:
        return self._standing.paused

    def token_died(self) -> None:
        self.pause(TOKEN_INVALID)

    # ------------------------------------------------------------ down

    async def send(self, order: Interaction, nonce: str) -> None:
        rest = self.rest
        with self._pausing():
            if isinstance(order, RegionEditInteraction):
                self._open_session()  # without it nobody would hear what becomes of it
                await region_edit.submit(order, post=rest.post_to_dialog, place=self._place())
                return
            with self._counting():
                await send.send(
                    order,
                    build=partial(self._payload, order, nonce),
                    post=rest.post_interaction,
                    refresh=lambda: self._fetch_commands(rest),
                )

    async def upload(self, pictures: Sequence[Picture]) -> Sequence[Upload]:
        with self._pausing():
            return await media.upload(self.rest, self.config.channel_id, pictures)

    async def publish(self, pictures: Sequence[Picture]) -> Sequence[str]:
        with self._pausing():
            return await media.publish(self.rest, self.config.channel_id, pictures)

    async def react(self, message_id: str, emoji: str) -> None:
        with self._pausing():
            await media.react(self.rest, self.config.channel_id, message_id, emoji)

    async def refresh(self, urls: Sequence[str]) -> Mapping[str, str]:
        with self._pausing():
            return await media.refresh(self.rest, urls)

    async def recall(self, since: int) -> HistoryPage:
        rest, channel = self.rest, int(self.config.channel_id)
        try:
            stretch = await history.read(
                lambda after: rest.logs_from(channel, history.PAGE, after=after),
                since,
                max_pages=self._history_pages,
            )
        except discord.Forbidden as error:
            raise SendRefused("The channel's history may not be read.", status=error.status) from error
        except discord.NotFound as error:
            raise SendRefused("The channel is gone.", status=error.status) from error
        except Exception as error:  # reading costs nothing: it is tried again
            raise NotSent(f"The history could not be read ({type(error).__name__}).") from error
        heard = (self._ear.understand("MESSAGE_CREATE", message, from_history=True) for message in stretch.messages)
        return HistoryPage(events=tuple(event for event in heard if event is not None), more_since=stretch.more_since)

    @property
    def rest(self) -> DiscordHttp:
        if self._wire is None or self._wire.rest.user_id is None:
            raise NotSent("The account is not logged in.")
        return self._wire.rest

    def _payload(self, order: Spoken, nonce: str) -> dict[str, Any]:
        """Made anew for each attempt: the session may have changed meanwhile."""
        session = self._open_session()
        where = {"guild_id": self.config.guild_id} if self.config.guild_id else {}
        return {
            **body_of(order, self._commands).as_json(),
            "channel_id": self.config.channel_id,
            **where,
            "session_id": session,
            "nonce": nonce,
        }

    def _place(self) -> region_edit.InteractionContext:
        return region_edit.InteractionContext(
            endpoints=self._endpoints, guild_id=self.config.guild_id, channel_id=self.config.channel_id
        )

    @contextmanager
    def _pausing(self) -> Iterator[None]:
        """A refusal that speaks of the account pauses it."""
        try:
            yield
        except AccountBlocked as blocked:
            self.pause(blocked.reason)
            raise

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """The third refusal in a row that no table explains speaks of the account."""
        try:
            yield
        except SendRefused as refused:
            self._unexplained = self._unexplained + 1 if outcomes.is_unexplained(refused) else 0
            if self._unexplained < UNKNOWN_IN_A_ROW:
                raise
            self._unexplained = 0
            raise AccountBlocked(
                refused.message,
                status=refused.status,
                discord_code=refused.discord_code,
                reason=f"refused: {refused.message}",
            ) from refused
        else:
            self._unexplained = 0

    def _open_session(self) -> str:
        session = self._session_id()
        if session is None:
            raise NotSent("The account is not connected.")
        return session

    def _session_id(self) -> str | None:
        return self._wire.session_id if self._wire is not None and self._standing.up.is_set() else None

    # ------------------------------------------------------------ up

    async def stay(self, properties: ClientIdentity) -> None:
        """One login, to its end. Raises what ended it."""
        wire = self._wire = GatewayConnection(
            endpoints=self._endpoints,
            properties=properties,
            proxy_url=self._proxy_url,
            heed=self._heed,
            on_frame=self._note_frame,
            on_lost=self._lost,
            brake=self._brake,
        )
        try:
            await wire.start(self.config.token)
        finally:
            self._lost("logged out")
            self._settled = False
            await wire.close()
            self._wire = None

    def _heed(self, name: str, payload: Any) -> None:
        self._standing.last_event = self._standing.last_frame
        if name in ("READY", "RESUMED"):
            self._greeted(name, payload)
        else:
            self._ear.heed(name, payload)

    def _note_frame(self) -> None:
        self._standing.last_frame = self._clock.now()

    def _greeted(self, name: str, payload: Any) -> None:
        """READY opens a session in which nothing is replayed and nothing subscribed to. Before RESUMED all that was
        missed has been replayed, and subscriptions have outlived the gap."""
        assert self._wire is not None
        self._wire.greeted()
        if name == "READY":
            self._settled = False
            self._ear.introduce(payload)
        if self._settled:
            self._connected(replayed=True)
            return
        self._stop_settling()
        self._settling = asyncio.create_task(self._settle(self._wire), name=f"account {self.config.id} settles in")

    async def _settle(self, wire: GatewayConnection) -> None:
        delay = 1.0
        while True:
            try:
                if self.config.guild_id:
                    await wire.subscribe(self.config.guild_id)
                await self._fetch_commands(wire.rest)
                self._set_clock(wire.rest.server_time())
                break
            except Exception as error:  # without these the account is of no use: again, until it goes
                self._hinder(error)
            await asyncio.sleep(delay)
            delay = min(delay * 2, _SETTLE_RETRY_CAP)
        self._settled = True
        self._connected(replayed=False)

    def _set_clock(self, server_time: int | None) -> None:
        """Messages carry Discord's time: whatever this machine thinks, ours is to be the same."""
        if server_time is not None:
            self._tell_time(server_time)

    async def _fetch_commands(self, rest: DiscordHttp) -> None:
        guild, channel = self.config.guild_id, self.config.channel_id
        kind, place = ("guilds", guild) if guild else ("channels", channel)
        index = await rest.request(Route("GET", f"/{kind}/{{place}}/application-command-index", place=place))
        self._commands = parse_command_index(index)
        if not self._commands:
            log.warning("account %s: MidJourney's bot offers no commands here", self.config.id)

    def _hinder(self, error: Exception) -> None:
        if isinstance(error, discord.HTTPException) and error.status == 401:
            self.token_died()
        self._standing.problem = f"its commands cannot be read ({error})"
        log.warning("account %s is not ready: %s", self.config.id, self._standing.problem)

    def _connected(self, *, replayed: bool) -> None:
        gap = self._standing.rise(self._clock.now(), replayed=replayed)
        if gap and self._ear.last_seen is not None:
            gap = self._ear.last_seen  # by Discord's own clock
        log.info("account %s is connected%s", self.config.id, ", after a gap" if gap else "")
        self._ear.tell(Connected(account=self.config.id, gap_since=gap))

    def _lost(self, reason: str) -> None:
        """May come several times for one loss: each failed attempt to return is one."""
        self._stop_settling()
        if self._standing.fall():
            log.info("account %s is disconnected: %s", self.config.id, reason)
            self._ear.tell(Disconnected(account=self.config.id, reason=reason))

    def _stop_settling(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
