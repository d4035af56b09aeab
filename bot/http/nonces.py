"""Nonces: the service's id of one send, which Discord returns with the answer.

Contract: no two nonces are equal, across threads and across restarts. They look like Discord's ids, as those of its web
client do.
"""

import secrets
import threading
import time

from tasks.rules.matching import DISCORD_EPOCH

_LOW_BITS = 22  # below the milliseconds of a Discord id

_lock = threading.Lock()
_last = 0


def new_nonce() -> str:
    """The milliseconds make it unique after a restart, the random bits after the clock was set back."""
    global _last  # noqa: PLW0603 - the last one given out belongs to the process, not to an object
    fresh = (_now_ms() - DISCORD_EPOCH) << _LOW_BITS | secrets.randbits(_LOW_BITS)
    with _lock:
        _last = max(fresh, _last + 1)
        return str(_last)


def id_at(time_ms: int) -> str:
    """The smallest Discord id of that moment; later messages have greater ids."""
    return str(max(0, time_ms - DISCORD_EPOCH) << _LOW_BITS)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
