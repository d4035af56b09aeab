"""The clients that exist, as they behave: a gateway that polls its whole batch and decodes it strictly, a page in a
browser, and a bot that only listens. Each finishes imagine → U → V → custom zoom."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from simulator import Simulator
from tests.e2e.test_mj import button
from tests.support.whole_service import Document, Whole, whole

ZOOMED = "a dog in a frame --zoom 1.8"


def assert_chain(simulator: Simulator, chains: int = 1) -> None:
    """Each chain is four jobs, each a child of the right one; the dialog costs a free press and a paid submit."""
    jobs = {job["job_id"]: job for job in simulator.jobs}
    assert sorted(job["command"] for job in jobs.values()) == sorted(
        ["imagine", "upscale", "variation", "custom_zoom"] * chains
    )
    kinds = {"upscale": "imagine", "variation": "imagine", "custom_zoom": "upscale"}
    for job in jobs.values():
        if job["command"] in kinds:
            assert jobs[job["parent"]]["command"] == kinds[job["command"]]
        if job["command"] == "custom_zoom":
            assert job["prompt"] == ZOOMED
    assert [post["outcome"] for post in simulator.interactions] == ["accepted"] * 5 * chains
    assert simulator.state()["mixups"] == 0


async def a_moment(simulator: Simulator) -> None:
    """Until something happened at Discord; what it makes of a task may come a little later."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(simulator.changed(), 0.05)


# ---------------------------------------------------------------- a gateway


class Url(msgspec.Struct):
    url: str


class Pressable(msgspec.Struct, rename="camel"):
    custom_id: str
    emoji: str
    label: str
    style: int
    type: int


class Properties(msgspec.Struct, rename="camel"):
    final_prompt: str
    final_zh_prompt: str
    message_id: str
    message_hash: str
    flags: int
    progress_message_id: str
    nonce: str
    discord_instance_id: str
    notify_hook: str
    referenced_message_id: str


class Polled(msgspec.Struct, rename="camel"):
    """A task as a client of a typed language declares it: one wrong type, and the whole batch is lost."""

    id: str
    action: str
    status: str
    prompt: str
    prompt_en: str
    description: str
    state: str
    submit_time: int | None
    start_time: int | None
    finish_time: int | None
    progress: str | None
    image_url: str | None
    image_urls: list[Url] | None
    video_url: str | None
    video_urls: list[Url] | None
    fail_reason: str | None
    buttons: list[Pressable]
    properties: Properties
    bot_type: str
    mode: str | None
    parent_id: str | None
    job_id: str | None
    seed: str | None
    mask_base64: str | None


class Submitted(msgspec.Struct):
    code: int
    description: str
    result: str | None
    properties: dict[str, Any]


@dataclass(kw_only=True)
class Gateway:
    """Sells drawings to many users: submits at once, and learns of all of them in one poll."""

    house: Whole
    open_ids: set[int] = field(default_factory=set)
    tasks: dict[str, Polled] = field(default_factory=dict)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    failed: list[str] = field(default_factory=list)

    async def raw(self, path: str, body: Document) -> bytes:
        async with self.house.client.session.post(f"{self.house.client.url}/mj{path}", json=body) as response:
            assert response.status == 200
            assert response.content_type == "application/json"
            content = await response.read()
        assert b'": ' not in content  # it edits the bytes
        return content

    async def submit(self, route: str, **body: Any) -> Submitted:
        answer = msgspec.json.decode(await self.raw(f"/submit/{route}", body), type=Submitted)
        assert answer.code in (1, 21, 22), answer
        assert answer.result is not None
        self.open_ids.add(int(answer.result))
        return answer

    async def ended(self, task_id: str | None) -> Polled:
        assert task_id is not None
        async with self.news:
            await self.news.wait_for(lambda: task_id in self.tasks and self.tasks[task_id].status == "SUCCESS")
        return self.tasks[task_id]

    async def poll(self) -> None:
        while True:
            if self.open_ids:
                await self.poll_once()
            await a_moment(self.house.simulator)

    async def poll_once(self) -> None:
        wanted = sorted(self.open_ids)
        content = await self.raw("/task/list-by-condition", {"ids": wanted, "unknown": True})
        found = msgspec.json.decode(content, type=list[Polled], strict=True)
        assert sorted(int(task.id) for task in found) == wanted
        async with self.news:
            for task in found:
                self.learn(task)
            self.news.notify_all()

    def learn(self, task: Polled) -> None:
        assert (task.progress == "100%") is (task.status == "SUCCESS")
        assert (task.fail_reason != "") is (task.status == "FAILURE")
        assert task.image_urls is None or task.image_urls
        self.tasks[task.id] = task
        if task.status in ("SUCCESS", "FAILURE"):
            self.open_ids.discard(int(task.id))
        if task.status == "FAILURE":
            self.failed.append(task.id)

    async def serve_user(self, number: int) -> None:
        grid = await self.ended((await self.submit("imagine", prompt=f"a dog {number % 3}", state="x")).result)
        assert [pressable.custom_id.split("::")[2] for pressable in grid.buttons[:4]] == ["upsample"] * 4
        up = await self.ended((await self.submit("change", taskId=grid.id, action="UPSCALE", index=2)).result)
        await self.ended((await self.submit("simple-change", content=f"{grid.id} V3")).result)
        zoom = next(pressable for pressable in up.buttons if pressable.label == "Custom Zoom")
        asked = await self.submit("action", taskId=up.id, customId=zoom.custom_id)
        assert asked.code == 21
        await self.submit("modal", taskId=asked.result, prompt=ZOOMED)
        zoomed = await self.ended(asked.result)
        assert (zoomed.parent_id, zoomed.state, grid.state) == (up.id, "", "x")
        assert (grid.image_urls, zoomed.image_urls) == (None, None)  # a list of one would be taken for four
        assert up.image_urls == [Url(url=up.image_url or "")]


