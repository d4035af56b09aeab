"""Accepted, and not a word of it was heard: what the public answer says in history is enough to know whose it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.e2e.test_mj import mj


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
