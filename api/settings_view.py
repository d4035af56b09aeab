"""The settings in force, for the operator.

Law: what comes in is text that may be shown; this file decides nothing about secrets and reads no setting.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from api.answers import json_value
from api.routes import Route


class SettingsView:
    """`values`: a setting's name -> its value as text, in the order of docs/settings.md."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def routes(self) -> tuple[Route, ...]:
        return (Route(path="/api/v1/settings", handler=self.settings, methods=("GET",), is_admin=True),)

    async def settings(self, request: web.Request) -> web.Response:
        return json_value({"settings": self._values})
