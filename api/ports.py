"""What the API needs from the rules: the use-cases, as one Protocol.

Contract: the API asks for things to be done in these words only; how they are done is none of its business.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from tasks.domain.model import (
    Account,
    Action,
    ExtensionRequest,
    Mode,
    Picture,
    Status,
    SubmitOptions,
    Task,
    VideoRequest,
)
from tasks.domain.search import Found, Search
from tasks.domain.timeline import Line
from tasks.use_cases.queries import Principal

S_co = TypeVar("S_co", covariant=True)


class Service(Protocol):
    """The use-cases. Each raises `tasks.domain.errors` with a message made for the caller."""

    async def imagine(self, ask: SubmitOptions, *, prompt: str) -> Task:
        """A new drawing; on disk when it returns."""

    async def edit(self, ask: SubmitOptions, *, prompt: str, pictures: Sequence[Picture | str]) -> Task:
        """One to four pictures, brought or linked, changed by words."""

    async def act(self, ask: SubmitOptions, *, parent: str, does: Action, index: int | None) -> Task:
        """A press of a button of a result. `parent` is our task id or the Discord message id of the result."""

    async def get(self, task_id: str) -> Task | None: ...

    async def fetch(self, task_id: str) -> Task | None:
        """As `get`; the link of its picture is one that still works, where that could be had."""

    async def latest(self, limit: int, before: str | None = None, status: Sequence[Status] = ()) -> list[Task]:
        """Newest first; `before` is a task id that pages on; an empty `status` means any."""

    async def search(self, search: Search, limit: int, before: str | None = None) -> Found:
        """Among all tasks, newest first, with their number; `before` is a task id that pages on."""

    def accounts(self) -> Sequence[Account]:
        """The accounts as they are at this moment."""


class Services(Protocol[S_co]):
    """Where handlers get the use-cases from: always those of one caller. What is asked for nobody in particular."""

    def seen_by(self, viewer: Principal) -> S_co:
        """For this caller; another's task is there as little as one that never was."""

    async def queue_length(self) -> int:
        """How many tasks wait for an account."""

    def accounts(self) -> Sequence[Account]:
        """The accounts as they are at this moment."""


class Lines(Protocol):
    """What happened to one task: `tasks.domain.ports.TaskStore` has it."""

    async def timeline_of(self, task_id: str) -> list[Line]:
        """Everything that happened to this task, in order."""


class MjService(Service, Protocol):
    """The use-cases of the whole of `/mj`."""

    async def imagine(self, ask: SubmitOptions, *, prompt: str, pictures: Sequence[Picture] = ()) -> Task:
        """A new drawing from a text and pictures; on disk when it returns."""

    async def result(self, reference: str) -> Task:
        """The finished task of this id, or of the Discord message with its result."""

    async def press(self, ask: SubmitOptions, *, parent: str, custom_id: str) -> Task:
        """A press of any button of a result. The task is MODAL when a second input is needed first."""

    async def modal(self, task_id: str, *, prompt: str | None, mask: bytes | None) -> Task:
        """The second input of a MODAL task, which goes on. Without a prompt the dialog's own text is used."""

    async def describe(self, ask: SubmitOptions, *, picture: Picture | None, link: str = "") -> Task:
        """Words for a picture."""

    async def blend(self, ask: SubmitOptions, *, pictures: Sequence[Picture], dimensions: str = "") -> Task:
        """One picture from two to five; `dimensions` is "2:3", "1:1", "3:2" or ""."""

    async def shorten(self, ask: SubmitOptions, *, prompt: str) -> Task:
        """Which words of a prompt matter."""

    async def video(self, ask: SubmitOptions, video: VideoRequest) -> Task:
        """Queue a clip that begins with a picture."""

    async def extend(self, ask: SubmitOptions, extension: ExtensionRequest) -> Task:
        """Queue a longer version of a clip."""

    async def show(self, ask: SubmitOptions, *, job_id: str) -> Task:
        """A finished job once more, with its buttons."""

    async def info(self, ask: SubmitOptions) -> Task:
        """What MidJourney knows of an account."""

    async def settings(self, ask: SubmitOptions) -> Task:
        """An account's settings, as buttons."""

    async def switch(self, ask: SubmitOptions, *, mode: Mode) -> Task:
        """The mode in which an account draws from now on."""

    async def switch_remix(self, ask: SubmitOptions) -> Task:
        """An account's Remix mode, on or off."""

    async def upload(self, pictures: Sequence[Picture]) -> list[str]:
        """Put pictures where MidJourney can load them; their links, in order."""

    async def cancel(self, task_id: str) -> Task:
        """Stop a task, in Discord too."""

    async def seed(self, task_id: str) -> str:
        """The seed of a finished drawing."""

    async def get_many(self, task_ids: Sequence[str]) -> list[Task]:
        """Those that exist, in the order asked."""

    async def queue(self) -> list[Task]:
        """The tasks that wait, oldest first."""

    async def ahead(self, task: Task) -> int:
        """How many waiting tasks come before this one; 0: it starts at once."""
