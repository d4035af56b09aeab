"""Keeps the learned facts: in memory for readers, on disk through the store.

Contract: `learn` and `forget` change memory at once and never fail; `flush` writes. A fact that cannot be written stays
pending and is written with the next flush: no task depends on a fact.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from tasks.domain.errors import StoreFailed
from tasks.domain.facts import UNKNOWN_KINDS, Fact, FactKey, FactKind
from tasks.domain.model import Bot
from tasks.domain.ports import FactStore
from tasks.prompts.learned import Learned, learned_of
from tasks.rules.learning import Lesson

log = logging.getLogger(__name__)

MOST_UNKNOWN = 50  # facts kept of each unknown kind: others may be anything a channel contains
MOST_CACHED = 100  # combinations of a bot and accounts; callers choose the accounts


class FactBook:
    """The facts known now. Call `start` before use."""

    def __init__(self, store: FactStore) -> None:
        self._store = store
        self._known: dict[FactKey, Fact] = {}
        self._pending: dict[FactKey, Fact | None] = {}  # None: to be removed
        self._learned: dict[tuple[Bot, tuple[str, ...]], Learned] = {}  # since the last change

    async def start(self) -> None:
        """Load the facts. Raises StoreFailed."""
        self._known = {fact.key: fact for fact in await self._store.all()}
        self._learned.clear()

    def all(self) -> Sequence[Fact]:
        """Newest first."""
        return sorted(self._known.values(), key=lambda fact: fact.learned, reverse=True)

    def learned(self, bot: Bot, accounts: tuple[str, ...] = ()) -> Learned:
        """What the facts say about prompts for this bot. `accounts`: those that may draw; empty: any."""
        key = (bot, accounts)
        if key not in self._learned:
            if len(self._learned) >= MOST_CACHED:
                self._learned.clear()
            self._learned[key] = learned_of(self.all(), bot, accounts)
        return self._learned[key]

    def get(self, key: FactKey) -> Fact | None:
        return self._known.get(key)

    def apply(self, lesson: Lesson) -> None:
        """Forget what no longer holds, then learn what is new."""
        self.forget(lesson.forgotten)
        self.learn(lesson.learned)

    def learn(self, facts: Iterable[Fact]) -> None:
        """Add facts; one with the same key and value as a known fact changes nothing."""
        for fact in facts:
            if fact.says_as(self._known.get(fact.key)):
                continue
            words = "" if fact.kind in UNKNOWN_KINDS else f" {fact.subject}: {fact.value}"
            log.info("learned about %s: %s%s", fact.bot, fact.kind, words)
            self._known[fact.key] = self._pending[fact.key] = fact
            self._learned.clear()
            if fact.kind in UNKNOWN_KINDS:
                self._drop_oldest(fact.kind)

    def forget(self, keys: Iterable[FactKey]) -> None:
        """Remove facts; unknown keys are ignored."""
        for key in keys:
            if self._known.pop(key, None) is not None:
                words = "" if key.kind in UNKNOWN_KINDS else f" {key.subject}"
                log.info("no longer known about %s: %s%s", key.bot, key.kind, words)
                self._pending[key] = None
                self._learned.clear()

    async def flush(self) -> None:
        """Write what has changed. Never raises StoreFailed: the changes stay pending."""
        if not self._pending:
            return
        pending, self._pending = self._pending, {}
        try:
            await self._store.save(
                [fact for fact in pending.values() if fact is not None],
                [key for key, fact in pending.items() if fact is None],
            )
        except StoreFailed as error:
            log.error("cannot write learned facts; they are written later: %s", error)
            self._pending = {**pending, **self._pending}

    def _drop_oldest(self, kind: FactKind) -> None:
        own = sorted((f for f in self._known.values() if f.kind is kind), key=lambda fact: fact.learned)
        self.forget(fact.key for fact in own[:-MOST_UNKNOWN])
