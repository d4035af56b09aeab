"""The MCP tools. A model reads their docstrings to choose among them.

Contract: each tool is one use of the HTTP API. A refusal is a `ToolError` with a sentence, never a traceback. While a
tool waits for a task it reports progress; waiting has a limit, and the task continues after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Annotated, Literal, ParamSpec, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ContentBlock, TextContent, ToolAnnotations
from pydantic import Field

from cli.client import OPENS_DIALOG, OVER, ApiClient, Document, button_of, notes_of
from cli.errors import CommandFailed
from cli.mcp import pictures as mcp_pictures
from cli.tasks import STATUSES

P = ParamSpec("P")
T = TypeVar("T")

INSTRUCTIONS = (
    "Draws pictures with MidJourney. imagine and blend make a grid of four; press makes one of them large (U1 to U4), "
    "varies it (V1 to V4) or draws again. A drawing takes a minute or so and costs the owner money. When a tool says "
    "that a task still runs, call wait with its id."
)
WAIT = 240.0  # seconds
READ_ONLY = ToolAnnotations(read_only_hint=True)
DRAWING = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=True)

Seconds = Annotated[float, Field(ge=0, le=3600, description="wait so long at most; 0 returns at once")]
Picture = Annotated[str, Field(description="an http(s) URL, or base64 of a PNG, JPEG, WebP or GIF")]
TaskId = Annotated[str, Field(description="the task's id, decimal digits", pattern=r"^\s*[0-9]{1,20}\s*$")]


def _report_refusals(tool: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    @wraps(tool)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await tool(*args, **kwargs)
        except CommandFailed as error:
            raise ToolError(str(error)) from error

    return wrapper


def make_server(service: ApiClient, version: str) -> MCPServer:
    server = MCPServer(
        "midjourney", version=version, instructions=INSTRUCTIONS, log_level="ERROR", warn_on_duplicate_tools=False
    )
    tools = Tools(service)
    for tool, hints in (
        (tools.imagine, DRAWING),
        (tools.press, DRAWING),
        (tools.describe, DRAWING),
        (tools.blend, DRAWING),
        (tools.edit, DRAWING),
        (tools.upload, DRAWING),
        (tools.cancel, DRAWING),
        (tools.wait, READ_ONLY),
        (tools.list_tasks, READ_ONLY),
    ):
        server.add_tool(tool, annotations=hints, structured_output=False)
    return server


class Tools:
    def __init__(self, service: ApiClient) -> None:
        self._service = service

    @_report_refusals
    async def imagine(
        self,
        prompt: Annotated[str, Field(min_length=1, description="what to draw, with parameters such as --ar 16:9")],
        ctx: Context,
        pictures: Annotated[Sequence[Picture], Field(max_length=5, description="pictures to draw from")] = (),
        wait_seconds: Seconds = WAIT,
    ) -> list[ContentBlock]:
        """Draw a picture from words. Answers a grid of four pictures, and the buttons that can be pressed next."""
        given = [mcp_pictures.to_argument(picture) for picture in pictures] or None
        return await self._wait(
            await self._service.submit("imagine", prompt=prompt, base64Array=given), ctx, wait_seconds
        )

    @_report_refusals
    async def press(
        self,
        task_id: TaskId,
        button: Annotated[
            str, Field(description="a button of the task: its label (U1, V3, Vary (Strong)) or its emoji")
        ],
        ctx: Context,
        prompt: Annotated[str, Field(description="for buttons that open a dialog; empty: the dialog's own text")] = "",
        wait_seconds: Seconds = WAIT,
    ) -> list[ContentBlock]:
        """Press a button of a finished task: make a picture large (U1-U4), vary it (V1-V4), draw again, zoom, pan."""
        custom_id = button_of(await self._service.fetch(task_id.strip()), button)
        answer = await self._service.post("action", {"taskId": task_id.strip(), "customId": custom_id})
        pressed = str(answer["result"])
        if answer.get("code") == OPENS_DIALOG:
            await self._service.submit("modal", taskId=pressed, prompt=prompt or None)
        return await self._wait(pressed, ctx, wait_seconds)

    @_report_refusals
    async def describe(self, picture: Picture, ctx: Context, wait_seconds: Seconds = WAIT) -> list[ContentBlock]:
        """Four descriptions of a picture, as prompts that would draw something like it."""
        given = mcp_pictures.to_argument(picture)
        field = "link" if given.startswith("http") else "base64"
        return await self._wait(await self._service.submit("describe", **{field: given}), ctx, wait_seconds)

    @_report_refusals
    async def blend(
        self,
        pictures: Annotated[Sequence[Picture], Field(min_length=2, max_length=5)],
        ctx: Context,
        shape: Literal["SQUARE", "PORTRAIT", "LANDSCAPE"] = "SQUARE",
        wait_seconds: Seconds = WAIT,
    ) -> list[ContentBlock]:
        """Mix two to five pictures into a grid of four new ones."""
        given = [mcp_pictures.to_argument(picture) for picture in pictures]
        task_id = await self._service.submit("blend", base64Array=given, dimensions=shape)
        return await self._wait(task_id, ctx, wait_seconds)

    @_report_refusals
    async def edit(
        self,
        prompt: Annotated[str, Field(min_length=1, description="what to change")],
        pictures: Annotated[Sequence[Picture], Field(min_length=1, max_length=4)],
        ctx: Context,
        wait_seconds: Seconds = WAIT,
    ) -> list[ContentBlock]:
        """Change one to four pictures by words. Answers a grid of four new ones."""
        given = [mcp_pictures.to_argument(picture) for picture in pictures]
        task_id = await self._service.submit("edits", prompt=prompt, base64Array=given)
        return await self._wait(task_id, ctx, wait_seconds)

    @_report_refusals
    async def upload(
        self, picture: Annotated[str, Field(description="base64 of a local PNG, JPEG, WebP or GIF")]
    ) -> list[ContentBlock]:
        """Put a local picture where MidJourney can load it. Answers its link, to be used in a prompt or as --sref."""
        answer = await self._service.post("upload-discord-images", {"base64Array": [mcp_pictures.to_argument(picture)]})
        return [_text("\n".join(map(str, answer.get("result") or ())))]

    @_report_refusals
    async def cancel(self, task_id: TaskId) -> list[ContentBlock]:
        """Stop a task that waits or is drawn."""
        await self._service.cancel(task_id.strip())
        return [_text(f"Task {task_id.strip()} is being cancelled.")]

    @_report_refusals
    async def wait(self, task_id: TaskId, ctx: Context, wait_seconds: Seconds = WAIT) -> list[ContentBlock]:
        """Wait for a task's end, or look at it (wait_seconds 0). Answers its picture and buttons, or why it failed."""
        return await self._wait(task_id.strip(), ctx, wait_seconds)

    @_report_refusals
    async def list_tasks(
        self,
        limit: Annotated[int, Field(ge=1, le=100)] = 10,
        status: Annotated[
            str, Field(description=f"some of {', '.join(STATUSES)}, with commas between; empty: all")
        ] = "",
    ) -> list[ContentBlock]:
        """The newest tasks, a line each: id, action, status, progress, prompt or reason."""
        tasks = await self._service.tasks(limit, status.replace(" ", "").upper())
        return [_text("\n".join(map(_line, tasks)) or "No tasks found.")]

    async def _wait(self, task_id: str, ctx: Context, seconds: float) -> list[ContentBlock]:
        """Wait for the task at most these seconds, then describe it."""
        task: Document = {}
        reported = -1.0
        try:
            async with asyncio.timeout(seconds or None):
                async for task in self._service.watch(task_id):
                    done = str(task.get("progress") or "").rstrip("%")
                    if done.isdigit() and float(done) > reported:  # MCP progress must increase
                        reported = float(done)
                        await ctx.report_progress(reported, 100, f"{task.get('status')} {task_id}")
                    if not seconds:
                        break
        except TimeoutError:
            pass
        return await self._render(task or await self._service.fetch(task_id))

    async def _render(self, task: Document) -> list[ContentBlock]:
        status = task.get("status")
        if status not in OVER:
            progress = f", {task['progress']}" if task.get("progress") else ""
            return [_text(f"Task {task['id']} is still running ({status}{progress}). Call wait with its id.")]
        if status == "CANCEL":
            return [_text(f"Task {task['id']} was cancelled.")]
        if status != "SUCCESS":
            raise CommandFailed(f"Task {task['id']} failed: {task.get('failReason') or status}")
        content: list[ContentBlock] = [_text(_summary(task))]
        if url := task.get("imageUrl"):
            data = await self._service.picture(str(url))
            if picture := await asyncio.to_thread(mcp_pictures.to_content, data):
                content.append(picture)
        return content


def _text(text: str) -> TextContent:
    return TextContent(type="text", text=text)


def _summary(task: Document) -> str:
    links = {"Picture": task.get("imageUrl"), "Clip": task.get("videoUrl")}
    buttons = [str(button.get("label") or button.get("emoji")) for button in task.get("buttons") or ()]
    words = (task.get("properties") or {}).get("finalPrompt") or task.get("prompt")
    lines = [
        f"Task {task['id']} ({task.get('action')}) is done.",
        *([str(words)] if words else []),
        *(f"{name}: {link}" for name, link in links.items() if link),
        *([f"Buttons: {', '.join(buttons)}"] if buttons else []),
        *notes_of(task),
    ]
    return "\n".join(lines)


def _line(task: Document) -> str:
    text = task.get("failReason") or task.get("prompt") or task.get("description") or ""
    return " ".join(
        str(part) for part in (task["id"], task.get("action"), task.get("status"), task.get("progress"), text) if part
    )
