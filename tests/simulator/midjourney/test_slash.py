"""The commands beside /imagine, seeds, cancelling, modes, and the second bot."""

import io
import re
from typing import Any

import pytest
from PIL import Image

from simulator import Simulator
from simulator.data.pictures import read_metadata
from simulator.world.messages import NIJI_ID
from tests.support.discord_wire_client import (
    Event,
    Wire,
    connected,
    custom_ids,
    finished,
    press,
    told,
    with_id,
    with_nonce,
)


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, "PNG")
    return out.getvalue()


async def until_finished(wire: Wire, nonce: str) -> dict[str, Any]:
    jobs = wire.simulator.jobs
    await wire.simulator.until(
        lambda: any(item["nonce"] == nonce and item["status"] == "finished" for item in wire.simulator.jobs)
    )
    jobs = wire.simulator.jobs
    return next(item for item in jobs if item["nonce"] == nonce)


async def answered(wire: Wire, nonce: str) -> Event:
    """The message that holds the texts of /describe or /shorten: an edit, or the first message itself."""
    await until_finished(wire, nonce)
    first = await wire.message(with_nonce(nonce))
    if first["embeds"]:
        return first
    return await wire.event("MESSAGE_UPDATE", lambda body: body["id"] == first["id"] and body["embeds"])


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize("link", [None, "https://example.com/a.png"])
async def test_describe(link: str | None) -> None:
    async with Simulator(seed=3) as simulator, connected(simulator) as wire:
        options = {"image": png()} if link is None else {"link": link}
        nonce = await wire.command("describe", **options)
        said = await answered(wire, nonce)
        embed = said["embeds"][0]
        assert [line[0] for line in embed["description"].split("\n\n")] == ["1", "2", "3", "4"]
        assert [item.rsplit("::", 1)[1] for item in custom_ids(said)] == ["1", "2", "3", "4", "Retry", "all"]
        first = await wire.message(with_nonce(nonce))
        assert (first["id"], first["type"]) == (said["id"], 20)
        if link is None:
            async with wire.http.get(embed["image"]["url"]) as answer:
                assert answer.content_type == "image/png" and await answer.read() == png()
        else:
            assert embed["image"]["url"] == link

        pressed = await press(wire, said, "PicReader::2")
        dialog = await wire.event("INTERACTION_MODAL_CREATE", with_nonce(pressed))
        text = dialog["components"][0]["components"][0]["value"]
        assert dialog["custom_id"] == "MJ::Picreader::Modal::2" and text.split(" --ar")[0] in embed["description"]
        drawn = await finished(wire, await wire.submit(dialog, text))
        assert drawn["message_reference"]["message_id"] == said["id"] and text.split(" --ar")[0] in drawn["content"]

        await press(wire, said, "Retry")
        again = await wire.event(
            "MESSAGE_UPDATE", lambda body: body["id"] == said["id"] and body["embeds"] not in ([], [embed])
        )
        assert again["embeds"][0]["image"] == embed["image"]
        before = len(simulator.jobs)
        await press(wire, said, "PicReader::all")
        await simulator.until(lambda: [item["status"] for item in simulator.jobs[before:]] == ["finished"] * 4)


async def test_describe_mostly_answers_by_an_edit() -> None:
    async with Simulator(job_seconds=0.01, seed=1) as simulator, connected(simulator) as wire:
        straight = 0
        for _ in range(20):
            nonce = await wire.command("describe", link="https://example.com/a.png")
            await until_finished(wire, nonce)
            first = await wire.message(with_nonce(nonce))
            assert (first["flags"], first["content"]) in ((128, ""), (0, "")) and bool(first["embeds"]) == (
                first["flags"] == 0
            )
            straight += bool(first["embeds"])
        assert 0 < straight < 10
        nonce = await wire.command("describe", link="no link")
        assert (await wire.message(with_nonce(nonce)))["embeds"][0]["title"] == "Invalid link!"


