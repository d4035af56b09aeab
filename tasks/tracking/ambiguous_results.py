"""Results that fit several tasks, kept until another key decides.

Contract: held in memory only; after a restart the history backfill delivers them again. Decides nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tasks.domain.events import DiscordEvent, Finished
from tasks.prompts.echo import misfit

log = logging.getLogger(__name__)

DELETED_WITHIN = 10_000  # ms after a result in which its running message is deleted (seen in 2023: one second)
CAPACITY = 200  # the oldest are dropped


class AmbiguousResults:
    def __init__(self) -> None:
        self._kept: list[Finished] = []
        self._rematching: list[Finished] = []  # while they are matched again: no second log line

    def __bool__(self) -> bool:
        return bool(self._kept)

    @property
    def is_rematching(self) -> bool:
        """Whether the kept results are being matched again."""
        return bool(self._rematching)

    def keep(self, event: DiscordEvent, task_ids: Sequence[str]) -> None:
        """Keep a result that fits all of these tasks. Other events are not kept: more of them follow."""
        if isinstance(event, Finished):
            if event not in self._rematching:
                log.warning("a result fits several tasks (%s): waiting for another key", ", ".join(task_ids))
            self._kept = [*self._kept[-CAPACITY + 1 :], event]

    def only(self, account: str, echo: str) -> Finished | None:
        """Remove and return the only result possible for a drawing with this echo; None if there is none, or
        several."""
        found = self._with_echo(account, echo)
        if len(found) != 1:
            return None
        self._kept.remove(found[0])
        return found[0]

    def has(self, account: str, echo: str) -> bool:
        return bool(self._with_echo(account, echo))

    def _with_echo(self, account: str, echo: str) -> list[Finished]:
        """Results with exactly this echo, or else with one that it may become in a result: links are shortened."""
        of_account = [event for event in self._kept if event.keys.account == account and echo]
        same = [event for event in of_account if event.keys.prompt == echo]
        alike = same or [event for event in of_account if misfit(echo, event.keys.prompt or "") is not None]
        newest = max((event.keys.sent_at for event in alike), default=0)
        return [event for event in alike if event.keys.sent_at >= newest - DELETED_WITHIN]

    @contextmanager
    def rematch(self) -> Iterator[Sequence[Finished]]:
        """Yield the kept results to be matched again; those still ambiguous are kept."""
        self._rematching, self._kept = self._kept, []
        try:
            yield self._rematching
        finally:
            self._rematching = []
