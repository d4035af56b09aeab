"""Discord's ids and timestamps.

Contract: the only place that turns a clock into an id or a timestamp.
"""

import time
from datetime import UTC, datetime

_EPOCH_MS = 1_420_070_400_000


class Snowflakes:
    """Increasing ids that contain the millisecond of their creation."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        self._last = max(self._last + 1, (now_ms() - _EPOCH_MS) << 22)
        return str(self._last)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def timestamp() -> str:
    """The current time in Discord's format."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
