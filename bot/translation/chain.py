"""Several translators as one: tried in order, within one time limit, each left alone for a while after it failed.

Law: implements `tasks.ports.Translator`. `to_english` never raises: what cannot be translated is sent as it is, with a
note for the caller. A prompt without Chinese is told to nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from bot.translation import prompts
from bot.translation.provider import Provider, TranslatorFailed
from tasks.ports import Clock, Translation

log = logging.getLogger(__name__)


class Chain:
    def __init__(
        self, providers: Sequence[Provider], *, timeout: float = 5.0, pause: float = 60.0, clock: Clock
    ) -> None:
        self._providers = tuple(providers)
        self._timeout = timeout  # seconds, in all
        self._pause = pause  # seconds
        self._clock = clock
        self._paused_until: dict[str, int] = {}  # name of a provider -> ms

    def needs(self, prompt: str) -> bool:
        return bool(self._providers) and prompts.needs_translation(prompt)

    async def to_english(self, prompt: str) -> Translation:
        if not self.needs(prompt):
            return Translation(text=prompt)
        parts = prompts.pieces(prompt)
        chinese = [piece.text for piece in parts if piece.english is None]
        end = asyncio.get_running_loop().time() + self._timeout
        failures: list[str] = []
        usable = [provider for provider in self._providers if not self._is_paused(provider)]
        for left, provider in zip(range(len(usable), 0, -1), usable, strict=True):
            # An even share of what is left: the first to hang must not use up the others' time.
            share = (end - asyncio.get_running_loop().time()) / left
            try:
                return Translation(text=prompts.joined(parts, await self._ask(provider, chinese, share)))
            except TranslatorFailed as error:
                failures.append(f"{provider.name}: {error.message}")
                self._set_aside(provider, error.message)
        reason = " ".join(failures) or "Every translator failed a moment ago."
        return Translation(text=prompt, note=f"Not translated, sent as it is. {reason}")

    async def _ask(self, provider: Provider, chinese: Sequence[str], seconds: float) -> list[str]:
        try:
            async with asyncio.timeout(seconds):
                english = await provider.translate(chinese)
        except TimeoutError as error:
            raise TranslatorFailed("It did not answer in time.") from error
        except TranslatorFailed:
            raise
        except Exception as error:
            log.exception("%s failed in a way nobody foresaw", provider.name)
            raise TranslatorFailed from error
        if len(english) != len(chinese) or not all(map(_is_translated, chinese, english)):
            raise TranslatorFailed("It gave the Chinese back.")
        return english

    def _is_paused(self, provider: Provider) -> bool:
        return self._paused_until.get(provider.name, 0) > self._clock.now()

    def _set_aside(self, provider: Provider, reason: str) -> None:
        self._paused_until[provider.name] = self._clock.now() + int(self._pause * 1000)
        log.warning("%s is left alone for %g s: %s", provider.name, self._pause, reason)


def _is_translated(chinese: str, english: str) -> bool:
    """Something came back, and with less Chinese in it: a name may stay, the whole may not."""
    return bool(english.strip()) and prompts.count_chinese(english) < prompts.count_chinese(chinese)
