"""Expires queued tasks that no configured account can run, and MODAL tasks whose second input never arrived.

Contract: tasks that may still be sent belong to the dispatcher. While no account is known, nothing expires.
"""

from __future__ import annotations

from tasks.domain.errors import StoreFailed
from tasks.domain.model import Phase, Task
from tasks.domain.ports import Clock, Gateway, TaskStore
from tasks.effects.journal import Journal, WaitingTasks
from tasks.rules.lifecycle import cancel, fail
from tasks.rules.scheduling import fits

WHOLE_QUEUE = 100_000  # tasks; more never wait
ACCOUNT_GONE = "No account that could run it is configured any more."
DIALOGS_PAUSE = 5_000  # ms between two looks for expired dialogs


class QueueExpiry:
    def __init__(self, *, store: TaskStore, gateway: Gateway, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._gateway = gateway
        self._journal = journal
        self._clock = clock
        self._look_at_dialogs = 0  # ms; time of the next look
        self._look_at_all = True  # search the whole queue for tasks that no account can run

    def on_accounts_changed(self) -> None:
        """Search the whole queue again for tasks that can never run."""
        self._look_at_all = True

    async def look(self) -> None:
        """Expire what is due, at intervals. Raises StoreFailed."""
        if self._clock.now() >= self._look_at_dialogs:
            await self._end_expired_dialogs()
        if self._look_at_all:
            await self._end_all_orphans()

    async def without_orphans(self, queue: list[Task], waiting_tasks: WaitingTasks) -> list[Task]:
        """Fail the tasks that no configured account can run; return the others."""
        known, now = self._gateway.accounts(), self._clock.now()
        orphans = [task for task in queue if known and not any(fits(task, account) for account in known)]
        if not orphans:
            return queue
        await waiting_tasks.record({t.id: (t, fail(t, "account_gone", ACCOUNT_GONE, now)) for t in orphans})
        ended = {task.id for task in orphans}
        return [task for task in queue if task.id not in ended]

    async def _end_expired_dialogs(self) -> None:
        """Fail tasks that waited too long for their second input."""
        now = self._clock.now()
        self._look_at_dialogs = now + DIALOGS_PAUSE
        async with self._journal.waiting_tasks() as waiting_tasks:
            held = [task for task in await self._store.in_phase(Phase.HELD) if (task.held_until or 0) <= now]
            await waiting_tasks.record({task.id: (task, cancel(task, now)) for task in held})

    async def _end_all_orphans(self) -> None:
        """Runs at the start, and when accounts have changed. Tasks that return to the queue later are checked at its
        head."""
        self._look_at_all = False
        try:
            async with self._journal.waiting_tasks() as waiting_tasks:
                await self.without_orphans(await self._store.waiting(WHOLE_QUEUE), waiting_tasks)
        except StoreFailed:
            self._look_at_all = True
            raise
