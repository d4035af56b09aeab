"""What needs a second input: dialogs that are known to open, those of Remix mode that open unasked, and the page of
Vary (Region)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.test_mj import MjClient, button, mj
from tests.support.mj_actions import (
    act,
    answered,
    asked,
    check_document,
    data_url,
    job_of,
    mask_url,
    single_of,
    spending,
)
from tests.support.whole_service import Document

ASKS = {"environ": {"REMIX_AUTO_SUBMIT": "false"}}


@pytest.mark.parametrize("era", ["2023", "2024", "2026"])
@pytest.mark.parametrize("prompt", ["a dog in a frame --ar 16:9 --zoom 1.4", ""])
async def test_custom_zoom_is_pressed_only_when_its_text_is_known(tmp_path: Path, era: str, prompt: str) -> None:
    async with mj(tmp_path, era=era) as client:
        single = await single_of(client)
        answer = await asked(client, single, "Custom Zoom")
        assert answer["properties"]["finalPrompt"] == single["properties"]["finalPrompt"]
        with spending(client, posts=2, jobs=1):
            zoomed = await answered(client, answer["result"], prompt=prompt)
        job = await job_of(client, zoomed)
        assert (zoomed["action"], job["command"], job["parent"]) == ("ZOOM", "custom_zoom", single["jobId"])
        assert job["prompt"] == (prompt or f"{single['properties']['finalPrompt']} --zoom 2")
        refused = await client.post("/submit/modal", taskId=zoomed["id"])
        assert refused["code"] == 4


@pytest.mark.parametrize("motion", ["High", "Low"])
async def test_animation_by_hand(tmp_path: Path, motion: str) -> None:
    async with mj(tmp_path) as client:
        single = await single_of(client)
        answer = await asked(client, single, f"Animate manually ({motion} motion)")
        with spending(client, posts=2, jobs=1):
            video = await answered(client, answer["result"], prompt="it jumps")
        job = await job_of(client, video)
        assert (video["action"], job["prompt"], job["parent"]) == ("VIDEO", "it jumps", single["jobId"])
        assert job["command"] == f"animate_{motion.lower()}"


@pytest.mark.parametrize("form", ["new", "old"])
async def test_a_region_is_varied_by_a_mask(tmp_path: Path, form: str) -> None:
    async with mj(tmp_path, inpaint=form) as client:
        single = await single_of(client)
        for prompt in ("a hat", ""):
            answer = await asked(client, single, "Vary (Region)")
            without = await client.post("/submit/modal", taskId=answer["result"], prompt=prompt)
            assert without["code"] == 4
            with spending(client, posts=1, jobs=1):  # the page is MidJourney's own, not Discord's
                varied = await answered(client, answer["result"], prompt=prompt, maskBase64=mask_url())
            job = await job_of(client, varied)
            assert job["inpaint"] == {"form": form, "mask": "PNG", "size": [64, 48], "white": 0.5}
            assert (varied["action"], job["command"], job["parent"]) == ("INPAINT", "region", single["jobId"])
            assert job["prompt"] == (prompt or single["properties"]["finalPrompt"])


async def test_two_regions_of_one_picture_at_once_do_not_cross(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        single = await single_of(client)
        words = ("a hat", "a scarf", "a coat")
        answers = [await asked(client, single, "Vary (Region)") for _ in words]
        with spending(client, posts=3, jobs=3):
            for answer, prompt in zip(answers, words, strict=True):
                await client.post("/submit/modal", taskId=answer["result"], prompt=prompt, maskBase64=mask_url())
            for answer, prompt in zip(answers, words, strict=True):
                assert (await job_of(client, await client.ended(answer["result"])))["prompt"] == prompt


# ---------------------------------------------------------------- Remix mode

REMIXED = {
    "V3": ("VARIATION", "variation"),
    "🔄": ("REROLL", "reroll"),
    "Vary (Subtle)": ("VARIATION", "low_variation"),
    "⬆️": ("PAN", "pan_up"),
    "Zoom Out 1.5x": ("ZOOM", "custom_zoom"),
}


@pytest.mark.parametrize("era", ["2023", "2024", "2026"])
async def test_remix_dialogs_are_sent_on_with_their_own_text(tmp_path: Path, era: str) -> None:
    async with mj(tmp_path, era=era, **ASKS) as client:
        grid = await client.drawn("imagine", prompt="a dog")
        client.house.simulator.set_account(0, remix=True)
        with spending(client, posts=6, jobs=3):
            varied = await client.drawn("change", taskId=grid["id"], action="VARIATION", index=4)
            again = await client.drawn("simple-change", content=f"{grid['id']} R")
            told = await client.house.client.submit(action="VARIATION", taskId=grid["id"], index=1)
            oldest = (await client.house.client.fetch(told))["_id"]
            await client.house.hooks.until(
                lambda: any(d.get("_id") == oldest and d["status"] == "SUCCESS" for d in client.house.hooks.heard)
            )
        for document, command in ((varied, "variation"), (again, "reroll")):
            check_document(document)
            job = await job_of(client, document)
            assert (job["command"], job["parent"]) == (command, grid["jobId"])


@pytest.mark.parametrize("label", REMIXED)
async def test_remix_dialogs_of_actions_are_sent_on_while_the_setting_says_so(tmp_path: Path, label: str) -> None:
    async with mj(tmp_path) as client:
        source = await remixable(client, label)
        with spending(client, posts=2, jobs=1):
            result = await act(client, source, label)
        await check_remixed(client, source, result, label)


@pytest.mark.parametrize("label", REMIXED)
@pytest.mark.parametrize("prompt", ["a blue dog --ar 4:3", ""])
async def test_remix_dialogs_of_actions_wait_for_their_caller(tmp_path: Path, label: str, prompt: str) -> None:
    async with mj(tmp_path, **ASKS) as client:
        source = await remixable(client, label)
        with spending(client, posts=1, jobs=0):
            task = await client.submit("action", taskId=source["id"], customId=button(source, label))
            heard = client.house.hooks.heard
            await client.house.hooks.until(lambda: any(d["id"] == task and d["status"] == "MODAL" for d in heard))
        held = await client.get(f"/task/{task}/fetch")
        check_document(held)
        assert "confirm" in held["description"]
        assert source["properties"]["finalPrompt"] in held["properties"]["finalPrompt"]
        with spending(client, posts=2, jobs=1):
            result = await answered(client, task, prompt=prompt)
        job = await check_remixed(client, source, result, label)
        assert (not prompt) or job["prompt"].startswith("a blue dog")


async def remixable(client: MjClient, label: str) -> Document:
    source = await client.drawn("imagine", prompt="a dog") if label in ("V3", "🔄") else await single_of(client)
    client.house.simulator.set_account(0, remix=True)
    return source


async def check_remixed(client: MjClient, source: Document, result: Document, label: str) -> Document:
    job = await job_of(client, result)
    action, command = REMIXED[label]
    assert (result["action"], job["command"], job["parent"]) == (action, command, source["jobId"])
    return job


# ---------------------------------------------------------------- under the answers of /describe and /shorten


async def described(client: MjClient) -> Document:
    return await client.drawn("describe", base64=data_url())


def texts_of(document: Document) -> list[str]:
    """The texts behind 1️⃣, 2️⃣ …"""
    lines = [line.strip() for line in document["properties"]["finalPrompt"].split("\n") if line.strip()]
    return [line.split("\u20e3", 1)[1].strip() for line in lines if "\u20e3" in line]


@pytest.mark.parametrize("prompt", ["a dog of my own", ""])
async def test_a_described_text_is_drawn_after_a_dialog(tmp_path: Path, prompt: str) -> None:
    async with mj(tmp_path) as client:
        words = await described(client)
        answer = await asked(client, words, "3️⃣")
        assert answer["properties"]["finalPrompt"] == texts_of(words)[2]
        with spending(client, posts=2, jobs=1):
            drawn = await answered(client, answer["result"], prompt=prompt)
        job = await job_of(client, drawn)
        assert (drawn["action"], job["command"]) == ("IMAGINE", "imagine")
        assert job["prompt"] == (prompt or texts_of(words)[2])


async def test_all_described_texts_are_drawn_and_paid_once(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        words = await described(client)
        with spending(client, posts=1, jobs=4):
            drawn = await act(client, words, "Imagine all")
        first = await job_of(client, drawn)
        assert (drawn["action"], first["prompt"]) == ("IMAGINE", texts_of(words)[0])


async def test_describing_again_brings_other_texts(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        words = await described(client)
        with spending(client, posts=1, jobs=0):
            again = await act(client, words, "🔄")
        assert again["action"] == "DESCRIBE"
        assert len(texts_of(again)) == 4
        assert not set(texts_of(again)) & set(texts_of(words))


@pytest.mark.parametrize("remix", [False, True])
async def test_a_shorter_text_is_drawn(tmp_path: Path, remix: bool) -> None:
    async with mj(tmp_path) as client:
        words = await client.drawn("shorten", prompt="a dog in a very very deep forest, on a sunny day in winter")
        client.house.simulator.set_account(0, remix=remix)
        with spending(client, posts=2 if remix else 1, jobs=1):
            drawn = await act(client, words, "2️⃣")
        job = await job_of(client, drawn)
        assert drawn["action"] == "IMAGINE"
        assert job["prompt"] == texts_of(words)[1]


@pytest.mark.parametrize("era", ("2023", "2024", "2026"))
async def test_what_the_full_queue_refuses_of_one_press_does_not_have_it_pressed_again(
    tmp_path: Path, era: str
) -> None:
    async with mj(tmp_path, era=era) as client:
        words = await client.drawn("describe", base64=data_url())
        client.house.simulator.configure(concurrency=2, queue=0, job_seconds=0.5)
        with spending(client, posts=1, jobs=2):
            drawn = await act(client, words, "Imagine all")
        assert (await job_of(client, drawn))["prompt"] == texts_of(words)[0]


# ---------------------------------------------------------------- Discord's newer forms


@pytest.mark.parametrize("simulated", [{"dialog_form": "label"}, {"frame_path": "bare"}, {"localised": True}])
async def test_dialogs_are_filled_in_each_form_that_discord_gives_them(
    tmp_path: Path, simulated: dict[str, object]
) -> None:
    """A field in a label is answered in one; a frame's path needs no slash; a localised index names originals."""
    async with mj(tmp_path, **simulated) as client:
        single = await single_of(client)
        zoom = await asked(client, single, "Custom Zoom")
        with spending(client, posts=2, jobs=1):
            zoomed = await answered(client, zoom["result"], prompt="a dog in a frame --zoom 1.4")
        assert (await job_of(client, zoomed))["prompt"] == "a dog in a frame --zoom 1.4"
        region = await asked(client, single, "Vary (Region)")
        varied = await answered(client, region["result"], prompt="a hat", maskBase64=mask_url())
        assert (varied["action"], (await job_of(client, varied))["prompt"]) == ("INPAINT", "a hat")


async def test_a_captcha_in_a_frame_without_a_slash_pauses_the_account(tmp_path: Path) -> None:
    async with mj(tmp_path, frame_path="bare") as client:
        ended = await client.ended(await client.submit("imagine", prompt="a fox sim-captcha"))
        assert (ended["status"], ended["failCode"]) == ("FAILURE", "captcha")