async def test_shorten() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        nonce = await wire.command("shorten", prompt="a very small red fox under an old bridge")
        said = await answered(wire, nonce)
        text = said["embeds"][0]["description"]
        assert text.startswith("## Important tokens\n**a** ~~very~~") and "\n\n## Shortened prompts\n1️⃣ a very" in text
        assert custom_ids(said) == [f"MJ::Job::PromptAnalyzer::{n}" for n in range(1, 6)]
        drawn = await finished(wire, await press(wire, said, "PromptAnalyzer::4"))
        assert drawn["content"].startswith("**a very small")
        assert simulator.jobs[-1]["parent"] == simulator.jobs[0]["job_id"]

        simulator.set_account(0, remix=True)
        pressed = await press(wire, said, "PromptAnalyzer::5")
        dialog = await wire.event("INTERACTION_MODAL_CREATE", with_nonce(pressed))
        assert dialog["custom_id"] == f"MJ::ImagineModal::{said['id']}"


async def test_blend() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        nonce = await wire.command("blend", image1=png(), image2=png(), image3=png(), dimensions="--ar 2:3")
        result = await finished(wire, nonce)
        first = await wire.message(with_nonce(nonce))
        assert re.match(r"\*\*(http://\S+/image\d\.png\S* ){3}--ar 2:3\*\* - <@", first["content"])
        assert first["interaction"]["name"] == "blend"
        assert re.match(r"\*\*(<https://s.mj.run/\w+> ){3}.*--ar 2:3", result["content"])
        assert (result["attachments"][0]["width"], result["attachments"][0]["height"]) == (682, 1024)
        assert simulator.jobs[0]["kind"] == "blend"


async def test_an_attachment_must_have_been_uploaded() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        _, index = await wire.call("GET", "/users/@me/application-command-index")
        blend = next(item for item in index["application_commands"] if item["name"] == "blend")
        options = [{"type": 11, "name": f"image{n}", "value": n} for n in (1, 2)]
        data = {**{key: blend[key] for key in ("id", "name", "version", "type")}, "options": options}
        for changes, code in (({}, 50146), ({"options": options[:1]}, 50035)):
            body = await wire.body(2, {**data, **changes})
            assert (await wire.call("POST", "/interactions", json=body))[1]["code"] == code
        assert simulator.jobs == []


async def test_an_upload_that_is_posted_has_a_link() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        name = await wire.upload(png(), "start.png")
        path = f"/channels/{wire.account.channel_id}/messages"
        item = {"id": "0", "filename": "start.png", "uploaded_filename": name}
        _, message = await wire.call("POST", path, json={"attachments": [item]})
        attachment = message["attachments"][0]
        assert (attachment["content_type"], attachment["width"], attachment["height"]) == ("image/png", 40, 30)
        async with wire.http.get(attachment["url"]) as answer:
            assert answer.content_type == "image/png" and await answer.read() == png()


# ---------------------------------------------------------------- jobs


async def test_show_brings_a_job_back_with_its_buttons() -> None:
    async with Simulator() as simulator, connected(simulator) as wire, connected(simulator, 1) as other:
        grid = await finished(wire, await wire.imagine("a fox"))
        job_id = simulator.jobs[0]["job_id"]
        nonce = await wire.command("show", job_id=job_id, channel_id=wire.account.dm_channel_id, guild_id=None)
        shown = await wire.message(with_nonce(nonce))
        assert shown["channel_id"] == wire.account.dm_channel_id and shown["interaction"]["name"] == "show"
        assert custom_ids(shown) == custom_ids(grid)
        body = {"channel_id": wire.account.dm_channel_id, "guild_id": None}
        pressed = await wire.press(shown, custom_ids(shown)[0], **body)
        assert (await finished(wire, pressed))["channel_id"] == wire.account.dm_channel_id
        for who, asked in ((wire, "no-job"), (other, job_id)):
            nonce = await who.command("show", job_id=asked)
            assert (await who.message(with_nonce(nonce)))["embeds"][0]["title"] == "Invalid request"


@pytest.mark.parametrize("envelope", ["✉️", "✉"])
async def test_an_envelope_brings_the_seed_in_private(envelope: str) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        grid = await finished(wire, await wire.imagine("a fox --seed 77"))
        path = f"/channels/{wire.account.channel_id}/messages/{grid['id']}/reactions/{envelope}/@me"
        assert (await wire.call("PUT", path))[0] == 204
        letter = await wire.message(lambda body: body["channel_id"] == wire.account.dm_channel_id)
        job = simulator.jobs[0]
        assert letter["content"] == f"**{job['prompt_echoed']}**\n**Job ID**: {job['job_id']}\n**seed** 77"
        assert "guild_id" not in letter and letter["author"]["id"] == job["bot"]


