"""Preparation, from NEW to READY: translates the prompt and uploads the caller's pictures.

Contract: costs nothing, holds no slot, may be repeated. The result is stored, with retries until that succeeds, and is
then not prepared again. Picture options (describe, blend) take uploads, which belong to one account's channel: they pin
the task to that account. /imagine takes links in its prompt.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from tasks.domain.errors import AccountBlocked, BadRequest, NotSent, SendError, StoreFailed
from tasks.domain.model import Account, Phase, Task
from tasks.domain.ports import Clock, Gateway, TaskStore, Translator
from tasks.effects.journal import Journal
from tasks.effects.sender import BackgroundTasks
from tasks.prompts.check import PromptRules, check_sent
from tasks.prompts.fixes import fix_prompt
from tasks.rules.lifecycle import fail
from tasks.rules.scheduling import fits
from tasks.sending.interaction_builder import WITH_PROMPT, text_to_send

log = logging.getLogger(__name__)

AT_ONCE = 8
STORE_RETRY = 1.0  # seconds between attempts while the database cannot be written
PICTURES_PAUSE = 2_000  # ms until a failed upload is retried


class Preparation:
    """`accounts` are those that may take a picture now. `done` is called when a task is ready, or has failed.

    `rules` check the prepared text; the original was checked at submit.
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
        """Prepare the due NEW tasks of the queue."""
        for task in queue:
            due = task.phase is Phase.NEW and task.not_before <= self._clock.now() and self._has_place(task)
            if due and task.id not in self._under_way:
                self._under_way.add(task.id)
                self._work.start(self._make_ready(task), f"prepare task {task.id}")

    async def drain(self) -> None:
        """Cancel running preparations; the next start repeats them."""
        await self._work.drain(0)

    def _has_place(self, task: Task) -> bool:
        """Whether an account is available for the task's pictures. The return of an account wakes the dispatcher."""
        return not task.pictures or any(a.takes(task.lane) and fits(task, a) for a in self._accounts())

    async def _make_ready(self, task: Task) -> None:
        try:
            async with self._at_once:
                after = await self._prepare(task)
            await self._keep(task, after)
        finally:
            self._under_way.discard(task.id)
            self._done()

    async def _keep(self, task: Task, after: Task) -> None:
        """Save the result, retrying until it succeeds. Preparing again could post pictures twice."""
        while True:
            try:
                async with self._journal.waiting_tasks() as waiting_tasks:
                    if await waiting_tasks.is_still(task, Phase.NEW):
                        await waiting_tasks.record({task.id: (task, after)})
                return
            except StoreFailed as error:
                log.error("cannot save the prepared task; retrying: %s", error, extra={"task": task.id})
                await asyncio.sleep(STORE_RETRY)

    async def _prepare(self, task: Task) -> Task:
        """The task translated, with its pictures uploaded; or put off, or failed."""
        try:
            task = await self._translated(task)
            task = await with_pictures(task, self._store, self._gateway, self._accounts())
            self._check(task)
            return replace(task, phase=Phase.READY)
        except (NotSent, AccountBlocked) as error:  # another account can do it now, or this one later
            log.info("picture upload postponed: %s", error, extra={"task": task.id})
            return replace(task, not_before=self._clock.now() + PICTURES_PAUSE)
        except (SendError, BadRequest) as error:
            return fail(task, error.code, str(error), self._clock.now())
        except Exception:
            log.exception("preparation failed", extra={"task": task.id})
            return fail(task, "internal_error", "The service could not prepare it; see its log.", self._clock.now())

    def _check(self, task: Task) -> None:
        """Check the translated text with its links: it may be too long, or contain other words. Raises as
        `check_sent` does."""
        if task.request.dialog_prompt is not None:
            check_sent(task.request.dialog_prompt, self._rules)
        elif task.request.custom_id is None and task.request.command in WITH_PROMPT:
            check_sent(text_to_send(task), self._rules)

    async def _translated(self, task: Task) -> Task:
        """Translate the text of the next send: the second input of a dialog if there is one, as the first is already
        sent."""
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


_MARK = re.compile(r"(?:(?<!\s)\s++)?<picture:[0-9]+>")
OPTIONS = {"describe": "image", "blend": "image{n}"}  # option names, counted from 1


async def with_pictures(task: Task, store: TaskStore, gateway: Gateway, accounts: Sequence[Account]) -> Task:
    """The task with its pictures uploaded to Discord by one of these accounts.

    Raises as the gateway does, and NotSent when no account can now.
    """
    if not task.pictures or task.uploads or task.request.custom_id is not None:
        return task
    account = next((a.id for a in accounts if a.takes(task.lane) and fits(task, a)), None)
    if account is None:
        raise NotSent("No account is connected that could upload the pictures.")
    pictures = await store.pictures_of(task.id)
    option = OPTIONS.get(task.request.command)
    if option is None:
        links = await gateway.publish(account, pictures)
        return replace(task, content=with_links(task.content, links), pictures=0)
    there = await gateway.upload(account, pictures)
    named = (option.format(n=n) for n in range(1, len(there) + 1))
    uploads = tuple((name, u.filename, u.uploaded_filename) for name, u in zip(named, there, strict=True))
    return replace(task, uploads=uploads, account=account)


def picture_mark(nth: int) -> str:
    """A placeholder for the link of the caller's nth picture."""
    return f"<picture:{nth}>"


def callers_part(translation: str, task: Task) -> str:
    """The caller's part of the translated text: without surrounding links, parameters and the suffix."""
    prompt = fix_prompt(task.request.prompt.strip()).text
    if prompt and prompt in task.content:
        before, _, after = task.content.partition(prompt)
        translation = translation.removeprefix(before).removesuffix(after)
    return _without_marks(translation)


def _without_marks(text: str) -> str:
    return _MARK.sub("", text).strip()


def content_to_send(task: Task) -> str:
    """The text to send to MidJourney; while pictures have no links yet, without their placeholders."""
    return _without_marks(task.content) if task.pictures else task.content


def with_links(text: str, links: Sequence[str]) -> str:
    """Replace the placeholders by links; without placeholders, prepend the links."""
    before = [link for nth, link in enumerate(links) if picture_mark(nth) not in text]
    for nth, link in enumerate(links):
        text = text.replace(picture_mark(nth), link)
    return " ".join([*before, text]).strip()
