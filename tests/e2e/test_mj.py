"""/mj on the wire: the routes that existing clients speak, through the whole service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulator.data.pictures import read_metadata
from tests.support.whole_service import Document, Whole, whole


@dataclass(kw_only=True)
class MjClient:
    """A client of /mj that listens to hooks only."""

    house: Whole

    async def post(self, route: str, prefix: str = "/mj", **body: Any) -> Document:
        async with self.house.client.session.post(f"{self.house.client.url}{prefix}{route}", json=body) as response:
            assert response.status == 200
            answer: Document = await response.json()
            return answer

    async def get(self, route: str) -> Any:
        async with self.house.client.session.get(f"{self.house.client.url}/mj{route}") as response:
            assert response.status == 200
            return await response.json()

    async def submit(self, route: str, prefix: str = "/mj", **body: Any) -> str:
        answer = await self.post(f"/submit/{route}", prefix, notifyHook=self.house.hooks.url, **body)
        assert answer["code"] in (1, 21, 22), answer
        return str(answer["result"])

    async def ended(self, task_id: str) -> Document:
        hooks = self.house.hooks
        await hooks.until(lambda: any(d.get("id") == task_id and d["finishTime"] for d in hooks.heard))
        document: Document = await self.get(f"/task/{task_id}/fetch")
        return document

    async def drawn(self, route: str, prefix: str = "/mj", **body: Any) -> Document:
        document = await self.ended(await self.submit(route, prefix, **body))
        assert document["status"] == "SUCCESS", document["failReason"]
        return document

    async def picture(self, document: Document) -> dict[str, str]:
        async with self.house.client.session.get(document["imageUrl"]) as response:
            return read_metadata(await response.read())


@asynccontextmanager
async def mj(folder: Path, **simulated: Any) -> AsyncIterator[MjClient]:
    async with whole(folder, **simulated) as house:
        yield MjClient(house=house)


def button(document: Document, label: str) -> str:
    return next(str(b["customId"]) for b in document["buttons"] if label in (b["label"], b["emoji"]))


async def test_imagine_change_and_action_by_the_results_own_buttons(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        grid = await client.drawn("imagine", prompt="a dog", state="s")
        assert (grid["action"], grid["progress"], grid["state"]) == ("IMAGINE", "100%", "s")
        up = await client.drawn("change", taskId=grid["id"], action="UPSCALE", index=2)
        assert (await client.picture(up))["index"] == "2"
        varied = await client.drawn("simple-change", content=f"{grid['id']} V3")
        assert (await client.picture(varied))["parent"] == grid["jobId"]
        panned = await client.drawn("action", taskId=up["id"], customId=button(up, "⬅️"))
        assert (panned["action"], (await client.picture(panned))["parent"]) == ("PAN", up["jobId"])
        zoomed = await client.drawn("action", taskId=up["id"], customId=button(up, "Zoom Out 2x"))
        assert (zoomed["action"], zoomed["parentId"]) == ("ZOOM", up["id"])
        again = await client.post("/submit/change", taskId=grid["id"], action="UPSCALE", index=2)
        assert (again["code"], again["result"]) == (1, up["id"])
        assert client.house.simulator.state()["mixups"] == 0
        assert len(client.house.simulator.jobs) == 5


@pytest.mark.parametrize(("prefix", "word"), [("/mj-fast/mj", "--fast"), ("/mj-relax/mj", "--relax")])
async def test_a_prefix_adds_its_mode(tmp_path: Path, prefix: str, word: str) -> None:
    async with mj(tmp_path) as client:
        await client.drawn("imagine", prefix, prompt="a dog")
        assert client.house.simulator.jobs[0]["prompt"] == f"a dog {word}"


async def test_an_error_of_midjourney_is_told(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        task = await client.ended(await client.submit("imagine", prompt="a dog sim-banned"))
        assert (task["status"], task["failCode"]) == ("FAILURE", "banned_prompt")
        assert task["failReason"]


async def test_a_picture_is_brought_along(tmp_path: Path) -> None:
    png = (
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
        "rkJggg=="
    )
    async with mj(tmp_path) as client:
        await client.drawn("imagine", prompt="a dog", base64Array=[png])
        [job] = client.house.simulator.jobs
        assert job["prompt"].startswith("http")
        assert job["prompt"].endswith(" a dog")
        answer = await client.post("/submit/upload-discord-images", base64Array=[png])
        assert answer["code"] == 1
        async with client.house.client.session.get(answer["result"][0]) as response:
            assert (await response.read()).startswith(b"\x89PNG")


async def test_a_waiting_task_is_cancelled(tmp_path: Path) -> None:
    async with mj(tmp_path, concurrency=1, job_seconds=30) as client:
        await client.submit("imagine", prompt="a dog")
        await client.house.simulator.until(lambda: len(client.house.simulator.jobs) == 1)
        second = await client.post("/submit/imagine", prompt="a cat", notifyHook=client.house.hooks.url)
        await client.post(f"/task/{second['result']}/cancel")
        assert (await client.ended(str(second["result"])))["status"] == "CANCEL"
        assert [job["prompt"] for job in client.house.simulator.jobs] == ["a dog"]


async def test_accounts_are_shown_without_secrets(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        [account] = await client.get("/account/list")
        assert account["enable"] is True
        assert client.house.simulator.accounts[0].token not in str(account)
        assert (await client.get(f"/account/{account['id']}/fetch")) == account
        assert await client.get("/task/123/fetch") is None


async def test_a_client_that_only_listens_hears_of_each_step_in_order(tmp_path: Path) -> None:
    async with mj(tmp_path, job_seconds=0.3) as client:
        task = await client.drawn("imagine", prompt="a dog")
        heard = [d for d in client.house.hooks.heard if d["id"] == task["id"]]
        statuses = [d["status"] for d in heard]
        assert statuses[0] == "SUBMITTED"
        assert statuses[-1] == "SUCCESS"
        assert set(statuses[1:-1]) == {"IN_PROGRESS"}
        percents = [int(d["progress"].rstrip("%") or 0) for d in heard]
        assert percents == sorted(percents)
        assert percents[-1] == 100


@pytest.mark.parametrize("route", ["/mj/submit/imagine", "/api/v1/trigger/submit"])
async def test_a_key_makes_two_submits_one_picture(tmp_path: Path, route: str) -> None:
    async with mj(tmp_path) as client:
        house = client.house
        headers = {"Idempotency-Key": "one"}
        body = {"action": "IMAGINE", "prompt": "a dog", "notifyHook": house.hooks.url}

        async def submit(**other: str) -> tuple[int, Document]:
            async with house.client.session.post(
                f"{house.client.url}{route}", json={**body, **other}, headers=headers
            ) as response:
                return response.status, await response.json()

        (_, first), (_, second) = await submit(), await submit()
        assert first["result"] == second["result"]
        status, other = await submit(prompt="a cat")
        assert (status, other["code"]) in ((200, 4), (409, 0))
        await house.hooks.until(lambda: any(d["status"] == "SUCCESS" for d in house.hooks.heard))
        assert len(house.simulator.jobs) == 1
