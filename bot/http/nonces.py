"""Nonces: our name for one send, which Discord gives back with the answer.

Law: no two are ever equal, neither in this process, whatever thread asks, nor after a restart. They look like
Discord's own ids, as its web client's do.
"""

import secrets
import threading
import time

from tasks.rules.matching import DISCORD_EPOCH

_LOW_BITS = 22  # below the milliseconds of a Discord id

_lock = threading.Lock()
_last = 0


def new_nonce() -> str:
    """The milliseconds make it new after a restart, the random bits after a clock that was set back."""
    global _last  # noqa: PLW0603 - the last one given out belongs to the process, not to an object
    fresh = (_now_ms() - DISCORD_EPOCH) << _LOW_BITS | secrets.randbits(_LOW_BITS)
    with _lock:
        _last = max(fresh, _last + 1)
        return str(_last)


def id_at(time_ms: int) -> str:
    """The smallest Discord id of that moment: what was written later has a greater one."""
    return str(max(0, time_ms - DISCORD_EPOCH) << _LOW_BITS)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
