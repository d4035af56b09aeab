"""What the health routes answer. Law: declarations only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NotRequired, TypedDict

from api.http.operations import says, words


class QueueHealth(TypedDict):
    """The tasks that wait."""

    waiting: Annotated[int | None, says("How many; null when the database does not say.")]


class AccountHealth(TypedDict):
    """An account, at this moment."""

    id: str
    usable: Annotated[bool, says("It can draw.")]
    connected: bool
    connectedSince: Annotated[int | None, says("Milliseconds since 1970.")]
    paused: Annotated[str, says('Why a human must mend it; `""` when nothing is wrong.')]
    capacity: Annotated[int, says("Drawings at once.")]
    asleep: Annotated[bool, says("It is not its hour.")]
    spent: Annotated[bool, says("Its day's drawings are used up.")]
    details: Annotated[Mapping[str, Any], says("For people.")]


class Word(TypedDict):
    """One word."""

    status: Annotated[str, words("How it is.", ("ok", "degraded"))]


class HealthAnswer(Word):
    """How the service is; the reasons are for those who may ask."""

    version: NotRequired[Annotated[str, says("Of the service.")]]
    reasons: NotRequired[Annotated[Sequence[str], says("Why it is not at its best, and what to do.")]]
    queue: NotRequired[QueueHealth]
    accounts: NotRequired[Sequence[AccountHealth]]
