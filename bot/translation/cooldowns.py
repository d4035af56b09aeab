"""Providers that are skipped for a while after a failure.

Contract: the table in `bot.translation.providers.failures` decides. A failure that only the operator can fix is logged
as an error, once per cool-down.
"""

from __future__ import annotations

import logging

from bot.translation.providers.failures import TranslatorFailed
from tasks.domain.ports import Clock

log = logging.getLogger(__name__)


class ProviderCooldowns:
    def __init__(self, *, pause: float, clock: Clock) -> None:
        """`pause` in seconds, for failures without a time of their own."""
        self._pause = pause
        self._clock = clock
        self._until: dict[str, int] = {}  # name of a provider -> ms

    def is_paused(self, name: str) -> bool:
        return self._until.get(name, 0) > self._clock.now()

    def note(self, name: str, error: TranslatorFailed) -> None:
        seconds = self._seconds(error)
        if not seconds:
            log.info("%s: %s", name, error.message)
            return
        self._until[name] = self._clock.now() + int(seconds * 1000)
        level = logging.ERROR if error.consequence.operator else logging.WARNING
        log.log(level, "translator %s disabled for %g s: %s", name, seconds, error.message)

    def _seconds(self, error: TranslatorFailed) -> float:
        consequence = error.consequence
        if consequence.pause == 0:
            return 0
        usual = self._pause if consequence.pause is None else consequence.pause
        return usual if error.wait is None else min(error.wait, consequence.longest)
