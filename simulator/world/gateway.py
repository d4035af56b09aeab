"""Gateway sessions: who is logged in, what each receives, and what a RESUME replays.

Contract: an event is serialised once per audience when dispatched, and buffered as text: a session replays exactly what
it would have received. Sockets are behind `Connection`; nothing here awaits. Faults on the way to a session (lost,
repeated, late, overtaken, without nonce) are checked once per event and session, and do not change the world's history.
"""

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from simulator.world.account_objects import PRIORITIZED_READY_PAYLOAD, ready, ready_supplemental
from simulator.world.faults import Fault
from simulator.world.records import Channel, NonceAudience, SimulatedAccount
from simulator.world.state import World

_BUFFERED_EVENTS = 20_000
# A session not resumed within this time ends.
_SESSION_LIFE_SECONDS = 120.0
_LARGE_GUILD_MEMBERS = 250_000


class Connection(Protocol):
    """The part of a websocket that the gateway needs. All methods return at once; a muted one behaves like an
    unnoticed disconnect."""

    def send(self, text: str) -> None: ...
    def close(self, code: int, reason: str) -> None: ...
    def mute(self) -> None: ...
    def abort(self) -> None: ...


@dataclass(kw_only=True, eq=False)
class Session:
    id: str
    account: SimulatedAccount
    connection: Connection | None
    sequence: int = 0
    events: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=_BUFFERED_EVENTS))
    subscribed: set[str] = field(default_factory=set)
    left_at: float = 0.0

    def append(self, event: str, data: str) -> None:
        self.sequence += 1
        text = f'{{"op":0,"s":{self.sequence},"t":"{event}","d":{data}}}'
        self.events.append((self.sequence, text))
        if self.connection is not None:
            self.connection.send(text)

    def acknowledge(self, sequence: int) -> None:
        """A heartbeat names the last received event; earlier ones need no replay."""
        while self.events and self.events[0][0] <= sequence:
            self.events.popleft()

    def can_replay(self, sequence: int) -> bool:
        oldest = self.events[0][0] if self.events else self.sequence + 1
        return oldest - 1 <= sequence <= self.sequence


class SimulatedGateway:
    def __init__(self, world: World, *, resume_url: str, large_guilds: bool) -> None:
        self._world = world
        self._resume_url = resume_url
        self._large_guilds = large_guilds
        self._delivery = EventDelivery(world)
        self.sessions: dict[str, Session] = {}
        self._refused_until: dict[str | None, float] = {}

    # Sessions

    def identify(self, account: SimulatedAccount, connection: Connection, capabilities: int) -> Session:
        """A new session, greeted according to its client's capabilities."""
        self._forget_old()
        session = Session(id=secrets.token_hex(16), account=account, connection=connection)
        self.sessions[session.id] = session
        members = _LARGE_GUILD_MEMBERS if self._large_guilds else len(self._world.accounts) + 1
        large = self._large_guilds
        body = ready(
            account,
            session.id,
            self._resume_url,
            members,
            large=large,
            capabilities=capabilities,
            access=self._world.access(account),
        )
        session.append("READY", to_json(body))
        if capabilities & PRIORITIZED_READY_PAYLOAD:
            session.append("READY_SUPPLEMENTAL", to_json(ready_supplemental(account)))
        self._world.touch()
        return session

    def resume(self, session_id: str, token: str, sequence: Any, connection: Connection) -> Session | None:
        """Resume the session and send its missed events; None when it cannot continue."""
        self._forget_old()
        session = self.sessions.get(session_id)
        if session is None:
            return None
        if session.account.token != token:
            self._world.mixup(f"session {session_id} was resumed with another account's token")
            return None
        if not isinstance(sequence, int) or not session.can_replay(sequence):
            return None
        if session.connection not in (None, connection):
            session.connection.abort()
        session.connection = connection
        for number, text in session.events:
            if number > sequence:
                connection.send(text)
        session.append("RESUMED", '{"_trace":[]}')
        self._world.touch()
        return session

    def leave(self, session: Session, connection: Connection) -> None:
        """The socket is closed; the session waits for a RESUME."""
        if session.connection is connection:
            session.connection = None
            session.left_at = time.monotonic()
            self._world.touch()

    def connected(self, account: SimulatedAccount) -> bool:
        return any(item.account is account and item.connection for item in self.sessions.values())

    def alive(self, session: Session) -> bool:
        return self.sessions.get(session.id) is session

    def members_known(self) -> Iterable[SimulatedAccount]:
        return self._world.accounts

    def _forget_old(self) -> None:
        limit = time.monotonic() - _SESSION_LIFE_SECONDS
        old = [item.id for item in self.sessions.values() if item.connection is None and item.left_at < limit]
        for session_id in old:
            del self.sessions[session_id]

    # Events

    def to_channel(
        self,
        event: str,
        channel: Channel,
        data: dict[str, Any],
        *,
        only: str | None = None,
        nonce: str | None = None,
        audience: NonceAudience | None = None,
        stage: str = "other",
    ) -> None:
        """Send to everybody who sees the channel, or `only` to one user. The nonce goes to its `audience`, or without
        one to everybody.

        `stage`, one of `faults.STAGES`, selects the faults that may apply.
        """
        text = to_json(data)
        with_nonce = f'{text[:-1]},"nonce":{to_json(nonce)}}}' if nonce is not None else text
        askers = self._sessions_of(audience) if audience is not None else None
        for session in list(self._audience(channel, only)):
            own = with_nonce if askers is None or session in askers else text
            self._delivery.deliver(session, event, own, stage, without_nonce=text)

    def to_audience(self, event: str, audience: NonceAudience, data: dict[str, Any], *, stage: str) -> None:
        """Send to the session that made an interaction; if it is not alive, to every other one of its account."""
        text, bare = to_json(data), {key: value for key, value in data.items() if key != "nonce"}
        without_nonce = text if len(bare) == len(data) else to_json(bare)
        for session in self._sessions_of(audience):
            self._delivery.deliver(session, event, text, stage, without_nonce=without_nonce)

    def _sessions_of(self, audience: NonceAudience) -> list[Session]:
        own = [item for item in self.sessions.values() if item.account.user_id == audience.user_id]
        return [item for item in own if item.id == audience.session_id] or own

    def to_account(self, event: str, account: SimulatedAccount, data: Any) -> None:
        """Send to every session of the account, unchanged, whether or not it reflects the world's state."""
        for session in self._of(account.token):
            session.append(event, to_json(data))
        self._world.counters["told"] += 1

    def _audience(self, channel: Channel, only: str | None) -> Iterator[Session]:
        for session in self.sessions.values():
            user_id = session.account.user_id
            if user_id not in channel.readers or only not in (None, user_id):
                continue
            if self._large_guilds and channel.guild_id is not None and channel.guild_id not in session.subscribed:
                continue
            yield session

    # Faults

    def refuses(self, token: str | None = None) -> bool:
        return time.monotonic() < self._refused_until.get(token, 0.0)

    def drop(self, seconds: float, token: str | None) -> None:
        """Cut the sockets, drop the sessions, and refuse connections for this time."""
        self._refused_until[token] = time.monotonic() + seconds
        for session in self._of(token):
            del self.sessions[session.id]
            if session.connection is not None:
                session.connection.abort()
        self._world.touch()

    def abort(self, token: str | None) -> None:
        for session in self._of(token):
            if session.connection is not None:
                session.connection.abort()

    def mute(self, token: str | None) -> None:
        for session in self._of(token):
            if session.connection is not None:
                session.connection.mute()

    def invalidate(self, token: str | None, *, resumable: bool) -> None:
        for session in self._of(token):
            if not resumable:
                del self.sessions[session.id]
            if session.connection is not None:
                session.connection.send(control(9, resumable))
        self._world.touch()

    def ask_to_reconnect(self, token: str | None) -> None:
        for session in self._of(token):
            if session.connection is not None:
                session.connection.send(control(7, None))

    def close(self, code: int, reason: str, token: str | None) -> None:
        for session in self._of(token):
            if session.connection is not None:
                session.connection.close(code, reason)

    def reset(self) -> None:
        """Accept connections again, and drop held events."""
        self._refused_until.clear()
        self._delivery.reset()

    def _of(self, token: str | None) -> list[Session]:
        return [item for item in self.sessions.values() if token in (None, item.account.token)]


