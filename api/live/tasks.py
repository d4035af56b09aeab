"""/api/v1/tasks, among all of which is searched, and /api/v1/tasks/{id}: one task, what happened to it, and its end as
soon as it comes.

Contract: looking only; nothing here changes anything. A wait holds a seat, and ends with its caller or with the
service.
"""

from __future__ import annotations

import asyncio
import re

from aiohttp import web

from api.http.operations import names_of
from api.http.principals import CALLER, for_caller
from api.http.request_fields import query_fields
from api.http.responses import json_value
from api.http.routes import Route
from api.http.server import when_gone
from api.live import operations
from api.live.connection_limits import StreamLimits
from api.live.feed import Feed
from api.live.representations import Representations
from api.live.searches import search_of
from api.live.sight import task_or_404
from api.live.types import InShape, Searching, Waiting
from api.ports import Lines, Service, Services
from tasks.domain.errors import BadRequest
from tasks.domain.model import Task

WAIT = "30"  # seconds, where none are given
MOST = 300.0  # seconds: what is silent for longer is cut by most proxies
_SECONDS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3})?")
_SHAPE, _WAITING, _SEARCHING = names_of(InShape), names_of(Waiting), names_of(Searching)


class TaskRoutes:
    def __init__(
        self, services: Services[Service], feed: Feed, lines: Lines, *, seats: StreamLimits, shapes: Representations
    ) -> None:
        self._services = services
        self._feed = feed
        self._lines = lines
        self._seats = seats
        self._shapes = shapes

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(path="/api/v1/tasks", handler=self.search, methods=("GET",), doc=operations.SEARCH),
            Route(path="/api/v1/tasks/{id}", handler=self.task, methods=("GET",), doc=operations.TASK),
            Route(path="/api/v1/tasks/{id}/timeline", handler=self.timeline, methods=("GET",), doc=operations.TIMELINE),
            Route(path="/api/v1/tasks/{id}/wait", handler=self.wait, methods=("GET",), doc=operations.WAIT),
        )

    async def task(self, request: web.Request) -> web.Response:
        shape = self._shapes.named(query_fields(request, _SHAPE).get("shape"), request)
        task = task_or_404(await for_caller(self._services, request).fetch(request.match_info["id"]))
        return json_value(shape.document(task))

    async def search(self, request: web.Request) -> web.Response:
        fields = query_fields(request, _SEARCHING)
        shape, wanted = self._shapes.named(fields.get("shape"), request), search_of(fields)
        found = await for_caller(self._services, request).search(wanted.search, wanted.limit, wanted.before)
        return json_value({"total": found.total, "tasks": [shape.document(task) for task in found.tasks]})

    async def timeline(self, request: web.Request) -> web.Response:
        task = task_or_404(await for_caller(self._services, request).get(request.match_info["id"]))
        lines = [
            {"id": line.id, "time": line.time, "kind": line.kind, "detail": line.detail}
            for line in await self._lines.timeline_of(task.id)
        ]
        return json_value({"taskId": task.id, "lines": lines})

    async def wait(self, request: web.Request) -> web.Response:
        fields = query_fields(request, _WAITING)
        shape, seconds = self._shapes.named(fields.get("shape"), request), seconds_of(fields.get("timeout", WAIT))
        task_id, service = request.match_info["id"], for_caller(self._services, request)
        task = task_or_404(await service.get(task_id))
        if seconds and not task.status.is_over:
            with self._seats.taken(request[CALLER].name, "wait"):
                await self._until_over(request, service, task_id, seconds)
        return json_value(shape.document(task_or_404(await service.fetch(task_id))))

    async def _until_over(self, request: web.Request, service: Service, task_id: str, seconds: float) -> None:
        """Or until the time is up, the caller gone, or the service ends."""
        with self._feed.listen(task_id) as listener, when_gone(request, listener.end):
            task: Task = task_or_404(await service.get(task_id))  # it may have ended before we listened
            try:
                async with asyncio.timeout(seconds):
                    while not task.status.is_over and (tellings := await listener.next()):
                        task = tellings[-1].task
            except TimeoutError:
                pass


def seconds_of(text: str) -> float:
    """Raises BadRequest."""
    text = text.strip()
    seconds = float(text) if _SECONDS.fullmatch(text) else -1.0
    if not 0 <= seconds <= MOST:
        raise BadRequest(f"timeout must be a number of seconds from 0 to {MOST:.0f}.", hint="Ask again when it is up.")
    return seconds
