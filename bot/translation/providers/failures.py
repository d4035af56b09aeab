"""What can go wrong with a translator, and what follows from each: one table for all of them.

Law: a provider's file maps its own codes to these and decides nothing else. The words may be shown to callers; what a
provider said itself is not, as it may hold a key or the prompt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tasks.domain.errors import ServiceError

HOUR = 3600.0


class FailureKind(Enum):
    """The value is what is said of it."""

    DOWN = "It could not be reached, or failed"
    SLOW = "It did not answer in time"
    BUSY = "It was asked too often"
    QUOTA = "Its quota is used up"
    KEY = "It does not take the key or the settings it was given"
    LANGUAGE = "It does not know the language"
    LENGTH = "The prompt is too long for it"
    REFUSED = "It would not translate this text"
    ODD = "Its answer was not understood"
    UNCHANGED = "It gave the text back untranslated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Consequence:
    """What the chain does. A pause of None is the one that is set; 0: the next prompt may be asked at once."""

    pause: float | None = None  # seconds, unless the provider said how long
    longest: float = HOUR  # seconds: no provider's word is taken for more
    again: bool = False  # asked once more, where time is left
    operator: bool = False  # only the operator can mend it: an error in the log


CONSEQUENCES: Mapping[FailureKind, Consequence] = {
    FailureKind.DOWN: Consequence(again=True),
    FailureKind.SLOW: Consequence(),
    FailureKind.BUSY: Consequence(again=True),
    FailureKind.QUOTA: Consequence(pause=HOUR, longest=24 * HOUR, operator=True),
    FailureKind.KEY: Consequence(pause=HOUR, operator=True),
    FailureKind.LANGUAGE: Consequence(pause=0),  # of this prompt alone, as the next three
    FailureKind.LENGTH: Consequence(pause=0),
    FailureKind.REFUSED: Consequence(pause=0),
    FailureKind.UNCHANGED: Consequence(pause=0),
    FailureKind.ODD: Consequence(),
}


class TranslatorFailed(ServiceError):
    """The translator gave no translation."""

    code = "translator_failed"

    def __init__(self, trouble: FailureKind, code: object = "", *, wait: float | None = None) -> None:
        """`code` is the provider's own, a number or a word; `wait` its word when to come again, in seconds."""
        super().__init__(f"{trouble.value}{f' ({code})' if code else ''}.")
        self.trouble = trouble
        self.wait = wait

    @property
    def consequence(self) -> Consequence:
        return CONSEQUENCES[self.trouble]
