"""/api/v1/accounts: the accounts, for the holder of ADMIN_SECRET.

Law: a token goes in and never comes out. Addresses and proxies, through which a token could be led away, are not taken
here: they stand in ACCOUNTS_FILE alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from aiohttp import hdrs, web

from api.admin import accounts_operations as operations
from api.admin.accounts_types import Pause, Setup, Wanted
from api.http.bodies import read_body
from api.http.errors import Malformed
from api.http.operations import names_of
from api.http.request_fields import read_fields
from api.http.responses import json_value
from api.http.routes import Route
from api.ops.health import describe
from tasks.domain.errors import BadAccount, BadRequest
from tasks.domain.model import Account

LONGEST_REASON = 1000  # characters
_FILE_ONLY = frozenset({"proxyUrl", "apiBase", "gatewayUrl", "cdnBase", "uploadBase", "activityBase"})


class Keeper(Protocol):
    """Who keeps the accounts. Each method raises `tasks.domain.errors` with a message made for the caller."""

    def all(self) -> Sequence[Setup]: ...

    async def add(self, values: Mapping[str, Any]) -> Setup: ...

    async def change(self, account: str, values: Mapping[str, Any]) -> Setup: ...

    async def remove(self, account: str) -> None: ...

    async def pause(self, account: str, reason: str) -> Setup: ...

    async def resume(self, account: str) -> Setup: ...


class Standings(Protocol):
    """How the accounts stand now."""

    def accounts(self) -> Sequence[Account]: ...


class AccountRoutes:
    def __init__(self, keeper: Keeper, standings: Standings) -> None:
        self._keeper = keeper
        self._standings = standings

    def routes(self) -> tuple[Route, ...]:
        one = "/api/v1/accounts/{id}"
        return (
            Route(path="/api/v1/accounts", handler=self.list, methods=("GET",), is_admin=True, doc=operations.LIST),
            Route(path="/api/v1/accounts", handler=self.add, methods=("POST",), is_admin=True, doc=operations.ADD),
            Route(path=one, handler=self.change, methods=("POST", "PATCH"), is_admin=True, doc=operations.CHANGE),
            Route(path=one, handler=self.remove, methods=("DELETE",), is_admin=True, doc=operations.REMOVE),
            Route(path=f"{one}/pause", handler=self.pause, methods=("POST",), is_admin=True, doc=operations.PAUSE),
            Route(path=f"{one}/resume", handler=self.resume, methods=("POST",), is_admin=True, doc=operations.RESUME),
        )

    async def list(self, request: web.Request) -> web.Response:
        return json_value([self._shown(setup) for setup in self._keeper.all()])

    async def add(self, request: web.Request) -> web.Response:
        return json_value(self._shown(await self._keeper.add((await _wanted(request)).given())), 201)

    async def change(self, request: web.Request) -> web.Response:
        setup = await self._keeper.change(request.match_info["id"], (await _wanted(request)).given())
        return json_value(self._shown(setup))

    async def remove(self, request: web.Request) -> web.Response:
        await self._keeper.remove(request.match_info["id"])
        return json_value({"code": 1, "description": "成功"})

    async def pause(self, request: web.Request) -> web.Response:
        fields = await read_fields(request, names_of(Pause))
        reason = fields.get("reason", "").strip()
        if len(reason) > LONGEST_REASON:
            raise BadRequest(f"reason has {len(reason)} characters.", hint=f"At most {LONGEST_REASON} are taken.")
        setup = await self._keeper.pause(request.match_info["id"], reason)
        return json_value(self._shown(setup))

    async def resume(self, request: web.Request) -> web.Response:
        return json_value(self._shown(await self._keeper.resume(request.match_info["id"])))

    def _shown(self, setup: Setup) -> dict[str, object]:
        now = next((account for account in self._standings.accounts() if account.id == setup.id), None)
        return {**msgspec.to_builtins(setup), "now": None if now is None else describe(now)}


async def _wanted(request: web.Request) -> Wanted:
    if request.content_type != "application/json":
        raise Malformed("An account is sent as JSON.", hint=f"Say so: {hdrs.CONTENT_TYPE}: application/json.")
    body = await read_body(request)
    try:
        asked = msgspec.json.decode(body)
        if isinstance(asked, dict) and (own := _FILE_ONLY & asked.keys()):
            raise BadAccount(f"{min(own)} is not taken here.", hint="It can be changed in ACCOUNTS_FILE alone.")
        return msgspec.convert(asked, Wanted)
    except msgspec.ValidationError as error:
        raise BadAccount(f"{error}.", hint="docs/accounts.md explains each field.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("The body is not valid JSON.") from None
