"""Other hands on the same account: its owner draws by hand, or a second service does, with equal or nearly equal
words. Judged by the simulator's truth: which command each picture was drawn for."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import Document, Whole, whole
from tests.e2e.test_eras import nonces_of
from tests.simulator.wire import Wire, connected

WORDS = ("a red fox", "a red fox --ar 3:2")


async def hand_drawings(wire: Wire, count: int) -> None:
    for number in range(count):
        await wire.imagine(WORDS[number % 2])
        await asyncio.sleep(0.15)


def truth_of(house: Whole, folder: Path, ended: dict[str, Document]) -> Counter[str]:
    """How many tasks ended with their own picture, another's, or none."""
    nonces, jobs = nonces_of(folder), {job["job_id"]: job for job in house.simulator.jobs}
    found: Counter[str] = Counter()
    for task_id, document in ended.items():
        if document["status"] != "SUCCESS":
            found[f"none: {document.get('failReason') or document['status']}"] += 1
        elif jobs[document["hash"]]["nonce"] == nonces[task_id]:
            found["own"] += 1
        else:
            same = document["prompt"] == jobs[document["hash"]]["prompt"] and jobs[document["hash"]]["nonce"] in set(
                nonces.values()
            )
            found["an equal task's" if same else "wrong"] += 1
    return found


async def drawn_beside_hands(folder: Path, tasks: int, hands: int, **simulated: Any) -> Counter[str]:
    async with whole(folder, **simulated) as house, connected(house.simulator) as hand:
        drawing = asyncio.create_task(hand_drawings(hand, hands))
        ids = await asyncio.gather(
            *(house.client.submit(action="IMAGINE", prompt=WORDS[number % 2]) for number in range(tasks))
        )
        ended = await house.hooks.until_ended(*ids, timeout=250)
        await drawing
        return truth_of(house, folder, ended)


@pytest.mark.parametrize("hands", [1, 5])
@pytest.mark.parametrize("era", ["2024", "2026"])
async def test_hand_drawings_with_equal_words_cost_nobody_a_picture(tmp_path: Path, era: str, hands: int) -> None:
    found = await drawn_beside_hands(
        tmp_path, 16, hands, era=era, latency_ms=300, job_seconds=0.4, success_order="random", concurrency=20
    )
    assert found == {"own": 16}
