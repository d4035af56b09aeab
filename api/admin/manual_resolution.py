"""/api/v1/tasks/{id}/adopt and /retry: decisions of the operator, because they may cost money twice.

Contract: a handler parses the request, calls the service once and renders the task.
"""

from __future__ import annotations

from typing import Protocol

from aiohttp import web

from api.http.links import Links
from api.http.operations import names_of
from api.http.request_fields import read_fields
from api.http.responses import json_bytes
from api.http.routes import Route
from api.live.operations import ADOPT, RETRY
from api.live.types import Adoption
from api.v1.schema import render_v1
from tasks.domain.model import Task


class OperatorDecisions(Protocol):
    """The use cases. Each raises `tasks.domain.errors`; messages are for the client."""

    async def adopt(self, task_id: str, message_id: str = "") -> Task:
        """Give the task the result in this Discord message, or the only one that fits if none is named."""

    async def retry(self, task_id: str) -> Task:
        """Send the task again."""


class ManualResolutionRoutes:
    def __init__(self, decisions: OperatorDecisions, links: Links) -> None:
        self._decisions = decisions
        self._links = links

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(path="/api/v1/tasks/{id}/adopt", handler=self.adopt, methods=("POST",), is_admin=True, doc=ADOPT),
            Route(path="/api/v1/tasks/{id}/retry", handler=self.retry, methods=("POST",), is_admin=True, doc=RETRY),
        )

    async def adopt(self, request: web.Request) -> web.Response:
        fields = await read_fields(request, names_of(Adoption))
        task = await self._decisions.adopt(request.match_info["id"], fields.get("messageId", "").strip())
        return json_bytes(render_v1(task, self._links.asked_at(request)))

    async def retry(self, request: web.Request) -> web.Response:
        task = await self._decisions.retry(request.match_info["id"])
        return json_bytes(render_v1(task, self._links.asked_at(request)))
