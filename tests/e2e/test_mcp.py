"""The MCP server as hosts start it, asked by the package's own client over both transports, drawing with the
simulator.
"""

from __future__ import annotations

import asyncio
import base64
import io
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, ImageContent, TextContent
from PIL import Image

from cli.mcp.pictures import LONGEST_SIDE, to_content
from tasks.domain.version import VERSION
from tests.e2e.test_process import free_port, line_with
from tests.support.command_process import ROOT, SECRET, served

RUN = str(ROOT / "run.py")


def text_of(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


def picture_of(result: CallToolResult) -> Image.Image:
    [picture] = [part for part in result.content if isinstance(part, ImageContent)]
    return Image.open(io.BytesIO(base64.b64decode(picture.data)))


def id_of(result: CallToolResult) -> str:
    assert not result.is_error, text_of(result)
    return text_of(result).split()[1]


def png(size: tuple[int, int] = (64, 64), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 80).convert(mode).save(out, "PNG")
    return out.getvalue()


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@asynccontextmanager
async def over_stdio(environ: dict[str, str]) -> AsyncIterator[Client]:
    async with Client(StdioServerParameters(command=sys.executable, args=[RUN, "mcp"], env=environ)) as client:
        yield client


@asynccontextmanager
async def over_http(environ: dict[str, str]) -> AsyncIterator[Client]:
    async with (
        offered(environ) as url,
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {SECRET}"}) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client


@asynccontextmanager
async def offered(environ: dict[str, str]) -> AsyncIterator[str]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, RUN, "mcp", "--port", str(port), env=environ, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        assert f"http://127.0.0.1:{port}/mcp" in await line_with(process.stderr, "MCP at")
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        await process.communicate()
    assert process.returncode in (0, -15)


@pytest.mark.parametrize("transport", [over_stdio, over_http])
async def test_a_host_draws_presses_and_looks(tmp_path: Path, transport: Any) -> None:
    async with served(tmp_path, job_seconds=1.5) as (_, environ), transport(environ) as client:
        assert client.server_info is not None
        assert client.server_info.version == VERSION
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert tools == {"imagine", "press", "describe", "blend", "edit", "upload", "cancel", "wait", "list_tasks"}
        heard: list[tuple[float, float | None, str | None]] = []

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            heard.append((progress, total, message))

        drawn = await client.call_tool("imagine", {"prompt": "a red cat --ar 1:1"}, progress_callback=hear)
        task = id_of(drawn)
        assert "Buttons: U1, U2" in text_of(drawn)
        assert max(picture_of(drawn).size) <= LONGEST_SIDE
        assert [progress for progress, *_ in heard] == sorted({progress for progress, *_ in heard})
        assert heard[-1][:2] == (100, 100)
        large = await client.call_tool("press", {"task_id": task, "button": "u2"})
        assert "UPSCALE" in text_of(large)
        assert picture_of(large)
        listed = text_of(await client.call_tool("list_tasks", {"limit": 5}))
        assert listed.splitlines()[1].startswith(f"{task} IMAGINE SUCCESS 100% a red cat")
        wrong = await client.call_tool("press", {"task_id": task, "button": "U9"})
        assert wrong.is_error
        assert "It has: U1, U2" in text_of(wrong)


async def test_pictures_are_described_blended_and_uploaded(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, environ), over_stdio(environ) as client:
        first, second = base64_of(png()), base64_of(png((80, 40)))
        described = await client.call_tool("describe", {"picture": first})
        assert "(DESCRIBE) is done." in text_of(described)
        assert len(text_of(described).splitlines()) > 3
        blended = await client.call_tool("blend", {"pictures": [first, second], "shape": "LANDSCAPE"})
        assert picture_of(blended)
        edited = await client.call_tool("edit", {"prompt": "make it night", "pictures": [first]})
        assert picture_of(edited)
        link = text_of(await client.call_tool("upload", {"picture": f"data:image/png;base64,{first}"}))
        assert link.startswith("http")
        again = await client.call_tool("imagine", {"prompt": f"a cat --sref {link}", "pictures": [second]})
        assert picture_of(again)


async def test_what_goes_wrong_is_said_in_words(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, environ), over_stdio(environ) as client:
        for tool, arguments, says in (
            ("imagine", {"prompt": "a cat --ar 0"}, "--ar"),
            ("imagine", {"prompt": "a cat sim-fail"}, "failed:"),
            ("describe", {"picture": "no picture"}, "base64"),
            ("describe", {"picture": base64_of(b"text")}, "no PNG"),
            ("wait", {"task_id": "123"}, "There is no task"),
            ("wait", {"task_id": "../../x"}, "task_id"),
            ("list_tasks", {"status": "nonsense"}, "status"),
            ("list_tasks", {"status": "SUCCESS&limit=1"}, "unknown"),
        ):
            result = await client.call_tool(tool, arguments)
            assert result.is_error, (tool, arguments)
            assert says in text_of(result), text_of(result)
            assert SECRET not in text_of(result)


async def test_waiting_ends_and_can_be_taken_up_again(tmp_path: Path) -> None:
    async with served(tmp_path, job_seconds=1.5) as (_, environ), over_stdio(environ) as client:
        begun = await client.call_tool("imagine", {"prompt": "a cat", "wait_seconds": 0})
        assert "Call wait with its id" in text_of(begun)
        ended = await client.call_tool("wait", {"task_id": id_of(begun)})
        assert picture_of(ended)
        slow = id_of(await client.call_tool("imagine", {"prompt": "a dog sim-slow", "wait_seconds": 0.2}))
        assert not (await client.call_tool("cancel", {"task_id": slow})).is_error
        stopped = await client.call_tool("wait", {"task_id": slow})
        assert not stopped.is_error
        assert text_of(stopped) == f"Task {slow} was cancelled."


async def test_over_http_strangers_and_foreign_pages_are_refused(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, environ), offered(environ) as url, httpx.AsyncClient(trust_env=False) as http:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        accept = {"Accept": "application/json, text/event-stream"}
        secret = {"Authorization": f"Bearer {SECRET}"}
        for headers, status in (
            ({}, 401),
            ({"Authorization": "Bearer wrong"}, 401),
            ({**secret, "Host": "evil.example"}, 421),
            ({**secret, "Origin": "https://evil.example"}, 403),
        ):
            answer = await http.post(url, json=body, headers={**accept, **headers})
            assert answer.status_code == status, (headers, answer.text)


async def test_hosts_that_speak_the_older_protocol(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, environ):
        stdio = StdioServerParameters(command=sys.executable, args=[RUN, "mcp"], env=environ)
        async with Client(stdio, mode="legacy") as client:
            drawn = await client.call_tool("imagine", {"prompt": "a cat"})
            assert picture_of(drawn)
        nothing_to_send = {**environ, "API_SECRET": ""}  # without a secret of its own it asks for none
        async with offered(nothing_to_send) as url, Client(url, mode="legacy") as client:
            assert len((await client.list_tools()).tools) == 9
            refused = await client.call_tool("list_tasks", {})
            assert "Set API_SECRET" in text_of(refused)


async def test_without_its_packages_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "mcp.py").write_text("raise ImportError\n")
    process = await asyncio.create_subprocess_exec(
        sys.executable, RUN, "mcp", env={"PYTHONPATH": str(tmp_path)}, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    out, said = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert b"pip install --require-hashes -r requirements-mcp.lock" in said


# ---------------------------------------------------------------- pictures


def test_a_huge_picture_is_made_smaller_and_a_small_one_passed_on() -> None:
    small = png()
    content = to_content(small)
    assert content is not None
    assert base64.b64decode(content.data) == small
    huge = to_content(png((2048, 1024), "RGBA"))
    assert huge is not None
    assert huge.mime_type == "image/jpeg"
    assert Image.open(io.BytesIO(base64.b64decode(huge.data))).size == (1024, 512)


@pytest.mark.parametrize("data", [b"", b"text", b"\x89PNG\r\n\x1a\nbroken", b"\x00\x00\x00\x18ftypmp42"])
def test_what_cannot_be_shown_is_none(data: bytes) -> None:
    assert to_content(data) is None
