"""The bot on the wire: what is said, in which order, with which keys."""

import re
from typing import Any

import pytest

from simulator import Simulator
from simulator.data.pictures import read_metadata
from tests.support.discord_wire_client import Event, Wire, connected, custom_ids, told, with_id, with_nonce


async def fetched(wire: Wire, message: Event) -> dict[str, str]:
    async with wire.http.get(message["attachments"][0]["url"]) as answer:
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.content_type == message["attachments"][0]["content_type"]
        return read_metadata(await answer.read())


def job(simulator: Simulator, command: str) -> dict[str, Any]:
    return next(item for item in reversed(simulator.jobs) if item["command"] == command)


async def grid_of(wire: Wire, prompt: str = "a fox --ar 3:2") -> Event:
    await wire.imagine(prompt)
    return await wire.result()


async def test_an_imagine_from_its_first_event_to_its_last() -> None:
    async with (
        Simulator(steps=8, success_order="before", website="with") as simulator,
        connected(simulator) as wire,
    ):
        nonce = await wire.imagine("a red  fox\nat dusk —ar 3:2")
        final = await wire.result()
        await wire.event("MESSAGE_DELETE")
        assert wire.names()[2:] == [
            "INTERACTION_CREATE",
            "INTERACTION_SUCCESS",
            "MESSAGE_CREATE",
            *["MESSAGE_UPDATE"] * 8,
            "MESSAGE_CREATE",
            "MESSAGE_DELETE",
        ]
        first, *updates = [item["d"] for item in wire.events if item["t"] in ("MESSAGE_CREATE", "MESSAGE_UPDATE")][:-1]
        drawn = job(simulator, "imagine")
        user = {"id": wire.account.user_id, "username": wire.account.username}

        assert (first["type"], first["flags"], first["nonce"]) == (20, 0, nonce)
        assert first["webhook_id"] == first["application_id"] == first["author"]["id"] == "936929561302675456"
        assert first["interaction"]["name"] == "imagine" and first["interaction"]["user"].items() >= user.items()
        assert first["interaction_metadata"]["id"] == first["interaction"]["id"]
        assert first["mentions"][0].items() >= user.items()
        assert first["guild_id"] == wire.account.guild_id and "member" in first
        assert first["attachments"] == first["components"] == [] and first["edited_timestamp"] is None
        assert first["content"] == f"**{drawn['prompt_echoed']}** - <@{wire.account.user_id}> (Waiting to start)"

        assert {item["id"] for item in updates} == {first["id"]}
        assert all("nonce" not in item and item["edited_timestamp"] for item in updates)
        assert updates[0]["attachments"] == [] and len(updates[-1]["attachments"]) == 1
        previews = [item["attachments"][0] for item in updates if item["attachments"]]
        assert {item["filename"] for item in previews} == {f"{drawn['job_id']}_grid_0.webp"}
        assert len({item["id"] for item in previews}) == len(previews)

        assert final["id"] != first["id"] and final["type"] in (0, 19) and final["flags"] == 0
        assert not {"interaction", "interaction_metadata", "webhook_id"} & set(final)
        assert final["nonce"] not in (nonce, None)
        assert final["message_reference"]["message_id"] == first["id"]
        assert f"](<https://midjourney.com/jobs/{drawn['job_id']}>) (fast)" in final["content"]
        assert final["attachments"][0]["filename"].endswith(f"_{drawn['job_id']}.webp")
        assert [item.split("::")[2] for item in custom_ids(final)] == ["upsample"] * 4 + ["reroll"] + ["variation"] * 4
        assert final["components"][1]["components"][4]["label"] == "\u200b"
        assert (await fetched(wire, final))["nonce"] == nonce
        assert (drawn["status"], drawn["prompt"]) == ("finished", "a red  fox\nat dusk —ar 3:2")


