"""The interfaces that the rules need from outside, as Protocols. Implemented by `storage`, `bot` and
`tasks.domain.clock`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tasks.domain.events import HistoryPage
from tasks.domain.facts import Fact, FactKey
from tasks.domain.interactions import Interaction, UploadedAttachment
from tasks.domain.model import Account, IdempotencyKey, Occupied, Phase, Picture, Send, Status, Task
from tasks.domain.search import Found, Search
from tasks.domain.timeline import Entry, Line
from tasks.domain.webhooks import Hook


class Clock(Protocol):
    """Milliseconds since 1970. Tests set it. `tasks.domain.clock` describes the two clocks."""

    def now(self) -> int: ...


class TaskStore(Protocol):
    """Tasks and sends on disk. Each method is one transaction; when it returns, the change is durable.

    Every method raises `tasks.domain.errors.StoreFailed` when the database cannot be read or written.
    """

    async def insert(
        self,
        task: Task,
        hooks: Iterable[Hook] = (),
        pictures: Iterable[Picture] = (),
        once: IdempotencyKey | None = None,
        entries: Iterable[Entry] = (),
    ) -> None:
        """Add a task, with its pictures and idempotency key. Durable when it returns."""

    async def by_key(self, key: str, since: int) -> tuple[str, str] | None:
        """The body's digest and the task id stored with this key at `since` (ms) or later."""

    async def save(
        self,
        tasks: Iterable[Task],
        hooks: Iterable[Hook] = (),
        *,
        marks: Iterable[Send] = (),
        sends: Iterable[Send] = (),
        pictures: Iterable[Picture] = (),
        entries: Iterable[Entry] = (),
    ) -> None:
        """Save the tasks with the webhooks that their changes make due; all or nothing.

        `sends` are new ones: this is the last commit before they are posted. `marks` are sends with a new state or
        interaction id; a send never returns from POSTED or REFUSED to UNKNOWN. `pictures` are added to the (single)
        task. Finished tasks lose their pictures. `entries` are lines for the timelines.
        """

    async def follow(self, hook: Hook) -> None:
        """Add a receiver for this task's end: notified when the task ends, or at once if it has ended."""

    async def pictures_of(self, task_id: str) -> list[Picture]:
        """In the order in which they were sent."""

    async def get(self, task_id: str) -> Task | None: ...

    async def get_many(self, task_ids: Sequence[str]) -> list[Task]:
        """The tasks that exist, in the given order."""

    async def by_message(self, message_id: str, owner: str | None = None) -> Task | None:
        """The task with this Discord message as its result. Here and below, `owner` restricts the search to that
        owner's tasks."""

    async def by_job(self, job_id: str) -> Task | None:
        """The task with this MidJourney job."""

    async def by_press(self, parent_id: str, custom_id: str, owner: str | None = None) -> Task | None:
        """The newest task that pressed this button of this task's result and has neither failed nor been cancelled."""

    async def waiting(self, limit: int, owner: str | None = None) -> list[Task]:
        """NEW and READY tasks, oldest first."""

    async def waiting_for_no_slot(self, limit: int) -> list[Task]:
        """Waiting tasks that need no slot, oldest first: NEW tasks and those of the lane QUICK."""

    async def waiting_beside(self, limit: int) -> list[Task]:
        """As `waiting_for_no_slot`, and clips and drawings requested in relaxed mode: their slots may be free while
        those of fast images are taken."""

    async def in_phase(self, *phases: Phase) -> list[Task]:
        """All tasks in these phases, oldest first."""

    async def in_flight(self) -> Mapping[Occupied, int]:
        """The numbers of drawings that hold a slot: lane DRAW, phase CLAIMED or SENT. Counted from rows."""

    async def sends_of(self, task_ids: Sequence[str]) -> list[Send]:
        """All sends of these tasks, oldest first."""

    async def timeline_of(self, task_id: str) -> list[Line]:
        """All lines of this task's timeline, in order."""

    async def timeline_after(self, line_id: int, limit: int) -> list[Line]:
        """The lines of all tasks after this one, in order."""

    async def last_line(self) -> int:
        """The id of the newest line ever written; 0 when there was none."""

    async def last_line_of(self, task_id: str) -> Line | None:
        """The newest line of this task, or None."""

    async def newest_id(self) -> str:
        """The newest task id, even of an unreadable task; "0" without tasks."""

    async def latest(
        self, limit: int, before: str | None = None, status: Sequence[Status] = (), owner: str | None = None
    ) -> list[Task]:
        """Newest first. `before` is the last task id of the previous page."""

    async def search(self, search: Search, limit: int, before: str | None = None, owner: str | None = None) -> Found:
        """Search all tasks. `before` is the last task id of the previous page; it does not reduce the total."""

    async def open_ends(self, since: int, limit: int, after: Task | None = None) -> list[Task]:
        """Tasks that are `tasks.rules.reopening.is_open_end` and ended at `since` (ms) or later, in the order of
        their ends. `after` is the last task of the previous page."""

    async def count_open(self) -> Mapping[tuple[str, ...], int]:
        """The numbers of unfinished tasks by status, action and account ("" without one)."""

    async def count_waiting(self, owner: str | None = None) -> int:
        """The number of NEW and READY tasks."""

    async def drawn_since(self, time: int) -> Mapping[str, int]:
        """Account -> number of drawings sent since then (ms) and not refused."""

    async def count_waiting_for(self, account: str) -> int:
        """The number of tasks that wait for this account only."""

    async def count_before(self, task_id: str) -> int:
        """The number of waiting tasks ahead of this one."""


