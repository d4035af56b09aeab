"""How many may wait or listen at once: each caller, and all together.

Contract: counted while they stay, by a context; nobody is put off his seat for another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from api.http.errors import StreamsFull, TooManyStreams

SEATS = 512  # connections that are kept open; most systems give a process 1,024 files
SEATS_PER_CALLER = 256
KINDS = ("all", "task", "wait")  # streams of all tasks, streams of one, waits


class StreamLimits:
    def __init__(self, seats: int = SEATS, per_caller: int = SEATS_PER_CALLER) -> None:
        self._seats = seats
        self._per_caller = per_caller
        self._callers: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()  # what is open now, by kind

    @contextmanager
    def taken(self, caller: str, kind: str) -> Iterator[None]:
        """Raises TooManyStreams, StreamsFull."""
        if self._callers[caller] >= self._per_caller:
            raise TooManyStreams(hint="One stream of /api/v1/events tells of all your tasks.")
        if self._callers.total() >= self._seats:
            raise StreamsFull(hint="Come back later, or ask /api/v1/task/fetch now and then.")
        self._callers[caller] += 1
        self.kinds[kind] += 1
        try:
            yield
        finally:
            self.kinds[kind] -= 1
            self._callers[caller] -= 1
            if not self._callers[caller]:
                del self._callers[caller]
