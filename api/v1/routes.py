"""/api/v1: the routes of the reference.

Contract: a handler reads, asks the service once, and renders. It decides nothing and catches nothing: errors become
answers in one place, the middleware.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from api.http.errors import refusal
from api.http.idempotency import idempotency_key_of
from api.http.links import Links
from api.http.operations import names_of
from api.http.principals import for_caller
from api.http.request_fields import read_fields
from api.http.response_cache import ResponseCache
from api.http.responses import json_bytes, json_value
from api.http.routes import Route
from api.images.submitted_pictures import frames_of
from api.ports import Service, Services
from api.v1.operations import FETCH, LIST, SUBMIT
from api.v1.schema import Edit, Imagine, listing_of, render_v1, render_v1_list, submit_of
from api.v1.types import FetchV1, ListV1, SubmitV1
from tasks.domain.errors import BadRequest, TaskNotFound

_SUBMIT, _FETCH, _LIST = names_of(SubmitV1), names_of(FetchV1), names_of(ListV1)


class V1Routes:
    def __init__(self, services: Services[Service], links: Links) -> None:
        self._services = services
        self._links = links
        self._rendered = ResponseCache(render_v1)

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(path="/api/v1/trigger/submit", handler=self.submit, doc=SUBMIT, too_fast=refusal),
            Route(path="/api/v1/task/fetch", handler=self.fetch, doc=FETCH),
            Route(path="/api/v1/task/list", handler=self.list, doc=LIST),
        )

    async def submit(self, request: web.Request) -> web.Response:
        fields = await read_fields(request, _SUBMIT)
        asked = submit_of(fields, idempotency_key_of(request, "v1/submit", fields))
        service = for_caller(self._services, request)
        if isinstance(asked, Imagine):
            task = await service.imagine(asked.ask, prompt=asked.prompt)
        elif isinstance(asked, Edit):
            pictures = await asyncio.to_thread(frames_of, asked.pictures)
            task = await service.edit(asked.ask, prompt=asked.prompt, pictures=pictures)
        else:
            task = await service.act(asked.ask, parent=asked.parent, does=asked.does, index=asked.index)
        return json_value({"code": 1, "description": "成功", "result": task.id})

    async def fetch(self, request: web.Request) -> web.Response:
        task = await for_caller(self._services, request).fetch(_one_id(await read_fields(request, _FETCH)))
        if task is None:
            raise TaskNotFound(hint="_id is the result of a submit.")
        return json_bytes(self._rendered(task, self._links.asked_at(request)))

    async def list(self, request: web.Request) -> web.Response:
        ask = listing_of(await read_fields(request, _LIST))
        tasks = await for_caller(self._services, request).latest(ask.limit, ask.before, ask.status)
        return json_bytes(render_v1_list(tasks, self._links.asked_at(request)))


def _one_id(fields: dict[str, str]) -> str:
    given = {value.strip() for value in fields.values()}
    if len(given) > 1:
        raise BadRequest("_id and id are given with different values: give one.")
    if not given:
        raise BadRequest("_id is missing: give the result of a submit.")
    return given.pop()
