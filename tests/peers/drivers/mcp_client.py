"""PyPI mcp: the official client, over stdio and over HTTP, from another environment than the server's."""

from __future__ import annotations

import asyncio
import base64
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from report import GIVEN, PNG, astep

RUN = str(Path(GIVEN["project"]) / "run.py")
PYTHON = GIVEN["python"]
ENVIRON = {"API_SECRET": GIVEN["secret"], "PUBLIC_URL": GIVEN["service"]}


def text_of(result: Any) -> str:
    return "\n".join(part.text for part in result.content if part.type == "text")


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    return result


def pictured(result: Any) -> str:
    [picture] = [part for part in result.content if part.type == "image"]
    return f"{picture.mime_type}, {'a picture' if len(base64.b64decode(picture.data)) > 100 else 'nothing'}"


async def over_stdio() -> None:
    async with Client(StdioServerParameters(command=PYTHON, args=[RUN, "mcp"], env=ENVIRON)) as client:
        await astep("stdio: the tools", client.list_tools, lambda found: ", ".join(one.name for one in found.tools))
        drawn = await astep("stdio: imagine", lambda: call(client, "imagine", prompt="a red fox"), pictured)
        task = text_of(drawn).split()[1]
        await astep("stdio: press U2", lambda: call(client, "press", task_id=task, button="U2"), pictured)
        picture = base64.b64encode(PNG).decode()
        await astep(
            "stdio: describe",
            lambda: call(client, "describe", picture=picture),
            lambda one: f"{len(text_of(one))} letters",
        )
        await astep(
            "stdio: list_tasks",
            lambda: call(client, "list_tasks"),
            lambda one: f"{len(text_of(one).splitlines())} lines",
        )


async def over_http() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    server = await asyncio.create_subprocess_exec(
        PYTHON, RUN, "mcp", "--port", port, env=ENVIRON, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
    )
    try:
        assert server.stderr is not None
        while b"MCP at" not in (line := await server.stderr.readline()):
            assert line, "it ended"
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {GIVEN['secret']}"}) as http,
            Client(streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http)) as client,
        ):
            drawn = await astep("HTTP: imagine", lambda: call(client, "imagine", prompt="a blue whale"), pictured)
            task = text_of(drawn).split()[1]
            await astep("HTTP: wait for what has ended", lambda: call(client, "wait", task_id=task), pictured)
    finally:
        server.terminate()
        await server.wait()


asyncio.run(over_stdio())
asyncio.run(over_http())
sys.exit(0)
