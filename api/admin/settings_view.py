"""/api/v1/settings: the effective settings, for the operator.

Contract: receives text that may be shown; reads no setting and decides nothing about secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from aiohttp import web

from api.http.operations import Answer, Operation
from api.http.responses import json_value
from api.http.routes import Route


class InForce(TypedDict):
    """A setting's name → its value as text; a secret is `set` or `not set`."""

    settings: dict[str, str]


_DOC = Operation(
    name="settings_in_force",
    tag="operator",
    summary="The settings in force, without secrets (当前设置)",
    answers={200: Answer(means="In the order of docs/settings.md.", type=InForce)},
)


class SettingsView:
    """`values`: the name of each setting → its value as text, in the order of docs/settings.md."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def routes(self) -> tuple[Route, ...]:
        return (Route(path="/api/v1/settings", handler=self.settings, methods=("GET",), is_admin=True, doc=_DOC),)

    async def settings(self, request: web.Request) -> web.Response:
        return json_value({"settings": self._values})
