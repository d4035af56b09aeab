"""The unmodified discord.py-self logs in, finds /imagine, draws, and takes the result further."""

import asyncio
import io

import discord

from simulator import Simulator
from simulator.pictures import read_metadata
from tests.simulator.library_client import logged_in


async def test_imagine_then_upscale_with_the_real_library() -> None:
    async with Simulator(job_seconds=0.05, success_order="after") as simulator:
        account = simulator.accounts[0]
        async with logged_in(simulator, account.token) as client:
            channel = client.get_channel(int(account.channel_id))
            imagine = next(item for item in await channel.application_commands() if item.name == "imagine")
            interaction = await imagine(channel, prompt="a red  fox —ar 3:2")
            assert interaction.successful

            grid = await client.hear("message", lambda message: message.attachments and message.components)
            assert "(fast)" in grid.content
            job = simulator.jobs[0]
            data = await grid.attachments[0].read()
            assert read_metadata(data)["nonce"] == job["nonce"] == str(interaction.nonce)
            first = await client.hear("message")
            assert first.interaction.id == interaction.id and str(first.nonce) == job["nonce"]
            deleted = await client.hear("raw_message_delete")
            assert deleted.message_id == first.id

            await grid.components[0].children[1].click()
            single = await client.hear("message", lambda message: "Image #2" in message.content)
            assert single.reference.message_id == grid.id
            metadata = read_metadata(await single.attachments[0].read())
            assert (metadata["parent"], metadata["index"]) == (job["job_id"], "2")
            assert [item["status"] for item in simulator.jobs] == ["finished", "finished"]
            assert simulator.state()["counters"].get("errors", 0) == 0
            assert simulator.state()["mixups"] == 0


async def test_a_dialog_with_the_real_library() -> None:
    async with Simulator(accounts=1) as simulator:
        simulator.set_account(0, remix=True)
        account = simulator.accounts[0]
        async with logged_in(simulator, account.token) as client:
            channel = client.get_channel(int(account.channel_id))
            imagine = next(item for item in await channel.application_commands() if item.name == "imagine")
            await imagine(channel, prompt="a red fox")
            grid = await client.hear("message", lambda message: message.attachments and message.components)
            pressing = asyncio.create_task(grid.components[1].children[0].click())
            modal = await client.hear("modal")
            pressing.cancel()  # the library would wait for a success that a dialog does not have
            await asyncio.gather(pressing, return_exceptions=True)
            assert modal.custom_id.startswith("MJ::RemixModal::") and modal.application.id == 936929561302675456
            modal.components[0].children[0].answer("a blue fox")
            assert (await modal.submit()).successful
            again = await client.hear("message", lambda message: "a blue fox" in message.content and message.components)
            assert str(again.reference.message_id) == str(grid.id)


async def test_upload_and_history_with_the_real_library() -> None:
    async with Simulator(accounts=1, discord_hosts=True) as simulator:
        account = simulator.accounts[0]
        async with logged_in(simulator, account.token) as client:
            channel = client.get_channel(int(account.channel_id))
            files = await channel.upload_files(discord.File(io.BytesIO(b"not a picture"), "cat.png"))
            sent = await channel.send("look", files=files)
            assert await sent.attachments[0].read() == b"not a picture"
            assert sent.attachments[0].url.startswith("https://cdn.discordapp.com/attachments/")
            assert [item.id async for item in channel.history(limit=5)] == [sent.id]
            assert (await channel.fetch_message(sent.id)).content == "look"


async def test_a_lost_socket_is_resumed_without_loss() -> None:
    async with Simulator(accounts=1, job_seconds=0.4, steps=12) as simulator:
        account = simulator.accounts[0]
        async with logged_in(simulator, account.token) as client:
            channel = client.get_channel(int(account.channel_id))
            imagine = next(item for item in await channel.application_commands() if item.name == "imagine")
            await imagine(channel, prompt="a lighthouse")
            simulator.add_fault({"kind": "abort_gateway"})
            await client.hear("resumed")
            await client.hear("message", lambda message: message.attachments and message.components)
            edits = [value for name, value in client.heard if name == "raw_message_edit"]
            assert len(edits) == 12
