"""The records of call-backs: what is owed to whom, and what became of an attempt. Written by `journal`, told by
`api.webhooks.worker`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tasks.domain.model import Task

END = "end"
CORRECTED = "corrected"  # another end, after one that was told and did not hold
DURABLE = frozenset({END, CORRECTED})  # told until a receiver has heard it; of a step on the way there is a newer soon


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryLane:
    """Where a call-back waits its turn: among those of its owner, of that owner to one receiver, and to one URL."""

    owner: str = ""
    receiver: str = ""
    url: str = ""

    @property
    def names(self) -> tuple[str, str, str]:
        """By which its rows can be left out, the widest first. A query of a URL differs from task to task."""
        lane = self.url.partition("?")[0]
        return self.owner, f"{self.owner} {self.receiver}", f"{self.owner} {lane}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hook:
    """A call-back to make: written with the task's end, delivered later from the outbox."""

    task_id: str
    url: str
    api: str = "v1"
    state: str | None = None  # None: the task's own
    trusted: bool = False  # the operator's own URL: its address is not checked
    event: str = END  # or CORRECTED, or the status that an unfinished task has reached: tried once, never again
    snapshot: Task | None = None  # the task as it was then; None: as it is when told


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A webhook owed to a receiver: a row of the outbox."""

    id: int
    task_id: str
    url: str
    receiver: str  # scheme://host:port of the URL; "" if it cannot be parsed
    owner: str  # the name of the secret that submitted the task; "*": the operator
    api: str  # the contract that shapes the body
    state: str | None  # None: that of the task
    trusted: bool  # a URL of the operator: its address is not checked
    event: str
    snapshot: Task | None  # the task at the time of the event; None: as it is now
    attempts: int  # made so far, or since the operator requested a retry
    due: int  # ms; 0: at once
    status: str  # due | done | given_up
    last_error: str
    created: int  # ms
    settled: int | None  # ms; None while it is due
    last_status: int | None  # the HTTP status of the last response

    @property
    def place(self) -> DeliveryLane:
        """Where it waits its turn."""
        return DeliveryLane(owner=self.owner, receiver=self.receiver, url=self.url)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One POST of a call-back, and what became of it."""

    delivery_id: int
    task_id: str
    receiver: str  # scheme://host:port
    event: str
    number: int  # the first is 1
    time: int  # ms, when it had ended
    outcome: str  # the delivery is done, due (at `due`), or given_up
    due: int | None = None  # ms
    status: int | None = None  # HTTP's; None: there was no answer
    error: str = ""  # never anything of the URL
