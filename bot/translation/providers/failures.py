"""The kinds of failure of a provider and their consequences: one table for all providers.

Contract: a provider maps its own codes to these kinds and decides nothing else. The texts may be shown to callers; the
provider's own words may not, as they may contain a key or the prompt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tasks.domain.errors import ServiceError

HOUR = 3600.0


class FailureKind(Enum):
    """The value is the text for callers."""

    DOWN = "It could not be reached, or failed"
    SLOW = "It did not answer in time"
    BUSY = "It received too many requests"
    QUOTA = "Its quota is used up"
    KEY = "It rejected the key or the settings"
    LANGUAGE = "It does not support the language"
    LENGTH = "The prompt is too long for it"
    REFUSED = "It refused to translate this text"
    ODD = "Its answer was not understood"
    UNCHANGED = "It returned the text untranslated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Consequence:
    """The reaction of the chain. `pause` None: the configured one; 0: no cool-down."""

    pause: float | None = None  # seconds, unless the provider names a time
    longest: float = HOUR  # seconds: the longest accepted time of a provider
    again: bool = False  # retry once, if time is left
    operator: bool = False  # only the operator can fix it: logged as an error


CONSEQUENCES: Mapping[FailureKind, Consequence] = {
    FailureKind.DOWN: Consequence(again=True),
    FailureKind.SLOW: Consequence(),
    FailureKind.BUSY: Consequence(again=True),
    FailureKind.QUOTA: Consequence(pause=HOUR, longest=24 * HOUR, operator=True),
    FailureKind.KEY: Consequence(pause=HOUR, operator=True),
    FailureKind.LANGUAGE: Consequence(pause=0),  # concerns this prompt only, like the next three
    FailureKind.LENGTH: Consequence(pause=0),
    FailureKind.REFUSED: Consequence(pause=0),
    FailureKind.UNCHANGED: Consequence(pause=0),
    FailureKind.ODD: Consequence(),
}


class TranslatorFailed(ServiceError):
    """The provider returned no translation."""

    code = "translator_failed"

    def __init__(self, kind: FailureKind, code: object = "", *, wait: float | None = None) -> None:
        """`code`: the provider's own, a number or a word; `wait`: seconds until the next attempt, from the provider."""
        super().__init__(f"{kind.value}{f' ({code})' if code else ''}.")
        self.kind = kind
        self.wait = wait

    @property
    def consequence(self) -> Consequence:
        return CONSEQUENCES[self.kind]
