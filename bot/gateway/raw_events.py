"""What is heard of the gateway: raw events, in the order of the wire, before the library looks at them.

Law: the library parses nothing but its own transport. Its state would lose edits of messages it has not cached,
edits that are partial, failed interactions and dialogs of newer kinds, and one unknown field of READY would end the
connection (`docs/decisions/0001`). Whatever is not listed here costs a look into a dict.
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

RESUMABLE = 4000  # a close code of ours after which Discord lets the session be resumed

OnEvent = Callable[[str, Any], None]  # (event name, payload); must not raise


class RawEventState(ConnectionState):
    """The library's state with all its parsers replaced by ours."""

    def __init__(self, *, heed: OnEvent, **options: Any) -> None:
        super().__init__(**options)
        self.parsers = {name: partial(heed, name) for name in ALL}


class Socket(DiscordWebSocket):
    """The library's gateway connection, which notes when anything at all was received, and takes Discord's rule for a
    connection that is open but dead: a heartbeat that was not acknowledged when the next is due ends it."""

    async def received_message(self, msg: Any, /) -> None:
        self._connection.client.note_frame()  # type: ignore[attr-defined]  # our client
        await super().received_message(msg)

    async def send_heartbeat(self, data: Any, /) -> None:
        beat = self._keep_alive
        if beat is not None and beat._last_ack < beat._last_send:  # the library notes both, and looks at neither
            log.warning("the gateway acknowledges no heartbeat: it is left, and the session resumed")
            await self.close(code=RESUMABLE)
            return
        await super().send_heartbeat(data)
