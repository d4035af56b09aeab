"""/api/v1/accounts: list, add, change, remove, pause and resume accounts, for the holder of ADMIN_SECRET.

Contract: a token is written and never read back. Addresses and proxies could lead a token away, so they are not
accepted here: only ACCOUNTS_FILE sets them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol, TypedDict

import msgspec
from aiohttp import hdrs, web
from msgspec import UNSET, Struct, UnsetType

from api.http.bodies import read_body
from api.http.errors import Malformed
from api.http.operations import Answer, Operation, names_of, says
from api.http.request_fields import read_fields
from api.http.responses import json_value
from api.http.routes import Route
from api.mj.types import OneAccount
from api.ops.health import AccountHealth, describe
from api.v1.operations import BODY_ERRORS
from api.v1.types import Done
from tasks.domain.errors import AccountExists, AccountNotFound, BadAccount, BadRequest
from tasks.domain.model import Account

LONGEST_REASON = 1000  # characters
_FILE_ONLY = frozenset({"proxyUrl", "apiBase", "gatewayUrl", "cdnBase", "uploadBase", "activityBase"})

# ---------------------------------------------------------------- types


class AccountSetup(Struct, frozen=True, kw_only=True, rename="camel"):
    """The configuration of an account, without its secrets."""

    id: str
    guild_id: str
    channel_id: str
    bots: tuple[str, ...]
    modes: tuple[str, ...]
    concurrency: int
    concurrency_relaxed: int
    concurrency_video: int
    concurrency_video_relaxed: int
    max_queue: int
    weight: int
    hours: str
    daily_limit: int
    has_proxy: bool
    has_addresses: bool


class AccountV1(TypedDict):
    """An account: how it is set up, and how it stands."""

    id: str
    guildId: Annotated[str, says("Discord's server (服务器ID).")]
    channelId: Annotated[str, says("Discord's channel (频道ID).")]
    bots: list[str]
    modes: list[str]
    concurrency: Annotated[int, says("Fast images at once (并发数).")]
    concurrencyRelaxed: Annotated[int, says("Relaxed images at once; 0: `concurrency`, at most 3.")]
    concurrencyVideo: Annotated[int, says("Fast clips at once; 0: `concurrency`.")]
    concurrencyVideoRelaxed: Annotated[int, says("Relaxed clips at once; 0: `concurrency`, at most 3.")]
    maxQueue: int
    weight: int
    hours: Annotated[str, says('When it draws, such as `"08:00-22:30"`.')]
    dailyLimit: int
    hasProxy: bool
    hasAddresses: bool
    now: Annotated[AccountHealth | None, says("How it stands now; null where it is not known yet.")]


class Wanted(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a caller wants of an account; what is left out stays, or takes its default."""

    name: str | UnsetType = UNSET
    token: (
        Annotated[str, says("It goes in and never comes out.", extra_json_schema={"writeOnly": True})] | UnsetType
    ) = UNSET
    guild_id: str | UnsetType = UNSET
    channel_id: str | UnsetType = UNSET
    bots: list[str] | UnsetType = UNSET
    modes: list[str] | UnsetType = UNSET
    concurrency: int | UnsetType = UNSET
    concurrency_relaxed: int | UnsetType = UNSET
    concurrency_video: int | UnsetType = UNSET
    concurrency_video_relaxed: int | UnsetType = UNSET
    max_queue: int | UnsetType = UNSET
    weight: int | UnsetType = UNSET
    hours: str | UnsetType = UNSET
    daily_limit: int | UnsetType = UNSET

    def given(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in values.items() if value is not UNSET}


class Pause(Struct, kw_only=True):
    """Why an account is paused."""

    reason: Annotated[str, says("Shown to people.", "its owner draws by hand")] = ""


# ---------------------------------------------------------------- operations

_ERRORS = (BadRequest, BadAccount, AccountExists, AccountNotFound)


def _operation(name: str, summary: str, answer: Any, *, status: int = 200, **more: Any) -> Operation:
    return Operation(
        name=name,
        tag="operator",
        summary=summary,
        answers={status: Answer(means="As it is then.", type=answer)},
        errors=(*_ERRORS, *BODY_ERRORS),
        **more,
    )