class FactStore(Protocol):
    """Learned facts on disk. Each method raises `tasks.domain.errors.StoreFailed` when the database fails."""

    async def all(self) -> list[Fact]:
        """All facts, in any order."""

    async def save(self, learned: Iterable[Fact], forgotten: Iterable[FactKey] = ()) -> None:
        """Remove the forgotten facts, then add the learned ones, each in place of a fact with the same key. One
        transaction."""


class Gateway(Protocol):
    """Access to MidJourney through the accounts."""

    def accounts(self) -> Sequence[Account]:
        """The current state of all accounts."""

    def account(self, account_id: str) -> Account | None:
        """One account, or None. The cost does not depend on the number of accounts."""

    async def send(self, account: str, order: Interaction, nonce: str) -> None:
        """Send it to MidJourney; returns when Discord has accepted it (2xx).

        Raises `NotSent` (nothing reached Discord), `SendRefused` or a subclass (definitely refused) and
        `OutcomeUnknown`. Sends at most once. Retries only what Discord definitely did not accept (429, an outdated
        command).
        """

    async def read_history(self, account: str, since: int) -> HistoryPage:
        """A bounded part of the channel's history from `since` (ms) on, as events. Private messages are not in it.

        Raises `NotSent` when Discord cannot be reached.
        """

    async def upload(self, account: str, pictures: Sequence[Picture]) -> Sequence[UploadedAttachment]:
        """Upload files that a command can use as options. Free, may be repeated. Raises as `send` does."""

    async def publish(self, account: str, pictures: Sequence[Picture]) -> Sequence[str]:
        """Post pictures as a message in the account's channel. Returns their links at Discord's CDN, in order.
        Raises as `send` does."""

    async def react(self, account: str, message_id: str, emoji: str) -> None:
        """Add a reaction to a message; MidJourney answers one of them with a job's seed. Free. Raises as `send`
        does."""

    async def refresh(self, account: str, urls: Sequence[str]) -> Mapping[str, str]:
        """Renew the signatures of Discord CDN links: maps old links to new ones, without those that Discord does not
        know. Free. Raises as `send` does."""

    def pause(self, account: str, reason: str) -> None:
        """Pause the account until the operator resumes it or the process restarts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Translation:
    """`text` is the prompt to send. `note` is "", or states why it is untranslated."""

    text: str
    note: str = ""


class Translator(Protocol):
    def needs(self, prompt: str) -> bool:
        """Whether this prompt contains text to translate. Cheap; called at submit."""

    async def to_english(self, prompt: str) -> Translation:
        """Translate to English. Parameters, URLs, weights and `--no` lists keep their places. Never raises."""
