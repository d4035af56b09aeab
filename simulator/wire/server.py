"""The complete simulator: connects the parts, listens, stops.

Contract: the only module that knows all parts, and the interface for tests in the same process. Two simulators in one
process share nothing.
"""

import socket
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from simulator.midjourney.bots import MidJourney
from simulator.midjourney.buttons import Buttons
from simulator.midjourney.crowd import Crowd
from simulator.midjourney.dialogs import Dialogs
from simulator.midjourney.display import Display
from simulator.midjourney.drawing import Drawings
from simulator.midjourney.inpaint import Inpaint
from simulator.midjourney.replies import Replies
from simulator.midjourney.slash import SlashCommands
from simulator.midjourney.studio import Studio
from simulator.wire.cdn import Cdn
from simulator.wire.control import Control
from simulator.wire.conversation import Conversation
from simulator.wire.interactions import Interactions
from simulator.wire.limits import RateLimits
from simulator.wire.rest import Rest
from simulator.wire.sockets import Socket
from simulator.wire.translate import SimulatedTranslator
from simulator.world.chat import Chat
from simulator.world.gateway import SimulatedGateway
from simulator.world.records import SimulatedAccount
from simulator.world.settings import SimulatorSettings, apply_settings
from simulator.world.state import Background, World, logger

_MAX_BODY = 64 * 2**20


