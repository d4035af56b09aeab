"""/mj: the routes that the clients of midjourney-proxy and its successors speak.

Contract: a handler reads, asks the service once, and renders; it decides nothing. Every route stands under seven
prefixes, six of which name a mode, each in two spellings. Whatever happens behind a route leaves as HTTP 200 and in the
contract's own shape; who may ask and which routes there are is the guard's business.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from aiohttp import web

from api.http.errors import InternalError, Malformed, TooManyBodies, from_library, status_of
from api.http.idempotency import idempotency_key_of
from api.http.links import Links
from api.http.operations import Operation, names_of
from api.http.principals import for_caller
from api.http.request_fields import form_pairs, gather
from api.http.response_cache import ResponseCache
from api.http.responses import json_bytes, json_value
from api.http.routes import Handler, Route
from api.mj import requests
from api.mj.body import Body, read_json
from api.mj.operations import OPERATIONS
from api.mj.responses import FAILED, code_of, done, pressed, refused, submitted
from api.mj.schema import account_document, render_mj, render_mj_list
from api.mj.types import AccountMj, ListMj
from api.ports import MjService, Services
from api.v1.schema import listing_of
from tasks.domain.errors import NotOffered, ServiceError
from tasks.domain.model import Account, ExtensionRequest, Lane, Mode, Status, SubmitOptions, Task
from tasks.prompts.banned import BannedWord

PREFIXES: Mapping[str, Mode | None] = {
    "/mj": None,
    "/mj-fast/mj": Mode.FAST,
    "/mj-relax/mj": Mode.RELAXED,
    "/mj-turbo/mj": Mode.TURBO,
    "/fast/mj": Mode.FAST,
    "/relax/mj": Mode.RELAXED,
    "/turbo/mj": Mode.TURBO,
}
_WITH_PICTURES = ("imagine", "describe", "blend", "video", "edits", "edit")  # their bodies may be large
GIVEN = ("base64Array", "base64")  # the fields of pictures to draw from
_LIST = names_of(ListMj)

Load = Callable[[Sequence[str]], Awaitable[Mapping[str, bytes]]]
Submit = Callable[[MjService, SubmitOptions, Body], Awaitable[Task]]
Look = Callable[[web.Request], Awaitable[web.Response]]

log = logging.getLogger(__name__)


class MjRoutes:
    """`queued_code` tells a caller that others come first: 22, or 1 for clients that take 22 for a failure.

    `queue_size` and `timeout_minutes` are shown with each account. `load` fetches the pictures behind links; without it
    they are refused.
    """

    def __init__(
        self,
        services: Services[MjService],
        links: Links,
        *,
        queued_code: int = 22,
        queue_size: int = 10_000,
        timeout_minutes: int = 5,
        load: Load | None = None,
    ) -> None:
        self._services = services
        self._links = links
        self._rendered = ResponseCache(render_mj)
        self._queued_code = queued_code
        self._queue_size = queue_size
        self._timeout_minutes = timeout_minutes
        self._load = load

    def routes(self) -> tuple[Route, ...]:
        submits: Mapping[str, Submit] = {
            "imagine": self.imagine,
            "change": self.change,
            "simple-change": self.simple_change,
            "action": self.action,
            "describe": self.describe,
            "blend": self.blend,
            "shorten": self.shorten,
            "video": self.video,
            "edits": self.edits,
            "edit": self.edit,
            "show": self.show,
            "info": self.info,
            "settings": self.settings,
            "switch": self.switch,
        }
        posts: Mapping[str, Look] = {
            "/submit/modal": self.modal,
            "/insight-face/swap": self.swap,
            "/submit/upload-discord-images": self.upload,
            "/task/list-by-condition": self.by_ids,
            "/task/list-by-ids": self.by_ids,
            "/task/{id}/cancel": self.cancel,
        }
        gets: Mapping[str, Look] = {
            "/task/list": self.list,
            "/task/queue": self.queue,
            "/task/{id}/fetch": self.fetch,
            "/task/{id}/image-seed": self.seed,
            "/account/list": self.account_list,
            "/account/{id}/fetch": self.account,
        }
        found: list[Route] = []
        for prefix, mode in PREFIXES.items():
            found += [
                _post(
                    f"{prefix}/submit/{name}", self._submitting(name, submit, mode), OPERATIONS.get(f"/submit/{name}")
                )
                for name, submit in submits.items()
            ]
            found += [  # before the rest: a look at a task is asked for most often, and the router goes by this order
                Route(path=f"{prefix}{path}", handler=_answering(look), methods=("GET",), doc=OPERATIONS.get(path))
                for path, look in gets.items()
            ]
            found += [_post(f"{prefix}{path}", _answering(look), OPERATIONS.get(path)) for path, look in posts.items()]
        return tuple(found)

    # ------------------------------------------------------------ submit

    async def imagine(self, service: MjService, ask: SubmitOptions, body: Body) -> Task:
        pictures = await (await self._loaded(body, *GIVEN)).use(requests.given_pictures_of)
        return await service.imagine(ask, prompt=body.text("prompt"), pictures=pictures)

    async def change(self, service: MjService, ask: SubmitOptions, body: Body) -> Task:
        return await self._change(service, ask, requests.change_of(body))

    async def simple_change(self, service: MjService, ask: SubmitOptions, body: Body) -> Task:
        return await self._change(service, ask, requests.simple_change_of(body))

    async def _change(self, service: MjService, ask: SubmitOptions, change: requests.Change) -> Task:
        return await service.act(ask, parent=change.parent, does=change.does, index=change.index)

    async def action(self, service: MjService, ask: SubmitOptions, body: Body) -> Task:
        parent, custom_id = requests.task_id_of(body), requests.custom_id_of(body)
        return await service.press(ask, parent=parent, custom_id=custom_id)

    async def describe(self, service: MjService, ask: SubmitOptions, body: Body) -> Task:
        asked = await (await self._loaded(body, "base64")).use(requests.described_of)
        return await service.describe(ask, picture=asked.picture, link=asked.link)

    async def blend(self, service: MjService, ask: SubmitOptions, body: Body) -> Task:
        asked = await (await self._loaded(body, "base64Array")).use(requests.blended_of)
        return await service.blend(ask, pictures=asked.pictures, dimensions=asked.dimensions)

    async def shorten(self, service: MjService, ask: SubmitOptions, body: Body) -> Task:
        return await service.shorten(ask, prompt=body.text("prompt"))

    async def video(self, service: MjService, ask: SubmitOptions, body: Body) -> Task:
        clip = await body.use(requests.clip_of)
        if isinstance(clip, ExtensionRequest):
            return await service.extend(ask, clip)
        return await service.video(ask, clip)

    async def edits(self, service: MjService, ask: SubmitOptions, body: Body) -> Task:
        edited = await body.use(requests.edited_of)
        return await service.edit(ask, prompt=edited.prompt, pictures=edited.pictures)

    async def edit(self, service: MjService, ask: SubmitOptions, body: Body) -> Task:
        return await self.edits(service, ask, body)

    async def swap(self, request: web.Request) -> web.Response:
        """A bot of its own, which is not MidJourney's."""
        raise NotOffered("Swapping faces is not offered here.", hint="It is no command of MidJourney's.")

    async def show(self, service: MjService, ask: SubmitOptions, body: Body) -> Task:
        return await service.show(ask, job_id=body.text("jobId"))

    async def info(self, service: MjService, ask: SubmitOptions, body: Body) -> Task:
        return await service.info(ask)

    async def settings(self, service: MjService, ask: SubmitOptions, body: Body) -> Task:
        return await service.settings(ask)

    async def switch(self, service: MjService, ask: SubmitOptions, body: Body) -> Task:
        mode = requests.switched_mode_of(body)
        if mode is None:
            return await service.switch_remix(ask)
        return await service.switch(ask, mode=mode)

    async def modal(self, request: web.Request) -> web.Response:
        """The task keeps its id, and goes on whatever its status still says."""
        body = await self._loaded(await read_json(request, has_pictures=True), "maskBase64")
        given = await body.use(requests.second_input_of)
        service = for_caller(self._services, request)
        try:
            task = await service.modal(given.task_id, prompt=given.prompt, mask=given.mask)
        except BannedWord as error:
            return refused(error, prompt=given.prompt or "")
        return submitted(task, ahead=await _ahead(service, task), queued_code=self._queued_code)

    async def upload(self, request: web.Request) -> web.Response:
        """The links lead to Discord itself: they are made to stand in a prompt, and MidJourney is to load them."""
        body = await self._loaded(await read_json(request, has_pictures=True), *GIVEN)
        pictures = await body.use(requests.uploaded_of)
        return done(await for_caller(self._services, request).upload(pictures), "上传成功")

    async def _loaded(self, body: Body, *names: str) -> Body:
        """With the pictures behind the links in these fields."""
        links = await body.use(lambda given: requests.links_of(given, names)) if self._load else []
        return body.with_loaded(await self._load(links)) if self._load and links else body

    # ------------------------------------------------------------ tasks

    async def fetch(self, request: web.Request) -> web.Response:
        task = await for_caller(self._services, request).fetch(request.match_info["id"])
        return json_bytes(b"null" if task is None else self._rendered(task, self._links.asked_at(request)))

    async def list(self, request: web.Request) -> web.Response:
        ask = listing_of(gather(form_pairs(request.rel_url.raw_query_string), _LIST), requests.STATUSES)
        tasks = await for_caller(self._services, request).latest(ask.limit, ask.before, ask.status)
        return json_bytes(render_mj_list(tasks, self._links.asked_at(request)))

    async def queue(self, request: web.Request) -> web.Response:
        return json_bytes(
            render_mj_list(await for_caller(self._services, request).queue(), self._links.asked_at(request))
        )

    async def by_ids(self, request: web.Request) -> web.Response:
        ids = requests.ids_of(await read_json(request))
        tasks = await for_caller(self._services, request).get_many(ids) if ids else []
        return json_bytes(self._rendered.each(tasks, self._links.asked_at(request)))

    async def seed(self, request: web.Request) -> web.Response:
        return done(await for_caller(self._services, request).seed(request.match_info["id"]))

    async def cancel(self, request: web.Request) -> web.Response:
        task = await for_caller(self._services, request).cancel(request.match_info["id"])
        return done(task.id)

    # ------------------------------------------------------------ accounts

    async def account_list(self, request: web.Request) -> web.Response:
        return json_value([self._shown(account) for account in self._services.accounts()])

    async def account(self, request: web.Request) -> web.Response:
        wanted = request.match_info["id"]
        found = next((account for account in self._services.accounts() if account.id == wanted), None)
        return json_value(None if found is None else self._shown(found))

    def _shown(self, account: Account) -> AccountMj:
        return account_document(account, queue_size=self._queue_size, timeout_minutes=self._timeout_minutes)

    # ------------------------------------------------------------ answering

    def _submitting(self, name: str, submit: Submit, mode: Mode | None) -> Handler:
        has_pictures = name in _WITH_PICTURES

        async def answer(request: web.Request) -> web.Response:
            body = await read_json(request, has_pictures=has_pictures)
            route = f"mj/{name}/{mode or ''}"
            asked = requests.ask_of(body, mode, self._services.accounts())
            ask = replace(asked, once=await body.use(lambda given: idempotency_key_of(request, route, given.asked())))
            service = for_caller(self._services, request)
            try:
                task = await submit(service, ask, body)
            except BannedWord as error:
                return refused(error, prompt=_prompt_of(body))
            return pressed(task, ahead=await _ahead(service, task), queued_code=self._queued_code)

        return _answering(answer)


