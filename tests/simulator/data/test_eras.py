"""What changed through the years, on the wire."""

import re

import pytest

from simulator import Simulator
from simulator.data.eras import ERAS
from simulator.data.pictures import read_metadata
from tests.support.discord_wire_client import Event, Wire, connected, custom_ids, finished, press, with_nonce


def of_job(wire: Wire, place: int = 0) -> list[Event]:
    """A job's first message and its edits."""
    first = wire.simulator.jobs[place]["message_ids"][0]
    said = [item["d"] for item in wire.events if item["t"] in ("MESSAGE_CREATE", "MESSAGE_UPDATE")]
    return [body for body in said if body["id"] == first]


async def test_2023_has_no_link_from_a_result_to_its_start() -> None:
    async with Simulator(era="2023") as simulator, connected(simulator) as wire:
        nonce = await wire.imagine("a fox --ar 3:2")
        final = await finished(wire, nonce)
        first, *updates = of_job(wire)
        job_id = simulator.jobs[0]["job_id"]
        assert (first["type"], first["nonce"]) == (20, nonce)
        assert first["interaction"]["name"] == "imagine" and "interaction_metadata" not in first
        percents = [int(found[1]) for item in updates if (found := re.search(r"\((\d+)%\)", item.get("content", "")))]
        assert percents == [0, 15, 31, 46, 62, 78, 93]
        previews = {item["attachments"][0]["filename"] for item in updates if item.get("attachments")}
        assert previews == {"grid_0.webp"}
        assert job_id not in str([first, *updates])

        assert final["type"] == 0
        assert not {"message_reference", "interaction", "webhook_id", "nonce", "resolved"} & set(final)
        assert final["content"].endswith(f"** - <@{wire.account.user_id}> (fast)")
        attachment = final["attachments"][0]
        assert attachment["filename"] == f"{wire.account.username}_a_fox_{job_id}.png"
        assert "?" not in attachment["url"] and "placeholder" not in attachment
        assert len(custom_ids(final)) == 9 and len(final["components"][1]["components"]) == 4
        assert "id" not in final["components"][0]

        nonce = await press(wire, final, "upsample::1")
        single = await finished(wire, nonce)
        waiting = await wire.message(with_nonce(nonce))
        assert not {"interaction", "interaction_metadata"} & set(waiting) and waiting["flags"] == 64
        assert "type" not in waiting["message_reference"]
        assert single["components"][-1]["components"][-1]["url"].endswith(f"/app/jobs/{simulator.jobs[1]['job_id']}/")


async def test_2024_names_its_previews_and_numbers_its_components() -> None:
    async with Simulator(era="2024") as simulator, connected(simulator) as wire:
        nonce = await wire.imagine("a fox --ar 3:2")
        final = await finished(wire, nonce)
        first, *updates = of_job(wire)
        job_id = simulator.jobs[0]["job_id"]
        assert first["interaction"]["id"] == first["interaction_metadata"]["id"]
        previews = {item["attachments"][0]["filename"] for item in updates if item.get("attachments")}
        assert previews == {f"{job_id}_grid_0.webp"}
        assert final["type"] == 0 and "message_reference" not in final and final["resolved"]["users"] == {}
        assert "Open on website" not in final["content"] and "(fast)" in final["content"]
        assert final["attachments"][0]["content_type"] == "image/png" and "?ex=" in final["attachments"][0]["url"]
        assert [item["id"] for item in final["components"][1]["components"]] == [8, 9, 10, 11, 12]
        single = await finished(wire, await press(wire, final, "upsample::1"))
        assert "upsample_v6r1_2x_subtle" in custom_ids(single)[0]
        assert single["position"] == 0 and single["message_reference"]["type"] == 0
        redone = await finished(wire, await press(wire, single, "2x_subtle"))
        assert redone["components"][0]["components"][0]["label"] == "Redo Upscale (Subtle)"


async def test_the_era_may_be_switched_while_jobs_exist() -> None:
    async with Simulator(era="2023", website="with") as simulator, connected(simulator) as wire:
        single = await finished(wire, await press(wire, await finished(wire, await wire.imagine("a fox")), "upsample"))
        simulator.configure(era="2026")
        old = await finished(wire, await press(wire, single, "upsample_v5_4x"))
        assert "Upscaled" in old["content"] and "midjourney.com/jobs/" in old["content"]
        assert "[(Open on website" in (await finished(wire, await wire.imagine("a fox")))["content"]


@pytest.mark.parametrize("era", ERAS)
async def test_each_picture_says_whose_it_is(era: str) -> None:
    async with Simulator(era=era) as simulator, connected(simulator) as wire:
        grid = await finished(wire, await wire.imagine("a fox"))
        nonce = await press(wire, grid, "variation::2")
        again = await finished(wire, nonce)
        async with wire.http.get(again["attachments"][0]["url"]) as answer:
            metadata = read_metadata(await answer.read())
        assert (metadata["nonce"], metadata["parent"]) == (nonce, simulator.jobs[0]["job_id"])
