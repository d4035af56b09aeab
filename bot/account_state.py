"""An account's configuration and connection state: connected since when, gap, pause, problem.

Contract: records state and takes no action. `to_account` contains no secret.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.http.endpoints import Endpoints
from bot.interactions import CommandIndex
from tasks.domain.model import Account, Bot, Mode, SlotKind, paused_by_operator


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountConfig:
    """An account and its channel. `guild_id` is empty for private messages with the bot."""

    id: str  # the service's name for it
    token: str
    guild_id: str
    channel_id: str
    capacity: int = 3
    limits: Mapping[SlotKind, int] = field(default_factory=dict)
    bots: frozenset[Bot] = frozenset()  # empty: any
    modes: tuple[Mode, ...] = ()  # the default first; empty: any
    weight: int = 1
    max_waiting: int = 0
    hours: str = ""
    daily_limit: int = 0
    endpoints: Endpoints | None = None  # None: the pool's
    proxy_url: str | None = None  # "": no proxy; None: the pool's
    paused: str = ""  # by the operator, with a reason

    @property
    def login(self) -> tuple[object, ...]:
        """The values that a login depends on: if one changes, the account must log in again."""
        return (self.token, self.guild_id, self.channel_id, self.endpoints, self.proxy_url)

    def __repr__(self) -> str:
        return f"AccountConfig(id={self.id!r}, guild_id={self.guild_id!r}, channel_id={self.channel_id!r})"


class AccountState:
    """Times are ms."""

    def __init__(self, config: AccountConfig) -> None:
        self.config = config
        self._connected_since: int | None = None
        self._lost_at: int | None = 0  # events since then may have been missed; 0: all of them
        self._reconnects = 0
        self.is_connected = asyncio.Event()
        self.last_frame: int | None = None  # the last received frame of any kind
        self.last_event: int | None = None  # the last event
        self.paused = paused_by_operator(config.paused)
        self.problem = ""

    def mark_connected(self, now: int, *, replayed: bool) -> int | None:
        """Returns the time from which events may have been missed; None if none were."""
        gap = None if replayed else self._lost_at
        self._connected_since, self._lost_at, self.problem = now, None, ""
        self.is_connected.set()
        return gap

    def mark_disconnected(self) -> bool:
        """False if the account was not connected, as after a failed reconnect."""
        if not self.is_connected.is_set():
            return False
        self.is_connected.clear()
        self._connected_since = None
        self._lost_at = self.last_frame
        self._reconnects += 1
        return True

    def to_account(self, now: int, *, connected: bool, user_id: str | None, commands: CommandIndex) -> Account:
        return Account(
            id=self.config.id,
            connected=connected,
            capacity=self.config.capacity,
            limits=self.config.limits,
            user_id=user_id,
            paused=self.paused,
            connected_since=self._connected_since,
            bots=self.config.bots,
            modes=self.config.modes,
            weight=self.config.weight,
            max_waiting=self.config.max_waiting,
            hours=self.config.hours,
            daily_limit=self.config.daily_limit,
            prompt_limit=commands.prompt_limit,
            localised_names=commands.localised_names,
            details={
                "guild_id": self.config.guild_id,
                "channel_id": self.config.channel_id,
                "connected_since": self._connected_since,
                "last_event_seconds": _seconds(now, self.last_event),
                "last_heartbeat_seconds": _seconds(now, self.last_frame),
                "reconnects": self._reconnects,
                "paused": self.paused,
                "problem": self.problem,
            },
        )


def _seconds(now: int, then: int | None) -> int | None:
    return None if then is None else max(0, now - then) // 1000
