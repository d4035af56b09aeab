"""From raw events to events of ours: whose they are, what they say, and to whom it is told.

Law: what is not of our channel is dropped before it is read. Nothing that goes wrong here reaches the connection:
it is logged, once for each kind, and the next event is heard.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from bot.gateway.raw_events import INTERACTIONS
from bot.grammar.events import hear
from bot.grammar.ids import snowflake, time_of
from bot.grammar.payload import mapping, mappings
from tasks.domain.events import DiscordEvent, Event, Informed

log = logging.getLogger(__name__)

Sink = Callable[[Event], None]
# Event name, payload, what was understood, what was raised instead. Must not raise; see `bot.grammar.capture`.
Watch = Callable[[str, Mapping[str, Any], DiscordEvent | None, Exception | None], None]


def unwatched(name: str, payload: Mapping[str, Any], heard: DiscordEvent | None, error: Exception | None) -> None:
    """Nobody wants to know what is not understood."""


class EventReceiver:
    """One account's. `private`: also what the bot says in private messages. `watch` is shown all that is read."""

    def __init__(self, *, account: str, channel_id: str, sink: Sink, private: bool, watch: Watch = unwatched) -> None:
        self._account = account
        self._channel_id = channel_id
        self._sink = sink
        self._private = private
        self._watch = watch
        self._private_channels: frozenset[str] = frozenset()
        self._complained: set[tuple[str, str]] = set()
        self.user_id: str | None = None
        self.last_seen: int | None = None  # ms: of the newest message that came over the gateway

    def introduce(self, ready: Mapping[str, Any]) -> None:
        """READY: who we are, and which channels are private ones."""
        self.user_id = snowflake(mapping(ready.get("user")).get("id")) or self.user_id
        channels = mappings(ready.get("private_channels"))
        self._private_channels = frozenset(str(channel.get("id")) for channel in channels if channel.get("type") == 1)

    def heed(self, name: str, payload: Any) -> None:
        if not isinstance(payload, Mapping) or not self._ours(name, payload):
            return
        if name == "MESSAGE_DELETE_BULK":
            ids = payload.get("ids")
            for message_id in ids if isinstance(ids, list) else ():
                self.heed("MESSAGE_DELETE", {**payload, "id": message_id})
            return
        if name == "MESSAGE_CREATE":
            self.last_seen = max(self.last_seen or 0, time_of(snowflake(payload.get("id"))))
        heard = self.understand(name, payload)
        if self._is_private(payload) and not (isinstance(heard, Informed) and heard.seed):
            return  # what is drawn by hand in a private channel is no task's; only seeds are told to us there
        if heard is not None and (error := self.tell(heard)):
            self._watch(name, payload, None, error)

    def understand(self, name: str, payload: Mapping[str, Any], *, from_history: bool = False) -> DiscordEvent | None:
        try:
            heard = hear(name, payload, account=self._account, user_id=self.user_id, from_history=from_history)
        except Exception as error:  # a message that nobody foresaw costs itself alone
            self._complain(name, error)
            self._watch(name, payload, None, error)
            return None
        self._watch(name, payload, heard, None)
        return heard

    def tell(self, event: Event) -> Exception | None:
        """Returns what the sink raised."""
        try:
            self._sink(event)
        except Exception as error:  # a defect of the listener never ends the connection
            self._complain(type(event).__name__, error)
            return error
        return None

    def _ours(self, name: str, payload: Mapping[str, Any]) -> bool:
        """Interactions are only told to who made them, and mostly without a channel."""
        channel = payload.get("channel_id")
        if channel is None:
            return name in INTERACTIONS
        return str(channel) == self._channel_id or (self._private and self._is_private(payload))

    def _is_private(self, payload: Mapping[str, Any]) -> bool:
        channel = str(payload.get("channel_id"))
        return channel != self._channel_id and channel in self._private_channels

    def _complain(self, what: str, error: Exception) -> None:
        kind = (what, type(error).__name__)
        if kind not in self._complained:
            self._complained.add(kind)
            log.error("account %s: %s was lost; the like is not logged again", self._account, what, exc_info=error)
