"""The accounts while the service runs: what is in ACCOUNTS_FILE, what is asked for over HTTP, and the pool in step.

Law: a change is in the file before the pool has it; a file with a mistake changes nothing. Without a file accounts come
from the plain variables, and can be paused and resumed, no more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from api.admin.accounts import AccountSetup
from app.accounts_file import AccountFields, AccountsFile, checked
from bot.account_state import AccountConfig
from bot.http.endpoints import Endpoints
from bot.pool import Pool
from tasks.domain.errors import AccountExists, AccountNotFound, BadAccount, ServiceError
from tasks.domain.model import BY_OPERATOR

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0  # between two looks at the file


class Accounts:
    """`changed` is called when accounts have come, changed or gone."""

    def __init__(self, file: AccountsFile | None, pool: Pool, shared: Endpoints, changed: Callable[[], None]) -> None:
        self._file = file
        self._pool = pool
        self._shared = shared
        self._changed = changed
        self._one_at_a_time = asyncio.Lock()

    async def watch(self) -> None:
        """Follow the file. Never raises: a mistake in it is logged, and the accounts stay as they are."""
        while self._file is not None:
            await asyncio.sleep(LOOK_SECONDS)
            if self._file.has_settled():
                await self.read_again()

    async def read_again(self) -> None:
        assert self._file is not None
        async with self._one_at_a_time:
            try:
                wanted = self._file.read()
            except ServiceError as error:
                log.error("the accounts stay as they are: %s", error)
                return
            await self._apply(wanted)

    async def _apply(self, wanted: Sequence[AccountFields]) -> None:
        configs = [fields.config(self._shared) for fields in wanted]
        kept = {config.id for config in configs}
        known = {config.id: config for config in self._pool.configs()}
        for config in configs:
            if known.get(config.id) != config:
                log.info("account %s %s", config.id, "has changed" if config.id in known else "is new")
                await self._pool.put(config)
        for account in known.keys() - kept:  # last: what waits never sees fewer accounts than there are to be
            log.info("account %s is not ours any more", account)
            await self._pool.remove(account)
        self._changed()

    # ------------------------------------------------------------ asked for over HTTP

    def all(self) -> list[AccountSetup]:
        return [_setup(config) for config in self._pool.configs()]

    async def add(self, values: Mapping[str, Any]) -> AccountSetup:
        """Raises BadAccount, AccountExists."""
        async with self._one_at_a_time:
            fields = checked(values, "The account", _as_sent)
            if any(known.id == fields.id for known in self._pool.configs()):
                raise AccountExists(
                    f"There is an account {fields.id} already.", hint="Give another name, or change it."
                )
            return await self._put(fields)

    async def change(self, account: str, values: Mapping[str, Any]) -> AccountSetup:
        """Raises BadAccount, AccountNotFound."""
        async with self._one_at_a_time:
            now = msgspec.to_builtins(self._fields(account))
            fields = checked({**now, **values}, f"Account {account}", _as_sent)
            if fields.id != account:
                raise BadAccount("An account's name stays.", hint="Its tasks are known by it; add another account.")
            return await self._put(fields)

    async def remove(self, account: str) -> None:
        """Raises AccountNotFound, BadAccount."""
        async with self._one_at_a_time:
            self._fields(account)
            self._writable().remove(account)
            await self._apply(self._writable().read())

    async def pause(self, account: str, reason: str) -> AccountSetup:
        """Nothing new is sent with it until it is resumed; what runs is listened for. Raises AccountNotFound."""
        return await self._set_paused(account, reason or BY_OPERATOR)

    async def resume(self, account: str) -> AccountSetup:
        """Whoever stopped it, and if its login had ended it logs in anew. Raises AccountNotFound."""
        setup = await self._set_paused(account, "")
        self._pool.resume(account)
        self._changed()
        return setup

    async def _set_paused(self, account: str, reason: str) -> AccountSetup:
        async with self._one_at_a_time:
            if self._file is not None:
                return await self._put(msgspec.structs.replace(self._fields(account), paused=reason))
            config = self._config(account)
            await self._pool.put(replace(config, paused=reason))
            self._changed()
            return _setup(self._config(account))

    async def _put(self, fields: AccountFields) -> AccountSetup:
        """The whole file holds from now on: what was edited by hand meanwhile, too."""
        self._writable().put(fields)
        await self._apply(self._writable().read())
        return _setup(self._config(fields.id))

    def _writable(self) -> AccountsFile:
        if self._file is None:
            raise BadAccount("The accounts come from the environment.", hint="Set ACCOUNTS_FILE to change them here.")
        return self._file

    def _fields(self, account: str) -> AccountFields:
        self._config(account)
        found = next((fields for fields in self._writable().read() if fields.id == account), None)
        if found is None:
            raise AccountNotFound(hint="It was just taken out of ACCOUNTS_FILE.")
        return found

    def _config(self, account: str) -> AccountConfig:
        found = next((config for config in self._pool.configs() if config.id == account), None)
        if found is None:
            raise AccountNotFound(hint="GET /api/v1/accounts names them.")
        return found


def _as_sent(name: str) -> str:
    """A field as the API calls it."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _setup(config: AccountConfig) -> AccountSetup:
    return AccountSetup(
        id=config.id,
        guild_id=config.guild_id,
        channel_id=config.channel_id,
        bots=tuple(sorted(bot.value for bot in config.bots)),
        modes=tuple(mode.value for mode in config.modes),
        concurrency=config.capacity,
        max_queue=config.max_waiting,
        weight=config.weight,
        hours=config.hours,
        daily_limit=config.daily_limit,
        has_proxy=bool(config.proxy_url),
        has_addresses=config.endpoints is not None,
    )
