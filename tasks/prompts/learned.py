"""What a prompt's check knows from learned facts. Pure.

Contract: serves warnings only. Without facts the defaults hold: the versions that MidJourney used in October 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.domain.facts import Fact, FactKind
from tasks.domain.model import Bot, Mode

DEFAULT_VERSIONS = {Bot.MIDJOURNEY: "v 8.2", Bot.NIJI: "niji 7"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """`default`: the version of prompts that name none, as `tasks.domain.facts.version_name` writes it. `refused`:
    subjects of refused parameters, each with MidJourney's words. `plans`: names of the accounts' plans."""

    default: str = DEFAULT_VERSIONS[Bot.MIDJOURNEY]
    versions: frozenset[str] = frozenset()
    refused: tuple[tuple[str, str], ...] = ()
    refused_modes: frozenset[Mode] = frozenset()
    plans: frozenset[str] = frozenset()

    def refusal(self, subject: str) -> str:
        """MidJourney's words about this parameter with this version; "" without a refusal."""
        return next((words for known, words in self.refused if known == subject), "")


NOTHING_LEARNED = Learned()


def learned_of(facts: Sequence[Fact], bot: Bot, accounts: Iterable[str] = ()) -> Learned:
    """What the facts say about this bot, newest first. `accounts`: those that may draw the prompt; empty: any."""
    wanted = frozenset(accounts)
    own = [fact for fact in facts if fact.bot is bot and not (wanted and fact.account not in wanted)]
    everywhere = [fact for fact in facts if fact.bot is bot]
    defaults = [fact.value for fact in own if fact.kind is FactKind.DEFAULT_VERSION]
    modes = {fact.subject.rpartition(" ")[2] for fact in own if fact.kind is FactKind.MODE_REFUSED}
    return Learned(
        default=next(iter(defaults), DEFAULT_VERSIONS[bot]),
        versions=frozenset(fact.subject for fact in everywhere if fact.kind is FactKind.VERSION),
        refused=tuple((f.subject, f.value) for f in everywhere if f.kind is FactKind.PARAMETER_REFUSED),
        refused_modes=frozenset(mode for mode in Mode if mode in modes),
        plans=frozenset(fact.value for fact in own if fact.kind is FactKind.PLAN),
    )
