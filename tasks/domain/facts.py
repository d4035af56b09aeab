"""Learned facts: what MidJourney's messages and Discord's command index show about the bots and the accounts.

Contract: records only. `tasks.rules.learning` derives them from events, `tasks.effects.fact_book` keeps them. A fact
serves for warnings and diagnostics; nothing is refused because of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tasks.domain.model import Bot


class FactKind(StrEnum):
    """The kinds, each with its subject and value."""

    DEFAULT_VERSION = "default_version"  # subject: account; value: version of prompts that name none
    VERSION = "version"  # subject: version, such as "8.2"; value: drawn or offered
    PARAMETER_REFUSED = "parameter_refused"  # subject: as `conflict` builds it; value: MidJourney's words
    MODE_REFUSED = "mode_refused"  # subject: account and mode; value: MidJourney's words
    UNKNOWN_BUTTON = "unknown_button"  # subject: form of the custom_id; value: label
    UNKNOWN_MESSAGE = "unknown_message"  # subject: kind and first words; value: the words
    LOCALISED_NAME = "localised_name"  # subject: original name; value: the name shown
    PROMPT_LIMIT = "prompt_limit"  # subject: account; value: characters
    PLAN = "plan"  # subject: account; value: name of the plan
    FAST_HOURS = "fast_hours"  # subject: account; value: as MidJourney writes it


UNKNOWN_KINDS = frozenset({FactKind.UNKNOWN_BUTTON, FactKind.UNKNOWN_MESSAGE})


@dataclass(frozen=True, kw_only=True, slots=True)
class FactKey:
    """The identity of a fact: a newer fact with the same key replaces it."""

    bot: Bot
    kind: FactKind
    subject: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One learned fact. `message_id` is "" when no message is the source (the command index). `sample` is a capture of
    an unknown button or message, without links or ids of users."""

    bot: Bot
    kind: FactKind
    subject: str
    value: str
    account: str = ""  # the account that received the source
    message_id: str = ""
    learned: int = 0  # ms
    sample: str = ""

    @property
    def key(self) -> FactKey:
        return FactKey(bot=self.bot, kind=self.kind, subject=self.subject)

    def says_as(self, other: Fact | None) -> bool:
        """Whether the other one has the same content, whenever it was learned."""
        return other is not None and (self.key, self.value) == (other.key, other.value)


def conflict(parameter: str, version: str) -> str:
    """The subject of PARAMETER_REFUSED, such as "--oref with --v 8.2". `parameter`: its name, or "::" for weights.
    `version`: as `version_name` builds it."""
    return f"{parameter if parameter == '::' else f'--{parameter}'} with --{version}"


def version_name(number: float, *, niji: bool = False) -> str:
    """A version as a prompt names it, without dashes: "v 8.2", "niji 7"."""
    return f"{'niji' if niji else 'v'} {number:.10g}"
