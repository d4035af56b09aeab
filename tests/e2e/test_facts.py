"""Facts that one task teaches warn the next one before it is paid."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.whole_service import Document, Whole, whole

OPERATOR = {"ADMIN_SECRET": "operator's-own"}
LINK = "https://example.com/a.png"
REFUSED = "was refused by MidJourney with version 8.2, the default, before"


async def _ended(house: Whole, prompt: str) -> Document:
    task = await house.client.submit(action="IMAGINE", prompt=prompt)
    return (await house.hooks.until_ended(task))[task]


async def _facts(house: Whole) -> dict[str, str]:
    """Kind and subject of each fact, with its value."""
    headers = {"mj-api-secret": OPERATOR["ADMIN_SECRET"]}
    async with house.client.session.get(f"{house.client.url}/api/v1/facts", headers=headers) as response:
        facts = (await response.json())["facts"]
    return {f"{fact['kind']} {fact['subject']}": fact["value"] for fact in facts}


async def _default_version(house: Whole) -> list[str]:
    return [value for subject, value in (await _facts(house)).items() if subject.startswith("default_")]


async def test_a_parameter_that_was_refused_is_warned_of_before_it_is_paid(tmp_path: Path) -> None:
    async with whole(tmp_path, era="2026-10", environ=OPERATOR) as house:
        first = await _ended(house, f"a fox --oref {LINK}")
        assert first["failCode"] == "invalid_parameter"
        assert not any(REFUSED in note for note in first["notes"])
        async with asyncio.timeout(10):
            while not (refused := (await _facts(house)).get("parameter_refused --oref with --v 8.2")):
                continue
        assert "is not compatible with" in refused
        posted = len(house.simulator.interactions)
        second = await house.client.submit(action="IMAGINE", prompt=f"a fox --oref {LINK}")
        waiting = await house.client.fetch(second)
        assert any(REFUSED in note for note in waiting["notes"]), waiting["notes"]
        await house.hooks.until_ended(second)
        assert len(house.simulator.interactions) == posted + 1
        found: list[str] = []
        async with asyncio.timeout(60):
            while not found:  # an echo may name the version; facts follow the commit of the result
                drawn = await _ended(house, "a fox")
                assert drawn["status"] == "SUCCESS"
                found = await _default_version(house)
        assert found == ["v 8.2"]
