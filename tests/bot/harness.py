"""What the tests of the connection share: a pool against the simulator, and small servers that misbehave.

Law: everything is waited for by an event, never by the clock; what a server saw is counted at the server.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

from bot.client import AccountConfig
from bot.endpoints import Endpoints
from bot.hearing import Sink
from bot.pool import Pool
from simulator import Simulator
from tasks.events import Connected, Event
from tasks.model import SlashOrder

IMAGINE = SlashOrder(command="imagine", options={"prompt": "a red fox"})


HANG_UP = b"<hang up>"  # after an answer: the connection is closed behind it


class Events:
    """The sink: all that was told, in order."""

    def __init__(self) -> None:
        self.all: list[Event] = []
        self._more = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.all.append(event)
        self._more.set()

    async def until(self, wanted: Callable[[Event], object], *, since: int = 0, timeout: float = 5.0) -> Event:
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
        async with asyncio.timeout(5):
            await pool.wait_connected()
        yield pool


def nonce_of(event: Event) -> str | None:
    keys = getattr(event, "keys", None)
    return None if keys is None else keys.nonce


class Answers:
    """A scripted HTTP server. Each request takes the next answer: bytes, "cut" (the connection) or "silence"."""

    def __init__(self, *script: bytes | str) -> None:
        self._script = list(script)
        self._open: set[asyncio.StreamWriter] = set()
        self.requests: list[str] = []  # request lines
        self.connections = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in list(self._open):
            writer.close()

    def count(self, start: str) -> int:
        return sum(line.startswith(start) for line in self.requests)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
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


def answer_of(status: int, body: str = "", *, kind: str = "application/json", headers: Sequence[str] = ()) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {kind}", "Via: 1.1 test", *headers]
    if status != 204:
        lines.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


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
        self._server.close()
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