class Simulator:
    """`async with Simulator(accounts=2, job_seconds=0.05) as simulator: …`; settings as in `SimulatorSettings`."""

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        accounts: int = 2,
        shared_channel: bool = False,
        large_guilds: bool = False,
        discord_hosts: bool = False,
        open_control: bool = False,
        **settings: Any,
    ) -> None:
        """`open_control`: other machines may use the control API, too, if `host` accepts them."""
        self._host = host
        self._port = port
        self._large_guilds = large_guilds
        self._discord_hosts = discord_hosts
        self._open_control = open_control
        self._world = World(apply_settings(SimulatorSettings(), settings), accounts, shared_channel)
        self._background = Background(self._count_error)
        self._connections: set[Socket] = set()

    # Addresses

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        """Also the base URL of CDN and uploads."""
        return f"http://{self._name}:{self._port}"

    @property
    def _name(self) -> str:
        """The host name for clients on this machine, whatever the listening address."""
        return "127.0.0.1" if self._host in ("0.0.0.0", "::") else self._host  # noqa: S104 - looked at, not bound

    @property
    def rest_url(self) -> str:
        return f"{self.url}/api/v9"

    @property
    def gateway_url(self) -> str:
        return f"ws://{self._name}:{self._port}/gateway"

    @property
    def translate_url(self) -> str:
        return f"{self.url}/translate"

    @property
    def inpaint_url(self) -> str:
        """Replaces `https://<application>.discordsays.com`, which hosts the page of Vary (Region)."""
        return self.url

    # Life

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_MAX_BODY)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        # The parts need the port, and the runner needs the routes before it starts.
        listener = socket.create_server((self._host, self._port))
        self._port = int(listener.getsockname()[1])
        self._assemble(app.router)
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end_jobs()
        self._gateway.reset()
        for connection in list(self._connections):
            connection.abort()
        await self._runner.cleanup()

    def _assemble(self, router: web.UrlDispatcher) -> None:
        cdn = "https://cdn.discordapp.com" if self._discord_hosts else self.url
        proxy = "https://media.discordapp.net" if self._discord_hosts else self.url
        resume = "wss://gateway-us-east1-b.discord.gg" if self._discord_hosts else self.gateway_url
        upload = "https://discord-attachments-uploads-prd.storage.googleapis.com" if self._discord_hosts else self.url
        world = self._world
        self._gateway = SimulatedGateway(world, resume_url=resume, large_guilds=self._large_guilds)
        self._limits = RateLimits()
        chat = Chat(world, self._gateway, cdn=cdn, proxy=proxy)
        display = Display(world, chat)
        self._studio = Studio(world, display, self._background)
        crowd = Crowd(world, chat, self._studio, self._background)
        replies = Replies(world, self._gateway, chat, self._background)
        self._dialogs, self._inpaint = Dialogs(world, replies), Inpaint(world, replies)
        self._drawings = Drawings(world, replies=replies, studio=self._studio, display=display, crowd=crowd)
        commands = SlashCommands(
            world, replies=replies, chat=chat, display=display, studio=self._studio, drawings=self._drawings
        )
        buttons = Buttons(
            world,
            replies=replies,
            chat=chat,
            studio=self._studio,
            drawings=self._drawings,
            dialogs=self._dialogs,
            inpaint=self._inpaint,
        )
        bot = MidJourney(
            world,
            replies=replies,
            commands=commands,
            buttons=buttons,
            dialogs=self._dialogs,
            chat=chat,
            background=self._background,
        )
        interactions = Interactions(world, self._gateway, bot, self._limits)
        rest = Rest(world, interactions, self._limits, gateway_url=self.gateway_url)
        conversation = Conversation(world, rest, chat, on_reaction=bot.reacted)
        self._control = Control(world, self._gateway, self._limits, self.reset, is_open=self._open_control)
        for part in (
            rest,
            conversation,
            Cdn(world, rest, upload_base=upload),
            self._inpaint,
            self._control,
            SimulatedTranslator(),
        ):
            part.add_routes(router)
        for path in ("/gateway", "/gateway/", "/"):
            router.add_get(path, self._connect)
        router.add_route("*", "/{path:.*}", self._unknown)

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return await self._unknown(request)
        if self._gateway.refuses():
            return web.Response(status=503)
        connection = Socket(request, self._gateway, self._world)
        self._connections.add(connection)
        try:
            await connection.serve()
        finally:
            self._connections.discard(connection)
        return connection.response

    async def _unknown(self, request: web.Request) -> web.Response:
        logger.warning("not simulated: %s %s", request.method, request.path)
        self._world.counters["unknown_routes"] += 1
        return web.Response(
            body=b'{"message": "404: Not Found", "code": 0}', status=404, headers={"Content-Type": "application/json"}
        )

    async def _end_jobs(self) -> None:
        # The studio first: a job that ends starts a queued one.
        self._studio.reset()
        await self._background.cancel()
        self._studio.reset()

    def _count_error(self) -> None:
        self._world.counters["errors"] += 1

    # For tests in the same process: the same data as in the control API

    @property
    def accounts(self) -> tuple[SimulatedAccount, ...]:
        return self._world.accounts

    @property
    def jobs(self) -> list[dict[str, Any]]:
        return self._control.jobs()

    @property
    def interactions(self) -> list[dict[str, Any]]:
        return self._control.interactions()

    def state(self) -> dict[str, Any]:
        return self._control.state()

    def configure(self, **settings: Any) -> None:
        self._control.configure(settings)

    def set_account(self, account: int | str = 0, **choices: Any) -> None:
        """`mode`, `remix`, `stealth`, `variability`, `version`: as if chosen in /settings."""
        self._control.set_account(account, choices)

    def add_fault(self, fault: dict[str, Any]) -> None:
        self._control.add_faults([fault])

    def send_event(self, event: str, data: Any, account: int = 0) -> None:
        """Send a gateway event made by the caller, however broken, without other effects."""
        self._gateway.to_account(event, self.accounts[account], data)

    async def drop_gateways(self, seconds: float = 0.0) -> None:
        """Cut all sockets, drop the sessions, and refuse new ones for this time."""
        self.add_fault({"kind": "drop_gateway", "seconds": seconds})

    async def reset(self) -> None:
        """Reset jobs, messages, faults, settings and counters; connected clients stay connected."""
        await self._end_jobs()
        self._limits.reset()
        self._gateway.reset()
        for part in (self._dialogs, self._inpaint, self._drawings):
            part.reset()
        self._world.reset()
        self._world.touch()

    async def changed(self) -> None:
        """Wait for the next change of anything."""
        await self._world.changed()

    async def until(self, predicate: Callable[[], Any], timeout: float = 20.0) -> None:
        """Wait until the predicate is true; it is checked after every change."""
        await self._world.until(predicate, timeout)
