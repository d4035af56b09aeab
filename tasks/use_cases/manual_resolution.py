"""Manual resolution of a timed-out task by the operator: adopt this result, or send it again.

Contract: checks and requests; the tracker, which changes such tasks, decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from tasks.domain.errors import ButtonNotFound, CannotAdopt, NotOpen, TaskNotFound
from tasks.domain.events import AdoptRequested, Finished, RetryRequested
from tasks.domain.model import Task
from tasks.domain.ports import Gateway, TaskStore
from tasks.effects.changes import Changes
from tasks.rules.matching import Candidate, match, snowflake_time
from tasks.rules.reopening import OPEN_ENDS, is_open_end, retry
from tasks.rules.scheduling import fits
from tasks.tracking.late_results import owner_of
from tasks.tracking.stall_detector import CLOCKS_DIFFER

STRETCHES = 5  # of history that are looked through for a result
SECONDS = 5.0  # until the tracker has seen to it


class ManualResolution:
    def __init__(
        self,
        store: TaskStore,
        gateway: Gateway,
        changes: Changes,
        publish: Callable[[AdoptRequested | RetryRequested], None],
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._changes = changes
        self._publish = publish

    async def adopt(self, task_id: str, message_id: str) -> Task:
        """The result in this Discord message is the task's. Without a message: the one in the channel's history that
        fits it, if there is exactly one.

        Raises TaskNotFound, NotOpen, CannotAdopt, NotSent, SendRefused.
        """
        task = await self._open(task_id)
        found = await self._named(task, message_id) if message_id else await self._fitting(task)
        return await self._decide(AdoptRequested(task_id=task.id, result=found))

    async def retry(self, task_id: str) -> Task:
        """Send it again; it may be paid twice. Raises TaskNotFound, NotOpen, ButtonNotFound."""
        task = await self._open(task_id)
        known = self._gateway.accounts()
        if known and not any(fits(retry(task, now=0), account) for account in known):
            raise ButtonNotFound("No account that could send it is configured any more.", hint="Draw it anew.")
        return await self._decide(RetryRequested(task_id=task.id))

    async def _open(self, task_id: str) -> Task:
        task = await self._store.get(task_id)
        if task is None:
            raise TaskNotFound(hint="Give the id that its submit answered.")
        if not is_open_end(task):
            raise NotOpen(hint=f"An open one is a FAILURE with the failCode {' or '.join(sorted(OPEN_ENDS))}.")
        return task

    async def _named(self, task: Task, message_id: str) -> Finished:
        at = snowflake_time(message_id)
        if not at:
            raise CannotAdopt("messageId is no id of a Discord message.", hint="Copy it from the message's menu.")
        history = await self._gateway.read_history(task.account or "", at)
        found = next((event for event in history.events if event.keys.message_id == message_id), None)
        if not isinstance(found, Finished):
            where = f"There is no result in message {message_id} of account {task.account}'s channel."
            raise CannotAdopt(where, hint="Name the message that shows the picture and its buttons.")
        if found.keys.user_id not in (None, self._user_of(task)):
            raise CannotAdopt("That result is another user's.")
        if owner := await owner_of(found.keys, task, self._store):
            raise CannotAdopt(f"That result is task {owner.id}'s.")
        return found

    async def _fitting(self, task: Task) -> Finished:
        found = {event.keys.message_id: event for event in await self._candidates(task)}
        if len(found) == 1:
            return next(iter(found.values()))
        if not found:
            raise CannotAdopt("No result in the channel fits it.", hint="Name the message as messageId, or retry.")
        names = ", ".join(str(message_id) for message_id in list(found)[:10])
        raise CannotAdopt(f"{len(found)} results fit it.", hint=f"Name one of these as messageId: {names}.")

    async def _candidates(self, task: Task) -> Sequence[Finished]:
        sends = await self._store.sends_of([task.id])
        candidate = Candidate(
            task=task,
            nonces=frozenset(send.nonce for send in sends),
            interaction_ids=frozenset(send.interaction_id for send in sends if send.interaction_id),
        )
        user_id = self._user_of(task)
        found: list[Finished] = []
        since: int | None = (task.start_time or task.request.submit_time) - CLOCKS_DIFFER
        for _ in range(STRETCHES):
            history = await self._gateway.read_history(task.account or "", since or 0)
            results = [event for event in history.events if isinstance(event, Finished)]
            fitting = [each for each in results if match(each.keys, [candidate], user_id, final=True).task_id]
            found += [event for event in fitting if await owner_of(event.keys, task, self._store) is None]
            since = history.more_since
            if since is None:
                break
        return found

    def _user_of(self, task: Task) -> str | None:
        return next((known.user_id for known in self._gateway.accounts() if known.id == task.account), None)

    async def _decide(self, asked: AdoptRequested | RetryRequested) -> Task:
        with self._changes.listen() as listener:
            self._publish(asked)
            try:
                async with asyncio.timeout(SECONDS):
                    while is_open_end(task := await self._existing(asked.task_id)):
                        await listener.next()
            except TimeoutError as error:
                raise NotOpen("It could not be done now.", hint="Look at the task, and ask again.") from error
        return task

    async def _existing(self, task_id: str) -> Task:
        task = await self._store.get(task_id)
        if task is None:
            raise TaskNotFound
        return task
