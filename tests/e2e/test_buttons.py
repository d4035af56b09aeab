"""Every button of a result that draws at once, by the result's own custom ids, in the era that has it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.e2e.test_mj import button, mj
from tests.support.mj_actions import act, check_document, job_of, single_of, spending

ERAS = ("2023", "2024", "2026")
OF_ALL = {
    "Vary (Subtle)": ("VARIATION", "low_variation"),
    "Vary (Strong)": ("VARIATION", "high_variation"),
    "Zoom Out 2x": ("ZOOM", "zoom_2x"),
    "Zoom Out 1.5x": ("ZOOM", "zoom_1_5x"),
    "Make Square": ("ZOOM", "zoom_square"),
    "⬅️": ("PAN", "pan_left"),
    "➡️": ("PAN", "pan_right"),
    "⬆️": ("PAN", "pan_up"),
    "⬇️": ("PAN", "pan_down"),
}
UPSCALES = {"Upscale (Subtle)": ("UPSCALE", "upscale_subtle"), "Upscale (Creative)": ("UPSCALE", "upscale_creative")}
OF_ERA = {
    "2023": {**OF_ALL, "Upscale (2x)": ("UPSCALE", "upscale_2x"), "Upscale (4x)": ("UPSCALE", "upscale_4x")},
    "2024": {**OF_ALL, **UPSCALES},
    "2026": {
        **OF_ALL,
        **UPSCALES,
        "Animate (High motion)": ("VIDEO", "animate_high"),
        "Animate (Low motion)": ("VIDEO", "animate_low"),
    },
}


@pytest.mark.parametrize("era", ERAS)
async def test_the_buttons_of_a_grid(tmp_path: Path, era: str) -> None:
    async with mj(tmp_path, era=era, foreign=1) as client:
        grid = await client.drawn("imagine", prompt="a dog")
        check_document(grid)
        labels = [f"{letter}{n}" for letter in "UV" for n in range(1, 5)]
        with spending(client, posts=9, jobs=9):
            results = await asyncio.gather(*(act(client, grid, label) for label in (*labels, "🔄")))
        for label, result in zip(labels, results, strict=False):
            job = await job_of(client, result)
            assert (job["kind"], job["parent"], job["index"]) == (
                {"U": "upscale", "V": "variation"}[label[0]],
                grid["jobId"],
                int(label[1]),
            )
            assert (result["action"], result["index"]) == (job["kind"].upper(), label[1])
        again = await job_of(client, results[-1])
        assert (results[-1]["action"], again["kind"], again["parent"]) == ("REROLL", "reroll", grid["jobId"])


@pytest.mark.parametrize("era", ERAS)
async def test_the_buttons_of_a_single_picture(tmp_path: Path, era: str) -> None:
    async with mj(tmp_path, era=era, concurrency=12) as client:
        single = await single_of(client)
        offered = OF_ERA[era]
        with spending(client, posts=len(offered), jobs=len(offered)):
            results = await asyncio.gather(*(act(client, single, label) for label in offered))
        for (action, command), result in zip(offered.values(), results, strict=True):
            job = await job_of(client, result)
            assert (result["action"], job["command"], job["parent"]) == (action, command, single["jobId"])


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("label", ["V1", "Zoom Out 2x", "➡️"])
async def test_a_reroll_bears_the_name_of_what_it_repeats(tmp_path: Path, era: str, label: str) -> None:
    async with mj(tmp_path, era=era) as client:
        source = await client.drawn("imagine", prompt="a dog") if label == "V1" else await single_of(client)
        repeated = await act(client, source, label)
        with spending(client, posts=1, jobs=1):
            again = await act(client, repeated, "🔄")
        job = await job_of(client, again)
        assert (again["action"], job["kind"], job["parent"]) == ("REROLL", "reroll", repeated["jobId"])


async def test_videos_their_clips_and_their_extension(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        single = await single_of(client)
        video = await act(client, single, "Animate (High motion)")
        assert "--motion high" in video["properties"]["finalPrompt"]
        with spending(client, posts=4, jobs=4):
            clips = await asyncio.gather(*(act(client, video, f"U{n}") for n in range(1, 5)))
        for number, clip in enumerate(clips, start=1):
            job = await job_of(client, clip)
            assert (clip["action"], clip["index"]) == ("VIDEO", str(number))
            assert ".mp4" in clip["videoUrl"] and clip["videoUrls"] == [{"url": clip["videoUrl"]}]
            assert (job["command"], job["parent"], job["index"]) == ("video_upscale", video["jobId"], number)
        with spending(client, posts=0, jobs=0):
            twice = await client.post("/submit/action", taskId=video["id"], customId=button(video, "U3"))
            assert (twice["code"], twice["result"]) == (1, clips[2]["id"])
        with spending(client, posts=2, jobs=2):
            longer = await client.drawn("video", action="extend", taskId=clips[2]["id"], motion="low", index=3)
            again = await act(client, longer, "🔄")
        job = await job_of(client, longer)
        assert (longer["action"], job["command"], job["parent"]) == ("VIDEO", "animate_low_extend", clips[2]["jobId"])
        assert longer["parentId"] == clips[2]["id"]
        assert (again["action"], (await job_of(client, again))["parent"]) == ("REROLL", longer["jobId"])


async def test_an_extension_opens_the_clip_itself_and_takes_a_prompt_while_remix_is_on(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        video = await act(client, await single_of(client), "Animate (High motion)")
        with spending(client, posts=2, jobs=2):
            longer = await client.drawn("video", action="extend", taskId=video["id"], index=2, motion="high")
        opened, job = await client.get(f"/task/{longer['parentId']}/fetch"), await job_of(client, longer)
        assert (opened["parentId"], opened["index"]) == (video["id"], "3")
        assert (job["command"], job["parent"], job["index"]) == ("animate_high_extend", opened["jobId"], 3)

        await client.drawn("switch", mode="REMIX")
        body = {"action": "extend", "taskId": video["id"], "index": 2, "motion": "low", "prompt": "the fox jumps"}
        with spending(client, posts=2, jobs=1):
            told = await client.drawn("video", **body)
        assert told["parentId"] == opened["id"]
        assert "the fox jumps" in told["properties"]["finalPrompt"]


async def test_two_videos_of_one_picture_without_previews_are_told_apart_by_their_echo(tmp_path: Path) -> None:
    """Nothing else ties a video's result to its start: no button, no file, no reference to its own message."""
    async with mj(tmp_path) as client:
        single = await single_of(client, "a dog sim-no-preview --ar 4:3")
        with spending(client, posts=2, jobs=2):
            high, low = await asyncio.gather(
                act(client, single, "Animate (High motion)"), act(client, single, "Animate (Low motion)")
            )
        for video, command in ((high, "animate_high"), (low, "animate_low")):
            job = await job_of(client, video)
            assert (job["command"], job["parent"]) == (command, single["jobId"])


