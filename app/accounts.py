"""The accounts of the running service: keeps the pool in step with ACCOUNTS_FILE and with requests over HTTP.

Contract: a change is written to the file before the pool applies it; an invalid file changes nothing. Accounts of the
plain variables are never in the file, and can only be paused and resumed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from api.admin.accounts import AccountSetup
from app.accounts_file import AccountFields, AccountsFile, parse_account
from bot.account_state import AccountConfig
from bot.http.endpoints import Endpoints
from bot.pool import Pool
from tasks.domain.errors import AccountExists, AccountNotFound, BadAccount, ServiceError
from tasks.domain.model import BY_OPERATOR, SlotKind

log = logging.getLogger(__name__)

POLL_SECONDS = 2.0  # between two polls of the file


class Accounts:
    """`changed` is called after accounts were added, changed or removed. `plain`: ids of the accounts that the plain
    variables name. `file`: None with the simulator."""

    def __init__(
        self,
        file: AccountsFile | None,
        pool: Pool,
        shared: Endpoints,
        changed: Callable[[], None],
        plain: frozenset[str] = frozenset(),
    ) -> None:
        self._file = file
        self._plain = plain
        self._pool = pool
        self._shared = shared
        self._changed = changed
        self._lock = asyncio.Lock()

    async def watch(self) -> None:
        """Follow the file. Never raises: a mistake in the file is logged, and the accounts stay unchanged."""
        while self._file is not None:
            await asyncio.sleep(POLL_SECONDS)
            if self._file.has_settled():
                await self.reload()

    async def reload(self) -> None:
        """Apply the file. Raises `BadAccount` if there is none."""
        file = self._writable_file()
        async with self._lock:
            try:
                wanted = file.read()
            except ServiceError as error:
                log.error("accounts unchanged: %s", error)
                return
            await self._apply(wanted)

    async def _apply(self, wanted: Sequence[AccountFields]) -> None:
        configs = [fields.config(self._shared) for fields in wanted if fields.id not in self._plain]
        kept = {config.id for config in configs} | self._plain
        known = {config.id: config for config in self._pool.configs()}
        for config in configs:
            if known.get(config.id) != config:
                log.info("account %s %s", config.id, "changed" if config.id in known else "added")
                await self._pool.put(config)
        for account in known.keys() - kept:  # last, so that waiting tasks never see too few accounts
            log.info("account %s removed", account)
            await self._pool.remove(account)
        self._changed()

    # ------------------------------------------------------------ requested over HTTP

    def all(self) -> list[AccountSetup]:
        return [_account_setup(config) for config in self._pool.configs()]

    async def add(self, values: Mapping[str, Any]) -> AccountSetup:
        """Raises BadAccount, AccountExists."""
        async with self._lock:
            fields = parse_account(values, "The account", _api_name)
            if any(known.id == fields.id for known in self._pool.configs()):
                raise AccountExists(
                    f"Account {fields.id} exists already.", hint="Choose another name, or change that account."
                )
            return await self._put(fields)

    async def change(self, account: str, values: Mapping[str, Any]) -> AccountSetup:
        """Raises BadAccount, AccountNotFound."""
        async with self._lock:
            current = msgspec.to_builtins(self._fields(account))
            fields = parse_account({**current, **values}, f"Account {account}", _api_name)
            if fields.id != account:
                raise BadAccount(
                    "The name of an account cannot change.", hint="Its tasks refer to the name. Add another account."
                )
            return await self._put(fields)

    async def remove(self, account: str) -> None:
        """Raises AccountNotFound, BadAccount."""
        async with self._lock:
            self._fields(account)
            self._writable_file().remove(account)
            await self._apply(self._writable_file().read())

    async def pause(self, account: str, reason: str) -> AccountSetup:
        """Send nothing new with the account until it is resumed; tasks in flight continue. Raises AccountNotFound."""
        return await self._set_paused(account, reason or BY_OPERATOR)

    async def resume(self, account: str) -> AccountSetup:
        """End a pause of any origin; log in again if the session has ended. Raises AccountNotFound."""
        setup = await self._set_paused(account, "")
        self._pool.resume(account)
        self._changed()
        return setup

    async def _set_paused(self, account: str, reason: str) -> AccountSetup:
        async with self._lock:
            if self._file is not None and account not in self._plain:
                return await self._put(msgspec.structs.replace(self._fields(account), paused=reason))
            config = self._config(account)
            await self._pool.put(replace(config, paused=reason))
            self._changed()
            return _account_setup(self._config(account))

    async def _put(self, fields: AccountFields) -> AccountSetup:
        """Write the account, then apply the whole file, with what was edited by hand meanwhile."""
        self._writable_file().put(fields)
        await self._apply(self._writable_file().read())
        return _account_setup(self._config(fields.id))

    def _writable_file(self) -> AccountsFile:
        if self._file is None:
            raise BadAccount("The simulator's accounts cannot change.", hint="Start the service without --simulator.")
        return self._file

    def _fields(self, account: str) -> AccountFields:
        self._config(account)
        if account in self._plain:
            raise BadAccount(
                f"Account {account} comes from DISCORD_TOKEN.", hint="Change the setting, or move it to ACCOUNTS_FILE."
            )
        found = next((fields for fields in self._writable_file().read() if fields.id == account), None)
        if found is None:
            raise AccountNotFound(hint="It was just removed from ACCOUNTS_FILE.")
        return found

    def _config(self, account: str) -> AccountConfig:
        found = next((config for config in self._pool.configs() if config.id == account), None)
        if found is None:
            raise AccountNotFound(hint="GET /api/v1/accounts lists the accounts.")
        return found


def _api_name(name: str) -> str:
    """The API's name of a field."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _account_setup(config: AccountConfig) -> AccountSetup:
    return AccountSetup(
        id=config.id,
        guild_id=config.guild_id,
        channel_id=config.channel_id,
        bots=tuple(sorted(bot.value for bot in config.bots)),
        modes=tuple(mode.value for mode in config.modes),
        concurrency=config.capacity,
        concurrency_relaxed=config.limits.get(SlotKind.IMAGES_RELAXED, 0),
        concurrency_video=config.limits.get(SlotKind.VIDEOS_FAST, 0),
        concurrency_video_relaxed=config.limits.get(SlotKind.VIDEOS_RELAXED, 0),
        max_queue=config.max_waiting,
        weight=config.weight,
        hours=config.hours,
        daily_limit=config.daily_limit,
        has_proxy=bool(config.proxy_url),
        has_addresses=config.endpoints is not None,
    )
