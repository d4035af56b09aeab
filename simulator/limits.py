"""Discord's rate limits: so many requests a second for each account and route, announced in headers.

Law: counts and tells; the request is refused by raising. Windows are fixed, as Discord's headers describe them.
"""

import hashlib
import time
from dataclasses import dataclass

from simulator.answers import rate_limited

_WINDOW_SECONDS = 1.0


@dataclass(kw_only=True)
class _Window:
    opened: float
    used: int = 0


class RateLimits:
    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], _Window] = {}

    def reset(self) -> None:
        self._windows.clear()

    def spend(self, token: str, route: str, limit: int) -> dict[str, str]:
        """The headers for this request's answer; raises when the window is used up."""
        now = time.monotonic()
        window = self._windows.get((token, route))
        if window is None or now - window.opened >= _WINDOW_SECONDS:
            window = self._windows[token, route] = _Window(opened=now)
        left = window.opened + _WINDOW_SECONDS - now
        allowed = window.used < limit
        window.used += allowed
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(limit - window.used),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": hashlib.blake2b(route.encode(), digest_size=16).hexdigest(),
        }
        if allowed:
            return headers
        error = rate_limited(round(left, 3))
        error.headers |= headers
        raise error
