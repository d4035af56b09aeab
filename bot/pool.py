"""All accounts as one Gateway: start, stop, health, requests through a named account; accounts may change.

Contract: a failure of one account never affects another. Opening waits for no account: `accounts()` and an event show
when each is connected. Closing ends all accounts in reverse order and continues past a failure.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from bot.account import AccountClient, SetClock
from bot.account_state import AccountConfig
from bot.gateway.receiver import Observer, Sink, ignore_event
from bot.gateway.supervisor import supervise
from bot.http import client_identity as pages
from bot.http import downloads
from bot.http.client import DiscordHttp
from bot.http.client_identity import ClientIdentity
from bot.http.endpoints import Endpoints
from bot.interactions import CommandIndex
from tasks.domain.errors import NotSent
from tasks.domain.events import HistoryPage
from tasks.domain.interactions import Interaction, UploadedAttachment
from tasks.domain.model import Account, Picture
from tasks.domain.ports import Clock

log = logging.getLogger(__name__)


@dataclass(kw_only=True, slots=True)
class _Member:
    """An account and the task that keeps it connected; None: not started yet."""

    client: AccountClient
    keeper: asyncio.Task[None] | None = field(default=None)

    @property
    def has_stopped(self) -> bool:
        return self.keeper is not None and self.keeper.done()


class Pool:
    """Implements `tasks.domain.ports.Gateway`.

    `fetch_properties`: whether to read the build number from Discord's pages; None: only with Discord's endpoints.
    `on_pause` receives account and reason whenever something pauses an account, and must not raise. `set_clock`
    receives Discord's time at each login. `observe` receives each event of the accounts' channels and its parsed form.
    """

    def __init__(
        self,
        accounts: Sequence[AccountConfig],
        *,
        sink: Sink,
        endpoints: Endpoints | None = None,
        proxy_url: str = "",
        properties: ClientIdentity | None = None,
        fetch_properties: bool | None = None,
        receive_private: bool = False,
        history_pages: int = 20,
        clock: Clock | None = None,
        on_pause: Callable[[str, str], None] = lambda account, reason: None,
        set_clock: SetClock = lambda server_time: None,
        observe: Observer = ignore_event,
    ) -> None:
        self._sink = sink
        self._endpoints = endpoints or Endpoints()
        self._proxy_url = proxy_url
        self._properties = properties or ClientIdentity()
        self._fetch = self._endpoints.is_discord if fetch_properties is None else fetch_properties
        self._fetch_lock = asyncio.Lock()
        self._receive_private = receive_private
        self._history_pages = history_pages
        self._clock = clock
        self._on_pause = on_pause
        self._set_clock = set_clock
        self._observe = observe
        self._is_open = False
        self._members = {config.id: _Member(client=self._create_client(config)) for config in accounts}
        if len(self._members) != len(accounts):
            raise ValueError("two accounts have the same id")

    async def __aenter__(self) -> Self:
        self._is_open = True
        for member in self._members.values():
            self._start(member)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_open = False
        await self._stop(list(reversed(self._members.values())))

    # ------------------------------------------------------------ adding, changing and removing accounts

    async def put(self, config: AccountConfig) -> None:
        """Add an account, or change an existing one, which keeps its place among the others."""
        member = self._members.get(config.id)
        if member is not None and member.client.config.login == config.login:
            held = member.client.config.paused
            member.client.change(config)
            if config.paused and config.paused != held:
                member.client.hold(config.paused)
            elif held and not config.paused:
                self.resume(config.id)
            return
        if member is not None:
            await self._stop([member])
        self._members[config.id] = fresh = _Member(client=self._create_client(config))
        if self._is_open:
            self._start(fresh)

    async def remove(self, account: str) -> None:
        """Log the account out and forget it."""
        member = self._members.pop(account, None)
        if member is not None:
            await self._stop([member])

    def resume(self, account: str) -> None:
        """Clear the account's pause, and log in again if the login had stopped."""
        member = self._members[account]
        member.client.resume()
        if self._is_open and member.has_stopped:
            self._start(member)

    def configs(self) -> list[AccountConfig]:
        return [member.client.config for member in self._members.values()]

    # ------------------------------------------------------------ tasks.domain.ports.Gateway

    def accounts(self) -> Sequence[Account]:
        return [member.client.account for member in self._members.values()]

    def account(self, account_id: str) -> Account | None:
        member = self._members.get(account_id)
        return None if member is None else member.client.account

    async def send(self, account: str, order: Interaction, nonce: str) -> None:
        await self._client(account).send(order, nonce)

    async def read_history(self, account: str, since: int) -> HistoryPage:
        return await self._client(account).read_history(since)

    async def upload(self, account: str, pictures: Sequence[Picture]) -> Sequence[UploadedAttachment]:
        return await self._client(account).upload(pictures)

    async def publish(self, account: str, pictures: Sequence[Picture]) -> Sequence[str]:
        return await self._client(account).publish(pictures)

    async def react(self, account: str, message_id: str, emoji: str) -> None:
        await self._client(account).react(message_id, emoji)

    async def refresh(self, account: str, urls: Sequence[str]) -> Mapping[str, str]:
        return await self._client(account).refresh(urls)

    async def load(self, account: str, url: str, most: int) -> bytes:
        """Download a Discord link over the account's proxy and CDN; this needs no login.

        Raises what `bot.http.downloads.load` raises.
        """
        member = self._members.get(account)
        config = member.client.config if member is not None else None
        endpoints, proxy_url = self._endpoints, self._proxy_url
        if config is not None:
            endpoints = config.endpoints or endpoints
            proxy_url = proxy_url if config.proxy_url is None else config.proxy_url
        return await downloads.load(url, most, endpoints=endpoints, proxy_url=proxy_url, properties=self._properties)

    def pause(self, account: str, reason: str) -> None:
        if account in self._members:  # a removed account needs no pause
            self._members[account].client.pause(reason)

    # ------------------------------------------------------------ beyond the port

    async def wait_connected(self) -> None:
        """Wait until every account has been connected once. For tests and demonstrations."""
        for member in self._members.values():
            await member.client.wait_connected()

    async def ended(self, account: str) -> None:
        """Wait until the account stops logging in because Discord rejects its token."""
        keeper = self._members[account].keeper
        if keeper is not None:
            await asyncio.wait({keeper})

    def rest(self, account: str) -> DiscordHttp:
        """The account's HTTP client, for requests beyond the port, such as files. Raises `NotSent` before its login."""
        return self._client(account).rest

    def commands(self, account: str) -> CommandIndex:
        """The commands that the account is offered; none before its first login."""
        return self._client(account).commands

    def _client(self, account: str) -> AccountClient:
        member = self._members.get(account)
        if member is None:
            raise NotSent(f"The account {account!r} does not exist any more.")
        return member.client

    def _create_client(self, config: AccountConfig) -> AccountClient:
        return AccountClient(
            config,
            sink=self._sink,
            endpoints=config.endpoints or self._endpoints,
            proxy_url=self._proxy_url if config.proxy_url is None else config.proxy_url,
            receive_private=self._receive_private,
            history_pages=self._history_pages,
            clock=self._clock,
            on_pause=self._on_pause,
            set_clock=self._set_clock,
            observe=self._observe,
        )

    def _start(self, member: _Member) -> None:
        name = f"account {member.client.config.id} login"
        member.keeper = asyncio.create_task(self._keep(member.client), name=name)

    @staticmethod
    async def _stop(members: Sequence[_Member]) -> None:
        closing = [member.keeper for member in members if member.keeper is not None]
        for task in closing:
            task.cancel()
        for task, result in zip(closing, await asyncio.gather(*closing, return_exceptions=True), strict=True):
            if isinstance(result, Exception):
                log.error("%s: failed while closing", task.get_name(), exc_info=result)

    async def _keep(self, client: AccountClient) -> None:
        async def log_in() -> None:
            await client.run_login(await self._current_properties())

        await supervise(client.config.id, log_in, client.on_dead_token)

    async def _current_properties(self) -> ClientIdentity:
        """The first login reads the pages once; the others wait for it."""
        async with self._fetch_lock:
            if self._fetch:
                self._fetch = False
                self._properties = await pages.fetch(
                    self._properties, pages_base=self._endpoints.pages_base, proxy_url=self._proxy_url
                )
            return self._properties
