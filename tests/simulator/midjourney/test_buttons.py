"""Every button of a result, in the years that have it; dialogs, and the page of Vary (Region)."""

import base64
import io
import re
from typing import Any

import aiohttp
import pytest
from PIL import Image

from simulator import Simulator
from simulator.data.eras import ERAS
from simulator.data.pictures import read_metadata
from tests.support.discord_wire_client import Event, Wire, connected, custom_ids, finished, press, with_nonce

ZOOMS_AND_PANS = {
    "Outpaint::50": r"- Zoom Out by",
    "Outpaint::75": r"- Zoom Out by",
    "Outpaint::100": r"--ar 1:1\*\* - Zoom Out by",
    "pan_left": r"--ar 3:2\*\* - Pan Left by",
    "pan_right": r"--ar 3:2\*\* - Pan Right by",
    "pan_up": r"--ar 2:3\*\* - Pan Up by",
    "pan_down": r"--ar 2:3\*\* - Pan Down by",
    "low_variation": r"- Variations \(Subtle\) by",
    "high_variation": r"- Variations \(Strong\) by",
}
TWICE = {"2x_subtle": r"- Upscaled \(Subtle\) by", "2x_creative": r"- Upscaled \(Creative\) by"}
OFFERED = {
    "2023": {**ZOOMS_AND_PANS, "v5_2x": r"- Upscaled( \(2x\))? by", "v5_4x": r"- Upscaled( \(4x\))? by"},
    "2024": {**ZOOMS_AND_PANS, **TWICE},
    "2026": {
        **ZOOMS_AND_PANS,
        "2x_subtle": r"- Upscaled( \(Subtle\))? by",
        "2x_creative": r"- Upscaled( \(Creative\))? by",
        "animate_high": r"--motion high --video 1 --aspect 1:1\*\* - <@",
        "animate_low": r"--motion low --video 1 --aspect 1:1\*\* - <@",
    },
}
OFFERED["2026-10"] = OFFERED["2026"]


async def single_of(wire: Wire, prompt: str = "a fox --ar 4:3") -> Event:
    grid = await finished(wire, await wire.imagine(prompt))
    return await finished(wire, await press(wire, grid, "upsample::2"))


async def dialog_of(wire: Wire, nonce: str) -> Event:
    return await wire.event("INTERACTION_MODAL_CREATE", with_nonce(nonce))


async def metadata_of(wire: Wire, message: Event) -> dict[str, str]:
    async with wire.http.get(message["attachments"][0]["url"]) as answer:
        assert answer.content_type == message["attachments"][0]["content_type"]
        return read_metadata(await answer.read())


@pytest.mark.parametrize("era", ERAS)
async def test_what_a_single_picture_offers(era: str) -> None:
    async with Simulator(era=era, job_seconds=0.02) as simulator, connected(simulator) as wire:
        single = await single_of(wire)
        for marker, text in OFFERED[era].items():
            nonce = await press(wire, single, marker)
            result = await finished(wire, nonce)
            assert re.search(text, result["content"]), marker
            assert (result["type"], result["message_reference"]["message_id"]) == (19, single["id"])
            assert (await metadata_of(wire, result))["nonce"] == nonce
            told = next(item for item in simulator.jobs if item["nonce"] == nonce)
            assert told["parent"] == simulator.jobs[1]["job_id"] and marker in told["custom_id"]
        assert simulator.state()["counters"].get("not_simulated", 0) == 0


@pytest.mark.parametrize(
    ("marker", "text"),
    [("variation::1", "- Variations (Strong) by"), ("reroll", "** - <@"), ("upsample::1", "** - Image #1 <@")],
)
async def test_a_reroll_is_called_as_what_it_repeats(marker: str, text: str) -> None:
    async with Simulator(era="2024") as simulator, connected(simulator) as wire:
        grid = await finished(wire, await wire.imagine("a fox"))
        repeated = await finished(wire, await press(wire, grid, marker))
        assert text in repeated["content"]
        if marker.startswith("upsample"):
            repeated = await finished(wire, await press(wire, repeated, "Outpaint::50"))
            text = "- Zoom Out by"
        again = await finished(wire, await press(wire, repeated, "reroll"))
        assert text in again["content"] and again["type"] == 19
        assert simulator.jobs[-1]["kind"] == "reroll"


