"""Several providers as one translator: tried in order within one time limit, with a cool-down after a failure.

Contract: implements `tasks.domain.ports.Translator`. `to_english` never raises: a prompt that cannot be translated is
sent unchanged, with a note for the caller. English is sent to no provider; a text that a provider takes for English
stays unchanged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from bot.translation import prompts, scripts
from bot.translation.cache import TranslationCache
from bot.translation.cooldowns import ProviderCooldowns
from bot.translation.prompts import Scope
from bot.translation.providers.failures import FailureKind, TranslatorFailed
from bot.translation.providers.provider import Provider, TranslatedText
from tasks.domain.ports import Clock, Translation

log = logging.getLogger(__name__)

RETRY_DELAY = 0.2  # seconds before a failed provider is tried once more


class TranslatorChain:
    def __init__(
        self,
        providers: Sequence[Provider],
        *,
        clock: Clock,
        timeout: float = 5.0,
        pause: float = 60.0,
        scope: Scope = "all",
        cache: TranslationCache | None = None,
        retry_delay: float = RETRY_DELAY,
    ) -> None:
        """`timeout`, `pause` and `retry_delay` in seconds; the time-out covers all providers together."""
        self._providers = tuple(providers)
        self._timeout = timeout
        self._pauses = ProviderCooldowns(pause=pause, clock=clock)
        self._scope = scope
        self._cache = cache or TranslationCache(None)
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
        """The translations of the first provider that succeeds, and the failures of those before it."""
        end = _now() + self._timeout
        failures: list[str] = []
        usable = [provider for provider in self._providers if not self._pauses.is_paused(provider.name)]
        for left, provider in zip(range(len(usable), 0, -1), usable, strict=True):
            # An even share of the remaining time: a provider that hangs must not use up the others' time.
            until = _now() + (end - _now()) / left
            try:
                translated = await self._request_with_retry(provider, texts, until)
            except TranslatorFailed as error:
                failures.append(f"{provider.name}: {error.message}")
                self._pauses.note(provider.name, error)
            else:
                found = {text: _chosen(text, one) for text, one in zip(texts, translated, strict=True)}
                await self._cache.keep(found, provider.name)
                return found, []
        return {}, failures

    async def _request_with_retry(self, provider: Provider, texts: Sequence[str], until: float) -> list[TranslatedText]:
        """Retry once after a transient failure, if time is left."""
        try:
            return await self._request(provider, texts, until)
        except TranslatorFailed as error:
            wait = self._retry_delay if error.wait is None else error.wait
            if not error.consequence.again or _now() + wait >= until:
                raise
        await asyncio.sleep(wait)
        return await self._request(provider, texts, until)

    async def _request(self, provider: Provider, texts: Sequence[str], until: float) -> list[TranslatedText]:
        try:
            async with asyncio.timeout(until - _now()):
                translated = await provider.translate(texts, scripts.language("".join(texts)))
        except TimeoutError as error:
            raise TranslatorFailed(FailureKind.SLOW) from error
        except TranslatorFailed:
            raise
        except Exception as error:  # the next provider is still tried
            log.exception("translator %s raised an unexpected error", provider.name)
            raise TranslatorFailed(FailureKind.ODD) from error
        if len(translated) != len(texts) or not all(_is_text(one.english) for one in translated):
            raise TranslatorFailed(FailureKind.ODD)
        if not all(map(_is_translated, texts, translated)):
            raise TranslatorFailed(FailureKind.UNCHANGED)
        return translated


def _now() -> float:
    return asyncio.get_running_loop().time()


def _is_text(english: str) -> bool:
    """Half a surrogate pair can be neither stored nor sent."""
    return not any("\ud800" <= character <= "\udfff" for character in english)


def _is_translated(text: str, translated: TranslatedText) -> bool:
    """Is the result non-empty, with fewer foreign letters? A name may stay, the whole text may not."""
    if not scripts.is_foreign(text):  # in Latin letters: an unchanged text was English or a name
        return bool(translated.english.strip())
    return bool(translated.english.strip()) and scripts.count_foreign(translated.english) < scripts.count_foreign(text)


def _chosen(text: str, translated: TranslatedText) -> str:
    return text if translated.was_english and not scripts.is_foreign(text) else translated.english
