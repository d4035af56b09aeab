"""A minimal client: aiohttp, JSON, and events in order.

Contract: knows Discord's framing and no library; tests state what they expect.
"""

import asyncio
import itertools
import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import zstandard

from simulator import SimulatedAccount, Simulator
from simulator.world.account_objects import PRIORITIZED_READY_PAYLOAD

Event = dict[str, Any]
APPLICATION_ID = "936929561302675456"
CAPABILITIES = 22525  # of discord.py-self
_nonces = itertools.count(1_400_000_000_000_000_000)


class Wire:
    """One gateway connection and the REST calls of one account."""

    def __init__(
        self, simulator: Simulator, account: SimulatedAccount, http: aiohttp.ClientSession, compress: str | None
    ) -> None:
        self.simulator, self.account, self.http = simulator, account, http
        self._compress = compress
        self._news = asyncio.Event()
        self.events: list[Event] = []  # dispatched ones: {"t", "s", "d"}
        self.frames: list[Event] = []  # all of them
        self.session_id = ""
        self.socket: aiohttp.ClientWebSocketResponse
        self._reader: asyncio.Task[None] | None = None

    # Gateway

    async def open(self) -> None:
        await self.leave()
        query = f"?v=9&encoding=json&compress={self._compress}" if self._compress else "?v=9&encoding=json"
        self.socket = await self.http.ws_connect(self.simulator.gateway_url + query, max_msg_size=0)
        self._reader = asyncio.create_task(self._read())

    async def leave(self) -> None:
        if self._reader is not None:
            await self.socket.close()
            await self._reader
            self._reader = None

    async def send(self, op: int, data: Any) -> None:
        await self.socket.send_bytes(json.dumps({"op": op, "d": data}).encode())

    async def identify(self, token: str | None = None, *, capabilities: int = CAPABILITIES) -> None:
        await self.open()
        self.events.clear()
        body = {"token": token or self.account.token, "capabilities": capabilities, "properties": {}}
        await self.send(2, body)
        self.session_id = (await self.event("READY"))["session_id"]
        if capabilities & PRIORITIZED_READY_PAYLOAD:
            await self.event("READY_SUPPLEMENTAL")

    async def resume(self, sequence: int, *, token: str | None = None) -> None:
        await self.open()
        body = {"token": token or self.account.token, "session_id": self.session_id, "seq": sequence}
        await self.send(6, body)

    async def closed(self) -> int | None:
        async with asyncio.timeout(60):
            assert self._reader is not None
            await self._reader
        return self.socket.close_code

    async def _read(self) -> None:
        decode = _decoder(self._compress)
        async for frame in self.socket:
            message = json.loads(decode(frame.data))
            self.frames.append(message)
            if message["op"] == 0:
                self.events.append(message)
            self._news.set()
        self._news.set()

    async def frame(self, matches: Callable[[Event], bool]) -> Event:
        return await self.first(self.frames, matches)

    async def event(self, name: str, matches: Callable[[Event], Any] = bool) -> Event:
        found = await self.first(self.events, lambda item: item["t"] == name and bool(matches(item["d"])))
        data: Event = found["d"]
        return data

    async def message(self, matches: Callable[[Event], Any] = bool) -> Event:
        return await self.event("MESSAGE_CREATE", matches)

    async def first(self, heard: list[Event], matches: Callable[[Event], bool]) -> Event:
        async with asyncio.timeout(60):
            while True:
                if found := next((item for item in heard if matches(item)), None):
                    return found
                self._news.clear()
                await self._news.wait()

    async def heard(self, name: str, count: int) -> None:
        async with asyncio.timeout(60):
            while self.names().count(name) < count:
                self._news.clear()
                await self._news.wait()

    def names(self) -> list[str]:
        return [item["t"] for item in self.events]

    @property
    def sequence(self) -> int:
        return int(self.events[-1]["s"])

    # REST

    async def call(self, method: str, path: str, *, token: str | None = None, **options: Any) -> tuple[int, Any]:
        headers = {"Authorization": token or self.account.token}
        url = self.simulator.rest_url + path
        async with self.http.request(method, url, headers=headers, **options) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def version(self) -> str:
        _, index = await self.call("GET", f"/guilds/{self.account.guild_id}/application-command-index")
        return str(index["version"])

    async def body(self, type_: int, data: Event, **changes: Any) -> Event:
        return {
            "type": type_,
            "application_id": APPLICATION_ID,
            "guild_id": self.account.guild_id,
            "channel_id": self.account.channel_id,
            "session_id": self.session_id,
            "nonce": str(next(_nonces)),
            "data": data,
            **changes,
        }

    async def command(self, name: str, *, application: str = APPLICATION_ID, **options: Any) -> str:
        """The nonce of an accepted command. A value of bytes is uploaded first."""
        _, index = await self.call("GET", f"/guilds/{self.account.guild_id}/application-command-index")
        offered = index["application_commands"]
        found = next(item for item in offered if item["name"] == name and item["application_id"] == application)
        changes = {key: options.pop(key) for key in ("channel_id", "guild_id") if key in options}
        target = {"target_id": options.pop("target_id")} if "target_id" in options else {}
        uploads = [await self.upload(value, f"{key}.png") for key, value in options.items() if isinstance(value, bytes)]
        numbers = iter(range(len(uploads)))
        given = [
            {"type": 11, "name": key, "value": next(numbers)}
            if isinstance(value, bytes)
            else {"type": 3, "name": key, "value": value}
            for key, value in options.items()
        ]
        files = [
            {"id": str(n), "filename": item.split("/")[1], "uploaded_filename": item} for n, item in enumerate(uploads)
        ]
        data = {
            "id": found["id"],
            "name": name,
            "type": found["type"],
            "version": found["version"],
            "options": given,
            "attachments": files,
            **target,
        }
        body = await self.body(2, data, application_id=application, **changes)
        assert await self.call("POST", "/interactions", json=body) == (204, None)
        return str(body["nonce"])

    async def upload(self, data: bytes, filename: str) -> str:
        """The name by which Discord knows the file."""
        files = {"files": [{"id": "0", "filename": filename, "file_size": len(data)}]}
        _, answer = await self.call("POST", f"/channels/{self.account.channel_id}/attachments", json=files)
        async with self.http.put(answer["attachments"][0]["upload_url"], data=data) as put:
            assert put.status == 200
        return str(answer["attachments"][0]["upload_filename"])

    async def submit_body(self, dialog: Event, text: str, **changes: Any) -> Event:
        """What answers INTERACTION_MODAL_CREATE."""
        field = dialog["components"][0]["components"][0]
        parts = [{"type": 1, "components": [{"type": 4, "custom_id": field["custom_id"], "value": text}]}]
        data = {"id": dialog["id"], "custom_id": dialog["custom_id"], "components": parts}
        return await self.body(5, data, application_id=dialog["application"]["id"], **changes)

    async def submit(self, dialog: Event, text: str) -> str:
        body = await self.submit_body(dialog, text)
        assert await self.call("POST", "/interactions", json=body) == (204, None)
        return str(body["nonce"])

    async def imagine_body(self, prompt: str, **changes: Any) -> Event:
        options = [{"type": 3, "name": "prompt", "value": prompt}]
        data = {
            "id": "938956540159881230",
            "name": "imagine",
            "type": 1,
            "version": await self.version(),
            "options": options,
        }
        return await self.body(2, data, **changes)

    async def imagine(self, prompt: str, **changes: Any) -> str:
        """The nonce of an accepted /imagine."""
        body = await self.imagine_body(prompt, **changes)
        assert await self.call("POST", "/interactions", json=body) == (204, None)
        return str(body["nonce"])

    async def press(self, message: Event, custom_id: str, **changes: Any) -> str:
        data = {"component_type": 2, "custom_id": custom_id}
        told = {"message_id": message["id"], "message_flags": message["flags"]}
        body = await self.body(3, data, **told, application_id=message["author"]["id"], **changes)
        assert await self.call("POST", "/interactions", json=body) == (204, None)
        return str(body["nonce"])

    async def result(self, command: str = "imagine", count: int = 1) -> Event:
        """The final message of the latest finished job of a kind."""
        done: list[Event] = []

        def finished() -> bool:
            done[:] = [job for job in self.simulator.jobs if job["command"] == command and job["status"] == "finished"]
            return len(done) >= count

        await self.simulator.until(finished)
        url = done[-1]["image_urls"][0]
        return await self.message(lambda body: any(item["url"] == url for item in body["attachments"]))


