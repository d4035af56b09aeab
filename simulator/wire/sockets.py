"""Gateway websockets: frames, compression, opcodes.

Contract: translates between a socket and `gateway`; keeps no state beyond the socket. Each socket has its own send
queue and writer, so that a slow reader delays nobody else.
"""

import asyncio
import contextlib
import json
import zlib
from collections.abc import Callable
from typing import Any

import zstandard
from aiohttp import WSCloseCode, WSMsgType, web

from simulator.world.account_objects import members_chunk
from simulator.world.gateway import Session, SimulatedGateway, control, to_json
from simulator.world.records import SimulatedAccount
from simulator.world.state import World

# A client with this many unread messages is disconnected, as by Discord.
_QUEUE_LIMIT = 100_000
_CLOSE_SECONDS = 1.0


def encoder(kind: str | None) -> Callable[[str], bytes | str]:
    """One compression stream per connection; every message ends with a flush."""
    if kind == "zlib-stream":
        stream = zlib.compressobj(level=1)
        return lambda text: stream.compress(text.encode()) + stream.flush(zlib.Z_SYNC_FLUSH)
    if kind == "zstd-stream":
        zstd = zstandard.ZstdCompressor(level=1).compressobj()
        flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
        return lambda text: zstd.compress(text.encode()) + zstd.flush(flush)
    return lambda text: text


class Socket:
    """One connection, from HELLO to its end."""

    def __init__(self, request: web.Request, gateway: SimulatedGateway, world: World) -> None:
        self._request = request
        self._gateway = gateway
        self._world = world
        # The library offers permessage-deflate by a fixed header but cannot inflate it: never accept.
        self.response = web.WebSocketResponse(compress=False, max_msg_size=0, timeout=_CLOSE_SECONDS, autoclose=False)
        self._encode = encoder(request.query.get("compress"))
        self._outgoing: asyncio.Queue[str | tuple[int, str]] = asyncio.Queue()
        self._session: Session | None = None
        self._muted = False

    # Used by the gateway

    def send(self, text: str) -> None:
        if self._outgoing.qsize() >= _QUEUE_LIMIT:
            self.abort()
            return
        self._outgoing.put_nowait(text)

    def close(self, code: int, reason: str) -> None:
        self._outgoing.put_nowait((code, reason))

    def mute(self) -> None:
        self._muted = True

    def abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    # Life

    async def serve(self) -> None:
        await self.response.prepare(self._request)
        self.send(control(10, {"heartbeat_interval": self._world.settings.heartbeat_ms, "_trace": []}))
        writer = asyncio.create_task(self._write(), name="gateway writer")
        try:
            async for frame in self.response:
                if frame.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    self._received(frame.data)
            # Echo the close code of a client that closes.
            await self.response.close(code=self.response.close_code or WSCloseCode.OK)
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
            if self._session is not None:
                self._gateway.leave(self._session, self)

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            while True:
                item = await self._outgoing.get()
                if self._muted:
                    continue
                if isinstance(item, tuple):
                    await self.response.close(code=item[0], message=item[1].encode())
                    return
                data = self._encode(item)
                if isinstance(data, bytes):
                    await self.response.send_bytes(data)
                else:
                    await self.response.send_str(data)

    # Opcodes

    def _received(self, data: str | bytes) -> None:
        if self._muted:
            return
        try:
            message = json.loads(data)
            op, body = message["op"], message.get("d")
        except (ValueError, TypeError, KeyError, AttributeError):
            self.close(4002, "Decode error.")
            return
        self._world.counters[f"gateway_op_{op}"] += 1
        if op in (1, 40):
            self._heartbeat(body)
        elif not isinstance(body, dict):
            self.close(4002, "Decode error.")
        elif op == 2:
            self._identify(body)
        elif op == 6:
            self._resume(body)
        elif self._session is None:
            self.close(4003, "Not authenticated.")
        elif op in (14, 37):
            self._subscribe(self._session, body)
        elif op == 8:
            self._members(self._session, body)

    def _heartbeat(self, body: Any) -> None:
        sequence = body.get("seq") if isinstance(body, dict) else body
        if self._session is not None and isinstance(sequence, int):
            self._session.acknowledge(sequence)
        if self._session is None or not self._world.faults.take("no_ack", self._session.account.token):
            self.send(control(11, None))

    def _identify(self, body: dict[str, Any]) -> None:
        account, capabilities = self._allowed(body.get("token")), body.get("capabilities")
        if self._session is not None and self._gateway.alive(self._session):
            self.close(4005, "Already authenticated.")
        elif account is None:
            self.close(4004, "Authentication failed.")
        elif self._gateway.refuses(account.token):
            self.abort()
        else:
            self._session = self._gateway.identify(account, self, capabilities if isinstance(capabilities, int) else 0)

    def _resume(self, body: dict[str, Any]) -> None:
        account = self._allowed(body.get("token"))
        if account is None:
            self.close(4004, "Authentication failed.")
        elif self._gateway.refuses(account.token):
            self.abort()
        else:
            self._session = self._gateway.resume(str(body.get("session_id")), account.token, body.get("seq"), self)
            if self._session is None:
                self.send(control(9, False))

    def _allowed(self, token: Any) -> SimulatedAccount | None:
        return None if token in self._world.dead_tokens else self._world.by_token.get(token)

    def _subscribe(self, session: Session, body: dict[str, Any]) -> None:
        wanted = body.get("subscriptions") or {body.get("guild_id"): body}
        for guild_id, options in wanted.items():
            if options.get("typing"):
                session.subscribed.add(str(guild_id))
        self._world.touch()

    def _members(self, session: Session, body: dict[str, Any]) -> None:
        guild_ids = body.get("guild_id")
        for guild_id in guild_ids if isinstance(guild_ids, list) else [guild_ids]:
            chunk = members_chunk(
                str(guild_id), body.get("user_ids") or [], self._gateway.members_known(), body.get("nonce")
            )
            session.append("GUILD_MEMBERS_CHUNK", to_json(chunk))
