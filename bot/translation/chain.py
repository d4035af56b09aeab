"""Several translators as one: tried in order, within one time limit, each left alone for a while after it failed.

Law: implements `tasks.domain.ports.Translator`. `to_english` never raises: what cannot be translated is sent as it is,
with a note for the caller. English is told to nobody; what a translator takes for English stays as it was.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from bot.translation import prompts, scripts
from bot.translation.cache import Cache
from bot.translation.cooldowns import ProviderCooldowns
from bot.translation.prompts import Scope
from bot.translation.providers.failures import FailureKind, TranslatorFailed
from bot.translation.providers.provider import Provider, TranslatedText
from tasks.domain.ports import Clock, Translation

log = logging.getLogger(__name__)

RETRY_DELAY = 0.2  # seconds before a translator that failed is asked once more


class Chain:
    def __init__(
        self,
        providers: Sequence[Provider],
        *,
        clock: Clock,
        timeout: float = 5.0,
        pause: float = 60.0,
        scope: Scope = "all",
        cache: Cache | None = None,
        retry_delay: float = RETRY_DELAY,
    ) -> None:
        """`timeout`, `pause` and `retry_delay` in seconds; the time-out is for all of them together."""
        self._providers = tuple(providers)
        self._timeout = timeout
        self._pauses = ProviderCooldowns(pause=pause, clock=clock)
        self._scope = scope
        self._cache = cache or Cache(None)
        self._retry_delay = retry_delay

    def needs(self, prompt: str) -> bool:
        return bool(self._providers) and prompts.needs_translation(prompt, self._scope)

    async def to_english(self, prompt: str) -> Translation:
        if not self.needs(prompt):
            return Translation(text=prompt)
        parts = prompts.pieces(prompt, self._scope)
        foreign = [piece.text for piece in parts if piece.english is None]
        english = await self._cache.find(foreign)
        if missing := [text for text in dict.fromkeys(foreign) if text not in english]:
            found, failures = await self._first(missing)
            if not found:
                reason = " ".join(failures) or "Every translator failed a moment ago."
                return Translation(text=prompt, note=f"Not translated, sent as it is. {reason}")
            english |= found
        return Translation(text=prompts.joined(parts, [english[text] for text in foreign]))

    async def _first(self, texts: Sequence[str]) -> tuple[dict[str, str], list[str]]:
        """What the first translator says that can, and what is wrong with those before it."""
        end = _now() + self._timeout
        failures: list[str] = []
        usable = [provider for provider in self._providers if not self._pauses.is_paused(provider.name)]
        for left, provider in zip(range(len(usable), 0, -1), usable, strict=True):
            # An even share of what is left: the first to hang must not use up the others' time.
            until = _now() + (end - _now()) / left
            try:
                said = await self._request_with_retry(provider, texts, until)
            except TranslatorFailed as error:
                failures.append(f"{provider.name}: {error.message}")
                self._pauses.note(provider.name, error)
            else:
                found = {text: _chosen(text, one) for text, one in zip(texts, said, strict=True)}
                await self._cache.keep(found, provider.name)
                return found, []
        return {}, failures

    async def _request_with_retry(self, provider: Provider, texts: Sequence[str], until: float) -> list[TranslatedText]:
        """Once more after a failure that passes, where there is time."""
        try:
            return await self._ask(provider, texts, until)
        except TranslatorFailed as error:
            wait = self._retry_delay if error.wait is None else error.wait
            if not error.consequence.again or _now() + wait >= until:
                raise
        await asyncio.sleep(wait)
        return await self._ask(provider, texts, until)

    async def _ask(self, provider: Provider, texts: Sequence[str], until: float) -> list[TranslatedText]:
        try:
            async with asyncio.timeout(until - _now()):
                said = await provider.translate(texts, scripts.language("".join(texts)))
        except TimeoutError as error:
            raise TranslatorFailed(FailureKind.SLOW) from error
        except TranslatorFailed:
            raise
        except Exception as error:  # the next one is asked all the same
            log.exception("%s failed in a way nobody foresaw", provider.name)
            raise TranslatorFailed(FailureKind.ODD) from error
        if len(said) != len(texts) or not all(_is_text(one.english) for one in said):
            raise TranslatorFailed(FailureKind.ODD)
        if not all(map(_is_translated, texts, said)):
            raise TranslatorFailed(FailureKind.UNCHANGED)
        return said


def _now() -> float:
    return asyncio.get_running_loop().time()


def _is_text(english: str) -> bool:
    """Half a surrogate pair can neither be kept nor sent."""
    return not any("\ud800" <= character <= "\udfff" for character in english)


def _is_translated(text: str, said: TranslatedText) -> bool:
    """Something came back, and with fewer foreign letters in it: a name may stay, the whole may not."""
    if not scripts.is_foreign(text):  # in Latin letters: what stays the same was English, or a name
        return bool(said.english.strip())
    return bool(said.english.strip()) and scripts.count_foreign(said.english) < scripts.count_foreign(text)


def _chosen(text: str, said: TranslatedText) -> str:
    return text if said.was_english and not scripts.is_foreign(text) else said.english
