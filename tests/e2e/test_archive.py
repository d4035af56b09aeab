"""Copies of results through the whole service: made, shown, cut, kept over a crash and a full disk, removed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.api.listening import Ear
from tests.e2e.harness import Document, Whole, whole


def on_disk(folder: Path, **more: str) -> dict[str, str]:
    return {"ARCHIVE": "disk", "ARCHIVE_DIR": str(folder / "images"), **more}


async def drawn(house: Whole, prompt: str = "a dog") -> str:
    task = await house.client.submit(action="IMAGINE", prompt=prompt)
    await house.hooks.until_ended(task)
    return task


async def copied(house: Whole, *tasks: str, ours: bool = True) -> list[Document]:
    """The tasks' documents, once they name our copies (or do so no more)."""
    left = set(tasks)
    url = f"{house.client.url}/api/v1/events?lastEventId=0"
    async with asyncio.timeout(20), house.client.session.get(url) as response:
        ear = Ear(response)
        while left and (heard := await ear.next()) is not None:
            if heard.event and heard.data["kind"] == ("archived" if ours else "unarchived"):
                assert ("/images/" in heard.data["task"]["imageUrl"]) is ours
                left.discard(heard.data["taskId"])
    return [await house.client.fetch(task) for task in tasks]


async def test_a_result_is_copied_and_shown(tmp_path: Path) -> None:
    async with whole(tmp_path, environ=on_disk(tmp_path)) as house:
        task = await drawn(house)
        [document] = await copied(house, task)
        assert document["imageUrl"].startswith(f"{house.client.url}/images/")
        assert document["uri"].startswith(house.simulator.url)
        assert (await house.client.picture(document))["job_id"] == document["hash"]