USERS = 8


async def test_a_gateway_polls_many_tasks_and_decodes_them_strictly(tmp_path: Path) -> None:
    async with whole(tmp_path, foreign=1) as house:
        gateway = Gateway(house=house)
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            polling = group.create_task(gateway.poll())
            await asyncio.gather(*map(gateway.serve_user, range(USERS)))
            polling.cancel()
        assert (gateway.failed, gateway.open_ids) == ([], set())
        ours = [job for job in house.simulator.jobs if not job["foreign"]]
        assert len({task.job_id for task in gateway.tasks.values()}) == len(ours) == 4 * USERS
        # Unknown ids are left out, numbers and texts may be mixed, and none asked for is none.
        one = next(iter(gateway.tasks))
        for ids, known in (([int(one), "77", 12], [one]), ([], []), ([9], [])):
            content = await gateway.raw("/task/list-by-condition", {"ids": ids})
            assert [task.id for task in msgspec.json.decode(content, type=list[Polled])] == known


# ---------------------------------------------------------------- a page in a browser


@dataclass(kw_only=True)
class Page:
    """A web page of another origin: the browser asks before each kind of request, and hides what may not be read."""

    house: Whole
    secret: str
    origin: str = "https://draw.example"
    allowed: set[tuple[str, str]] = field(default_factory=set)

    async def fetch(self, method: str, path: str, body: Document | None = None, **headers: str) -> Any:
        headers = {"mj-api-secret": self.secret, "Authorization": f"Bearer {self.secret}", **headers}
        await self.preflight(method, path, {*headers, *(() if body is None else ("content-type",))})
        async with self.house.client.session.request(
            method, f"{self.house.client.url}{path}", json=body, headers={**headers, **self.own}
        ) as response:
            self.assert_readable(response.headers)
            assert response.status == 200
            return await response.json()

    @property
    def own(self) -> dict[str, str]:
        """What every browser adds."""
        return {"Origin": self.origin, "Sec-Fetch-Site": "cross-site", "User-Agent": "Mozilla/5.0 (page)"}

    async def preflight(self, method: str, path: str, names: set[str]) -> None:
        if (method, path) in self.allowed:
            return
        asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": ",".join(sorted(names))}
        url = f"{self.house.client.url}{path}"
        async with self.house.client.session.options(url, headers={**asked, **self.own}) as response:
            assert response.status in (200, 204)  # without the secret: a browser sends none here
            self.assert_readable(response.headers)
            listed = {name.strip().lower() for name in response.headers["Access-Control-Allow-Headers"].split(",")}
            assert {name.lower() for name in names} <= listed
            assert method in response.headers["Access-Control-Allow-Methods"]
        self.allowed.add((method, path))

    def assert_readable(self, headers: Mapping[str, str]) -> None:
        assert headers.get("Access-Control-Allow-Origin") in ("*", self.origin)

    async def submit(self, route: str, **body: Any) -> Document:
        answer: Document = await self.fetch("POST", f"/mj/submit/{route}", body)
        assert set(answer) == {"code", "description", "result", "properties"}
        return answer

    async def ended(self, task_id: str) -> Document:
        async with asyncio.timeout(60):
            while True:
                task: Document = await self.fetch("GET", f"/mj/task/{task_id}/fetch")
                if task["status"] in ("SUCCESS", "FAILURE", "CANCEL"):
                    assert task["status"] == "SUCCESS", task["failReason"]
                    return task
                await a_moment(self.house.simulator)

    async def pressed(self, source: Document, label: str) -> Document:
        """By the result's own button; a second input is asked of the user."""
        answer = await self.submit("action", taskId=source["id"], customId=button(source, label))
        if answer["code"] == 21:
            assert "confirm" in answer["description"]
            assert answer["properties"]["finalPrompt"]
            waiting = await self.fetch("GET", f"/mj/task/{answer['result']}/fetch")
            assert waiting["status"] == "MODAL"
            answer = await self.submit("modal", taskId=answer["result"], prompt=ZOOMED)
        assert answer["code"] in (1, 22), answer
        return await self.ended(answer["result"])


