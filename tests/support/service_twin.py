"""An in-memory twin of the use-cases, and a running API around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from api.app import MAX_BODY, make_app, serve
from api.http.auth import Access
from api.http.links import Links
from api.http.routes import Route
from tasks.domain.errors import (
    BadHook,
    ButtonNotFound,
    MissingPrompt,
    ParentFailed,
    ParentNotFinished,
    ParentNotFound,
    QueueFull,
    TaskNotFound,
)
from tasks.domain.model import (
    Account,
    Action,
    ExtensionRequest,
    Image,
    Lane,
    Mode,
    Phase,
    Picture,
    Status,
    SubmitOptions,
    Task,
    VideoRequest,
)
from tasks.domain.search import Found, Search
from tasks.prompts.banned import BannedWord
from tasks.rules.buttons import find_extension
from tasks.use_cases.queries import Principal
from tests.support.tasks import built

FIRST_ID = 1_600_000_000_000_000
SUBMIT, FETCH, LIST = "/api/v1/trigger/submit", "/api/v1/task/fetch", "/api/v1/task/list"


class Twin:
    """Answers like the real service, from memory. `breaks` is raised by every use-case that touches the store."""

    def __init__(self, *accounts: Account, room: int = 100) -> None:
        self.tasks: dict[str, Task] = {}
        self.room = room
        self.breaks: Exception | None = None
        self.ahead_breaks: Exception | None = None
        self.slots = 100  # tasks that start at once
        self.asks: list[SubmitOptions] = []
        self.viewers: list[Principal] = []
        self.brought: list[tuple[object, ...]] = []  # what came besides the prompt
        self._accounts = accounts or (Account(id="1", connected=True, capacity=3),)

    def add(self, **fields: Any) -> Task:
        task = built(**{"id": str(FIRST_ID + len(self.tasks)), "action": Action.IMAGINE, "prompt": "A dog"} | fields)
        self.tasks[task.id] = task
        return task

    async def imagine(self, ask: SubmitOptions, *, prompt: str, pictures: Sequence[Picture] = ()) -> Task:
        return self._submitted(ask, action=Action.IMAGINE, prompt=self._checked(prompt), pictures=len(pictures))

    async def act(self, ask: SubmitOptions, *, parent: str, does: Action, index: int | None) -> Task:
        source = self._finished(parent)
        lane = Lane.QUICK if does is Action.UPSCALE else Lane.DRAW
        return self._submitted(
            ask,
            action=does,
            index=index,
            parent_id=source.id,
            prompt=source.request.prompt,
            prompt_en="A dog",
            lane=lane,
        )

    async def result(self, reference: str) -> Task:
        return self._finished(reference)

    async def press(self, ask: SubmitOptions, *, parent: str, custom_id: str) -> Task:
        source = self._finished(parent)
        button = next((button for button in source.result.buttons if button.custom_id == custom_id), None)
        if button is None:
            raise ButtonNotFound
        status = Status.MODAL if button.opens_dialog else Status.NOT_START
        return self._submitted(
            ask,
            action=button.does or Action.ACTION,
            index=button.index,
            parent_id=source.id,
            custom_id=custom_id,
            content=source.request.prompt,
            status=status,
        )

    async def modal(self, task_id: str, *, prompt: str | None, mask: bytes | None) -> Task:
        self._check()
        task = self.tasks.get(task_id)
        if task is None:
            raise TaskNotFound
        self.brought.append((prompt, mask))
        text = task.content if prompt is None else self._checked(prompt)
        self.tasks[task_id] = replace(task, request=replace(task.request, dialog_prompt=text), status=Status.SUBMITTED)
        return self.tasks[task_id]

    async def describe(self, ask: SubmitOptions, *, picture: Picture | None, link: str = "") -> Task:
        self.brought.append((picture, link))
        return self._submitted(ask, action=Action.DESCRIBE, prompt=link, lane=Lane.QUICK)

    async def blend(self, ask: SubmitOptions, *, pictures: Sequence[Picture], dimensions: str = "") -> Task:
        self.brought.append((pictures, dimensions))
        return self._submitted(ask, action=Action.BLEND, prompt="", pictures=len(pictures))

    async def shorten(self, ask: SubmitOptions, *, prompt: str) -> Task:
        return self._submitted(ask, action=Action.SHORTEN, prompt=self._checked(prompt), lane=Lane.QUICK)

    async def video(self, ask: SubmitOptions, video: VideoRequest) -> Task:
        self.brought.append((video.motion, video.image, video.end_image, video.loop))
        return self._submitted(ask, action=Action.VIDEO, prompt=video.prompt)

    async def extend(self, ask: SubmitOptions, extension: ExtensionRequest) -> Task:
        self.brought.append((extension,))
        button = find_extension(self._finished(extension.parent), extension.motion, extension.index)
        return await self.press(ask, parent=extension.parent, custom_id=button.custom_id)

    async def edit(self, ask: SubmitOptions, *, prompt: str, pictures: Sequence[Picture | str]) -> Task:
        self.brought.append(tuple(pictures))
        return self._submitted(ask, action=Action.IMAGINE, prompt=prompt)

    async def show(self, ask: SubmitOptions, *, job_id: str) -> Task:
        return self._submitted(ask, action=Action.SHOW, command="show", options=(("job_id", job_id),), lane=Lane.QUICK)

    async def info(self, ask: SubmitOptions) -> Task:
        return self._asked(ask, "info")

    async def settings(self, ask: SubmitOptions) -> Task:
        return self._asked(ask, "settings")

    async def switch(self, ask: SubmitOptions, *, mode: Mode) -> Task:
        return self._asked(ask, mode.value)

    async def switch_remix(self, ask: SubmitOptions) -> Task:
        return self._asked(ask, "remix")

    def _asked(self, ask: SubmitOptions, command: str) -> Task:
        return self._submitted(ask, action=Action.ACTION, command=command, answer_ends=True, lane=Lane.QUICK)

    async def upload(self, pictures: Sequence[Picture]) -> list[str]:
        self._check()
        return [f"https://cdn.discordapp.com/attachments/1/2/{picture.filename}" for picture in pictures]

    async def cancel(self, task_id: str) -> Task:
        self._check()
        if task_id not in self.tasks:
            raise TaskNotFound
        self.tasks[task_id] = replace(self.tasks[task_id], status=Status.CANCEL, phase=Phase.OVER)
        return self.tasks[task_id]

    async def seed(self, task_id: str) -> str:
        return "3216547890" if self._finished(task_id) else ""

    async def get_many(self, task_ids: Sequence[str]) -> list[Task]:
        self._check()
        return [self.tasks[task_id] for task_id in task_ids if task_id in self.tasks]

    async def queue(self) -> list[Task]:
        self._check()
        return [task for task in self.tasks.values() if task.status is Status.NOT_START]

    async def ahead(self, task: Task) -> int:
        if self.ahead_breaks:
            raise self.ahead_breaks
        return max(0, sum(other.status is Status.NOT_START for other in self.tasks.values()) - 1 - self.slots)

    async def get(self, task_id: str) -> Task | None:
        self._check()
        return self.tasks.get(task_id)

    async def fetch(self, task_id: str) -> Task | None:
        return await self.get(task_id)

    async def latest(self, limit: int, before: str | None = None, status: Sequence[Status] = ()) -> list[Task]:
        self._check()
        newest = sorted(self.tasks.values(), key=lambda task: int(task.id), reverse=True)
        fitting = [t for t in newest if (not before or int(t.id) < int(before)) and (not status or t.status in status)]
        return fitting[:limit]

    async def search(self, search: Search, limit: int, before: str | None = None) -> Found:
        found = [
            task for task in await self.latest(1_000_000) if all(word in task.request.prompt for word in search.words)
        ]
        return Found(tasks=tuple(found[:limit]), total=len(found))

    async def queue_length(self) -> int:
        self._check()
        return sum(task.phase in (Phase.NEW, Phase.READY) for task in self.tasks.values())

    def accounts(self) -> Sequence[Account]:
        return self._accounts

    def seen_by(self, viewer: Principal) -> Twin:
        """What each viewer sees is a rule of `tasks.use_cases.queries`; here it is only noted who asked."""
        self.viewers.append(viewer)
        return self

    def _check(self) -> None:
        if self.breaks:
            raise self.breaks

    def _checked(self, prompt: str) -> str:
        if not prompt.strip():
            raise MissingPrompt(hint="Send the text to draw as `prompt`.")
        if "gore" in prompt.split():
            raise BannedWord("gore")
        return prompt

    def _finished(self, parent: str) -> Task:
        self._check()
        source = next((t for t in self.tasks.values() if parent in (t.id, t.result.message_id)), None)
        if source is None:
            raise ParentNotFound
        if not source.status.is_over:
            raise ParentNotFinished
        if source.status is not Status.SUCCESS:
            raise ParentFailed
        return source

    def _submitted(self, ask: SubmitOptions, **fields: Any) -> Task:
        self._check()
        self.asks.append(ask)
        fields |= {"state": ask.state, "notify_hook": ask.notify_hook, "api": ask.api}
        fields |= {"bot": ask.bot, "requested_mode": ask.mode, "accounts": ask.accounts}
        if ask.notify_hook and not ask.notify_hook.startswith(("http://", "https://")):
            raise BadHook
        if len(self.tasks) >= self.room:
            raise QueueFull
        return self.add(**fields)


def finished(task: Task) -> Task:
    return replace(
        task,
        progress=replace(task.progress, job_id="adbd1ba4-1f1c-4c28-9d1b-3a5a4b1f0001"),
        result=replace(
            task.result,
            message_id="1108302168013938689",
            image=Image(url="https://cdn.discordapp.com/attachments/1/2/dog.png?ex=1&is=2&hm=3"),
            finish_time=1684310741027,
        ),
        status=Status.SUCCESS,
        phase=Phase.OVER,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Caller:
    """A client of the API under test; paths go out exactly as written."""

    def __init__(self, session: aiohttp.ClientSession, base: str, service: Twin) -> None:
        self._session = session
        self.base = base
        self.service = service

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        url = URL(self.base + path, encoded=True)
        async with self._session.request(method, url, allow_redirects=False, **options) as response:
            return Answer(status=response.status, headers=response.headers, body=await response.read())

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, **options: Any) -> Answer:
        return await self.ask("POST", path, **options)

    async def refused(self, method: str, path: str, status: int = 400, **options: Any) -> str:
        """The description of a refusal, whose shape is the same everywhere."""
        answer = await self.ask(method, path, **options)
        assert answer.status == status, answer
        assert answer.headers["Content-Type"] == "application/json"
        told = answer.json
        assert told["code"] == 0
        assert set(told) == {"code", "description"} | ({"message", "error"} if status == 401 else set())
        assert answer.headers["Error-Code"]
        assert "Traceback" not in told["description"]
        description: str = told["description"]
        return description


@asynccontextmanager
async def running(
    service: Twin | None = None,
    *,
    access: Access | None = None,
    links: Links | None = None,
    max_body: int = MAX_BODY,
    more: Iterable[Route] = (),
    troubles: Sequence[str] = (),
) -> AsyncIterator[Caller]:
    service = service or Twin()
    app = make_app(
        service=service,
        access=access or Access(),
        links=links or Links(),
        max_body=max_body,
        more=more,
        troubles=lambda: troubles,
    )
    async with serve(app, "127.0.0.1", 0) as base, aiohttp.ClientSession() as session:
        yield Caller(session, base, service)