@asynccontextmanager
async def connected(simulator: Simulator, place: int = 0, compress: str | None = None) -> AsyncIterator[Wire]:
    async with aiohttp.ClientSession() as http:
        wire = Wire(simulator, simulator.accounts[place], http, compress)
        await wire.identify()
        try:
            yield wire
        finally:
            await wire.leave()


async def finished(wire: Wire, nonce: str) -> Event:
    """The final message of the job with this nonce."""
    done: list[Event] = []

    def ended() -> bool:
        done[:] = [job for job in wire.simulator.jobs if job["nonce"] == nonce and job["finished"]]
        return bool(done)

    await wire.simulator.until(ended)
    assert done[0]["status"] == "finished", done[0]
    urls = done[0]["image_urls"]
    return await wire.message(lambda body: any(item["url"] in urls for item in body["attachments"]))


async def press(wire: Wire, message: Event, marker: str) -> str:
    """Presses the button whose custom id contains the marker."""
    return await wire.press(message, next(item for item in custom_ids(message) if marker in item))


async def told(wire: Wire, nonce: str) -> Event:
    """The private message of /info or /settings, once it says something."""
    first = await wire.message(with_nonce(nonce))
    if not first["flags"] & 128:
        return first
    return await wire.event("MESSAGE_UPDATE", with_id(first["id"]))


def with_nonce(nonce: str) -> Callable[[Event], bool]:
    return lambda body: body.get("nonce") == nonce


def with_id(message_id: str) -> Callable[[Event], bool]:
    return lambda body: body["id"] == message_id


def _decoder(kind: str | None) -> Callable[[Any], str | bytes]:
    if kind == "zlib-stream":
        return zlib.decompressobj().decompress
    if kind == "zstd-stream":
        return zstandard.ZstdDecompressor().decompressobj().decompress
    return lambda data: data


def custom_ids(message: Event) -> list[str]:
    return [item["custom_id"] for row in message["components"] for item in row["components"] if "custom_id" in item]
