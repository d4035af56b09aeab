"""The use cases that the API calls: submit, act on a result, cancel, look up, list.

Contract: a submit is on disk before it returns. Nothing here talks to Discord: it writes tasks and wakes the
dispatcher.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tasks.domain.errors import (
    BadIndex,
    BadRequest,
    KeyReused,
    NotSent,
    ParentFailed,
    ParentNotFinished,
    ParentNotFound,
    QueueFull,
    TaskNotFound,
    UnknownAction,
)
from tasks.domain.events import CancelRequested, LinksRenewed, OperatorRequest
from tasks.domain.ids import IdGenerator
from tasks.domain.model import (
    Action,
    Button,
    ExtensionRequest,
    Mode,
    Phase,
    Picture,
    Status,
    SubmitOptions,
    Task,
    VideoRequest,
)
from tasks.domain.ports import Clock, Gateway, TaskStore, Translator
from tasks.domain.webhooks import Hook
from tasks.effects.changes import Changes
from tasks.effects.fact_book import FactBook
from tasks.effects.journal import Journal
from tasks.prompts.check import PromptRules, check, check_offered_length, check_sent
from tasks.results.link_refresh import LinkRefresh
from tasks.rules.account_limits import AccountLimits
from tasks.rules.buttons import clips_of, find_button, find_custom_id, find_extension, press_of
from tasks.rules.lifecycle import cancel
from tasks.use_cases import submissions
from tasks.use_cases.admission import QueueCapacity, accounts_for, check_account_of, check_accounts, check_given
from tasks.use_cases.manual_resolution import ManualResolution
from tasks.use_cases.queries import Queries

_WITH_INDEX = frozenset({Action.UPSCALE, Action.VARIATION})
_ON_RESULTS = _WITH_INDEX | {Action.REROLL}
_OPENS_CLIP_SECONDS = 45.0  # a press without a drawing; callers wait for about a minute
KEY_KEPT = 24 * 3_600_000  # ms for which an Idempotency-Key answers the same task
ENVELOPE = "✉️"  # the reaction by which one asks for a job's seed


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    max_queue: int = 10_000  # tasks that wait; beyond that a submit is refused
    max_queue_of_each: int = 0  # the same for each named caller; 0: none
    longest_state: int = 64 * 1024  # bytes of UTF-8
    modal_timeout: int = 30 * 60_000  # ms that a task waits for its caller's second input
    seed_seconds: float = 20.0  # how long MidJourney's answer is waited for
    sends_remix_on: bool = True  # a Remix dialog that opens unasked is sent on with its own text


class Service(Queries):
    def __init__(
        self,
        *,
        store: TaskStore,
        gateway: Gateway,
        translator: Translator,
        journal: Journal,
        changes: Changes,
        account_limits: AccountLimits,
        clock: Clock,
        wall: Clock,
        limits: Limits,
        rules: PromptRules,
        facts: FactBook,
        submitted: Callable[[], None],
        publish: Callable[[OperatorRequest | LinksRenewed], None],
    ) -> None:
        """`submitted` is called when a task was added: it wakes the dispatcher. `publish` is the queue of events.
        `wall` is the clock that the ends of links are compared with.
        """
        super().__init__(store, gateway, account_limits)
        self._translator = translator
        self._journal = journal
        self._changes = changes
        self._clock = clock
        self._limits = limits
        self._rules = rules
        self._facts = facts
        self._submitted = submitted
        self._publish = publish
        self._links = LinkRefresh(gateway, wall, publish)
        self._deciding = ManualResolution(store, gateway, changes, publish)
        self._ids = IdGenerator(clock)
        self._room = QueueCapacity(store, in_all=limits.max_queue, of_each=limits.max_queue_of_each)
        self._pressing = asyncio.Lock()
        self._with_key = asyncio.Lock()

    async def start(self) -> None:
        """Ids go on from the newest task, and dialogs do not stay open for longer, even when the clock was set back."""
        self._ids.go_on_from(await self._store.newest_id())
        until = self._clock.now() + self._limits.modal_timeout  # later than that: the clock was set back
        held = [task for task in await self._store.in_phase(Phase.HELD) if (task.held_until or 0) > until]
        async with self._journal.waiting_tasks() as waiting_tasks:
            await waiting_tasks.record({task.id: (task, replace(task, held_until=until)) for task in held})

    # ------------------------------------------------------------ submit: commands

    async def imagine(self, ask: SubmitOptions, *, prompt: str, pictures: Sequence[Picture] = ()) -> Task:
        """Queue a drawing. Raises what `tasks.prompts.check.check` does, BadHook, QueueFull, NoAccount, StoreFailed."""
        return await self._command(ask, submissions.imagine(self._rules_of(ask), prompt, pictures, ask.mode))

    async def describe(self, ask: SubmitOptions, *, picture: Picture | None, link: str = "") -> Task:
        return await self._command(ask, submissions.describe(picture, link))

    async def blend(self, ask: SubmitOptions, *, pictures: Sequence[Picture], dimensions: str = "") -> Task:
        return await self._command(ask, submissions.blend(pictures, dimensions))

    async def shorten(self, ask: SubmitOptions, *, prompt: str) -> Task:
        return await self._command(ask, submissions.shorten(self._rules_of(ask), prompt))

    async def video(self, ask: SubmitOptions, video: VideoRequest) -> Task:
        return await self._command(ask, submissions.video(self._rules_of(ask), video, ask.mode))

    async def edit(self, ask: SubmitOptions, *, prompt: str, pictures: Sequence[Picture | str]) -> Task:
        return await self._command(ask, submissions.edit(self._rules_of(ask), prompt, pictures=pictures, mode=ask.mode))

    async def show(self, ask: SubmitOptions, *, job_id: str) -> Task:
        return await self._command(ask, submissions.show(job_id))

    async def info(self, ask: SubmitOptions) -> Task:
        return await self._command(ask, submissions.info())

    async def settings(self, ask: SubmitOptions) -> Task:
        return await self._command(ask, submissions.settings())

    async def switch(self, ask: SubmitOptions, *, mode: Mode) -> Task:
        return await self._command(ask, submissions.switch(mode))

    async def switch_remix(self, ask: SubmitOptions) -> Task:
        return await self._command(ask, submissions.switch_remix())

    def _rules_of(self, ask: SubmitOptions) -> PromptRules:
        """The rules with what was learned about the bot and the accounts that may draw."""
        return replace(self._rules, learned=self._facts.learned(ask.bot, ask.accounts))

    async def _command(self, ask: SubmitOptions, draft: submissions.Submission) -> Task:
        accounts = accounts_for(ask, draft.modes, self._gateway.accounts())
        text = draft.task.content
        if draft.task.request.command == "imagine":
            known = self._gateway.accounts()
            check_offered_length(text, [each.prompt_limit for each in known if not accounts or each.id in accounts])
        translate = self._translator.needs(text)
        task = replace(
            draft.task,
            id=self._ids.new(),
            request=replace(
                draft.task.request,
                bot=ask.bot,
                requested_mode=draft.task.request.requested_mode or ask.mode,
                accounts=accounts,
            ),
            prompt_en="" if translate else draft.task.request.prompt.strip(),
            account=accounts[0] if len(accounts) == 1 else None,
            phase=Phase.NEW if translate or draft.pictures else Phase.READY,
        )
        return await self._add(task, ask, draft.pictures)

    # ------------------------------------------------------------ submit: a result's buttons

    async def act(self, ask: SubmitOptions, *, parent: str, does: Action, index: int | None) -> Task:
        """Press U1–U4, V1–V4 or reroll: `parent` is our task id, or the Discord id of the result's message.

        Raises UnknownAction, BadIndex, ParentNotFound, ParentNotFinished, ParentFailed, ButtonNotFound, BadHook,
        QueueFull, NoAccount, StoreFailed.
        """
        if does not in _ON_RESULTS:
            raise UnknownAction(hint="Use " + ", ".join(sorted(_ON_RESULTS)) + ".")
        if does in _WITH_INDEX and index not in (1, 2, 3, 4):
            raise BadIndex(hint=f"{does} needs to know which of the four pictures: index 1, 2, 3 or 4.")
        source = await self.result(parent)
        button = find_button(source, does, index if does in _WITH_INDEX else None)
        return await self._press(ask, source, button, sends_remix_on=True)

    async def result(self, reference: str) -> Task:
        """The finished task of this id, or of the Discord message with its result.

        Raises ParentNotFound, ParentNotFinished, ParentFailed.
        """
        parent = await self._visible.get(reference) or await self._visible.by_message(reference)
        if parent is None:
            raise ParentNotFound(hint="Give the `_id` of a finished task as `taskId`.")
        if not parent.status.is_over:
            raise ParentNotFinished(hint="Wait until its status is SUCCESS.")
        if parent.status is not Status.SUCCESS or parent.result.message_id is None:
            raise ParentFailed(hint="Choose a task whose status is SUCCESS.")
        return parent

    async def press(self, ask: SubmitOptions, *, parent: str, custom_id: str) -> Task:
        """Press any button of a result, by the custom_id that the result itself shows.

        A button that is known to open a dialog is not pressed yet: the task is MODAL, and `modal` goes on with it.
        Raises what `act` raises.
        """
        source = await self.result(parent)
        button = find_custom_id(source, custom_id)
        return await self._press(ask, source, button, sends_remix_on=self._limits.sends_remix_on)

    async def extend(self, ask: SubmitOptions, extension: ExtensionRequest) -> Task:
        """Make a clip longer. Where the parent shows several clips, the one with the index is opened first, which is
        free, and takes a moment.

        Raises what `act` raises, and ParentNotFinished while the clip is still being opened: the same request goes on.
        """
        source = await self.result(extension.parent)
        if clips := clips_of(source):
            source = await self._opened(ask, source, clips, extension.index)
        button = find_extension(source, extension.motion, extension.index)
        return await self._press(
            ask, source, button, sends_remix_on=True, prompt=extension.prompt, notes=extension.notes
        )

    async def _opened(self, ask: SubmitOptions, source: Task, clips: Mapping[int, Button], index: int | None) -> Task:
        """The task of one clip of several, when it has ended."""
        if index is None or index + 1 not in clips:
            numbers = ", ".join(str(number - 1) for number in sorted(clips))
            raise BadIndex(f"The result of task {source.id} shows several clips.", hint=f"Give index: {numbers}.")
        task = await self._press(replace(ask, notify_hook="", state=""), source, clips[index + 1], sends_remix_on=True)
        with self._changes.listen() as listener:
            try:
                async with asyncio.timeout(_OPENS_CLIP_SECONDS):
                    while not (await self._existing(task.id)).status.is_over:
                        await listener.next()
            except TimeoutError as error:
                raise ParentNotFinished("The clip is still being opened.", hint="Send the request again.") from error
        return await self.result(task.id)

    async def _press(
        self,
        ask: SubmitOptions,
        source: Task,
        button: Button,
        *,
        sends_remix_on: bool,
        prompt: str | None = None,
        notes: tuple[str, ...] = (),
    ) -> Task:
        """`prompt`: for the dialog that the press opens; None: the dialog's own text, or the caller's second input."""
        check_account_of(source, self._gateway.accounts())
        async with self._pressing:  # two equal U at once are one task
            if button.is_quick and button.index is not None:  # U1–U4, of pictures or clips
                again = await self._visible.by_press(source.id, button.custom_id)
                if again is not None:
                    return await self._followed(again, ask)
            task = press_of(source, button)
            request = replace(task.request, sends_remix_on=sends_remix_on)
            task = replace(task, id=self._ids.new(), request=request)
            if prompt is not None:
                task = self._with_second_input(replace(task, notes=notes), prompt)
                task = replace(task, phase=Phase.READY if task.prompt_en else Phase.NEW)
            elif button.opens_dialog:
                until = self._clock.now() + self._limits.modal_timeout
                task = replace(task, status=Status.MODAL, phase=Phase.HELD, held_until=until)
            return await self._add(task, ask)

    async def _followed(self, task: Task, ask: SubmitOptions) -> Task:
        """The same press was submitted before: this caller receives its end, too, with its own state."""
        check_given(ask, self._limits.longest_state)
        if ask.notify_hook:
            await self._store.follow(Hook(task_id=task.id, url=ask.notify_hook, api=ask.api, state=ask.state))
        return task

    async def modal(self, task_id: str, *, prompt: str | None, mask: bytes | None) -> Task:
        """The second input of a task that is MODAL; the same task goes on.

        `prompt` None: the dialog's own text. Raises TaskNotFound, BadRequest, StoreFailed.
        """
        async with self._journal.waiting_tasks() as waiting_tasks:
            before = task = await self._existing(task_id)
            if task.phase is not Phase.HELD:
                raise BadRequest(f"Task {task_id} does not wait for an input.", hint="Only a task that is MODAL does.")
            if prompt is not None:
                task = self._with_second_input(task, prompt)
            if task.request.action is Action.INPAINT and not mask:
                raise BadRequest("Vary (Region) needs a mask.", hint="Send maskBase64: white is changed.")
            pictures = [Picture(filename="mask", type="", data=mask)] if mask else []
            after = replace(
                task,
                status=Status.NOT_START,
                phase=Phase.READY if prompt is None or task.prompt_en else Phase.NEW,
                held_until=None,
                pictures=len(pictures),
            )
            await waiting_tasks.record({task_id: (before, after)}, pictures=pictures)
        self._submitted()
        return after

    def _with_second_input(self, task: Task, prompt: str) -> Task:
        """From here on the prompt is the second input. Raises what `tasks.prompts.check.check` does."""
        checked = check(prompt.strip(), replace(self._rules, default_suffix=""))
        account = next((known for known in self._gateway.accounts() if known.id == task.account), None)
        check_sent(checked.text, self._rules, account.modes if account else ())
        return replace(
            task,
            request=replace(task.request, prompt=prompt, dialog_prompt=checked.text),
            prompt_en="" if self._translator.needs(checked.text) else prompt.strip(),
            notes=tuple(dict.fromkeys((*task.notes, *checked.warnings))),
        )

    async def cancel(self, task_id: str) -> Task:
        """End a task: one that waits leaves the queue, a running one is cancelled at MidJourney, too.

        Raises TaskNotFound, BadRequest (it is over), StoreFailed.
        """
        async with self._journal.waiting_tasks() as waiting_tasks:
            task = await self._existing(task_id)
            if task.status.is_over:
                raise BadRequest(f"Task {task_id} is over.", hint=f"Its status is {task.status}.")
            if task.in_flight:
                self._publish(CancelRequested(task_id=task_id))
                return task
            after = cancel(task, self._clock.now())
            await waiting_tasks.record({task_id: (task, after)})
            return after

    # ------------------------------------------------------------ manual resolution

    async def adopt(self, task_id: str, message_id: str = "") -> Task:
        """As `tasks.use_cases.manual_resolution` has it."""
        return await self._deciding.adopt(task_id, message_id)

    async def retry(self, task_id: str) -> Task:
        """As `tasks.use_cases.manual_resolution` has it."""
        return await self._deciding.retry(task_id)

    # ------------------------------------------------------------ through an account, at once

    async def upload(self, pictures: Sequence[Picture]) -> list[str]:
        """Pictures as links at Discord, which MidJourney can load. Raises NoAccount, NotSent, SendRefused."""
        account = next((account.id for account in self._gateway.accounts() if account.is_usable), None)
        if account is None:
            check_accounts(SubmitOptions(), None, self._gateway.accounts())
            raise NotSent("No account is connected now.", hint="Try again in a moment.")
        return list(await self._gateway.publish(account, pictures))

    async def fetch(self, task_id: str) -> Task | None:
        """As `get`; a finished task's link that expires within the hour is renewed first, if Discord can be asked."""
        task = await self._visible.get(task_id)
        return None if task is None else await self._links.refresh(task)

    async def seed(self, task_id: str) -> str:
        """The seed of a finished drawing: MidJourney is asked with an envelope and answers in a private message.

        Raises TaskNotFound, BadRequest (no result; no answer in time), NotSent, SendRefused.
        """
        task = await self._existing(task_id)
        if task.status is not Status.SUCCESS or not task.result.message_id or not task.progress.job_id:
            raise BadRequest(f"Task {task_id} has no drawing whose seed could be asked for.")
        # The job's first task gets the seed; /show made others of the same job.
        first = await self._store.by_job(task.progress.job_id) or task
        if first.result.seed:
            return first.result.seed
        with self._changes.listen() as listener:
            await self._gateway.react(task.account or "", task.result.message_id, ENVELOPE)
            try:
                async with asyncio.timeout(self._limits.seed_seconds):
                    while not (first := await self._store.get(first.id) or first).result.seed:
                        await listener.next()
            except TimeoutError as error:
                raise BadRequest("MidJourney did not return the seed.", hint="Ask again in a moment.") from error
        return first.result.seed

    # ------------------------------------------------------------ checks

    async def _add(self, task: Task, ask: SubmitOptions, pictures: Sequence[Picture] = ()) -> Task:
        """On disk when it returns; then whoever sends is woken. The same key again answers the same task."""
        if ask.once is None:
            return await self._add_now(task, ask, pictures)
        async with self._with_key:  # two at once make one task
            kept = await self._store.by_key(ask.once.key, self._clock.now() - KEY_KEPT)
            if kept is None:
                return await self._add_now(task, ask, pictures)
        body, task_id = kept
        if body != ask.once.body:
            raise KeyReused(hint="Take a new key for a new request.")
        return await self._existing(task_id)

    async def _add_now(self, task: Task, ask: SubmitOptions, pictures: Sequence[Picture]) -> Task:
        check_given(ask, self._limits.longest_state)
        check_accounts(ask, task, self._gateway.accounts())
        await self._check_queue_of_account(task)
        owner = ask.owner or self._viewer.name
        async with self._room.place(owner):
            now = self._clock.now()
            task = replace(
                task,
                request=replace(
                    task.request,
                    state=ask.state,
                    notify_hook=ask.notify_hook,
                    api=ask.api,
                    owner=owner,
                    submit_time=now,
                ),
            )
            await self._journal.add(task, pictures, ask.once)
        self._submitted()
        return task

    async def _existing(self, task_id: str) -> Task:
        task = await self._visible.get(task_id)
        if task is None:
            raise TaskNotFound(hint="Give the id that its submit answered.")
        return task

    async def _check_queue_of_account(self, task: Task) -> None:
        account = next((known for known in self._gateway.accounts() if known.id == task.account), None)
        if account is not None and account.max_waiting:
            waiting = await self._store.count_waiting_for(account.id)
            if waiting >= account.max_waiting:
                raise QueueFull(f"The queue of account {account.id} is full.", hint="Try again in a while.")
