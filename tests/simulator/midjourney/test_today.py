"""MidJourney of October 2026 on the wire: versions, refusals, several drawings, limits by kind, Components V2."""

import re

import pytest

from simulator import Simulator
from tests.support.discord_wire_client import Event, connected, custom_ids, finished, press, told, with_id, with_nonce

PICTURE = "https://example.com/a.png"


def texts_of(body: Event) -> str:
    return f"{body['content']} {body['embeds']} {body['components']}"


async def test_the_version_of_today_is_echoed_and_offered() -> None:
    async with Simulator(era="2026-10", seed=1) as simulator, connected(simulator) as wire:
        for _ in range(8):
            await wire.imagine("a fox")
        await wire.result(count=8)
        echoes = {job["prompt_echoed"] for job in simulator.jobs}
        assert echoes == {"a fox", "a fox --v 8.2"}
        panel = await told(wire, await wire.command("settings"))
        options = panel["components"][0]["components"][0]["options"]
        assert [item["value"] for item in options if item["default"]] == ["8.2"] and options[-2]["value"] == "8.1"
        simulator.set_account(0, version="7")
        final = await finished(wire, await wire.imagine(f"a fox --oref {PICTURE}"))
        assert "--oref" in final["content"]


async def test_a_picture_in_sd_can_be_upscaled_and_one_in_hd_not() -> None:
    async with Simulator(era="2026-10") as simulator, connected(simulator) as wire:
        for parameter, upscales in (("--sd", 2), ("--hd", 0)):
            grid = await finished(wire, await wire.imagine(f"a fox --ar 4:3 {parameter}"))
            single = await finished(wire, await press(wire, grid, "upsample::1"))
            assert len([item for item in custom_ids(single) if "upsample_v8_2x" in item]) == upscales
        zoomed = await finished(wire, await press(wire, single, "Outpaint::50"))
        assert "--hd" not in zoomed["content"]
        single = await finished(wire, await press(wire, zoomed, "upsample::1"))
        assert any("upsample_v8_2x_subtle" in item for item in custom_ids(single))
        assert {job["status"] for job in simulator.jobs} == {"finished"}


@pytest.mark.parametrize("form", ["embed", "text", "v2"])
async def test_incompatible_parameters_are_refused(form: str) -> None:
    async with Simulator(era="2026-10", refusal_form=form) as simulator, connected(simulator) as wire:
        for prompt, words in (
            (f"a fox --oref {PICTURE}", "`--oref` is not compatible with `--version 8.2`"),
            (f"{PICTURE} a fox --video --ar 1:1", "`--ar` is not compatible with `--video`"),
        ):
            said = await wire.message(with_nonce(await wire.imagine(prompt)))
            assert words in texts_of(said) and said["flags"] & 64
            assert (bool(said["embeds"]), bool(said["content"])) == (form == "embed", form == "text")
        assert simulator.jobs == []


@pytest.mark.parametrize("form", ["kept", "front"])
async def test_the_links_of_an_edit_are_echoed_in_both_forms(form: str) -> None:
    async with Simulator(era="2026-10", edit_echo=form) as simulator, connected(simulator) as wire:
        final = await finished(wire, await wire.imagine(f"red hair --edit {PICTURE} {PICTURE}2"))
        start = r"\*\*red hair (--\S+ \S+ )?--edit <https" if form == "kept" else r"\*\*<https\S+ <https\S+> red hair"
        assert re.match(start, final["content"]), final["content"]
        assert ("--edit" in final["content"]) == (form == "kept")
        assert simulator.jobs[0]["prompt"].endswith(f"--edit {PICTURE} {PICTURE}2")


async def test_one_command_draws_several_and_only_the_first_answers_it() -> None:
    async with Simulator(era="2026-10", foreign=1) as simulator, connected(simulator) as wire:
        nonce = await wire.imagine("a {red, sim-banned blue, green} fox --repeat 2")
        await simulator.until(lambda: len(simulator.jobs) == 5 and all(job["finished"] for job in simulator.jobs))
        ours = [job for job in simulator.jobs if not job["foreign"]]
        assert [job["prompt"] for job in ours] == ["a red fox"] * 2 + ["a green fox"] * 2
        assert [job["nonce"] for job in ours] == [nonce, None, None, None]
        firsts = [await wire.message(with_id(job["message_ids"][0])) for job in ours]
        assert len({body["interaction_metadata"]["id"] for body in firsts}) == 1
        assert [body.get("nonce") for body in firsts] == [nonce, None, None, None]
        assert str(wire.events).count("'title': 'Banned prompt detected'") == 2
        assert wire.names().count("INTERACTION_SUCCESS") == 1
        restricted = await wire.message(with_nonce(await wire.imagine("a fox --repeat 2 --relax")))
        assert restricted["embeds"][0]["title"] == "Job action restricted"
        many = await wire.message(with_nonce(await wire.imagine("a fox --repeat 41")))
        assert many["embeds"][0]["title"] == "Invalid parameter"


async def test_pictures_and_videos_fast_and_relaxed_have_slots_of_their_own() -> None:
    async with Simulator(era="2026-10", job_seconds=30) as simulator, connected(simulator) as wire:
        simulator.configure(concurrency=1, relaxed=1, videos=1, relaxed_videos=1, queue=1)
        forms = ("a fox", "a fox --relax", f"{PICTURE} a fox --video", f"{PICTURE} a fox --video --relax")
        for form in forms:
            await wire.imagine(form)
            queued = await wire.message(with_nonce(await wire.imagine(form)))
            assert queued["embeds"][0]["title"] == "Job queued"
            full = await wire.message(with_nonce(await wire.imagine(form)))
            assert full["embeds"][0]["title"] == "Queue full"
        states = [(job["status"] == "queued", job["mode"], job["kind"]) for job in simulator.jobs]
        assert sorted(states) == sorted(
            (queued, mode, kind)
            for queued in (False, True)
            for mode in ("fast", "relaxed")
            for kind in ("imagine", "video")
        )


async def test_every_message_of_the_bot_may_be_components_v2() -> None:
    async with Simulator(era="2026-10", components_v2=1.0) as simulator, connected(simulator) as wire:
        nonce = await wire.imagine("a fox")
        await simulator.until(lambda: simulator.jobs and simulator.jobs[0]["finished"])
        final = simulator.jobs[0]["message_ids"][-1]
        said = await wire.message(lambda body: body["id"] == final)
        assert said["flags"] & 1 << 15 and not (said["content"] or said["embeds"] or said["attachments"])
        assert simulator.jobs[0]["image_urls"][0] in str(said["components"])
        assert (await wire.message(with_nonce(nonce)))["flags"] & 1 << 15
        await wire.press(said, f"MJ::JOB::upsample::2::{simulator.jobs[0]['job_id']}")
        await simulator.until(lambda: len(simulator.jobs) == 2 and simulator.jobs[1]["finished"])
        _, history = await wire.call("GET", f"/channels/{wire.account.channel_id}/messages")
        assert all(item["flags"] & 1 << 15 for item in history) and history[0]["referenced_message"]["content"] == ""
        info = await told(wire, await wire.command("info"))
        assert "Fast Time Remaining" in str(info["components"]) and info["embeds"] == []


async def test_the_bot_takes_a_moment() -> None:
    async with Simulator(era="2026-10") as simulator, connected(simulator) as wire:
        wire.events.clear()
        await wire.imagine("a fox")
        await wire.event("INTERACTION_CREATE")
        assert simulator.jobs == []
        await wire.result()
