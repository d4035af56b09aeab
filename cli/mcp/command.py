"""The command `mcp`: serve the Model Context Protocol over stdio or HTTP.

Contract: a client of the HTTP API like any other. Its packages are not those of the service (requirements-mcp.lock),
so they are imported only when the command runs.
"""

from __future__ import annotations

import argparse
import asyncio

from cli import console

MISSING = "The packages for MCP are not installed: python -m pip install --require-hashes -r requirements-mcp.lock"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, help="serve at http://127.0.0.1:PORT/mcp; default: stdio")
    parser.add_argument("--url", default="", help="the address of the service; default: from the settings")


def run(given: argparse.Namespace) -> int:
    """The exit code: 0 after an orderly stop, 1 if packages are missing or the port is taken."""
    try:
        from cli.mcp.server import serve  # noqa: PLC0415 - see above
    except ImportError:
        console.notify(MISSING)
        return 1
    try:
        asyncio.run(serve(given.url, given.port, given.service_version))
    except OSError as error:
        console.notify(f"127.0.0.1:{given.port} cannot be opened: {error.strerror}. Choose another --port.")
        return 1
    except KeyboardInterrupt:
        console.notify("stopped")
    return 0


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 65_535:
        raise argparse.ArgumentTypeError("must be a number from 1 to 65535")
    return number
