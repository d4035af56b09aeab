"""The unmodified discord.py-self logs in, finds /imagine, draws, and takes the result further."""

import io

import discord

from simulator import Simulator
from simulator.data.pictures import read_metadata
from tests.support.discord_library_client import logged_in


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
    # A success after the dialog is lost on the library: it forgets the press when the dialog comes.
    async with Simulator(accounts=1, dialog_success="before") as simulator:
        simulator.set_account(0, remix=True)
        account = simulator.accounts[0]
        async with logged_in(simulator, account.token) as client:
            channel = client.get_channel(int(account.channel_id))
            imagine = next(item for item in await channel.application_commands() if item.name == "imagine")
            await imagine(channel, prompt="a red fox")
            grid = await client.hear("message", lambda message: message.attachments and message.components)
            assert (await grid.components[1].children[0].click()).successful
            modal = await client.hear("modal")
            assert modal.custom_id.startswith("MJ::RemixModal::") and modal.application.id == 936929561302675456
            modal.components[0].children[0].answer("a blue fox")
            assert (await modal.submit()).successful
            again = await client.hear("message", lambda message: "a blue fox" in message.content and message.components)
            assert str(again.reference.message_id) == str(grid.id)


async def test_messages_of_ones_own_with_the_real_library() -> None:
    async with Simulator(accounts=1) as simulator:
        account = simulator.accounts[0]
        async with logged_in(simulator, account.token) as client:
            channel = client.get_channel(int(account.channel_id))
            said = await channel.send("helo", nonce=77)
            heard = await client.hear("message", lambda message: message.id == said.id)
            assert str(heard.nonce) == "77"
            assert (await said.edit(content="hello")).content == "hello"
            reply = await said.reply("again", file=discord.File(io.BytesIO(b"words"), "words.txt"))
            assert reply.reference.message_id == said.id and reply.reference.resolved.content == "hello"
            assert await reply.attachments[0].read() == b"words"
            await reply.ack()
            await channel.typing()
            found = [message.id async for message in channel.search("again")]
            assert found == [reply.id]
            await said.delete()
            gone = await client.hear("raw_message_delete")
            assert gone.message_id == said.id
            profile = await client.fetch_user_profile(int(account.user_id))
            assert profile.id == int(account.user_id)
            assert simulator.state()["counters"].get("unknown_routes", 0) == 0


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
