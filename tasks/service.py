"""The use-cases that the API calls: submit, act on a result, look up, list. A submit is on disk before it returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from tasks.errors import (
    BadHook,
    BadIndex,
    ButtonNotFound,
    MissingPrompt,
    ParentFailed,
    ParentNotFinished,
    ParentNotFound,
    PromptTooLong,
    QueueFull,
    UnknownAction,
)
from tasks.journal import Journal
from tasks.model import Account, Action, Button, Lane, Phase, Status, Task
from tasks.ports import Clock, Gateway, TaskStore, Translator

_WITH_INDEX = frozenset({Action.UPSCALE, Action.VARIATION})
_ON_RESULTS = _WITH_INDEX | {Action.REROLL}
IDS_PER_MS = 1000  # ids are milliseconds and a counter: digits only, below 2**53 until the year 2255


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    max_prompt: int = 6000  # characters: Discord's limit for the text of a command
    max_queue: int = 10_000  # tasks that wait; beyond that a submit is refused


class Service:
    def __init__(
        self,
        *,
        store: TaskStore,
        gateway: Gateway,
        translator: Translator,
        journal: Journal,
        clock: Clock,
        limits: Limits,
        submitted: Callable[[], None],
    ) -> None:
        """`submitted` is called when a task was added: it wakes the dispatcher."""
        self._store = store
        self._gateway = gateway
        self._translator = translator
        self._journal = journal
        self._clock = clock
        self._limits = limits
        self._submitted = submitted
        self._last_id = 0
        self._room = 0  # submits that surely fit into the queue before it must be counted again

    async def start(self) -> None:
        """Ids go on from the newest task, even when the clock was set back."""
        newest = await self._store.latest(1)
        self._last_id = int(newest[0].id) if newest else 0

    # ------------------------------------------------------------ submit

    async def imagine(self, *, prompt: str, state: str = "", notify_hook: str = "", api: str = "v1") -> Task:
        """Queue a drawing. Raises MissingPrompt, PromptTooLong, BadHook, QueueFull, StoreFailed."""
        text = prompt.strip()
        if not text:
            raise MissingPrompt(hint="Send the text to draw as `prompt`.")
        if len(text) > self._limits.max_prompt:
            raise PromptTooLong(hint=f"It has {len(text)} characters; at most {self._limits.max_prompt} are taken.")
        self._check_hook(notify_hook)
        await self._check_queue()
        translate = self._translator.needs(text)
        return await self._add(
            Task(
                id=self._new_id(),
                action=Action.IMAGINE,
                prompt=prompt,
                prompt_en="" if translate else text,
                content="" if translate else text,
                state=state,
                notify_hook=notify_hook,
                api=api,
                phase=Phase.NEW if translate else Phase.READY,
                submit_time=self._clock.now(),
            )
        )

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
        """Press a button of a result: `parent` is our task id, or the Discord id of the result's message.

        Raises UnknownAction, BadIndex, ParentNotFound, ParentNotFinished, ParentFailed, ButtonNotFound, BadHook,
        QueueFull, StoreFailed.
        """
        if does not in _ON_RESULTS:
            raise UnknownAction(hint="Use " + ", ".join(sorted(_ON_RESULTS)) + ".")
        if does in _WITH_INDEX and index not in (1, 2, 3, 4):
            raise BadIndex(hint=f"{does} needs to know which of the four pictures: index 1, 2, 3 or 4.")
        wanted = index if does in _WITH_INDEX else None
        self._check_hook(notify_hook)
        source = await self._finished_parent(parent)
        button = find_button(source, does, wanted)
        await self._check_queue()
        press = self._press(source, button, does, wanted)
        return await self._add(replace(press, state=state, notify_hook=notify_hook, api=api))

    def _press(self, source: Task, button: Button, does: Action, index: int | None) -> Task:
        return Task(
            id=self._new_id(),
            action=does,
            prompt=source.prompt,
            prompt_en=source.prompt_en,
            content=source.echoed_prompt or source.content,
            index=index,
            parent_id=source.id,
            custom_id=button.custom_id,
            parent_message_id=source.message_id,
            parent_message_flags=source.message_flags,
            parent_job_id=source.job_id,
            account=source.account,
            bot=source.bot,
            lane=lane_of(does, index),
            phase=Phase.READY,
            submit_time=self._clock.now(),
        )

    async def _add(self, task: Task) -> Task:
        await self._journal.add(task)
        self._submitted()
        return task

    # ------------------------------------------------------------ look up

    async def get(self, task_id: str) -> Task | None:
        return await self._store.get(task_id)

    async def get_many(self, task_ids: Sequence[str]) -> list[Task]:
        return await self._store.get_many(task_ids)

    async def latest(self, limit: int, before: str | None = None, status: Sequence[Status] = ()) -> list[Task]:
        return await self._store.latest(limit, before, status)

    async def queue_length(self) -> int:
        return await self._store.count_waiting()

    def accounts(self) -> Sequence[Account]:
        return self._gateway.accounts()

    # ------------------------------------------------------------ checks

    async def _finished_parent(self, reference: str) -> Task:
        parent = await self._store.get(reference) or await self._store.by_message(reference)
        if parent is None:
            raise ParentNotFound(hint="Give the `_id` of a finished task as `taskId`.")
        if not parent.status.is_over:
            raise ParentNotFinished(hint="Wait until its status is SUCCESS.")
        if parent.status is not Status.SUCCESS or parent.message_id is None:
            raise ParentFailed(hint="Choose a task whose status is SUCCESS.")
        return parent

    async def _check_queue(self) -> None:
        if self._room <= 0:
            self._room = self._limits.max_queue - await self._store.count_waiting()
        if self._room <= 0:
            raise QueueFull(hint="Try again when some of the waiting tasks are done.")
        self._room -= 1

    @staticmethod
    def _check_hook(url: str) -> None:
        if not url:
            return
        try:
            parts = urlsplit(url)
            valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            valid = False
        if not valid or any(c.isspace() for c in url):
            raise BadHook(hint="Give a full address, such as https://example.com/hook.")

    def _new_id(self) -> str:
        self._last_id = max(self._clock.now() * IDS_PER_MS, self._last_id + 1)
        return str(self._last_id)


def find_button(source: Task, does: Action, index: int | None) -> Button:
    """The result's own button; never built. Raises ButtonNotFound."""
    for button in source.buttons:
        if button.does is does and (index is None or button.index == index):
            return button
    offered = sorted({f"{b.does}{b.index or ''}" for b in source.buttons if b.does is not None})
    hint = f"It offers {', '.join(offered)}." if offered else "It has no buttons."
    raise ButtonNotFound(f"The result of task {source.id} has no button {does}{index or ''}.", hint=hint)


def lane_of(does: Action, index: int | None) -> Lane:
    """U1–U4 take a picture out of a grid and hold no slot; what draws anew does."""
    return Lane.QUICK if does is Action.UPSCALE and index is not None else Lane.DRAW