@pytest.mark.parametrize("era", ERAS)
async def test_a_favourite_ends_with_midjourneys_answer_and_draws_nothing(tmp_path: Path, era: str) -> None:
    async with mj(tmp_path, era=era) as client:
        single = await single_of(client)
        with spending(client, posts=1, jobs=0):
            rated = await act(client, single, "❤️")
        assert (rated["action"], rated["imageUrls"], rated["buttons"]) == ("ACTION", None, [])


async def test_a_repeated_u_answers_the_task_there_is_and_tells_both_callers(tmp_path: Path) -> None:
    async with mj(tmp_path, job_seconds=0.2) as client:
        grid = await client.drawn("imagine", prompt="a dog")
        hook = client.house.hooks.url
        with spending(client, posts=1, jobs=1):
            first = await client.submit("change", taskId=grid["id"], action="UPSCALE", index=3, state="first")
            u3 = {"taskId": grid["id"], "customId": button(grid, "U3"), "notifyHook": hook}
            second = await client.post("/submit/action", state="second", **u3)
            assert (second["code"], second["result"]) == (1, first)
            await client.ended(first)
            third = await client.post(
                "/submit/simple-change", content=f"{grid['id']} u3", state="third", notifyHook=hook
            )
            assert (third["code"], third["result"]) == (1, first)
            await client.house.hooks.until(
                lambda: (
                    {"first", "second", "third"}
                    <= {d["state"] for d in client.house.hooks.heard if d["id"] == first and d["status"] == "SUCCESS"}
                )
            )