async def test_animation_its_clips_and_their_extension() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        single = await single_of(wire, "a fox --no hills --ar 4:3")
        nonce = await press(wire, single, "animate_high")
        video = await finished(wire, nonce)
        waiting = await wire.message(with_nonce(nonce))
        assert (waiting["content"], waiting["components"]) == ("Animating...", [])
        said = await wire.event("MESSAGE_UPDATE", lambda body: body["id"] == waiting["id"])
        assert re.fullmatch(r"Creating video with prompt \*\*.*\*\* - <@\d+> \(Waiting to start\)", said["content"])
        shown = await wire.event("MESSAGE_UPDATE", lambda body: body["id"] == waiting["id"] and body["attachments"])
        names = [item["filename"] for item in shown["attachments"]]
        job_id = simulator.jobs[-1]["job_id"]
        assert [re.sub(r"\d+\.jpeg", "n", name) for name in names] == [f"{job_id}_{n}_step_n" for n in range(4)]
        assert "--no" not in video["content"] and "--motion high --video 1 --aspect 1:1**" in video["content"]
        attachment = video["attachments"][0]
        assert (attachment["content_type"], attachment["width"], attachment["height"]) == ("image/webp", 624, 624)
        async with wire.http.get(attachment["url"]) as answer:
            image = Image.open(io.BytesIO(await answer.read()))
            assert getattr(image, "n_frames", 1) > 1 and image.size == (624, 624)

        nonce = await press(wire, video, "video_virtual_upscale::3")
        clip = await finished(wire, nonce)
        assert clip["attachments"][0]["content_type"] == "video/mp4"
        assert clip["attachments"][0]["filename"].endswith(".mp4")
        metadata = await metadata_of(wire, clip)
        assert (metadata["nonce"], metadata["index"], metadata["parent"]) == (nonce, "3", job_id)
        longer = await finished(wire, await press(wire, clip, "animate_low_extend"))
        assert "--motion low --video 1" in longer["content"]
        again = await finished(wire, await press(wire, longer, "reroll"))
        assert again["attachments"][0]["width"] == 624


async def test_a_video_by_command_needs_a_picture_to_start_from() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        for _ in range(4):
            video = await finished(wire, await wire.imagine("https://example.com/a.png it waves --motion low --video"))
            assert re.match(r"\*\*<https://s.mj.run/\w+> it waves .*--motion low --video 1 --aspect", video["content"])
            assert "video_virtual_upscale::1" in custom_ids(video)[0]
        nonce = await wire.imagine("it waves --video")
        assert (await wire.message(with_nonce(nonce)))["embeds"][0]["title"] == "Invalid request"


# ---------------------------------------------------------------- dialogs


@pytest.mark.parametrize(
    ("marker", "custom_id", "field"),
    [
        ("variation::3", "MJ::RemixModal::{u}::3::1", "MJ::RemixModal::new_prompt"),
        ("reroll", "MJ::ImagineModal::{m}", "MJ::ImagineModal::new_prompt"),
        ("low_variation", "MJ::RemixModal::{u}::1::0", "MJ::RemixModal::new_prompt"),
        ("pan_up", "MJ::PanModal::up::{u}::1", "MJ::PanModal::prompt"),
        ("Outpaint::75", "MJ::OutpaintCustomZoomModal::{u}", "MJ::OutpaintCustomZoomModal::prompt"),
    ],
)
async def test_remix_mode_asks_first(marker: str, custom_id: str, field: str) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.set_account(0, remix=True)
        grid = await finished(wire, await wire.imagine("a fox --ar 4:3"))
        message = grid if marker in str(custom_ids(grid)) else await finished(wire, await press(wire, grid, "upsample"))
        before = len(simulator.jobs)
        pressed = await press(wire, message, marker)
        dialog = await dialog_of(wire, pressed)
        parent = simulator.jobs[-1]
        assert dialog["custom_id"] == custom_id.format(u=parent["job_id"], m=message["id"])
        shown = dialog["components"][0]["components"][0]
        assert (shown["type"], shown["custom_id"]) == (4, field) and parent["prompt_echoed"] in shown["value"]
        assert len(simulator.jobs) == before

        nonce = await wire.submit(dialog, "a blue fox --ar 4:3")
        result = await finished(wire, nonce)
        assert "a blue fox" in result["content"]
        waiting = await wire.message(with_nonce(nonce))
        assert waiting["interaction_metadata"]["triggering_interaction_metadata"]["id"] == dialog["id"]
        assert waiting["message_reference"]["message_id"] == message["id"]
        told = simulator.jobs[-1]
        assert (told["nonce"], told["parent"]) == (nonce, parent["job_id"]) and marker in told["custom_id"]


@pytest.mark.parametrize(("era", "running"), [("2023", "- Remix by"), ("2024", "- Remix (Strong) by")])
async def test_a_remixed_variation_has_a_name_of_its_own(era: str, running: str) -> None:
    async with Simulator(era=era) as simulator, connected(simulator) as wire:
        simulator.set_account(0, remix=True)
        grid = await finished(wire, await wire.imagine("a fox"))
        for text, words in (("a blue fox", running), (simulator.jobs[0]["prompt_echoed"], "- Variations")):
            dialog = await dialog_of(wire, await press(wire, grid, "variation::1"))
            await finished(wire, await wire.submit(dialog, text))
            progress = [
                item["d"]
                for item in wire.events
                if "(0%)" in item["d"].get("content", "") or "%) (" in str(item["d"].get("content"))
            ]
            assert words in progress[-1]["content"]