@contextlib.asynccontextmanager
async def page(folder: Path) -> AsyncIterator[Page]:
    secret = "a-page's-secret"
    async with whole(folder, environ={"API_SECRET": secret}) as house:
        yield Page(house=house, secret=secret)


async def test_a_page_in_a_browser_goes_from_buttons_to_a_dialog(tmp_path: Path) -> None:
    async with page(tmp_path) as browser:
        answer = await browser.submit("imagine", prompt="a dog", botType="MID_JOURNEY", base64Array=[])
        grid = await browser.ended(answer["result"])
        up = await browser.pressed(grid, "U2")
        await browser.pressed(grid, "V3")
        zoomed = await browser.pressed(up, "Custom Zoom")
        assert (zoomed["action"], zoomed["parentId"]) == ("ZOOM", up["id"])
        assert_chain(browser.house.simulator)


async def test_a_page_without_the_secret_may_read_that_it_is_refused(tmp_path: Path) -> None:
    async with page(tmp_path) as browser:
        house = browser.house
        async with house.client.session.post(
            f"{house.client.url}/mj/submit/imagine", json={"prompt": "a dog"}, headers=browser.own
        ) as response:
            browser.assert_readable(response.headers)
            assert response.status == 401
            assert {"code", "description", "message", "error"} <= (await response.json()).keys()
        assert house.simulator.interactions == []


# ---------------------------------------------------------------- a bot that only listens


@dataclass(kw_only=True)
class Listener:
    """Knows of its tasks what hooks tell it, and where it stands by the `state` that comes back."""

    house: Whole
    results: dict[str, Document] = field(default_factory=dict)
    steps: dict[str, list[Document]] = field(default_factory=dict)
    read: int = 0

    async def submit(self, route: str, state: str, **body: Any) -> None:
        url = f"{self.house.client.url}/mj/submit/{route}"
        body = {**body, "state": state, "notifyHook": self.house.hooks.url}
        async with self.house.client.session.post(url, json=body) as response:
            assert (await response.json())["code"] in (1, 21, 22)

    async def listen(self) -> None:
        hooks = self.house.hooks
        while "zoom" not in self.results:
            await hooks.until(lambda: len(hooks.heard) > self.read)
            self.read += 1
            await self.hear(hooks.heard[self.read - 1])

    async def hear(self, task: Document) -> None:
        self.steps.setdefault(task["state"], []).append(task)
        if task["status"] == "MODAL":
            await self.submit("modal", "", taskId=task["id"], prompt=ZOOMED)
        elif task["status"] == "SUCCESS":
            self.results[task["state"]] = task
            await self.go_on(task["state"], task)

    async def go_on(self, state: str, task: Document) -> None:
        match state:
            case "draw":
                await self.submit("change", "up", taskId=task["id"], action="UPSCALE", index=2)
            case "up":
                grid = self.results["draw"]
                await self.submit("action", "vary", taskId=grid["id"], customId=button(grid, "V3"))
            case "vary":
                up = self.results["up"]
                await self.submit("action", "zoom", taskId=up["id"], customId=button(up, "Custom Zoom"))


async def test_a_bot_that_only_listens_gets_there_by_its_hooks(tmp_path: Path) -> None:
    async with whole(tmp_path, job_seconds=0.1) as house:
        bot = Listener(house=house)
        await bot.submit("imagine", "draw", prompt="a dog")
        await bot.listen()
        assert list(bot.results) == ["draw", "up", "vary", "zoom"]
        assert_chain(house.simulator)
        order = ["MODAL", "SUBMITTED", "IN_PROGRESS", "SUCCESS"]
        for state, heard in bot.steps.items():
            places = [order.index(task["status"]) for task in heard]
            assert places == sorted(places), state
            assert ("MODAL" in (task["status"] for task in heard)) is (state == "zoom")
            assert len({task["id"] for task in heard}) == 1
            assert all((task["status"] == "SUCCESS") is bool(task["finishTime"]) for task in heard)