@pytest.mark.parametrize(("order", "names"), [("before", "SM"), ("after", "MS")])
async def test_success_comes_before_or_after_the_first_message(order: str, names: str) -> None:
    async with Simulator(success_order=order) as simulator, connected(simulator) as wire:
        await wire.imagine("a fox")
        await wire.result()
        assert (
            "".join({"INTERACTION_SUCCESS": "S", "MESSAGE_CREATE": "M"}.get(name, "") for name in wire.names())[:2]
            == names
        )


async def test_an_upscale() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        grid = await grid_of(wire)
        nonce = await wire.press(grid, custom_ids(grid)[2])
        single = await wire.result("upscale")
        waiting = await wire.message(with_nonce(nonce))
        drawn = job(simulator, "upscale")
        assert waiting["content"].startswith("Upscaling image #3 with **")
        assert (waiting["type"], waiting["flags"]) == (19, 64)
        assert waiting["message_reference"]["message_id"] == grid["id"]
        assert custom_ids(waiting) == [f"MJ::CancelJob::ByJobid::{drawn['job_id']}"]
        assert "interaction" not in waiting and waiting["interaction_metadata"]["type"] == 3

        parent = await wire.event("MESSAGE_UPDATE", lambda body: body["id"] == grid["id"])
        assert parent["components"][0]["components"][2]["style"] == 1
        assert (single["type"], single["flags"]) == (19, 0)
        assert single["message_reference"]["message_id"] == grid["id"]
        assert single["referenced_message"]["id"] == grid["id"]
        assert single["content"].endswith(f"** - Image #3 <@{wire.account.user_id}>")
        assert len(custom_ids(single)) == 18 and single["attachments"][0]["filename"].endswith(".png")
        assert f"upsample_v7_2x_subtle::1::{drawn['job_id']}::SOLO" in custom_ids(single)[0]

        metadata = await fetched(wire, single)
        assert (metadata["index"], metadata["nonce"]) == ("3", nonce)
        assert metadata["parent"] == drawn["parent"] == job(simulator, "imagine")["job_id"]


@pytest.mark.parametrize(
    ("command", "marker", "text"),
    [
        ("variation", "variation::4::", "** - Variations (Strong) by <@"),
        ("reroll", "reroll::0::", "** - <@"),
    ],
)
async def test_new_grids_from_a_grid(command: str, marker: str, text: str) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        grid = await grid_of(wire)
        pressed = next(item for item in custom_ids(grid) if marker in item)
        nonce = await wire.press(grid, pressed)
        result = await wire.result(command)
        assert text in result["content"] and result["type"] == 19
        assert result["message_reference"]["message_id"] == grid["id"]
        assert len(custom_ids(result)) == 9
        metadata = await fetched(wire, result)
        assert (metadata["parent"], metadata["nonce"]) == (job(simulator, "imagine")["job_id"], nonce)


@pytest.mark.parametrize(
    ("command", "marker", "text", "size"),
    [
        ("low_variation", "low_variation", "Variations (Subtle) by", (1024, 682)),
        ("high_variation", "high_variation", "Variations (Strong) by", (1024, 682)),
        ("upscale_subtle", "2x_subtle", "Upscaled ", (1024, 682)),
        ("upscale_creative", "2x_creative", "Upscaled ", (1024, 682)),
        ("zoom_square", "Outpaint::100", "--ar 1:1** - Zoom Out by", (1024, 1024)),
        ("zoom_2x", "Outpaint::50", "Zoom Out by", (1024, 682)),
        ("zoom_1_5x", "Outpaint::75", "Zoom Out by", (1024, 682)),
        ("pan_up", "pan_up", "--ar 2:3** - Pan Up by", (682, 1024)),
    ],
)
async def test_what_a_single_picture_offers(command: str, marker: str, text: str, size: tuple[int, int]) -> None:
    async with Simulator(job_seconds=0.02) as simulator, connected(simulator) as wire:
        grid = await grid_of(wire)
        await wire.press(grid, custom_ids(grid)[0])
        single = await wire.result("upscale")
        await wire.press(single, next(item for item in custom_ids(single) if marker in item))
        result = await wire.result(command)
        assert text in result["content"]
        assert (result["attachments"][0]["width"], result["attachments"][0]["height"]) == size
        assert (await fetched(wire, result))["parent"] == job(simulator, "upscale")["job_id"]


