"""The accounts as one Gateway: start, stop, health, send through the named account; also while they change.

Law: an account's trouble stays its own. Opening waits for nobody: whether an account is connected is seen in
`accounts()` and told as an event. Closing ends all, in reverse, and goes on when one fails.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from bot.account import AccountClient, SetClock
from bot.account_state import AccountConfig
from bot.gateway.receiver import Sink, Watch, unwatched
from bot.gateway.supervisor import supervise
from bot.http import client_identity as pages
from bot.http import downloads
from bot.http.client import DiscordHttp
from bot.http.client_identity import ClientIdentity
from bot.http.endpoints import Endpoints
from tasks.domain.errors import NotSent
from tasks.domain.events import HistoryPage
from tasks.domain.interactions import Interaction, Upload
from tasks.domain.model import Account, Picture
from tasks.domain.ports import Clock

log = logging.getLogger(__name__)


@dataclass(kw_only=True, slots=True)
class _Member:
    """An account and the task that keeps it connected; None: it is to be started, or has given up."""

    client: AccountClient
    staying: asyncio.Task[None] | None = field(default=None)

    @property
    def has_given_up(self) -> bool:
        return self.staying is not None and self.staying.done()


class Pool:
    """Implements `tasks.domain.ports.Gateway`.

    `fetch_properties`: whether Discord's pages are asked for their build; None: when it is Discord that is spoken to.
    `on_pause` is called with account and reason whenever something pauses an account, and must not raise; `set_clock`
    with what Discord's clock says, at each login; `watch` sees each event of ours and what was understood.
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
        hear_private: bool = False,
        history_pages: int = 20,
        clock: Clock | None = None,
        on_pause: Callable[[str, str], None] = lambda account, reason: None,
        set_clock: SetClock = lambda server_time: None,
        watch: Watch = unwatched,
    ) -> None:
        self._sink = sink
        self._endpoints = endpoints or Endpoints()
        self._proxy_url = proxy_url
        self._properties = properties or ClientIdentity()
        self._fetch = self._endpoints.is_discord if fetch_properties is None else fetch_properties
        self._fetching = asyncio.Lock()
        self._hear_private = hear_private
        self._history_pages = history_pages
        self._clock = clock
        self._on_pause = on_pause
        self._set_clock = set_clock
        self._watch = watch
        self._is_open = False
        self._members = {config.id: _Member(client=self._made(config)) for config in accounts}
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

    # ------------------------------------------------------------ accounts that come, change and go

    async def put(self, config: AccountConfig) -> None:
        """A new account, or what is to hold for one that is there: its place among the others stays."""
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
        self._members[config.id] = fresh = _Member(client=self._made(config))
        if self._is_open:
            self._start(fresh)

    async def remove(self, account: str) -> None:
        """It is ours no longer."""
        member = self._members.pop(account, None)
        if member is not None:
            await self._stop([member])

    def resume(self, account: str) -> None:
        """The operator has mended it: it takes tasks again, and logs in anew if it had given up."""
        member = self._members[account]
        member.client.resume()
        if self._is_open and member.has_given_up:
            self._start(member)

    def configs(self) -> list[AccountConfig]:
        return [member.client.config for member in self._members.values()]

    # ------------------------------------------------------------ tasks.domain.ports.Gateway

    def accounts(self) -> Sequence[Account]:
        return [member.client.account for member in self._members.values()]

    async def send(self, account: str, order: Interaction, nonce: str) -> None:
        await self._client(account).send(order, nonce)

    async def recall(self, account: str, since: int) -> HistoryPage:
        return await self._client(account).recall(since)

    async def upload(self, account: str, pictures: Sequence[Picture]) -> Sequence[Upload]:
        return await self._client(account).upload(pictures)

    async def publish(self, account: str, pictures: Sequence[Picture]) -> Sequence[str]:
        return await self._client(account).publish(pictures)

    async def react(self, account: str, message_id: str, emoji: str) -> None:
        await self._client(account).react(message_id, emoji)

    async def refresh(self, account: str, urls: Sequence[str]) -> Mapping[str, str]:
        return await self._client(account).refresh(urls)

    async def load(self, account: str, url: str, most: int) -> bytes:
        """What stands behind a link of Discord's, over the account's own proxy and CDN: no login is needed for it.

        Raises as `bot.http.downloads.load` does.
        """
        member = self._members.get(account)
        config = member.client.config if member is not None else None
        endpoints, proxy_url = self._endpoints, self._proxy_url
        if config is not None:
            endpoints = config.endpoints or endpoints
            proxy_url = proxy_url if config.proxy_url is None else config.proxy_url
        return await downloads.load(url, most, endpoints=endpoints, proxy_url=proxy_url, properties=self._properties)

    def pause(self, account: str, reason: str) -> None:
        if account in self._members:  # else it is gone, and needs no pause
            self._members[account].client.pause(reason)

    # ------------------------------------------------------------ ours

    async def wait_connected(self) -> None:
        """Until every account has been connected once at the same time or earlier. For tests and demonstrations."""
        for member in self._members.values():
            await member.client.wait_connected()

    async def ended(self, account: str) -> None:
        """Until the account has given up: its token is dead."""
        staying = self._members[account].staying
        if staying is not None:
            await asyncio.wait({staying})

    def rest(self, account: str) -> DiscordHttp:
        """The account's way to Discord over HTTP, for what is no order: files. Raises `NotSent` before its login."""
        return self._client(account).rest

    def _client(self, account: str) -> AccountClient:
        member = self._members.get(account)
        if member is None:
            raise NotSent(f"There is no account {account!r} any more.")
        return member.client

    def _made(self, config: AccountConfig) -> AccountClient:
        return AccountClient(
            config,
            sink=self._sink,
            endpoints=config.endpoints or self._endpoints,
            proxy_url=self._proxy_url if config.proxy_url is None else config.proxy_url,
            hear_private=self._hear_private,
            history_pages=self._history_pages,
            clock=self._clock,
            on_pause=self._on_pause,
            set_clock=self._set_clock,
            watch=self._watch,
        )

    def _start(self, member: _Member) -> None:
        name = f"account {member.client.config.id} stays connected"
        member.staying = asyncio.create_task(self._keep(member.client), name=name)

    @staticmethod
    async def _stop(members: Sequence[_Member]) -> None:
        closing = [member.staying for member in members if member.staying is not None]
        for task in closing:
            task.cancel()
        for task, result in zip(closing, await asyncio.gather(*closing, return_exceptions=True), strict=True):
            if isinstance(result, Exception):
                log.error("%s: did not end well", task.get_name(), exc_info=result)

    async def _keep(self, client: AccountClient) -> None:
        async def stay() -> None:
            await client.stay(await self._current_properties())

        await supervise(client.config.id, stay, client.token_died)

    async def _current_properties(self) -> ClientIdentity:
        """The pages are asked once, by whoever comes first; the others wait for it."""
        async with self._fetching:
            if self._fetch:
                self._fetch = False
                self._properties = await pages.fetch(
                    self._properties, pages_base=self._endpoints.pages_base, proxy_url=self._proxy_url
                )
            return self._properties
