"""A web server of a test's own, on loopback, for as long as it is needed.

Contract: it knows nothing of what it serves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def loopback(app: web.Application, *, cancelling: bool = False) -> AsyncIterator[str]:
    """Its address, without a slash at the end. `cancelling`: a handler ends when its caller hangs up."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=cancelling)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
