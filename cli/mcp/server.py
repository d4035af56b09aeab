"""The MCP server over stdio and over HTTP.

Contract: over stdio, stdout carries nothing but the protocol. Over HTTP it listens on loopback, accepts only its own
host names and origins (against DNS rebinding), and requires API_SECRET if one is set: otherwise it would bypass it.
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
from cli.client import connect
from cli.mcp.tools import make_server
from settings import load_caller

HOST, PATH = "127.0.0.1", "/mcp"
MAX_BODY = 64 * 2**20  # bytes: pictures come as base64 in the arguments
STOP_SECONDS = 3  # for responses in progress


async def serve(url: str, port: int | None, version: str) -> None:
    """Serve until stdin is closed or a signal arrives. Raises OSError when the port cannot be opened."""
    logging.getLogger("mcp").setLevel(logging.ERROR)  # it logs requests to stderr
    async with connect(url) as service:
        server = make_server(service, version)
        if port is None:
            await server.run_stdio_async()
            return
        app = server.streamable_http_app(
            streamable_http_path=PATH, max_request_body_size=MAX_BODY, transport_security=_own_names(port), host=HOST
        )
        await _listen(RequireSecret(app, load_caller().secret), port)


async def _listen(app: ASGIApp, port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()  # a client may connect as soon as the line below is printed
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_graceful_shutdown=STOP_SECONDS, server_header=False
        )
        console.notify(f"MCP at http://{HOST}:{port}{PATH}")
        await uvicorn.Server(config).serve(sockets=[listener])


def _own_names(port: int) -> TransportSecuritySettings:
    names = (f"127.0.0.1:{port}", f"localhost:{port}")
    return TransportSecuritySettings(allowed_hosts=[*names], allowed_origins=[f"http://{name}" for name in names])


class RequireSecret:
    """Passes requests with the secret; all requests if no secret is set."""

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
        sent = token.strip().encode("latin-1")
        return scheme.lower() == "bearer" and hmac.compare_digest(sent, self._secret)
