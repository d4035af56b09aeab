"""One Discord account: log in, stay connected, send interactions, publish events to the sink.

Contract: the account counts as connected when it has proved that it can draw, and every message of a job sent now would
arrive: READY came, the server's messages are subscribed to, and `bot.http.account_check` found nothing that keeps it
from drawing. Each disconnect is published, and each return with the time from which events may have been missed.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import discord

from bot.account_state import AccountConfig, AccountState
from bot.gateway.connection import GatewayConnection
from bot.gateway.receiver import EventReceiver, Observer, Sink, ignore_event
from bot.gateway.reconnect_backoff import ReconnectBackoff
from bot.http import account_check, history, media, refusals, region_edit, send
from bot.http.account_check import DrawingPlace, Unfit
from bot.http.client import DiscordHttp
from bot.http.client_identity import ClientIdentity
from bot.http.endpoints import Endpoints
from bot.http.permissions import Membership, membership_of
from bot.http.refusals import UNEXPLAINED_LIMIT
from bot.interactions import CommandIndex, PostedInteraction, interaction_body
from tasks.domain.clock import SteadyClock
from tasks.domain.errors import AccountBlocked, NotSent, SendRefused
from tasks.domain.events import Connected, Disconnected, HistoryPage
from tasks.domain.interactions import Interaction, RegionEditInteraction, UploadedAttachment
from tasks.domain.model import Account, Picture, paused_by_operator
from tasks.domain.pause_advice import advice_for
from tasks.domain.ports import Clock

log = logging.getLogger(__name__)

TOKEN_INVALID = "token_invalid"  # noqa: S105 - the name of a reason, not a token
_SETUP_RETRY_CAP = 60.0  # seconds between two attempts after failures that may pass
_RECHECK_CAP = 300.0  # seconds between two checks of an account that cannot draw

SetClock = Callable[[int], None]  # receives Discord's time (ms)


class AccountClient:
    """Created once per account; logs in as often as needed."""

    def __init__(
        self,
        config: AccountConfig,
        *,
        sink: Sink,
        endpoints: Endpoints,
        proxy_url: str = "",
        receive_private: bool = False,
        history_pages: int = 20,
        clock: Clock | None = None,
        on_pause: Callable[[str, str], None] = lambda account, reason: None,
        set_clock: SetClock = lambda server_time: None,
        observe: Observer = ignore_event,
    ) -> None:
        self.config = config
        self._endpoints = endpoints
        self._proxy_url = proxy_url
        self._history_pages = history_pages
        self._clock = clock or SteadyClock()
        self._on_pause = on_pause
        self._set_service_clock = set_clock
        self._receiver = EventReceiver(
            account=config.id, channel_id=config.channel_id, sink=sink, private=receive_private, observe=observe
        )
        self._state = AccountState(config)
        self._backoff = ReconnectBackoff()
        self._connection: GatewayConnection | None = None
        self._setup_task: asyncio.Task[None] | None = None
        self._is_set_up = False  # in the open session: subscribed, and commands known
        self._commands = CommandIndex()
        self._member: Membership | None = None  # by the last READY
        self._unfit = ""  # why the account cannot draw, by its own check
        self._unexplained = 0  # consecutive refusals that no table explains

    # ------------------------------------------------------------ state

    @property
    def account(self) -> Account:
        return self._state.to_account(
            self._clock.now(),
            connected=self.connected,
            user_id=self._receiver.user_id,
            commands=self._commands,
        )

    @property
    def commands(self) -> CommandIndex:
        return self._commands

    @property
    def connected(self) -> bool:
        return self._session_id() is not None

    async def wait_connected(self) -> None:
        await self._state.is_connected.wait()

    def pause(self, reason: str) -> None:
        """Pause the account. The first reason stays, as it is the one to fix; later ones only reach `on_pause`."""
        if not self._state.paused:
            log.warning("%s", advice_for(self.config.id, reason))
            self._state.paused = reason
        self._on_pause(self.config.id, reason)

    def change(self, config: AccountConfig) -> None:
        """Apply new limits and choices from now on. The login must stay the same: another login needs a new client."""
        if config.login != self.config.login:
            raise ValueError("a changed login needs a new client")
        self.config = self._state.config = config

    def hold(self, reason: str) -> None:
        """Pause by the operator, without a call of `on_pause`."""
        self._state.paused = paused_by_operator(reason)
        log.info("account %s is %s", self.config.id, self._state.paused)

    def resume(self) -> None:
        """Clear the pause: the operator has fixed its reason. A login whose check failed is checked again at once."""
        if self._state.paused:
            log.info("account %s resumed; it was paused: %s", self.config.id, self._state.paused)
        self._state.paused = ""
        if self._unfit and self._connection is not None:
            self._start_setup(self._connection)

    @property
    def paused(self) -> str:
        return self._state.paused

    def on_dead_token(self) -> None:
        self.pause(TOKEN_INVALID)

    # ------------------------------------------------------------ down: requests to Discord

    async def send(self, order: Interaction, nonce: str) -> None:
        rest = self.rest
        with self._pause_if_blocked():
            if isinstance(order, RegionEditInteraction):
                self._open_session()  # without a session the result would never arrive
                await region_edit.submit(order, post=rest.post_to_dialog, place=self._place())
                return
            with self._count_unexplained():
                await send.send(
                    order,
                    build=partial(self._payload, order, nonce),
                    post=rest.post_interaction,
                    refresh=lambda: self._fetch_commands(rest),
                )

    async def upload(self, pictures: Sequence[Picture]) -> Sequence[UploadedAttachment]:
        with self._pause_if_blocked():
            return await media.upload(self.rest, self.config.channel_id, pictures)

    async def publish(self, pictures: Sequence[Picture]) -> Sequence[str]:
        with self._pause_if_blocked():
            return await media.publish(self.rest, self.config.channel_id, pictures)

    async def react(self, message_id: str, emoji: str) -> None:
        with self._pause_if_blocked():
            await media.react(self.rest, self.config.channel_id, message_id, emoji)

    async def refresh(self, urls: Sequence[str]) -> Mapping[str, str]:
        with self._pause_if_blocked():
            return await media.refresh(self.rest, urls)

    async def read_history(self, since: int) -> HistoryPage:
        rest, channel = self.rest, int(self.config.channel_id)
        try:
            page = await history.read(
                lambda after: rest.logs_from(channel, history.PAGE, after=after),
                since,
                max_pages=self._history_pages,
            )
        except discord.Forbidden as error:
            raise SendRefused("The account may not read the channel's history.", status=error.status) from error
        except discord.NotFound as error:
            raise SendRefused("The channel does not exist.", status=error.status) from error
        except Exception as error:  # reading costs nothing, so it may be retried
            raise NotSent(f"The history could not be read ({type(error).__name__}).") from error
        events = (self._receiver.parse("MESSAGE_CREATE", message, from_history=True) for message in page.messages)
        return HistoryPage(events=tuple(event for event in events if event is not None), more_since=page.more_since)

    @property
    def rest(self) -> DiscordHttp:
        if self._connection is None or self._connection.rest.user_id is None:
            raise NotSent("The account is not logged in.")
        return self._connection.rest

    def _payload(self, order: PostedInteraction, nonce: str) -> dict[str, Any]:
        """Built anew for each attempt, as the session may have changed."""
        session = self._open_session()
        guild = {"guild_id": self.config.guild_id} if self.config.guild_id else {}
        return {
            **interaction_body(order, self._commands).as_json(),
            "channel_id": self.config.channel_id,
            **guild,
            "session_id": session,
            "nonce": nonce,
        }

    def _place(self) -> region_edit.InteractionContext:
        return region_edit.InteractionContext(
            endpoints=self._endpoints, guild_id=self.config.guild_id, channel_id=self.config.channel_id
        )

    @contextmanager
    def _pause_if_blocked(self) -> Iterator[None]:
        """Pause the account on a refusal that concerns the whole account."""
        try:
            yield
        except AccountBlocked as blocked:
            self.pause(blocked.reason)
            raise

    @contextmanager
    def _count_unexplained(self) -> Iterator[None]:
        """Treat the third consecutive unexplained refusal as one that concerns the whole account."""
        try:
            yield
        except SendRefused as refused:
            self._unexplained = self._unexplained + 1 if refusals.is_unexplained(refused) else 0
            if self._unexplained < UNEXPLAINED_LIMIT:
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
        return (
            self._connection.session_id if self._connection is not None and self._state.is_connected.is_set() else None
        )

    # ------------------------------------------------------------ up: events from Discord

    async def run_login(self, properties: ClientIdentity) -> None:
        """One login from start to end. Raises the error that ended it."""
        connection = self._connection = GatewayConnection(
            endpoints=self._endpoints,
            properties=properties,
            proxy_url=self._proxy_url,
            on_event=self._on_event,
            on_frame=self._on_frame,
            on_lost=self._on_lost,
            backoff=self._backoff,
        )
        try:
            await connection.start(self.config.token)
        finally:
            self._on_lost("logged out")
            self._is_set_up = False
            await connection.close()
            self._connection = None

    def _on_event(self, name: str, payload: Any) -> None:
        self._state.last_event = self._state.last_frame
        if name in ("READY", "RESUMED"):
            self._on_greeting(name, payload)
        else:
            self._receiver.on_event(name, payload)

    def _on_frame(self) -> None:
        self._state.last_frame = self._clock.now()

    def _on_greeting(self, name: str, payload: Any) -> None:
        """READY opens a session without replay and without subscriptions. Before RESUMED, Discord has replayed every
        missed event, and subscriptions have survived the gap."""
        connection = self._connection
        if connection is None:
            raise RuntimeError("a greeting without a login")
        connection.mark_greeted()
        if name == "READY":
            self._is_set_up = False
            self._receiver.on_ready(payload)
            self._member = membership_of(payload, self.config.guild_id)
        if self._is_set_up:
            self._on_connected(replayed=True)
            return
        self._start_setup(connection)

    def _start_setup(self, connection: GatewayConnection) -> None:
        self._cancel_setup()
        self._setup_task = asyncio.create_task(self._set_up(connection), name=f"account {self.config.id} set-up")

    async def _set_up(self, connection: GatewayConnection) -> None:
        """Repeated until it succeeds: the account is unusable before."""
        delay = 1.0
        while True:
            try:
                if self.config.guild_id:
                    await connection.subscribe(self.config.guild_id)
                await self._check(connection.rest)
                self._set_clock(connection.rest.server_time())
                break
            except Unfit as unfit:
                cap = _RECHECK_CAP
                self._on_unfit(unfit.reason)
            except Exception as error:  # it may pass
                cap = _SETUP_RETRY_CAP
                self._on_setup_failed(error)
            await asyncio.sleep(delay)
            delay = min(delay * 2, cap)
        self._is_set_up = True
        self._on_fit()
        self._on_connected(replayed=False)

    async def _check(self, rest: DiscordHttp) -> None:
        """Prove that the account can draw. Raises `Unfit`, or an error that may pass."""
        place = self._drawing_place()
        channel = await account_check.check_channel(rest.request, place)
        account_check.check_permission(self._member, channel, place)
        with account_check.definite(place.name):
            await self._fetch_commands(rest)
        await account_check.check_commands(rest.request, self._commands, place)

    def _drawing_place(self) -> DrawingPlace:
        config = self.config
        return DrawingPlace(guild_id=config.guild_id, channel_id=config.channel_id, bots=config.bots)

    def _on_unfit(self, reason: str) -> None:
        self._state.problem = advice_for(self.config.id, reason)
        if reason != self._unfit or not self._state.paused:
            if self._state.paused == self._unfit:
                self._state.paused = ""  # the check found another reason
            self._unfit = reason
            self.pause(reason)

    def _on_fit(self) -> None:
        """End the pause that the check itself began: its reason has gone."""
        if self._unfit and self._state.paused == self._unfit:
            self._state.paused = ""
            log.info("account %s can draw now; it was paused: %s", self.config.id, self._unfit)
        self._unfit = ""

    def _set_clock(self, server_time: int | None) -> None:
        """Align the service's clock with Discord's, as messages carry Discord's time."""
        if server_time is not None:
            self._set_service_clock(server_time)

    async def _fetch_commands(self, rest: DiscordHttp) -> None:
        self._commands = await account_check.fetch_commands(rest.request, self._drawing_place())

    def _on_setup_failed(self, error: Exception) -> None:
        self._state.problem = f"cannot be checked ({error})"
        log.warning("account %s not ready: %s", self.config.id, self._state.problem)

    def _on_connected(self, *, replayed: bool) -> None:
        gap = self._state.mark_connected(self._clock.now(), replayed=replayed)
        if gap and self._receiver.last_seen is not None:
            gap = self._receiver.last_seen  # by Discord's clock
        log.info("account %s is connected%s", self.config.id, ", after a gap" if gap else "")
        self._receiver.publish(Connected(account=self.config.id, gap_since=gap))

    def _on_lost(self, reason: str) -> None:
        """May be called several times for one disconnect: once per failed reconnect as well."""
        self._cancel_setup()
        if self._state.mark_disconnected():
            log.info("account %s is disconnected: %s", self.config.id, reason)
            self._receiver.publish(Disconnected(account=self.config.id, reason=reason))

    def _cancel_setup(self) -> None:
        if self._setup_task is not None:
            self._setup_task.cancel()
            self._setup_task = None