async def test_favourites_and_cancelling() -> None:
    async with Simulator(job_seconds=0.3) as simulator, connected(simulator) as wire:
        grid = await grid_of(wire)
        await wire.press(grid, custom_ids(grid)[0])
        single = await wire.result("upscale")
        nonce = await wire.press(single, custom_ids(single)[-1])
        rated = await wire.message(with_nonce(nonce))
        assert "You have successfully rated [this job]" in rated["content"] and rated["flags"] == 64

        nonce = await wire.press(grid, next(item for item in custom_ids(grid) if "reroll" in item))
        waiting = await wire.message(with_nonce(nonce))
        await wire.press(waiting, custom_ids(waiting)[0])
        stopped = await wire.event("MESSAGE_UPDATE", lambda body: body["content"].endswith("(Stopped)"))
        assert stopped["id"] == waiting["id"]


async def test_beyond_the_concurrency_jobs_are_queued_and_then_refused() -> None:
    async with Simulator(concurrency=1, queue=1) as simulator, connected(simulator) as wire:
        nonces = [await wire.imagine(f"fox {number}") for number in range(3)]
        queued = await wire.message(with_nonce(nonces[1]))
        assert (queued["type"], queued["flags"], queued["content"]) == (20, 64, "")
        embed = queued["embeds"][0]
        assert (embed["title"], embed["color"]) == ("Job queued", 16239475)
        assert embed["footer"]["text"] == "/imagine fox 1"
        full = await wire.message(with_nonce(nonces[2]))
        assert full["embeds"][0]["title"] == "Queue full"
        await simulator.until(lambda: [item["status"] for item in simulator.jobs] == ["finished", "finished"])
        later = await wire.message(lambda body: body["type"] == 20 and "**fox 1" in body["content"])
        assert "nonce" not in later
        assert later["interaction_metadata"]["id"] == queued["interaction_metadata"]["id"]


async def test_strangers_and_people_share_the_channel() -> None:
    async with Simulator(foreign=2, chatter=3, job_seconds=0.1) as simulator, connected(simulator) as wire:
        await wire.imagine("a fox")
        await simulator.until(lambda: [item["status"] for item in simulator.jobs] == ["finished"] * 3)
        assert [item["foreign"] for item in simulator.jobs] == [False, True, True]
        assert {item["prompt"] for item in simulator.jobs} == {"a fox"}
        for stranger in simulator.jobs[1:]:
            body = await wire.message(with_id(stranger["message_ids"][0]))
            assert "nonce" not in body and body["mentions"][0]["id"] != wire.account.user_id
        people = [item["d"] for item in wire.events if "bot" not in item["d"].get("author", {"bot": 1})]
        assert len(people) == 3


async def test_info_and_modes() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        _, index = await wire.call("GET", "/users/@me/application-command-index")
        for name in ("relax", "info"):
            command = next(item for item in index["application_commands"] if item["name"] == name)
            data = {"id": command["id"], "name": name, "type": 1, "version": command["version"], "options": []}
            body = await wire.body(2, data)
            assert (await wire.call("POST", "/interactions", json=body))[0] == 204
            answer = await told(wire, body["nonce"])
        assert re.search(r"\*\*Job Mode\*\*: +Relaxed", answer["embeds"][0]["description"])
        assert "(relaxed)" in (await grid_of(wire))["content"]


async def test_a_seed_makes_job_ids_repeatable() -> None:
    ids = []
    for simulator in (Simulator(seed=7), Simulator(seed=7), Simulator()):
        async with simulator, connected(simulator) as wire:
            await grid_of(wire)
            ids.append(simulator.jobs[0]["job_id"])
    assert ids[0] == ids[1] != ids[2]