_LIST = _operation("accounts", "The accounts (账号列表)", list[AccountV1])
_ADD = _operation(
    "add_account",
    "Add an account (添加账号)",
    AccountV1,
    status=201,
    body=Wanted,
    needs_body=True,
    example={"token": "…", "guildId": "1108302168013930000", "channelId": "1108302168013938000"},
)
_CHANGE = _operation(
    "change_account",
    "Change an account (修改账号)",
    AccountV1,
    place=OneAccount,
    body=Wanted,
    needs_body=True,
    example={"concurrency": 3},
)
_REMOVE = _operation("remove_account", "Remove an account (删除账号)", Done, place=OneAccount)
_PAUSE = _operation(
    "pause_account",
    "Pause an account (暂停账号)",
    AccountV1,
    place=OneAccount,
    body=Pause,
    forms=True,
    example={"reason": "its owner draws by hand"},
)
_RESUME = _operation("resume_account", "Let it draw again (恢复账号)", AccountV1, place=OneAccount)


# ---------------------------------------------------------------- routes


class AccountRegistry(Protocol):
    """The accounts, and changes to them. Each method raises `tasks.domain.errors`; messages are for the client."""

    def all(self) -> Sequence[AccountSetup]: ...

    async def add(self, values: Mapping[str, Any]) -> AccountSetup: ...

    async def change(self, account: str, values: Mapping[str, Any]) -> AccountSetup: ...

    async def remove(self, account: str) -> None: ...

    async def pause(self, account: str, reason: str) -> AccountSetup: ...

    async def resume(self, account: str) -> AccountSetup: ...


class AccountStates(Protocol):
    """The current state of each account."""

    def accounts(self) -> Sequence[Account]: ...


class AccountRoutes:
    def __init__(self, registry: AccountRegistry, states: AccountStates) -> None:
        self._registry = registry
        self._states = states

    def routes(self) -> tuple[Route, ...]:
        one = "/api/v1/accounts/{id}"
        return (
            Route(path="/api/v1/accounts", handler=self.list, methods=("GET",), is_admin=True, doc=_LIST),
            Route(path="/api/v1/accounts", handler=self.add, methods=("POST",), is_admin=True, doc=_ADD),
            Route(path=one, handler=self.change, methods=("POST", "PATCH"), is_admin=True, doc=_CHANGE),
            Route(path=one, handler=self.remove, methods=("DELETE",), is_admin=True, doc=_REMOVE),
            Route(path=f"{one}/pause", handler=self.pause, methods=("POST",), is_admin=True, doc=_PAUSE),
            Route(path=f"{one}/resume", handler=self.resume, methods=("POST",), is_admin=True, doc=_RESUME),
        )

    async def list(self, request: web.Request) -> web.Response:
        return json_value([self._document(setup) for setup in self._registry.all()])

    async def add(self, request: web.Request) -> web.Response:
        return json_value(self._document(await self._registry.add((await _read_account(request)).given())), 201)

    async def change(self, request: web.Request) -> web.Response:
        setup = await self._registry.change(request.match_info["id"], (await _read_account(request)).given())
        return json_value(self._document(setup))

    async def remove(self, request: web.Request) -> web.Response:
        await self._registry.remove(request.match_info["id"])
        return json_value({"code": 1, "description": "成功"})

    async def pause(self, request: web.Request) -> web.Response:
        fields = await read_fields(request, names_of(Pause))
        reason = fields.get("reason", "").strip()
        if len(reason) > LONGEST_REASON:
            raise BadRequest(f"reason has {len(reason)} characters.", hint=f"At most {LONGEST_REASON} are accepted.")
        setup = await self._registry.pause(request.match_info["id"], reason)
        return json_value(self._document(setup))

    async def resume(self, request: web.Request) -> web.Response:
        return json_value(self._document(await self._registry.resume(request.match_info["id"])))

    def _document(self, setup: AccountSetup) -> dict[str, object]:
        state = next((account for account in self._states.accounts() if account.id == setup.id), None)
        return {**msgspec.to_builtins(setup), "now": None if state is None else describe(state)}


async def _read_account(request: web.Request) -> Wanted:
    if request.content_type != "application/json":
        raise Malformed("The account must be JSON.", hint=f"Send the header {hdrs.CONTENT_TYPE}: application/json.")
    body = await read_body(request)
    try:
        fields = msgspec.json.decode(body)
        if isinstance(fields, dict) and (forbidden := _FILE_ONLY & fields.keys()):
            raise BadAccount(f"{min(forbidden)} cannot be set here.", hint="Set it in ACCOUNTS_FILE.")
        return msgspec.convert(fields, Wanted)
    except msgspec.ValidationError as error:
        raise BadAccount(f"{error}.", hint="docs/accounts.md explains each field.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("The body is not valid JSON.") from None
