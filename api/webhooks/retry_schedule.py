"""When a failed delivery is retried. Pure: numbers in, numbers out.

Contract: the schedule alone sets the number of attempts. Retry-After can lengthen a wait up to a limit, and never
shorten it. So no receiver can exhaust its attempts within a minute or postpone its deliveries for ever.
"""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

# The waits after the first, second, … failed attempt, about a day in total. After them the delivery is given up.
WAITS = (5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 4 * HOUR, 8 * HOUR, 10 * HOUR)

JITTER = 0.1  # of the wait, in both directions, so that a recovered receiver does not get everything at once
MAX_RETRY_AFTER = 4 * HOUR  # a longer Retry-After is cut to this


def wait_after(attempts: int, chance: float, requested: int = 0, longest: int = MAX_RETRY_AFTER) -> int | None:
    """Milliseconds until the next attempt after `attempts` failures; None: give up. `chance` is from 0 to 1.

    `requested` is the receiver's Retry-After (ms), honoured up to `longest`. Its jitter only makes it longer.
    """
    if attempts > len(WAITS):
        return None
    scheduled = round(WAITS[attempts - 1] * (1 + JITTER * (2 * chance - 1)))
    return max(scheduled, round(min(requested, longest) * (1 + JITTER * chance)))


def retry_after(value: str, now: int) -> int:
    """The wait that a Retry-After header requests, in ms from `now` (ms, wall clock); 0 if it cannot be parsed.

    The value is a number of seconds or an HTTP date (RFC 9110, 10.2.3).
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return int(text[:9]) * SECOND  # more digits mean centuries either way
    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is None:  # "-0000"
            date = date.replace(tzinfo=UTC)
        return max(0, round(date.timestamp() * SECOND) - now)
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0
