"""PyPI discord.py-self, unmodified: a general Discord client, which gives commands and presses buttons."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any

import discord
from report import GIVEN, PNG, astep, control

MIDJOURNEY = 936929561302675456
CHANNEL = int(GIVEN["channel"])


class Client(discord.Client):
    def __init__(self) -> None:
        super().__init__(chunk_guilds_at_startup=False)
        self.heard: list[tuple[str, Any]] = []
        self.news = asyncio.Event()
        self.is_up = asyncio.Event()
        self.resumed = asyncio.Event()

    def note(self, kind: str, what: Any) -> None:
        self.heard.append((kind, what))
        self.news.set()

    async def on_ready(self) -> None:
        self.is_up.set()

    async def on_resumed(self) -> None:
        self.resumed.set()

    async def on_message(self, message: discord.Message) -> None:
        self.note("create", message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        self.note("edit", payload.message)

    async def on_modal(self, modal: discord.Modal) -> None:
        self.note("modal", modal)

    async def next(self, kinds: str, fits: Callable[[Any], bool], since: int) -> Any:
        while True:
            self.news.clear()
            for kind, what in self.heard[since:]:
                if kind in kinds and fits(what):
                    return what
            await self.news.wait()


client = Client()


def texts(message: discord.Message) -> str:
    return message.content


def finished(words: str) -> Callable[[discord.Message], bool]:
    def fits(message: discord.Message) -> bool:
        text = message.content
        return (
            message.author.id == MIDJOURNEY
            and bool(message.attachments and message.components)
            and "%)" not in text
            and "(Waiting to start)" not in text
            and words in text
        )

    return fits


async def drawn(work: Awaitable[Any], words: str) -> discord.Message:
    """The finished message that follows the work, with its picture looked at."""
    since = len(client.heard)
    waiting = asyncio.ensure_future(work)
    message: discord.Message = await client.next("create", finished(words), since)
    waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
    assert len(await message.attachments[0].read()) > 100
    return message


def button(message: discord.Message, start: str) -> Any:
    for row in message.components:
        for one in row.children:
            if (one.custom_id or "").startswith(start):
                return one
    raise AssertionError(f"no button {start}")


async def commands() -> dict[str, Any]:
    channel = client.get_channel(CHANNEL)
    return {one.name: one for one in await channel.application_commands() if one.application_id == MIDJOURNEY}


async def log_in() -> str:
    running = asyncio.create_task(client.start(GIVEN["token"]))
    waiting = asyncio.create_task(client.is_up.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    return f"{client.user}, {len(client.guilds)} guild"


async def talk() -> str:
    channel = client.get_channel(CHANNEL)
    sent = await channel.send("hello", nonce=1234567890123456789)
    reply = await sent.reply("and hello again")
    assert reply.reference is not None and reply.reference.message_id == sent.id, "the reply has lost its reference"
    edited = await sent.edit(content="hello, edited")
    assert edited.content == "hello, edited"
    await sent.add_reaction("👍")
    await sent.remove_reaction("👍", client.user)
    await reply.delete()
    return "6 requests"


async def send_picture() -> str:
    sent = await client.get_channel(CHANNEL).send(file=discord.File(io.BytesIO(PNG), "dog.png"))
    assert await sent.attachments[0].read() == PNG
    return str(sent.attachments[0].filename)


async def dialog(upscaled: discord.Message) -> discord.Message:
    since = len(client.heard)
    pressed = asyncio.ensure_future(button(upscaled, "MJ::CustomZoom").click())
    pressed.add_done_callback(lambda done: done.cancelled() or done.exception())
    modal = await client.next("modal", lambda _: True, since)
    modal.components[0].children[0].answer("a fox in a forest --ar 1:1 --zoom 1.8")
    return await drawn(modal.submit(), "a fox in a forest")


async def described(command: Any) -> str:
    since = len(client.heard)
    calling = asyncio.ensure_future(
        command(client.get_channel(CHANNEL), image=discord.File(io.BytesIO(PNG), "dog.png"))
    )
    calling.add_done_callback(lambda done: done.cancelled() or done.exception())
    message = await client.next("create edit", lambda one: bool(one and one.embeds and one.components), since)
    return f"{len(message.embeds[0].description.split(chr(10) * 2))} descriptions"


async def resumed(command: Any) -> str:
    channel = client.get_channel(CHANNEL)
    since = len(client.heard)
    await command(channel, prompt="a green frog sim-slow")
    await asyncio.to_thread(control, "faults", {"kind": "abort_gateway"})
    await client.resumed.wait()
    await client.next("create", finished("a green frog"), since)
    return "drawn over the cut"


async def main() -> None:
    if await astep("log in", log_in, seconds=30) is None:
        return
    channel = client.get_channel(CHANNEL)
    found = await astep("the commands of the channel", commands, lambda all_: f"{len(all_)} of MidJourney")
    await astep("send, reply, edit, react, delete a message", talk)
    await astep("send a picture", send_picture)
    since = len(client.heard)
    await astep(
        "info",
        lambda: found["info"](channel),
        lambda one: f"interaction {'successful' if one.successful else 'failed'}",
        seconds=15,
    )
    grid = await astep(
        "imagine with progress",
        lambda: drawn(found["imagine"](channel, prompt="a red fox in the snow"), "a red fox"),
        texts,
    )
    edits = sum(1 for kind, one in client.heard[since:] if kind == "edit" and one and "%)" in one.content)

    async def progress() -> str:
        assert edits
        return f"{edits} percentages"

    await astep("progress was seen", progress)
    upscaled = await astep("U2", lambda: drawn(button(grid, "MJ::JOB::upsample::2").click(), "Image #2"), texts)
    await astep("V3", lambda: drawn(button(grid, "MJ::JOB::variation::3").click(), "Variations"), texts)
    await astep("reroll", lambda: drawn(button(grid, "MJ::JOB::reroll").click(), "a red fox"), texts)
    await astep("zoom out 2x", lambda: drawn(button(upscaled, "MJ::Outpaint::50").click(), "Zoom Out"), texts)
    await astep("custom zoom, a dialog", lambda: dialog(upscaled), texts)
    await astep("describe with upload", lambda: described(found["describe"]))
    files = [discord.File(io.BytesIO(PNG), f"{name}.png") for name in ("one", "two")]
    await astep("blend", lambda: drawn(found["blend"](channel, image1=files[0], image2=files[1]), "s.mj.run"), texts)

    async def history() -> str:
        return f"{len([one async for one in channel.history(limit=20)])} messages"

    await astep("history", history)
    await astep("resume after a cut", lambda: resumed(found["imagine"]), seconds=25)
    await client.close()


asyncio.run(main())
