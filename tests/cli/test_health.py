"""`health`: the exit code is the answer."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, redirect_stderr

import pytest
from aiohttp import web

from run import run


async def asked(*arguments: str) -> tuple[int, str]:
    """In a thread, as it waits for the server in this loop."""

    def type_it() -> tuple[int, str]:
        with redirect_stderr(io.StringIO()) as err:
            code = run(["health", *arguments])
        return code, err.getvalue()

    return await asyncio.to_thread(type_it)


@asynccontextmanager
async def answering(status: Callable[[str], int]) -> AsyncIterator[int]:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status(request.path))

    app = web.Application()
    app.router.add_get("/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def test_it_asks_whether_the_service_lives_and_can_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # never asked
    async with answering(lambda path: 200 if path == "/health/live" else 503) as port:
        monkeypatch.setenv("PORT", str(port))
        assert await asked() == (0, "")
        code, said = await asked("--ready")
    assert code == 1
    assert "503" in said


async def test_nobody_there_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PORT", str(unused.getsockname()[1]))
        code, said = await asked()
    assert code == 1
    assert "/health/live" in said
