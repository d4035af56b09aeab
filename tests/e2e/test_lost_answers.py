"""Accepted, and not a word of it was heard: what the public answer says in history is enough to know whose it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from simulator.data.eras import ERAS
from simulator.world.messages import NIJI_ID
from tests.e2e.test_mj import mj

ODD = (
    "a ** - <@123456789012345678> (fast) dog",
    "some *bold* **very** __under__ ~~gone~~ `code` dog",
    "first line\nsecond line\n\nthird",
    "emoji 🐕‍🦺👩‍👩‍👧 <:dog:123456789012345678>",
    "كلب صغير في المطر hello",
    "dog <@123456789012345678> <#123> <@&55> @everyone",
    "states (Waiting to start) (31%) (Stopped) (paused)",
    "dog - Image #2 <@1> - Variations (Strong) by <@1> (fast)",
    "Upscaling image #2 with dog",
    "https://a.example/x.png, two pictures and https://b.example/y.png",
    "parameters --no cats, birds --ar 3:2 --seed 5 --chaos 5",
    "dog::2 cat::-0.5 --v 6.1",
    'quoted "dog" (parens) [x] {y\\}',
    "very long" + " word" * 300,
    "Animating... a dog",
    "*",
    "single 'quotes' “curly” – dash — em",
    "midjourney.com/jobs/0f9d1c52-3a7e-4c11-9b60-2d1f6f1f7a01 dog",
)


async def test_words_that_were_shortened_are_known_by_themselves(tmp_path: Path) -> None:
    prompts = ["a dog in a very deep forest", "a cat on a mat", "a fox --ar 3:2"]
    async with mj(tmp_path, environ={"SEND_INTERVAL_MS": "0"}) as client:
        simulator = client.house.simulator
        simulator.configure(latency_ms=300)
        simulator.add_fault({"kind": "interaction", "status": 502, "accepted": True, "share": 1.0})
        tasks = await asyncio.gather(*(client.submit("shorten", prompt=prompt) for prompt in prompts))
        await simulator.until(lambda: len(simulator.interactions) == len(prompts))
        await simulator.drop_gateways(1.0)
        for prompt, result in zip(prompts, await asyncio.gather(*map(client.ended, tasks)), strict=True):
            assert result["status"] == "SUCCESS", result["failReason"]
            assert prompt in result["properties"]["finalPrompt"].replace("**", "").replace("~~", "")
        assert len(simulator.interactions) == len(prompts)


async def test_whatever_the_words_are_they_are_known_again(tmp_path: Path) -> None:
    async with mj(tmp_path, foreign=1, concurrency=len(ODD), environ={"SEND_INTERVAL_MS": "0"}) as client:
        simulator = client.house.simulator
        simulator.configure(latency_ms=500)
        simulator.add_fault({"kind": "interaction", "status": 502, "accepted": True, "share": 1.0})
        tasks = await asyncio.gather(*(client.submit("imagine", prompt=prompt) for prompt in ODD))
        await simulator.until(lambda: len(simulator.interactions) == len(ODD))
        await simulator.drop_gateways(1.0)
        for prompt, result in zip(ODD, await asyncio.gather(*map(client.ended, tasks)), strict=True):
            assert result["status"] == "SUCCESS", result["failReason"]
            assert (await client.picture(result))["prompt"] == prompt


@pytest.mark.parametrize("era", ERAS)
async def test_the_same_words_to_both_bots_come_back_from_the_bot_that_was_asked(tmp_path: Path, era: str) -> None:
    async with mj(tmp_path, era=era, environ={"SEND_INTERVAL_MS": "0"}) as client:
        simulator = client.house.simulator
        simulator.configure(latency_ms=300)
        simulator.add_fault({"kind": "interaction", "status": 502, "accepted": True, "share": 1.0})
        simulator.add_fault({"kind": "job_silent", "times": 1})
        silent = await client.submit("imagine", prompt="one same dog", botType="mj")
        await simulator.until(lambda: len(simulator.interactions) == 1)
        drawing = await client.submit("imagine", prompt="one same dog", botType="niji")
        await simulator.until(lambda: len(simulator.interactions) == 2)
        await simulator.drop_gateways(1.0)
        result = await client.ended(drawing)
        assert result["status"] == "SUCCESS", result["failReason"]
        [job] = [job for job in simulator.jobs if job["job_id"] == result["jobId"]]
        assert job["bot"] == NIJI_ID
        assert (await client.get(f"/task/{silent}/fetch"))["status"] == "SUBMITTED"


@pytest.mark.parametrize("era", ERAS)
async def test_the_same_words_about_different_pictures_get_their_own(tmp_path: Path, era: str) -> None:
    """Before 2026 nothing but the echoed text ties a result without progress pictures to its start."""
    async with mj(tmp_path, era=era, foreign=1, job_seconds=0.3, environ={"SEND_INTERVAL_MS": "0"}) as client:
        prompts = [f"https://pictures.example/{n}.png a dog sim-no-preview --v 7" for n in range(4)]
        tasks = await asyncio.gather(*(client.submit("imagine", prompt=prompt) for prompt in prompts))
        for prompt, result in zip(prompts, await asyncio.gather(*map(client.ended, tasks)), strict=True):
            assert result["status"] == "SUCCESS", result["failReason"]
            assert (await client.picture(result))["prompt"] == prompt
