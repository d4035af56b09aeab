"""How an account stands: connected since when, what may have been missed, and what is wrong with it.

Law: remembers what it is told and does nothing. What it shows is for people and holds no secret.
"""

import asyncio
from dataclasses import dataclass

from bot.http.endpoints import Endpoints
from tasks.domain.model import Account, Bot, Mode, paused_by_operator


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountConfig:
    """An account and where it draws. `guild_id` is empty for private messages with the bot."""

    id: str  # our name for it
    token: str
    guild_id: str
    channel_id: str
    capacity: int = 3
    bots: frozenset[Bot] = frozenset()  # empty: any
    modes: tuple[Mode, ...] = ()  # its own first; empty: any
    weight: int = 1
    max_waiting: int = 0
    hours: str = ""
    daily_limit: int = 0
    endpoints: Endpoints | None = None  # its own; None: those of the pool
    proxy_url: str | None = None  # its own, "" for none; None: that of the pool
    paused: str = ""  # by the operator, with a reason

    @property
    def login(self) -> tuple[object, ...]:
        """What a login depends on: if this is another, so is the connection."""
        return (self.token, self.guild_id, self.channel_id, self.endpoints, self.proxy_url)

    def __repr__(self) -> str:
        return f"AccountConfig(id={self.id!r}, guild_id={self.guild_id!r}, channel_id={self.channel_id!r})"


class AccountState:
    """Times are ms."""

    def __init__(self, config: AccountConfig) -> None:
        self.config = config
        self._connected_since: int | None = None
        self._lost_at: int | None = 0  # since then something may have been missed: at first, ever
        self._reconnects = 0
        self.up = asyncio.Event()
        self.last_frame: int | None = None  # anything at all was received
        self.last_event: int | None = None  # something was said
        self.paused = paused_by_operator(config.paused)
        self.problem = ""

    def rise(self, now: int, *, replayed: bool) -> int | None:
        """Connected. Returns since when something may have been missed; None when nothing was."""
        gap = None if replayed else self._lost_at
        self._connected_since, self._lost_at, self.problem = now, None, ""
        self.up.set()
        return gap

    def fall(self) -> bool:
        """Not connected any more. False when it was not: an attempt to return that failed."""
        if not self.up.is_set():
            return False
        self.up.clear()
        self._connected_since = None
        self._lost_at = self.last_frame
        self._reconnects += 1
        return True

    def shown(self, now: int, *, connected: bool, user_id: str | None, prompt_limit: int | None) -> Account:
        return Account(
            id=self.config.id,
            connected=connected,
            capacity=self.config.capacity,
            user_id=user_id,
            paused=self.paused,
            connected_since=self._connected_since,
            bots=self.config.bots,
            modes=self.config.modes,
            weight=self.config.weight,
            max_waiting=self.config.max_waiting,
            hours=self.config.hours,
            daily_limit=self.config.daily_limit,
            prompt_limit=prompt_limit,
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
