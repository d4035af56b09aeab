"""The headers of Standard Webhooks (standardwebhooks.com), by which a receiver verifies a delivery.

Contract: the id names the message over all attempts, the timestamp names the attempt, and the signature covers both and
the body. Without a secret there is no signature. A secret never appears in a repr.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

from standardwebhooks import Webhook


class Signer:
    """Signs with each of `secrets` (`whsec_…`), so that a receiver may verify with the old or the new one."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        self._keys = tuple(map(Webhook, secrets))

    def headers(self, message_id: str, time: int, body: bytes) -> dict[str, str]:
        """The headers of an attempt at `time`: ms of the wall clock, which receivers compare with theirs."""
        when = datetime.fromtimestamp(time // 1000, tz=UTC)
        headers = {"webhook-id": message_id, "webhook-timestamp": str(time // 1000)}
        if self._keys:
            text = body.decode()
            headers["webhook-signature"] = " ".join(key.sign(message_id, when, text) for key in self._keys)
        return headers


def message_id(delivery_id: int, task_id: str, event: str, created: int) -> str:
    """An id that is equal for every attempt of a delivery, also after a restart, and unique among deliveries.

    Row ids start again with each new database, so the id covers the content of the delivery as well.
    """
    content = f"{delivery_id} {task_id} {event} {created}"
    return f"msg_{delivery_id}_{sha256(content.encode()).hexdigest()[:20]}"
