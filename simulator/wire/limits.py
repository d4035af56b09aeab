"""Discord's rate limits: requests per second for each account and route, reported in headers.

Contract: counts requests and reports limits; raises to refuse a request. Windows are fixed, as Discord's headers
describe them. A storm refuses regardless of the count.
"""

import hashlib
import time
from dataclasses import dataclass

from simulator.world.responses import rate_limited

_WINDOW_SECONDS = 1.0
INTERACTIONS = "POST /interactions"  # the route affected by a storm


@dataclass(kw_only=True)
class _Window:
    opened: float
    used: int = 0


@dataclass(frozen=True, kw_only=True)
class _Storm:
    until: float
    retry_after: float  # 0: the remaining time
    everywhere: bool


class RateLimits:
    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], _Window] = {}
        self._storms: dict[str | None, _Storm] = {}  # by token; None: for all accounts

    def reset(self) -> None:
        self._windows.clear()
        self._storms.clear()

    def storm(self, token: str | None, *, seconds: float, retry_after: float, everywhere: bool) -> None:
        self._storms[token] = _Storm(until=time.monotonic() + seconds, retry_after=retry_after, everywhere=everywhere)

    def _apply_storm(self, token: str, route: str) -> None:
        for key in (token, None):
            storm = self._storms.get(key)
            left = storm.until - time.monotonic() if storm else 0.0
            if storm and left > 0 and (storm.everywhere or route == INTERACTIONS):
                raise rate_limited(storm.retry_after or round(left, 3), everywhere=storm.everywhere)

    def spend(self, token: str, route: str, limit: int) -> dict[str, str]:
        """The headers for the response; raises when the window is used up."""
        self._apply_storm(token, route)
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
