"""From NEW to READY: translated, and its pictures put where MidJourney can take them.

Law: free, holds no slot, and may be repeated; but what was done is written until it is, and not done again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from tasks.domain.errors import AccountBlocked, BadRequest, NotSent, SendError, StoreFailed
from tasks.domain.model import Account, Phase, Task
from tasks.domain.ports import Clock, Gateway, TaskStore, Translator
from tasks.effects.journal import Journal
from tasks.effects.sender import BackgroundTasks
from tasks.prompts.check import PromptRules, check_sent
from tasks.rules.lifecycle import fail
from tasks.rules.scheduling import fits
from tasks.sending.interaction_builder import WITH_PROMPT, text_to_send
from tasks.sending.preparing import callers_part, with_pictures

log = logging.getLogger(__name__)

AT_ONCE = 8
STORE_RETRY = 1.0  # seconds between tries while the database cannot be written
PICTURES_PAUSE = 2_000  # ms until an upload that could not be made is tried again


class Preparation:
    """`accounts` are those that may take a picture now. `done` is called when a task is ready, or has failed.

    `rules` are asked about what the text has become: the original was asked about before.
    """

    def __init__(
        self,
        *,
        store: TaskStore,
        gateway: Gateway,
        translator: Translator,
        rules: PromptRules,
        journal: Journal,
        clock: Clock,
        accounts: Callable[[], Sequence[Account]],
        done: Callable[[], None],
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._translator = translator
        self._rules = rules
        self._journal = journal
        self._clock = clock
        self._accounts = accounts
        self._done = done
        self._under_way: set[str] = set()
        self._work = BackgroundTasks()
        self._at_once = asyncio.Semaphore(AT_ONCE)

    def begin(self, queue: Sequence[Task]) -> None:
        """Those of the queue that are NEW, and due."""
        for task in queue:
            due = task.phase is Phase.NEW and task.not_before <= self._clock.now() and self._has_place(task)
            if due and task.id not in self._under_way:
                self._under_way.add(task.id)
                self._work.start(self._make_ready(task), f"prepare task {task.id}")

    async def drain(self) -> None:
        """What is under way is given up, and done anew at the next start."""
        await self._work.drain(0)

    def _has_place(self, task: Task) -> bool:
        """Pictures are put into an account's channel: they wait for one, whose return wakes us."""
        return not task.pictures or any(a.takes(task.lane) and fits(task, a) for a in self._accounts())

    async def _make_ready(self, task: Task) -> None:
        try:
            async with self._at_once:
                after = await self._prepared(task)
            await self._keep(task, after)
        finally:
            self._under_way.discard(task.id)
            self._done()

    async def _keep(self, task: Task, after: Task) -> None:
        """What was prepared is written until it is, and not prepared again: a picture may have been posted for it."""
        while True:
            try:
                async with self._journal.waiting_tasks() as waiting_tasks:
                    if await waiting_tasks.is_still(task, Phase.NEW):
                        await waiting_tasks.record({task.id: (task, after)})
                return
            except StoreFailed as error:
                log.error("what was prepared cannot be written, trying again: %s", error, extra={"task": task.id})
                await asyncio.sleep(STORE_RETRY)

    async def _prepared(self, task: Task) -> Task:
        """Translated, its pictures uploaded; or put off, or failed."""
        try:
            task = await self._translated(task)
            task = await with_pictures(task, self._store, self._gateway, self._accounts())
            self._check(task)
            return replace(task, phase=Phase.READY)
        except (NotSent, AccountBlocked) as error:  # another account may do it, or this one later
            log.info("pictures wait: %s", error, extra={"task": task.id})
            return replace(task, not_before=self._clock.now() + PICTURES_PAUSE)
        except (SendError, BadRequest) as error:
            return fail(task, error.code, str(error), self._clock.now())
        except Exception:
            log.exception("it could not be prepared", extra={"task": task.id})
            return fail(
                task, "internal_error", "The service could not prepare it; its log says why.", self._clock.now()
            )

    def _check(self, task: Task) -> None:
        """A translation and links may have made it too long, or into something else. Raises what `check_sent` does."""
        if task.request.dialog_prompt is not None:
            check_sent(task.request.dialog_prompt, self._rules)
        elif task.request.custom_id is None and task.request.command in WITH_PROMPT:
            check_sent(text_to_send(task), self._rules)

    async def _translated(self, task: Task) -> Task:
        """What is said next: with a dialog's second input that, as what was said first is at MidJourney."""
        second = task.request.dialog_prompt
        text = task.content if second is None else second
        if (task.prompt_en and second is None) or not self._translator.needs(text):
            return task
        translation = await self._translator.to_english(text)
        if translation.note:
            log.warning("%s", translation.note, extra={"task": task.id})
        task = replace(task, notes=(*task.notes, translation.note)) if translation.note else task
        if second is not None:
            return replace(
                task, request=replace(task.request, dialog_prompt=translation.text), prompt_en=translation.text
            )
        return replace(task, prompt_en=callers_part(translation.text, task), content=translation.text)
