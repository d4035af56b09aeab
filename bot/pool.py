"""The accounts as one Gateway: start, stop, health, send through the named account.

Law: an account's trouble stays its own. Opening waits for nobody: whether an account is connected is seen in
`accounts()` and told as an event. Closing ends all, in reverse, and goes on when one fails.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from bot import properties as pages
from bot.client import AccountClient, AccountConfig
from bot.endpoints import Endpoints
from bot.hearing import Sink, Watch, unwatched
from bot.properties import Properties
from bot.rest import Rest
from bot.supervisor import supervise
from tasks.errors import NotSent
from tasks.events import History
from tasks.model import Account, Order, Picture, Upload
from tasks.ports import Clock

log = logging.getLogger(__name__)


class Pool:
    """Implements `tasks.ports.Gateway`.

    `fetch_properties`: whether Discord's pages are asked for their build; None: when it is Discord that is spoken to.
    `on_pause` is called with account and reason whenever something pauses an account, and must not raise; `watch` sees
    each event of ours and what was understood.
    """

    def __init__(
        self,
        accounts: Sequence[AccountConfig],
        *,
        sink: Sink,
        endpoints: Endpoints | None = None,
        proxy_url: str = "",
        properties: Properties | None = None,
        fetch_properties: bool | None = None,
        hear_private: bool = False,
        history_pages: int = 20,
        clock: Clock | None = None,
        on_pause: Callable[[str, str], None] = lambda account, reason: None,
        watch: Watch = unwatched,
    ) -> None:
        self._endpoints = endpoints or Endpoints()
        self._proxy_url = proxy_url
        self._properties = properties or Properties()
        self._fetch = self._endpoints.is_discord if fetch_properties is None else fetch_properties
        self._fetching = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._clients = {
            config.id: AccountClient(
                config,
                sink=sink,
                endpoints=self._endpoints,
                proxy_url=proxy_url,
                hear_private=hear_private,
                history_pages=history_pages,
                clock=clock,
                on_pause=on_pause,
                watch=watch,
            )
            for config in accounts
        }
        if len(self._clients) != len(accounts):
            raise ValueError("two accounts have the same id")

    async def __aenter__(self) -> Self:
        for client in self._clients.values():
            name = f"account {client.config.id} stays connected"
            self._tasks.append(asyncio.create_task(self._keep(client), name=name))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        closing = list(reversed(self._tasks))
        for task in closing:
            task.cancel()
        for task, result in zip(closing, await asyncio.gather(*closing, return_exceptions=True), strict=True):
            if isinstance(result, Exception):
                log.error("%s: did not end well", task.get_name(), exc_info=result)
        self._tasks.clear()

    # ------------------------------------------------------------ tasks.ports.Gateway

    def accounts(self) -> Sequence[Account]:
        return [client.account for client in self._clients.values()]

    async def send(self, account: str, order: Order, nonce: str) -> None:
        await self._client(account).send(order, nonce)

    async def recall(self, account: str, since: int) -> History:
        return await self._client(account).recall(since)

    async def upload(self, account: str, pictures: Sequence[Picture]) -> Sequence[Upload]:
        return await self._client(account).upload(pictures)

    async def publish(self, account: str, pictures: Sequence[Picture]) -> Sequence[str]:
        return await self._client(account).publish(pictures)

    async def react(self, account: str, message_id: str, emoji: str) -> None:
        await self._client(account).react(message_id, emoji)

    async def refresh(self, account: str, urls: Sequence[str]) -> Mapping[str, str]:
        return await self._client(account).refresh(urls)

    def pause(self, account: str, reason: str) -> None:
        self._client(account).pause(reason)

    # ------------------------------------------------------------ ours

    async def wait_connected(self) -> None:
        """Until every account has been connected once at the same time or earlier. For tests and demonstrations."""
        for client in self._clients.values():
            await client.wait_connected()

    async def ended(self, account: str) -> None:
        """Until the account has given up for good: its token is dead."""
        task = next(task for task, name in zip(self._tasks, self._clients, strict=True) if name == account)
        await asyncio.wait({task})

    def rest(self, account: str) -> Rest:
        """The account's way to Discord over HTTP, for what is no order: files. Raises `NotSent` before its login."""
        return self._client(account).rest

    def _client(self, account: str) -> AccountClient:
        client = self._clients.get(account)
        if client is None:
            raise NotSent(f"There is no account {account!r} any more.")
        return client

    async def _keep(self, client: AccountClient) -> None:
        async def stay() -> None:
            await client.stay(await self._current_properties())

        await supervise(client.config.id, stay, client.token_died)

    async def _current_properties(self) -> Properties:
        """The pages are asked once, by whoever comes first; the others wait for it."""
        async with self._fetching:
            if self._fetch:
                self._fetch = False
                self._properties = await pages.fetch(
                    self._properties, pages_base=self._endpoints.pages_base, proxy_url=self._proxy_url
                )
            return self._properties