async def test_a_messages_own_menu_cancels_its_job() -> None:
    async with Simulator(job_seconds=30) as simulator, connected(simulator) as wire:
        first = await wire.message(with_nonce(await wire.imagine("a fox")))
        await wire.command("Cancel Job", target_id=first["id"])
        await wire.event(
            "MESSAGE_UPDATE", lambda body: body["id"] == first["id"] and body["content"].endswith("(Stopped)")
        )
        assert simulator.jobs[0]["status"] == "stopped"
        nonce = await wire.command("Cancel Job", target_id=first["id"])
        assert (await wire.message(with_nonce(nonce)))["embeds"][0]["title"] == "Invalid request"


# ---------------------------------------------------------------- accounts


@pytest.mark.parametrize(("command", "word"), [("fast", "fast"), ("relax", "relaxed"), ("turbo", "turbo")])
async def test_modes_by_command(command: str, word: str) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        said = await wire.message(with_nonce(await wire.command(command)))
        assert said["content"].startswith("Done! ") and said["flags"] == 64
        assert f"({word})" in (await finished(wire, await wire.imagine("a fox")))["content"]


async def test_modes_by_prompt_and_stealth() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.set_account(0, stealth=True, mode="relaxed")
        assert "(turbo, stealth)" in (await finished(wire, await wire.imagine("a fox --turbo")))["content"]
        assert "(relaxed, stealth)" in (await finished(wire, await wire.imagine("a fox")))["content"]


async def test_settings_are_switched_by_buttons() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        said = await told(wire, await wire.command("settings"))
        assert said["flags"] == 64

        async def after(custom_id: str, **data: Any) -> dict[str, int]:
            wire.events.clear()
            body = await wire.body(3, {"component_type": 2, "custom_id": custom_id, **data}, message_id=said["id"])
            assert (await wire.call("POST", "/interactions", json=body))[0] == 204
            edited = await wire.event("MESSAGE_UPDATE", with_id(said["id"]))
            return {
                item["label"]: item["style"]
                for row in edited["components"]
                for item in row["components"]
                if "label" in item
            }

        ids = {item["label"]: item["custom_id"] for row in said["components"][1:] for item in row["components"]}
        assert (await after(ids["Remix mode"]))["Remix mode"] == 3
        styles = await after(ids["Turbo mode"])
        assert (styles["Turbo mode"], styles["Fast mode"], styles["Relax mode"]) == (3, 2, 2)
        await after("MJ::Settings::VersionSelector", component_type=3, values=["6.1"])
        account = simulator.state()["accounts"][0]
        assert (account["remix"], account["mode"], account["version"]) == (True, "turbo", "6.1")
        assert (await after(ids["Remix mode"]))["Remix mode"] == 2


async def test_the_second_bot_answers_under_its_own_name() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        nonce = await wire.command("imagine", application=NIJI_ID, prompt="a fox")
        grid = await finished(wire, nonce)
        first = await wire.message(with_nonce(nonce))
        assert first["application_id"] == first["author"]["id"] == grid["author"]["id"] == NIJI_ID
        assert simulator.jobs[0]["bot"] == NIJI_ID
        single = await finished(wire, await press(wire, grid, "upsample::1"))
        assert single["author"]["id"] == NIJI_ID
        data = {"component_type": 2, "custom_id": custom_ids(grid)[0]}
        body = await wire.body(3, data, message_id=grid["id"])
        assert (await wire.call("POST", "/interactions", json=body))[1]["code"] == 10002
        async with wire.http.get(single["attachments"][0]["url"]) as answer:
            assert read_metadata(await answer.read())["parent"] == simulator.jobs[0]["job_id"]
        echoes = [(await finished(wire, await wire.command("imagine", application=NIJI_ID, prompt="x")))["content"]]
        while "--niji 6" not in echoes[-1]:
            echoes.append(
                (await finished(wire, await wire.command("imagine", application=NIJI_ID, prompt="x")))["content"]
            )
        assert not any("--v " in text for text in echoes)
