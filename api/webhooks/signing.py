"""What a receiver knows a call-back by: the headers of Standard Webhooks (standardwebhooks.com).

Law: the id says which message it is, over all its attempts; the timestamp, which attempt; the signature covers both and
the body. Without a secret there is no signature. A secret is never shown, not even in a repr.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

from standardwebhooks import Webhook


class Signer:
    """Signs with each of `secrets` (`whsec_…`), so that receivers may know the old or the new one."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        self._keys = tuple(map(Webhook, secrets))

    def headers(self, message_id: str, time: int, body: bytes) -> dict[str, str]:
        """For one attempt, made at `time`: ms by the wall clock, as receivers compare it with theirs."""
        when = datetime.fromtimestamp(time // 1000, tz=UTC)
        told = {"webhook-id": message_id, "webhook-timestamp": str(time // 1000)}
        if self._keys:
            text = body.decode()
            told["webhook-signature"] = " ".join(key.sign(message_id, when, text) for key in self._keys)
        return told


def message_id(delivery_id: int, task_id: str, event: str, created: int) -> str:
    """The same for every attempt of a delivery, and after a restart; another one for each other delivery.

    A row's number begins anew with each database, so what the delivery is about goes into the id as well.
    """
    about = f"{delivery_id} {task_id} {event} {created}"
    return f"msg_{delivery_id}_{sha256(about.encode()).hexdigest()[:20]}"