def _post(path: str, handler: Handler, doc: Operation | None) -> Route:
    too_fast = refused if "/submit/" in path else None
    return Route(path=path, handler=handler, methods=("POST",), doc=doc, too_fast=too_fast)


def _answering(look: Look) -> Handler:
    """Every failure in the contract's shape."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return await look(request)
        except TooManyBodies:  # answered by the guard, as too many connections are: the contract has no code for it
            raise
        except ServiceError as error:
            if code_of(error) == FAILED:
                log.error("%s %r: %s", request.method, request.path, error, exc_info=status_of(error) == 500)
            return refused(error)
        except web.HTTPException as error:
            return refused(from_library(error, request, request.client_max_size))
        except Exception:  # an internal error has the contract's shape, too
            log.exception("%s %r could not be answered", request.method, request.path)
            return refused(InternalError())

    return answer


async def _ahead(service: MjService, task: Task) -> int:
    """The task is taken: that nobody can say how many come first must not look as if it was not."""
    if task.status is not Status.NOT_START or task.lane is Lane.QUICK:
        return 0
    try:
        return await service.ahead(task)
    except ServiceError as error:
        log.warning("task %s: its place in the queue is not known: %s", task.id, error)
        return 0


def _prompt_of(body: Body) -> str:
    """The prompt as given; a banned word may also stand in that of a parent."""
    try:
        return body.text("prompt")
    except Malformed:
        return ""
