"""A pool against the simulator, and small misbehaving servers, for the tests of the connection.

Contract: tests wait for events, never for the clock; the server counts what it received.
"""

import asyncio
import contextlib
import json
import re
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, Self

from aiohttp import ClientSession, web
from yarl import URL

from bot.account_state import AccountConfig
from bot.gateway.receiver import Sink
from bot.http.endpoints import Endpoints
from bot.pool import Pool
from simulator import Simulator
from tasks.domain.events import Connected, Event
from tasks.domain.interactions import SlashCommandInteraction

IMAGINE = SlashCommandInteraction(command="imagine", options={"prompt": "a red fox"})


HANG_UP = b"<hang up>"  # after an answer: the connection is closed behind it


class Events:
    """The sink: all that was told, in order."""

    def __init__(self) -> None:
        self.all: list[Event] = []
        self._more = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.all.append(event)
        self._more.set()

    async def until(self, wanted: Callable[[Event], object], *, since: int = 0, timeout: float = 30.0) -> Event:
        """The first event, from the place `since` on, that is wanted."""
        async with asyncio.timeout(timeout):
            while True:
                for event in self.all[since:]:
                    if wanted(event):
                        return event
                self._more.clear()
                await self._more.wait()

    async def connected(self, since: int = 0) -> Connected:
        event = await self.until(lambda event: isinstance(event, Connected), since=since)
        assert isinstance(event, Connected)
        return event


def endpoints_of(simulator: Simulator) -> Endpoints:
    return Endpoints(
        api_base=simulator.rest_url,
        gateway_url=simulator.gateway_url,
        cdn_base=simulator.url,
        upload_base=simulator.url,
        pages_base=simulator.url,
        activity_base=simulator.url,
    )


def configs_of(simulator: Simulator) -> list[AccountConfig]:
    return [
        AccountConfig(id=f"a{n}", token=one.token, guild_id=one.guild_id, channel_id=one.channel_id)
        for n, one in enumerate(simulator.accounts)
    ]


@asynccontextmanager
async def connected_pool(simulator: Simulator, events: Sink, **options: Any) -> AsyncIterator[Pool]:
    options = {"endpoints": endpoints_of(simulator), **options}
    async with Pool(configs_of(simulator), sink=events, **options) as pool:
        async with asyncio.timeout(60):
            await pool.wait_connected()
        yield pool


def nonce_of(event: Event) -> str | None:
    keys = getattr(event, "keys", None)
    return None if keys is None else keys.nonce


async def close_listener(server: asyncio.Server) -> None:
    """Accept nothing more, let what was accepted reach its handler, then close.

    In asyncio of Python 3.11 a connection that was accepted in the very turn of `Server.close` reaches nobody, and
    its socket is left to the garbage collector, which would complain in some later test.
    """
    loop = asyncio.get_running_loop()
    for listener in server.sockets:
        loop.remove_reader(listener.fileno())
    for _process_batch in range(4):  # transport, protocol, handler, its first step
        await asyncio.sleep(0)
    server.close()


class Answers:
    """A scripted HTTP server. Each request takes the next answer: bytes, "cut" (the connection) or "silence"."""

    def __init__(self, *script: bytes | str) -> None:
        self._script = list(script)
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self.requests: list[str] = []  # request lines
        self.connections = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await close_listener(self._server)
        for writer in list(self._open):
            writer.close()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def count(self, start: str) -> int:
        return sum(line.startswith(start) for line in self.requests)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        if serving := asyncio.current_task():
            self._serving.add(serving)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = re.search(r"(?i)content-length: *(\d+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
                self.requests.append(head.split("\r\n", 1)[0])
                answer = self._script.pop(0) if self._script else answer_of(404)
                if answer == "silence":
                    continue
                if isinstance(answer, str):
                    break
                writer.write(answer.removesuffix(HANG_UP))
                await writer.drain()
                if answer.endswith(HANG_UP):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


def answer_of(status: int, body: str = "", *, kind: str = "application/json", headers: Sequence[str] = ()) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {kind}", "Via: 1.1 test", *headers]
    if status != 204:
        lines.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A request as it arrived, and the status that it was answered with; 0 for none."""

    method: str
    path: str  # percent-encoded, with the query
    headers: Mapping[str, str]
    body: bytes
    status: int


class Front:
    """Stands before the simulator: notes each request, answers those it was told to and passes on the others.

    An answer is (status, JSON or text), "cut" or "silence". `pool` speaks to it in all but the gateway.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._scripts: list[tuple[str, list[Any]]] = []
        self._closing = asyncio.Event()
        self.seen: list[Seen] = []

    @property
    def endpoints(self) -> Endpoints:
        own = endpoints_of(self._simulator)
        return replace(own, api_base=f"{self.url}/api/v9", upload_base=self.url, activity_base=self.url)

    def answer(self, pattern: str, *answers: tuple[int, Any] | str) -> None:
        """To requests whose "METHOD path" the pattern is found in: one answer each, then passed on again."""
        self._scripts.append((pattern, list(answers)))

    def found(self, pattern: str) -> list[Seen]:
        return [one for one in self.seen if re.search(pattern, f"{one.method} {one.path}")]

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        await web.SockSite(self._runner, listener).start()
        self._session = ClientSession(auto_decompress=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._session.close()
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        said = self._scripted(f"{request.method} {request.raw_path}")
        if said is None:
            said = await self._passed_on(request, body)
        status = 0 if isinstance(said, str) else said[0]
        seen = Seen(
            method=request.method, path=request.raw_path, headers=dict(request.headers), body=body, status=status
        )
        self.seen.append(seen)
        if said == "silence":
            await self._closing.wait()
        if isinstance(said, str):
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        content = said[1]
        kind = "text/html" if isinstance(content, str) else "application/json"
        data = content.encode() if isinstance(content, str) else content
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        return web.Response(status=status, body=data or None, headers={"Content-Type": kind} if data else {})

    def _scripted(self, line: str) -> Any:
        return next(
            (answers.pop(0) for pattern, answers in self._scripts if answers and re.search(pattern, line)), None
        )

    async def _passed_on(self, request: web.Request, body: bytes) -> tuple[int, bytes]:
        headers = {name: value for name, value in request.headers.items() if name not in ("Host", "Accept-Encoding")}
        url = URL(self._simulator.url + request.raw_path, encoded=True)
        async with self._session.request(
            request.method, url, data=BytesIO(body) if body else None, headers=headers
        ) as answer:
            return answer.status, await answer.read()


class ForwardProxy:
    """An HTTP proxy that brings every request to the simulator, whatever host it names, and notes the hosts."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._pipes: set[asyncio.Task[None]] = set()
        self.hosts: list[str] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await close_listener(self._server)
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        head = await reader.readuntil(b"\r\n\r\n")
        if tunnel := re.match(rb"CONNECT ([^ ]+)", head):
            self.hosts.append(tunnel[1].decode())
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            self._note(head)
            back_writer.write(head)
        for pipe in (self._pipe(reader, back_writer, note=tunnel is None), self._pipe(back_reader, writer)):
            task = asyncio.create_task(pipe)
            self._pipes.add(task)
            task.add_done_callback(self._pipes.discard)

    def _note(self, data: bytes) -> None:
        self.hosts += [host.decode() for host in re.findall(rb"(?:GET|POST|PUT) http://([^/ ]+)", data)]

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, note: bool = False) -> None:
        try:
            while data := await reader.read(65536):
                if note:
                    self._note(data)
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()