async def test_custom_zoom_and_animation_by_hand_always_ask() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        single = await single_of(wire)
        dialog = await dialog_of(wire, await press(wire, single, "CustomZoom"))
        assert dialog["components"][0]["components"][0]["value"].endswith(" --zoom 2")
        zoomed = await finished(wire, await wire.submit(dialog, "a fox in a frame --ar 16:9 --zoom 1.4"))
        # The echo may bring a version, before or after what was asked for.
        assert re.match(r"\*\*a fox in a frame (--v \S+ )?--ar 16:9( --v \S+)?\*\* - Zoom Out by", zoomed["content"])
        assert zoomed["attachments"][0]["height"] == 576

        dialog = await dialog_of(wire, await press(wire, single, "::low::manual"))
        assert re.fullmatch(r"MJ::AnimateModal::[0-9a-f-]{36}::1::low::0", dialog["custom_id"])
        video = await finished(wire, await wire.submit(dialog, "it jumps"))
        assert video["content"].startswith("**it jumps ") and "--motion low --video 1" in video["content"]


async def test_a_submit_must_fit_its_dialog_and_fills_it_once() -> None:
    async with (
        Simulator(shared_channel=True) as simulator,
        connected(simulator) as wire,
        connected(simulator, 1) as other,
    ):
        dialog = await dialog_of(wire, await press(wire, await single_of(wire), "CustomZoom"))
        right = await wire.submit_body(dialog, "a fox")

        async def refusal(who: Wire, **data: Any) -> tuple[int, int]:
            body = {**right, "session_id": who.session_id, "nonce": str(id(data)), "data": {**right["data"], **data}}
            status, answer = await who.call("POST", "/interactions", json=body)
            return status, answer["code"]

        parts = [{"type": 1, "components": [{"type": 4, "custom_id": "MJ::Other::prompt", "value": "a fox"}]}]
        assert await refusal(wire, id="1") == (404, 10062)
        assert await refusal(wire, custom_id="MJ::RemixModal::new") == (400, 50035)
        assert await refusal(wire, components=parts) == (400, 50035)
        assert await refusal(other) == (404, 10062) and simulator.state()["mixups"] == 1
        jobs = len(simulator.jobs)
        assert (await wire.call("POST", "/interactions", json=right))[0] == 204
        assert await refusal(wire) == (404, 10062)
        await simulator.until(lambda: len(simulator.jobs) == jobs + 1)


# ---------------------------------------------------------------- Vary (Region)


def mask() -> str:
    out = io.BytesIO()
    image = Image.new("L", (64, 48), 0)
    image.paste(255, (0, 0, 32, 48))
    image.save(out, "WEBP", lossless=True)
    return base64.b64encode(out.getvalue()).decode()


@pytest.mark.parametrize("form", ["new", "old"])
async def test_a_region_is_varied_by_the_page_s_endpoint(form: str) -> None:
    async with (
        Simulator(inpaint=form) as simulator,
        connected(simulator) as wire,
        aiohttp.ClientSession(simulator.inpaint_url) as page,
    ):
        single = await single_of(wire)
        pressed = await press(wire, single, "Inpaint")
        frame = await wire.event("INTERACTION_IFRAME_MODAL_CREATE", with_nonce(pressed))
        assert "/inpaint/" in frame["iframe_path"]
        token = frame["custom_id"].removeprefix("MJ::iframe::")
        calls: dict[str, tuple[str, Event]] = {
            "new": (f"/.proxy/inpaint/api/submit-job/{token}", {"mask": mask(), "prompt": "a hat"}),
            "old": (
                "/inpaint/api/submit-job",
                {"customId": token, "mask": mask(), "prompt": "a hat", "userId": "0", "full_prompt": None},
            ),
        }
        path, body = calls[form]
        other_path, other = calls["old" if form == "new" else "new"]
        assert (await page.post(other_path, json=other)).status == 404
        assert (await page.post(path, json={**body, "mask": "no picture"})).status == 400
        assert (await page.post(path, json={**body, "prompt": None})).status == 400
        assert (await page.post(path, json=body)).status == 200
        assert (await page.post(path, json=body)).status == 404

        result = await finished(wire, pressed)
        assert "- Variations (Region) by" in result["content"] and result["content"].startswith("**a hat")
        told = simulator.jobs[-1]
        assert told["inpaint"] == {"form": form, "mask": "WEBP", "size": [64, 48], "white": 0.5}
        waiting = await wire.message(lambda item: item["id"] == told["message_ids"][0])
        assert "nonce" not in waiting and waiting["interaction_metadata"]["id"] == frame["id"]
        assert (await metadata_of(wire, result))["nonce"] == pressed
