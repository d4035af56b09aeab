"""Converts raw gateway events of one account into domain events and publishes them to the sink.

Contract: events outside of the account's channel are dropped before they are parsed. No error leaves this module: it is
logged once per kind, and the next event is processed.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from bot.gateway.raw_events import INTERACTIONS
from bot.grammar.events import parse_event
from bot.grammar.ids import snowflake, time_of
from bot.grammar.payload import mapping, mappings
from tasks.domain.events import DiscordEvent, Event, Informed

log = logging.getLogger(__name__)

Sink = Callable[[Event], None]
# Event name, payload, the parsed event, the error raised instead. Must not raise; see `bot.grammar.capture`.
Observer = Callable[[str, Mapping[str, Any], DiscordEvent | None, Exception | None], None]


def ignore_event(name: str, payload: Mapping[str, Any], event: DiscordEvent | None, error: Exception | None) -> None:
    """The default observer: does nothing."""


class EventReceiver:
    """One account's receiver. `private`: also parse the bot's private messages. `observe` gets every parsed payload."""

    def __init__(
        self, *, account: str, channel_id: str, sink: Sink, private: bool, observe: Observer = ignore_event
    ) -> None:
        self._account = account
        self._channel_id = channel_id
        self._sink = sink
        self._private = private
        self._observe = observe
        self._private_channels: frozenset[str] = frozenset()
        self._logged: set[tuple[str, str]] = set()
        self.user_id: str | None = None
        self.last_seen: int | None = None  # ms: of the newest message that came over the gateway

    def on_ready(self, ready: Mapping[str, Any]) -> None:
        """Remember the account's user id and its private channels from READY."""
        self.user_id = snowflake(mapping(ready.get("user")).get("id")) or self.user_id
        channels = mappings(ready.get("private_channels"))
        self._private_channels = frozenset(str(channel.get("id")) for channel in channels if channel.get("type") == 1)

    def on_event(self, name: str, payload: Any) -> None:
        if not isinstance(payload, Mapping) or not self._concerns_account(name, payload):
            return
        if name == "MESSAGE_DELETE_BULK":
            ids = payload.get("ids")
            for message_id in ids if isinstance(ids, list) else ():
                self.on_event("MESSAGE_DELETE", {**payload, "id": message_id})
            return
        if name == "MESSAGE_CREATE":
            self.last_seen = max(self.last_seen or 0, time_of(snowflake(payload.get("id"))))
        event = self.parse(name, payload)
        if self._is_private(payload) and not (isinstance(event, Informed) and event.seed):
            return  # private drawings belong to no task; the service only needs seeds from there
        if event is not None and (error := self.publish(event)):
            self._observe(name, payload, None, error)

    def parse(self, name: str, payload: Mapping[str, Any], *, from_history: bool = False) -> DiscordEvent | None:
        try:
            event = parse_event(name, payload, account=self._account, user_id=self.user_id, from_history=from_history)
        except Exception as error:  # an unforeseen message costs itself alone
            self._log_once(name, error)
            self._observe(name, payload, None, error)
            return None
        self._observe(name, payload, event, None)
        return event

    def publish(self, event: Event) -> Exception | None:
        """Pass the event to the sink. Returns the exception that the sink raised."""
        try:
            self._sink(event)
        except Exception as error:  # a defect of the sink never ends the connection
            self._log_once(type(event).__name__, error)
            return error
        return None

    def _concerns_account(self, name: str, payload: Mapping[str, Any]) -> bool:
        """Discord sends interactions only to the account that made them, mostly without a channel."""
        channel = payload.get("channel_id")
        if channel is None:
            return name in INTERACTIONS
        return str(channel) == self._channel_id or (self._private and self._is_private(payload))

    def _is_private(self, payload: Mapping[str, Any]) -> bool:
        channel = str(payload.get("channel_id"))
        return channel != self._channel_id and channel in self._private_channels

    def _log_once(self, what: str, error: Exception) -> None:
        kind = (what, type(error).__name__)
        if kind not in self._logged:
            self._logged.add(kind)
            log.error(
                "account %s: event lost (%s); further errors of this kind are not logged",
                self._account,
                what,
                exc_info=error,
            )
