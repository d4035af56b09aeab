"""`mcp`: the running service for programs that speak the Model Context Protocol, over stdio or HTTP.

Law: a client of the HTTP API like any other. The packages it needs are not the service's (requirements-mcp.lock), so
they are imported only when it runs.
"""

from __future__ import annotations

import argparse
import asyncio

from cli import console

MISSING = "The packages for MCP are not installed: python -m pip install --require-hashes -r requirements-mcp.lock"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, help="offer it at http://127.0.0.1:PORT/mcp; over stdio when missing")
    parser.add_argument("--url", default="", help="where the service is; as the settings say when missing")


def run(given: argparse.Namespace) -> int:
    """0 ended in order, 1 the packages are missing or the port is taken."""
    try:
        from cli.mcp.serving import serve  # noqa: PLC0415 - see above
    except ImportError:
        console.say(MISSING)
        return 1
    try:
        asyncio.run(serve(given.url, given.port, given.service_version))
    except OSError as error:
        console.say(f"127.0.0.1:{given.port} cannot be listened on: {error.strerror}. Give another --port.")
        return 1
    except KeyboardInterrupt:
        console.say("stopped")
    return 0


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 65_535:
        raise argparse.ArgumentTypeError("must be a number from 1 to 65535")
    return number
