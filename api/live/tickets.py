"""Tickets: how a page's EventSource, which sends no header, opens a stream without a secret in its address.

Contract: a ticket is good once, for a minute, for streams alone. They are kept in memory, as digests, and are few;
whoever takes many leaves some for others.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256

from api.http.errors import BadTicket, StreamsFull, TooManyStreams
from api.http.principals import Caller
from tasks.domain.ports import Clock

GOOD_FOR = 60_000  # ms
MOST = 1000  # that are out at once
MOST_PER_CALLER = MOST // 2


@dataclass(frozen=True, kw_only=True, slots=True)
class IssuedTicket:
    text: str
    expires: int  # ms


class Tickets:
    def __init__(self, clock: Clock, *, most: int = MOST, per_caller: int = MOST_PER_CALLER) -> None:
        self._clock = clock
        self._most = most
        self._per_caller = per_caller
        self._out: dict[bytes, tuple[int, Caller]] = {}  # digest -> expiry and caller; oldest first

    def issue(self, caller: Caller) -> IssuedTicket:
        """Raises TooManyStreams, StreamsFull when too many are out."""
        now = self._clock.now()
        self._forget(now)
        if sum(owner.name == caller.name for _, owner in self._out.values()) >= self._per_caller:
            raise TooManyStreams("Too many of your tickets are out.", hint="Come back in a minute.")
        if len(self._out) >= self._most:
            raise StreamsFull("Too many tickets are out.", hint="Come back in a minute.")
        text = secrets.token_urlsafe(32)
        self._out[_digest(text)] = (now + GOOD_FOR, caller)
        return IssuedTicket(text=text, expires=now + GOOD_FOR)

    def redeem(self, text: str) -> Caller:
        """Redeem the ticket, once, for its caller. Raises BadTicket."""
        self._forget(self._clock.now())
        try:
            return self._out.pop(_digest(text))[1]
        except KeyError:
            raise BadTicket(hint="Get a new one from POST /api/v1/events/ticket.") from None

    def _forget(self, now: int) -> None:
        for digest in [digest for digest, (expires, _) in self._out.items() if expires <= now]:
            del self._out[digest]


def _digest(text: str) -> bytes:
    return sha256(text.encode(errors="surrogatepass")).digest()
