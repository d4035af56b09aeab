"""Records of webhooks: deliveries owed and attempts made. `tasks.effects.journal` writes them, `api.webhooks.worker`
delivers them.
"""

from __future__ import annotations

from dataclasses import dataclass

from tasks.domain.model import Task

END = "end"
CORRECTED = "corrected"  # another end, replacing one that was reported earlier
DURABLE = frozenset({END, CORRECTED})  # retried until accepted; a step is superseded by the next one


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryLane:
    """The queues that a delivery waits in: by owner, by owner and receiver, and by owner and URL."""

    owner: str = ""
    receiver: str = ""
    url: str = ""

    @property
    def names(self) -> tuple[str, str, str]:
        """Names by which rows can be left out, widest first. Without the URL's query, which may differ from task to
        task."""
        lane = self.url.partition("?")[0]
        return self.owner, f"{self.owner} {self.receiver}", f"{self.owner} {lane}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hook:
    """A webhook to deliver: written with the task's change, delivered later from the outbox."""

    task_id: str
    url: str
    api: str = "v1"
    state: str | None = None  # None: the task's own
    trusted: bool = False  # the operator's own URL: its address is not checked
    event: str = END  # or CORRECTED, or the status that an unfinished task has reached: attempted once, never retried
    snapshot: Task | None = None  # the task at the time of the event; None: the task at delivery


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
        """The lane in which it waits."""
        return DeliveryLane(owner=self.owner, receiver=self.receiver, url=self.url)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One POST of a delivery, and its outcome."""

    delivery_id: int
    task_id: str
    receiver: str  # scheme://host:port
    event: str
    number: int  # the first is 1
    time: int  # ms, when it ended
    outcome: str  # the delivery is done, due again (at `due`), or given_up
    due: int | None = None  # ms
    status: int | None = None  # HTTP status; None: no response
    error: str = ""  # never contains the URL
