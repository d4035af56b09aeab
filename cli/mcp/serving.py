"""The MCP server on its two transports.

Law: over stdio, stdout is the protocol's alone. Over HTTP it listens on this machine only, under its own name (no page
gets in by DNS rebinding or from another origin), and wants the service's secret where there is one: else it would be a
way round.
"""

from __future__ import annotations

import hmac
import logging
import socket

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from cli import console
from cli.client import calling
from cli.mcp.tools import make_server
from settings import load_caller

HOST, PATH = "127.0.0.1", "/mcp"
MAX_BODY = 64 * 2**20  # bytes: pictures come as base64 in the arguments
STOP_SECONDS = 3  # for answers under way


async def serve(url: str, port: int | None, version: str) -> None:
    """Until stdin is closed, or until it is told to stop. Raises OSError when the port cannot be listened on."""
    logging.getLogger("mcp").setLevel(logging.ERROR)  # it would write what was asked for to stderr
    async with calling(url) as service:
        server = make_server(service, version)
        if port is None:
            await server.run_stdio_async()
            return
        app = server.streamable_http_app(
            streamable_http_path=PATH, max_request_body_size=MAX_BODY, transport_security=_own_names(port), host=HOST
        )
        await _listen(Guarded(app, load_caller().secret), port)


async def _listen(app: ASGIApp, port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()  # whoever reads the line below may come at once
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_graceful_shutdown=STOP_SECONDS, server_header=False
        )
        console.say(f"MCP at http://{HOST}:{port}{PATH}")
        await uvicorn.Server(config).serve(sockets=[listener])


def _own_names(port: int) -> TransportSecuritySettings:
    names = (f"127.0.0.1:{port}", f"localhost:{port}")
    return TransportSecuritySettings(allowed_hosts=[*names], allowed_origins=[f"http://{name}" for name in names])


class Guarded:
    """Lets through what carries the secret; without one, everything."""

    def __init__(self, app: ASGIApp, secret: str) -> None:
        self._app = app
        self._secret = secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._secret and not self._has_secret(Headers(scope=scope)):
            answer = PlainTextResponse("Send API_SECRET as Authorization: Bearer.", 401, {"WWW-Authenticate": "Bearer"})
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _has_secret(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        given = token.strip().encode("latin-1")
        return scheme.lower() == "bearer" and hmac.compare_digest(given, self._secret)
