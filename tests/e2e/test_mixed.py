"""Two hundred tasks of many kinds at once, over two accounts in one channel, strangers' among them: by each picture's
own metadata every result belongs to its task, and nothing was paid twice. Many of the messages are
Components V2."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.e2e.test_mj import MjClient, button, mj
from tests.support.whole_service import Document

GRIDS = 20
SINGLES = 20
PRESSES = ("Vary (Subtle)", "Vary (Strong)", "Zoom Out 2x", "Zoom Out 1.5x", "⬅️", "➡️")


async def presses_of(client: MjClient, grid: Document, single: Document) -> list[str]:
    """Eight tasks from a grid and one of its pictures."""
    asked = [
        client.submit("change", taskId=grid["id"], action="VARIATION", index=1 + int(grid["id"]) % 4),
        client.submit("change", taskId=grid["id"], action="REROLL"),
        *(client.submit("action", taskId=single["id"], customId=button(single, label)) for label in PRESSES),
    ]
    return list(await asyncio.gather(*asked))


async def test_two_hundred_mixed_tasks_over_two_accounts_in_one_channel(tmp_path: Path) -> None:
    simulated = {"era": "2026-10", "components_v2": 0.4, "foreign": 1, "job_seconds": 0.3}
    async with mj(tmp_path, accounts=2, shared_channel=True, **simulated) as client:
        simulator = client.house.simulator
        drawn = [client.drawn("imagine", prompt=f"an animal, number {i % 5}") for i in range(GRIDS)]
        grids = await asyncio.gather(*drawn)
        upscaled = [
            client.drawn("change", taskId=g["id"], action="UPSCALE", index=1 + i % 4) for i, g in enumerate(grids)
        ]
        singles = await asyncio.gather(*upscaled)
        pressed = await asyncio.gather(*map(presses_of, [client] * GRIDS, grids, singles))
        ids = [task_id for batch in pressed for task_id in batch]
        results = await asyncio.gather(*map(client.ended, ids))
        everything = [*grids, *singles, *results]
        assert len(everything) == 200
        assert {document["status"] for document in everything} == {"SUCCESS"}
        assert len({document["jobId"] for document in everything}) == 200
        assert {g["properties"]["discordInstanceId"] for g in grids} == {
            a["id"] for a in await client.get("/account/list")
        }

        ours = {job["job_id"]: job for job in simulator.jobs if not job["foreign"]}
        parents = {document["id"]: document["jobId"] for document in everything}
        assert len(ours) == len(simulator.interactions) == 200
        assert simulator.state()["mixups"] == 0
        assert "repeated_nonces" not in simulator.state()["counters"]
        for document in everything:
            job = ours[document["jobId"]]
            assert job["parent"] == (parents[document["parentId"]] if document["parentId"] else None)
        for document in everything[::5]:  # drawing all two hundred pictures would take longer than making them
            assert (await client.picture(document))["job_id"] == document["jobId"]
