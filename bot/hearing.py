"""From raw events to events of ours: whose they are, what they say, and to whom it is told.

Law: what is not of our channel is dropped before it is read. Nothing that goes wrong here reaches the connection:
it is logged, once for each kind, and the next event is heard.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from bot.grammar import hear
from bot.taps import INTERACTIONS
from tasks.events import Event, Heard

log = logging.getLogger(__name__)

Sink = Callable[[Event], None]


class Ear:
    """One account's. `private`: also what the bot says in private messages."""

    def __init__(self, *, account: str, channel_id: str, sink: Sink, private: bool) -> None:
        self._account = account
        self._channel_id = channel_id
        self._sink = sink
        self._private = private
        self._private_channels: frozenset[str] = frozenset()
        self._complained: set[tuple[str, str]] = set()
        self.user_id: str | None = None

    def introduce(self, ready: Mapping[str, Any]) -> None:
        """READY: who we are, and which channels are private ones."""
        user = ready.get("user")
        self.user_id = str(user["id"]) if isinstance(user, Mapping) and "id" in user else self.user_id
        channels = ready.get("private_channels") or ()
        self._private_channels = frozenset(str(channel.get("id")) for channel in channels if channel.get("type") == 1)

    def heed(self, name: str, payload: Any) -> None:
        if not isinstance(payload, Mapping) or not self._ours(name, payload):
            return
        if name == "MESSAGE_DELETE_BULK":
            for message_id in payload.get("ids") or ():
                self.heed("MESSAGE_DELETE", {**payload, "id": message_id})
            return
        heard = self.understand(name, payload)
        if heard is not None:
            self.tell(heard)

    def understand(self, name: str, payload: Mapping[str, Any], *, from_history: bool = False) -> Heard | None:
        try:
            return hear(name, payload, account=self._account, user_id=self.user_id, from_history=from_history)
        except Exception as error:
            self._complain(name, error)
            return None

    def tell(self, event: Event) -> None:
        try:
            self._sink(event)
        except Exception as error:
            self._complain(type(event).__name__, error)

    def _ours(self, name: str, payload: Mapping[str, Any]) -> bool:
        """Interactions are only told to who made them, and mostly without a channel."""
        channel = payload.get("channel_id")
        if channel is None:
            return name in INTERACTIONS
        return str(channel) == self._channel_id or (self._private and str(channel) in self._private_channels)

    def _complain(self, what: str, error: Exception) -> None:
        kind = (what, type(error).__name__)
        if kind not in self._complained:
            self._complained.add(kind)
            log.error("account %s: %s was lost; the like is not logged again", self._account, what, exc_info=error)