def control(op: int, data: Any) -> str:
    """A gateway message that is not an event."""
    return to_json({"op": op, "s": None, "t": None, "d": data})


def to_json(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))


class EventTarget(Protocol):
    """The part of a session that delivery needs."""

    @property
    def id(self) -> str: ...
    @property
    def account(self) -> SimulatedAccount: ...
    def append(self, event: str, data: str) -> None: ...


class EventDelivery:
    """Delivers events to sessions and applies faults on the way."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._timers: set[asyncio.TimerHandle] = set()
        self._held: dict[str, list[tuple[str, str]]] = {}  # by session: events waiting behind a late one

    def reset(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._held.clear()

    def deliver(self, target: EventTarget, event: str, text: str, stage: str, *, without_nonce: str) -> None:
        """`text` is JSON; `without_nonce` is the same for an event without a nonce."""
        if self._matching_fault("event_lost", target, stage):
            return
        if without_nonce is not text and self._matching_fault("no_nonce", target, stage):
            text = without_nonce
        if fault := self._matching_fault("event_overtaken", target, stage):
            self._deliver_later(fault, lambda: self._send(target, event, text))
        else:
            self._send_in_order(target, event, text, stage)
        if fault := self._matching_fault("event_twice", target, stage):
            self._deliver_later(fault, lambda: self._send(target, event, text))

    def _send_in_order(self, target: EventTarget, event: str, text: str, stage: str) -> None:
        if target.id not in self._held and (fault := self._matching_fault("event_late", target, stage)):
            self._held[target.id] = []
            self._deliver_later(fault, lambda: self._release(target))
        self._send(target, event, text)

    def _send(self, target: EventTarget, event: str, text: str) -> None:
        if (held := self._held.get(target.id)) is not None:
            held.append((event, text))
        else:
            target.append(event, text)

    def _release(self, target: EventTarget) -> None:
        for event, text in self._held.pop(target.id, ()):
            target.append(event, text)

    def _matching_fault(self, kind: str, target: EventTarget, stage: str) -> Fault | None:
        return self._world.faults.take(kind, target.account.token, stage=stage)

    def _deliver_later(self, fault: Fault, send: Callable[[], Any]) -> None:
        if fault.values["seconds"] == 0:
            send()
            return

        def due() -> None:
            self._timers.discard(timer)
            send()

        timer = asyncio.get_running_loop().call_later(fault.values["seconds"], due)
        self._timers.add(timer)
