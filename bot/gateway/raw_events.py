"""Raw gateway events in wire order, taken before the library parses them.

Contract: the library parses its own transport and nothing else. Its state would lose edits of uncached messages,
partial edits, failed interactions and newer dialogs, and one unknown field of READY would end the connection
(`docs/decisions/0001`). An event that is not listed here costs one dictionary lookup.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from discord.gateway import DiscordWebSocket
from discord.state import ConnectionState

MESSAGES = ("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE")
INTERACTIONS = (
    "INTERACTION_CREATE",
    "INTERACTION_SUCCESS",
    "INTERACTION_FAILURE",
    "INTERACTION_MODAL_CREATE",
    "INTERACTION_IFRAME_MODAL_CREATE",
)
ALL = ("READY", "RESUMED", *MESSAGES, "MESSAGE_DELETE_BULK", *INTERACTIONS)

log = logging.getLogger(__name__)

RESUMABLE = 4000  # the client's close code after which Discord allows a resume

OnEvent = Callable[[str, Any], None]  # (event name, payload); must not raise


class RawEventState(ConnectionState):
    """The library's state; `on_event` replaces all of its parsers."""

    def __init__(self, *, on_event: OnEvent, **options: Any) -> None:
        super().__init__(**options)
        self.parsers = {name: partial(on_event, name) for name in ALL}


class GatewaySocket(DiscordWebSocket):
    """The library's gateway socket with two additions: it reports every received frame, and it closes a dead connection
    by Discord's rule: a heartbeat still unacknowledged when the next one is due."""

    async def received_message(self, msg: Any, /) -> None:
        self._connection.client.note_frame()  # type: ignore[attr-defined]  # `GatewayConnection`
        await super().received_message(msg)

    async def send_heartbeat(self, data: Any, /) -> None:
        beat = self._keep_alive
        if beat is not None and beat._last_ack < beat._last_send:  # the library records both and checks neither
            log.warning("gateway heartbeat not acknowledged: reconnecting and resuming the session")
            await self.close(code=RESUMABLE)
            return
        await super().send_heartbeat(data)
