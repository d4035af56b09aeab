"""The unmodified discord.py-self with its four network exits redirected to a simulator.

Contract: the minimum that makes the library use another host. It is not the service's client.
"""

import asyncio
import base64
import json
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import discord
import yarl
from discord import utils
from discord.http import HTTPClient, Route

from simulator import Simulator

_PROPERTIES: dict[str, Any] = {
    "os": "Windows",
    "browser": "Chrome",
    "browser_user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36",
    "browser_version": "140.0.0.0",
    "client_build_number": 470000,
    "release_channel": "stable",
}


class _Headers(utils.Headers):
    """Fixed client properties: nothing is looked up on the internet."""

    @classmethod
    async def default(cls, session: Any, proxy: Any = None, proxy_auth: Any = None) -> Any:
        encoded = base64.b64encode(json.dumps(_PROPERTIES).encode()).decode()
        return cls(
            platform="Windows",
            major_version=140,
            super_properties=_PROPERTIES,
            encoded_super_properties=encoded,
            extra_gateway_properties={},
        )


class _Http(HTTPClient):
    simulator: ClassVar[Simulator]

    async def startup(self) -> None:
        library: Any = utils
        original, library.Headers = library.Headers, _Headers
        try:
            await super().startup()
        finally:
            library.Headers = original

    async def request(self, route: Any, **options: Any) -> Any:
        route.url = self.simulator.rest_url + route.url.removeprefix(Route.BASE)
        return await super().request(route, **options)

    async def ws_connect(self, url: Any, **options: Any) -> Any:
        gateway = yarl.URL(self.simulator.gateway_url).with_query(yarl.URL(url).query)
        return await super().ws_connect(str(gateway), **options)

    async def get_from_cdn(self, url: str) -> Any:
        return await super().get_from_cdn(self._here(url))

    async def upload_to_cloud(self, url: str, *file: Any) -> Any:
        return await super().upload_to_cloud(self._here(url), *file)

    def _here(self, url: str) -> str:
        return str(yarl.URL(self.simulator.url + yarl.URL(url).raw_path_qs, encoded=True))


class Client(discord.Client):
    """Keeps what it hears in `heard`, in order."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(chunk_guilds_at_startup=False, sync_presence=False)
        self.http.__class__ = type("Http", (_Http,), {"simulator": simulator})
        self.heard: list[tuple[str, Any]] = []
        self._news = asyncio.Event()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        super().dispatch(event, *args, **kwargs)
        self.heard.append((event, args[0] if args else None))
        self._news.set()

    async def hear(self, event: str, matches: Any = lambda _: True, timeout: float = 5.0) -> Any:
        async with asyncio.timeout(timeout):
            while True:
                for name, value in self.heard:
                    if name == event and matches(value):
                        return value
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def logged_in(simulator: Simulator, token: str) -> Any:
    client = Client(simulator)
    running = asyncio.create_task(client.start(token))
    try:
        await client.hear("ready")
        yield client
    finally:
        # A client closed within half a second would go on trying to subscribe to its guilds.
        client._connection.subscriptions.blocked = True
        await client.close()
        await running
