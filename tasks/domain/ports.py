"""What the rules need from outside, as Protocols. Implemented by `storage`, `bot` and `tasks.domain.clock`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tasks.domain.events import HistoryPage
from tasks.domain.interactions import Interaction, UploadedAttachment
from tasks.domain.model import Account, IdempotencyKey, Phase, Picture, Send, Status, Task
from tasks.domain.search import Found, Search
from tasks.domain.timeline import Entry, Line
from tasks.domain.webhooks import Hook


class Clock(Protocol):
    """Milliseconds since 1970. Tests set it; deadlines ask it. `tasks.domain.clock` says which of the two is meant."""

    def now(self) -> int: ...


class TaskStore(Protocol):
    """Tasks and sends on disk. Each method is one transaction; when it returns, the change is durable.

    Every method raises `tasks.domain.errors.StoreFailed` when the database cannot be written (a full disk, say).
    """

    async def insert(
        self,
        task: Task,
        hooks: Iterable[Hook] = (),
        pictures: Iterable[Picture] = (),
        once: IdempotencyKey | None = None,
        entries: Iterable[Entry] = (),
    ) -> None:
        """A new task, with the pictures and the key that its caller brought. Durable before it returns."""

    async def by_key(self, key: str, since: int) -> tuple[str, str] | None:
        """The body's digest and the task's id that were kept with this key at `since` (ms) or later."""

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
        """The tasks as they are now, with the call-backs that this change makes due; all or nothing.

        `sends` are new ones: this is the last commit before the wire. `marks` are sends of which something became,
        state and interaction id; one never goes back from POSTED or REFUSED to UNKNOWN. `pictures` are added to the
        (one) task. A task that is over loses its pictures. `entries` are lines for the timelines.
        """

    async def follow(self, hook: Hook) -> None:
        """One more caller hears of this task's end: when it comes, or at once if it has come."""

    async def pictures_of(self, task_id: str) -> list[Picture]:
        """In the order in which they were brought."""

    async def get(self, task_id: str) -> Task | None: ...

    async def get_many(self, task_ids: Sequence[str]) -> list[Task]:
        """Those that exist, in the order asked."""

    async def by_message(self, message_id: str, owner: str | None = None) -> Task | None:
        """The task whose result is this Discord message. Here and below `owner` leaves out others' tasks."""

    async def by_job(self, job_id: str) -> Task | None:
        """The task whose MidJourney job this is."""

    async def by_press(self, parent_id: str, custom_id: str, owner: str | None = None) -> Task | None:
        """The newest task that presses this button of this task's result and has not failed, nor was cancelled."""

    async def waiting(self, limit: int, owner: str | None = None) -> list[Task]:
        """NEW and READY tasks, oldest first."""

    async def waiting_for_no_slot(self, limit: int) -> list[Task]:
        """Those of the waiting tasks that go on without a slot, oldest first: NEW ones and those of the lane QUICK."""

    async def in_phase(self, *phases: Phase) -> list[Task]:
        """All tasks in these phases, oldest first."""

    async def in_flight(self) -> Mapping[str, int]:
        """Account -> drawings that hold a slot: lane DRAW, phase CLAIMED or SENT. Counted from rows."""

    async def sends_of(self, task_ids: Sequence[str]) -> list[Send]:
        """All sends of these tasks, oldest first."""

    async def timeline_of(self, task_id: str) -> list[Line]:
        """Everything that happened to this task, in order."""

    async def timeline_after(self, line_id: int, limit: int) -> list[Line]:
        """The lines of all tasks that came after this one, in order."""

    async def last_line(self) -> int:
        """The id of the newest line that ever was; 0 when there was none."""

    async def last_line_of(self, task_id: str) -> Line | None:
        """The newest line of this task; None when there is none."""

    async def newest_id(self) -> str:
        """Of all tasks, also of one that cannot be read; "0": there is none."""

    async def latest(
        self, limit: int, before: str | None = None, status: Sequence[Status] = (), owner: str | None = None
    ) -> list[Task]:
        """Newest first; `before` is a task id that pages on."""

    async def search(self, search: Search, limit: int, before: str | None = None, owner: str | None = None) -> Found:
        """Among all tasks; `before` is a task id that pages on, and does not lessen the total."""

    async def open_ends(self, since: int, limit: int, after: Task | None = None) -> list[Task]:
        """Those that are `corrections.is_open_end` and ended at `since` (ms) or later, by their end; `after` is the
        last of the page before."""

    async def count_open(self) -> Mapping[tuple[str, ...], int]:
        """How many tasks are not over, by status, action and account ("" without one)."""

    async def count_waiting(self, owner: str | None = None) -> int:
        """How many tasks are NEW or READY."""

    async def drawn_since(self, time: int) -> Mapping[str, int]:
        """Account -> drawings that were sent since then (ms) and not refused."""

    async def count_waiting_for(self, account: str) -> int:
        """How many of them wait for this account alone."""

    async def count_before(self, task_id: str) -> int:
        """How many of them come before this one."""


class Gateway(Protocol):
    """MidJourney through the accounts."""

    def accounts(self) -> Sequence[Account]:
        """The accounts as they are at this moment."""

    def account(self, account_id: str) -> Account | None:
        """One of them; None if there is none of this id. Costs the same however many there are."""

    async def send(self, account: str, order: Interaction, nonce: str) -> None:
        """Say it to MidJourney; returns when Discord has taken it (2xx).

        Raises `NotSent` (nothing reached Discord), `SendRefused` or a subclass (a definite no) and `OutcomeUnknown`.
        Sends at most once. Retries only what Discord definitely did not take (429, an outdated command).
        """

    async def recall(self, account: str, since: int) -> HistoryPage:
        """The channel's history from `since` (ms) on as events, a bounded stretch. Private messages are not in it.

        Raises `NotSent` when Discord cannot be asked now.
        """

    async def upload(self, account: str, pictures: Sequence[Picture]) -> Sequence[UploadedAttachment]:
        """Put files where a command can take them as options. Free, may be repeated. Raises as `send` does."""

    async def publish(self, account: str, pictures: Sequence[Picture]) -> Sequence[str]:
        """Post them as a message in the account's channel; the links at Discord's CDN, in order. Raises as `send`."""

    async def react(self, account: str, message_id: str, emoji: str) -> None:
        """Put a reaction on a message, as one asks MidJourney for a seed. Free. Raises as `send` does."""

    async def refresh(self, account: str, urls: Sequence[str]) -> Mapping[str, str]:
        """Links of Discord's CDN -> the same with a new signature; those it does not know are left out. Free. Raises
        as `send` does."""

    def pause(self, account: str, reason: str) -> None:
        """Take the account out of service until the operator has mended and resumed it, or the process restarts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Translation:
    """`text` is the prompt to send; `note` is "" or says why it is the original."""

    text: str
    note: str = ""


class Translator(Protocol):
    def needs(self, prompt: str) -> bool:
        """Does this prompt hold text to translate? Cheap, asked at submit."""

    async def to_english(self, prompt: str) -> Translation:
        """The prompt in English; parameters, URLs, weights and `--no` lists keep their place. Never raises."""
