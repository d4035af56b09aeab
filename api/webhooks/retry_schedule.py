"""When a call-back that failed is tried again. Pure: numbers in, numbers out.

Law: the waits alone decide how often; a receiver's Retry-After can make one longer, up to a bound, never shorter. So
no receiver can use the attempts up in a minute, and none can put its call-backs off for ever.
"""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

# The waits after the first, second, … failed attempt; a good day in all. After the last attempt it is given up.
WAITS = (5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 4 * HOUR, 8 * HOUR, 10 * HOUR)

JITTER = 0.1  # of the wait, to both sides: receivers that come back are not met by everything at once
LONGEST_ASKED = 4 * HOUR  # what a Retry-After is cut to


def wait_after(attempts: int, chance: float, asked: int = 0, longest: int = LONGEST_ASKED) -> int | None:
    """Milliseconds until the next attempt when `attempts` have failed; None: enough. `chance` is from 0 to 1.

    `asked` is what the receiver asked for (ms): at least that, but not more than `longest`. It is jittered to one side
    only, the later one.
    """
    if attempts > len(WAITS):
        return None
    ours = round(WAITS[attempts - 1] * (1 + JITTER * (2 * chance - 1)))
    return max(ours, round(min(asked, longest) * (1 + JITTER * chance)))


def retry_after(value: str, now: int) -> int:
    """What a Retry-After header asks for, in ms from `now` (ms, wall clock); 0 for one that cannot be read.

    It is a number of seconds or an HTTP date (RFC 9110, 10.2.3).
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return int(text[:9]) * SECOND  # more digits than that are for ever, either way
    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is None:  # "-0000"
            date = date.replace(tzinfo=UTC)
        return max(0, round(date.timestamp() * SECOND) - now)
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0
