"""Results that fit several tasks, kept until another key decides.

Contract: held in memory only; after a restart the history backfill brings them again. Decides nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tasks.domain.events import DiscordEvent, Finished
from tasks.prompts.echo import misfit

log = logging.getLogger(__name__)

DELETED_WITHIN = 10_000  # ms after a result in which its running message goes (seen in 2023: one second)
CAPACITY = 200  # kept; the oldest give way


class AmbiguousResults:
    def __init__(self) -> None:
        self._kept: list[Finished] = []
        self._asked_again: list[Finished] = []  # while they are matched again: no second log line

    def __bool__(self) -> bool:
        return bool(self._kept)

    @property
    def is_asking(self) -> bool:
        """Are the kept results being matched again?"""
        return bool(self._asked_again)

    def keep(self, event: DiscordEvent, task_ids: Sequence[str]) -> None:
        """Keep a result that fits all of these tasks. Other events are not kept: more of them follow."""
        if isinstance(event, Finished):
            if event not in self._asked_again:
                log.warning(
                    "a result fits several tasks (%s): left open until another key decides", ", ".join(task_ids)
                )
            self._kept = [*self._kept[-CAPACITY + 1 :], event]

    def only(self, account: str, echo: str) -> Finished | None:
        """The only one that a drawing which runs with this echo may end in; it is taken out. None: there is none, or
        several."""
        found = self._like(account, echo)
        if len(found) != 1:
            return None
        self._kept.remove(found[0])
        return found[0]

    def has(self, account: str, echo: str) -> bool:
        return bool(self._like(account, echo))

    def _like(self, account: str, echo: str) -> list[Finished]:
        """With these very words, or else with those that they may become in a result: links are shortened."""
        of_account = [event for event in self._kept if event.keys.account == account and echo]
        same = [event for event in of_account if event.keys.prompt == echo]
        alike = same or [event for event in of_account if misfit(echo, event.keys.prompt or "") is not None]
        newest = max((event.keys.sent_at for event in alike), default=0)
        return [event for event in alike if event.keys.sent_at >= newest - DELETED_WITHIN]

    @contextmanager
    def asked_again(self) -> Iterator[Sequence[Finished]]:
        """Yield the kept results to be matched again; what is still ambiguous is kept anew."""
        self._asked_again, self._kept = self._kept, []
        try:
            yield self._asked_again
        finally:
            self._asked_again = []
