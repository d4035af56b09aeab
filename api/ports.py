"""What the API needs from the rules: the use-cases, as one Protocol.

Law: the API asks for things to be done in these words only; how they are done is none of its business.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tasks.model import Account, Action, Status, Task


class Service(Protocol):
    """The use-cases. Each raises `tasks.errors` with a message made for the caller."""

    async def imagine(self, *, prompt: str, state: str = "", notify_hook: str = "", api: str = "v1") -> Task:
        """A new drawing; on disk when it returns."""

    async def act(
        self,
        *,
        parent: str,
        does: Action,
        index: int | None,
        state: str = "",
        notify_hook: str = "",
        api: str = "v1",
    ) -> Task:
        """A press of a button of a result. `parent` is our task id or the Discord message id of the result."""

    async def get(self, task_id: str) -> Task | None: ...

    async def latest(self, limit: int, before: str | None = None, status: Sequence[Status] = ()) -> list[Task]:
        """Newest first; `before` is a task id that pages on; an empty `status` means any."""

    async def queue_length(self) -> int:
        """How many tasks wait for an account."""

    def accounts(self) -> Sequence[Account]:
        """The accounts as they are at this moment."""
