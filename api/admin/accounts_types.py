"""The types of `/api/v1/accounts`: what is read, and what is shown. Law: declarations only; no secret is shown."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from msgspec import UNSET, Struct, UnsetType

from api.http.operations import says
from api.ops.health_types import AccountHealth


class Setup(Struct, frozen=True, kw_only=True, rename="camel"):
    """How an account is set up, without its secrets."""

    id: str
    guild_id: str
    channel_id: str
    bots: tuple[str, ...]
    modes: tuple[str, ...]
    concurrency: int
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
    concurrency: Annotated[int, says("Drawings at once (并发数).")]
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
