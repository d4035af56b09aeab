"""Other hands on the same account: its owner draws by hand, or a second service does, with equal or nearly equal
words. Judged by the simulator's truth: which command each picture was drawn for."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app.service import service
from tests.e2e.test_eras import nonces_of
from tests.e2e.test_mj import mj
from tests.support.discord_wire_client import Wire, connected
from tests.support.mj_actions import data_url
from tests.support.whole_service import Client, Document, Whole, calling, settings_for, whole

SECONDS = 90  # nothing waits for silence or history
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


async def ended_of(client: Client, task_id: str) -> Document:
    """Of two services two tasks may have one id, so their call-backs are not listened to."""
    async with client.session.get(f"{client.url}/api/v1/tasks/{task_id}/wait", params={"timeout": 60}) as response:
        assert response.status == 200
    return await client.fetch(task_id)


async def drawn_by_two_services(folder: Path, tasks: int, **simulated: Any) -> Counter[str]:
    """The same account, the same words, each with its own database."""
    for name in ("one", "two"):
        (folder / name).mkdir()
    async with whole(folder / "one", **simulated) as house:
        settings = settings_for(house.simulator, folder / "two", concurrency=12, environ={})
        async with service(settings, port=0) as url, calling(url, house.hooks.url) as other:
            clients = {"one": house.client, "two": other}
            asked = [(name, WORDS[number % 2]) for number in range(tasks) for name in clients]
            ids = await asyncio.gather(
                *(clients[name].submit(action="IMAGINE", prompt=words, state=name) for name, words in asked)
            )
            async with asyncio.timeout(SECONDS):
                ends = {
                    (name, task_id): await ended_of(clients[name], task_id)
                    for (name, _), task_id in zip(asked, ids, strict=True)
                }
            found: Counter[str] = Counter()
            for name in clients:
                own = {task_id: ends[name, task_id] for (of, _), task_id in zip(asked, ids, strict=True) if of == name}
                found += truth_of(house, folder / name, own)
            return found


@pytest.mark.parametrize("era", ["2024", "2026"])
async def test_two_services_on_one_account_keep_to_their_own(tmp_path: Path, era: str) -> None:
    found = await drawn_by_two_services(tmp_path, 10, era=era, latency_ms=100, job_seconds=0.4, success_order="random")
    assert found == {"own": 20}


async def test_equal_words_of_a_second_service_are_never_taken_where_nothing_links_a_result(tmp_path: Path) -> None:
    """2023: the deletion of the running message tells whose result it was, or nothing does."""
    found = await drawn_by_two_services(
        tmp_path, 8, era="2023", latency_ms=100, job_seconds=0.4, success_order="random"
    )
    assert not found["wrong"]
    assert found["own"] + found["an equal task's"] == 16


@pytest.mark.parametrize("steps", [0, 6])
async def test_blends_and_descriptions_at_once_where_nothing_links_a_result(tmp_path: Path, steps: int) -> None:
    """2023: a blend has no words, its running message shows the links that its result shortens."""
    async with mj(tmp_path, era="2023", steps=steps, success_order="random", job_seconds=0.1) as client:
        drawn = await asyncio.gather(
            *(client.drawn("blend", base64Array=[data_url(n), data_url(n + 1)]) for n in range(10, 70, 10)),
            *(client.drawn("describe", base64=data_url(n)) for n in range(10, 70, 10)),
        )
        nonces, jobs = nonces_of(tmp_path), {job["job_id"]: job for job in client.house.simulator.jobs}
        for document in drawn[:6]:
            assert jobs[document["jobId"]]["nonce"] == nonces[document["id"]]
        assert len({document["properties"]["finalPrompt"] for document in drawn}) == 12


@pytest.mark.parametrize("era", ["2024", "2026"])
@pytest.mark.parametrize("refused", [1, 2])
async def test_a_refusal_of_a_hand_drawing_with_our_words_is_not_ours(tmp_path: Path, era: str, refused: int) -> None:
    """The hand's is heard and refused while Discord has told nothing of ours yet; ours ends by its own keys."""
    async with whole(tmp_path, era=era, latency_ms=300, job_seconds=0.4) as house, connected(house.simulator) as hand:
        simulator = house.simulator
        await house.hooks.until_ended(await house.client.submit(action="IMAGINE", prompt="a cat"))
        simulator.add_fault({"kind": "trouble", "name": "banned", "times": refused})
        count = len(simulator.interactions)
        drawing = asyncio.create_task(hand.imagine(WORDS[0]))
        await simulator.until(lambda: len(simulator.interactions) > count)
        task = await house.client.submit(action="IMAGINE", prompt=WORDS[0])
        by_hand = await drawing  # answered, and refused, while ours is on its way
        ended = (await house.hooks.until_ended(task))[task]
        own = nonces_of(tmp_path)[task]
        assert [post["nonce"] for post in simulator.interactions][-2:] == [by_hand, own]
        drawn = [job["job_id"] for job in simulator.jobs if job["nonce"] == own and job["status"] == "finished"]
        assert not [job for job in simulator.jobs if job["nonce"] == by_hand and job["status"] == "finished"]
        if refused == 1:
            assert (ended["status"], [ended["hash"]]) == ("SUCCESS", drawn)
            return
        assert (ended["status"], ended["failCode"], drawn) == ("FAILURE", "banned_prompt", [])
        async with house.client.session.get(f"{house.client.url}/api/v1/tasks/{task}/timeline") as response:
            lines = (await response.json())["lines"]
        keys = {line["detail"]["by"] for line in lines if line["kind"] == "heard"}
        assert keys
        assert keys <= {"nonce", "interaction"}
