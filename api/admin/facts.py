"""/api/v1/facts: the learned facts, for the operator.

Contract: reads memory only. Samples hold neither links nor user ids; they are removed when a fact is learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol, TypedDict

from aiohttp import web

from api.http.operations import Answer, Operation, says, words
from api.http.responses import json_value
from api.http.routes import Route
from tasks.domain.facts import Fact, FactKind
from tasks.domain.model import Bot


class FactV1(TypedDict):
    """A learned fact. Times are milliseconds since 1970."""

    bot: Annotated[str, words("The bot that it concerns.", tuple(Bot))]
    kind: Annotated[str, words("What it is about.", tuple(FactKind))]
    subject: Annotated[str, says("A version, a parameter with a version, an account … as the kind requires.")]
    value: str
    account: Annotated[str, says("The account that received the source.")]
    messageId: Annotated[str, says("The source; empty if it is no message.")]
    learned: int
    sample: Annotated[str, says("A capture of an unknown button or message.")]


class FactsV1(TypedDict):
    """What MidJourney's messages and Discord's command index have shown."""

    facts: list[FactV1]


_DOC = Operation(
    name="facts",
    tag="operator",
    summary="Facts learned from MidJourney and Discord (学到的事实)",
    answers={200: Answer(means="The newest first.", type=FactsV1)},
)


class KnownFacts(Protocol):
    """The learned facts: `tasks.effects.fact_book` has them."""

    def all(self) -> Sequence[Fact]:
        """Newest first."""


class FactRoutes:
    def __init__(self, facts: KnownFacts) -> None:
        self._facts = facts

    def routes(self) -> tuple[Route, ...]:
        return (Route(path="/api/v1/facts", handler=self.facts, methods=("GET",), is_admin=True, doc=_DOC),)

    async def facts(self, request: web.Request) -> web.Response:
        return json_value({"facts": [document(fact) for fact in self._facts.all()]})


def document(fact: Fact) -> FactV1:
    """The JSON document of a fact."""
    return {
        "bot": fact.bot,
        "kind": fact.kind,
        "subject": fact.subject,
        "value": fact.value,
        "account": fact.account,
        "messageId": fact.message_id,
        "learned": fact.learned,
        "sample": fact.sample,
    }
