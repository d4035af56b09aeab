"""Everything that is asked for by a command rather than by a button, both bots, modes and accounts."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from pathlib import Path

import pytest

from simulator.world.messages import NIJI_ID
from tests.e2e.test_mj import MjClient, mj
from tests.support.mj_actions import act, answered, asked, check_document, data_url, job_of, single_of, spending


async def fetched(client: MjClient, url: str) -> bytes:
    async with client.house.client.session.get(url) as response:
        assert response.status == 200
        return await response.read()


# ---------------------------------------------------------------- answers in words


@pytest.mark.parametrize("era", ["2023", "2024", "2026"])
@pytest.mark.parametrize("order", ["before", "after"])
async def test_a_picture_is_described(tmp_path: Path, era: str, order: str) -> None:
    async with mj(tmp_path, era=era, success_order=order) as client:
        with spending(client, posts=3, jobs=3):
            results = await asyncio.gather(*(client.drawn("describe", base64=data_url(n)) for n in (50, 90, 130)))
        for number, result in zip((50, 90, 130), results, strict=True):
            check_document(result)
            assert result["action"] == "DESCRIBE"
            assert result["prompt"] == result["promptEn"] == result["properties"]["finalPrompt"] != ""
            assert [b["emoji"] for b in result["buttons"]] == ["1️⃣", "2️⃣", "3️⃣", "4️⃣", "🔄", "🎉"]
            picture = await fetched(client, result["imageUrl"])
            assert picture == b64decode(data_url(number).partition(",")[2])


async def test_a_link_is_described(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        with spending(client, posts=1, jobs=1):
            result = await client.drawn("describe", link="https://example.com/a.png")
        check_document(result)
        assert client.house.simulator.jobs[0]["prompt"] == "https://example.com/a.png"
        assert result["imageUrl"]
        both = await client.post("/submit/describe", link="https://example.com/a.png", base64=data_url())
        assert both["code"] == 4


async def test_a_prompt_is_shortened(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        with spending(client, posts=1, jobs=1):
            result = await client.drawn("shorten", prompt="a dog in a very very deep forest --ar 3:2", state="s")
        check_document(result)
        assert (result["action"], result["state"]) == ("SHORTEN", "s")
        assert "Shortened prompts" in result["properties"]["finalPrompt"]
        assert isinstance(result["properties"]["finalZhPrompt"], str)
        assert len(result["buttons"]) == 5


# ---------------------------------------------------------------- drawings from pictures


@pytest.mark.parametrize(
    ("count", "dimensions", "ratio"), [(2, "PORTRAIT", " --ar 2:3"), (5, "LANDSCAPE", " --ar 3:2"), (3, None, "")]
)
async def test_pictures_are_blended(tmp_path: Path, count: int, dimensions: str | None, ratio: str) -> None:
    async with mj(tmp_path) as client:
        pictures = [data_url(40 * n) for n in range(1, count + 1)]
        with spending(client, posts=1, jobs=1):
            result = await client.drawn("blend", base64Array=pictures, dimensions=dimensions)
        check_document(result)
        job = await job_of(client, result)
        assert (result["action"], job["kind"]) == ("BLEND", "blend")
        assert job["prompt"].count("http") == count
        assert job["prompt"].endswith(ratio)
        assert (await job_of(client, await act(client, result, "U1")))["parent"] == result["jobId"]


@pytest.mark.parametrize("count", [0, 1, 6])
async def test_too_few_or_too_many_pictures_are_not_blended(tmp_path: Path, count: int) -> None:
    async with mj(tmp_path) as client:
        with spending(client, posts=0, jobs=0):
            refused = await client.post("/submit/blend", base64Array=[data_url()] * count)
        assert refused["code"] == 4


async def test_several_blends_at_once_do_not_cross(tmp_path: Path) -> None:
    async with mj(tmp_path, foreign=1) as client:
        with spending(client, posts=4, jobs=4):
            results = await asyncio.gather(
                *(client.drawn("blend", base64Array=[data_url(n), data_url(n + 1)]) for n in (10, 20, 30, 40))
            )
        assert len({(await job_of(client, result))["job_id"] for result in results}) == 4


@pytest.mark.parametrize("loop", [True, False])
async def test_a_clip_begins_with_a_picture_or_a_link(tmp_path: Path, loop: bool) -> None:
    async with mj(tmp_path) as client:
        with spending(client, posts=2, jobs=2):
            linked = await client.drawn(
                "video", prompt="it waves", motion="high", image="https://example.com/a.png", loop=loop
            )
            brought = await client.drawn("video", motion="low", image=data_url(), endImage=data_url(9))
        for result, motion in ((linked, "high"), (brought, "low")):
            check_document(result)
            job = await job_of(client, result)
            assert (result["action"], job["kind"]) == ("VIDEO", "video")
            assert f"--motion {motion}" in job["prompt"]
        first, second = (job["prompt"] for job in client.house.simulator.jobs)
        assert ("--loop" in first) is loop
        begin, end = second.split()[0], second.split("--end ")[1]
        assert begin != end
        for link in (begin, end):
            assert (await fetched(client, link)).startswith(b"\x89PNG")
        assert (await client.post("/submit/video", prompt="it waves", motion="low"))["code"] == 4


async def test_pictures_are_uploaded_in_order(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        await client.drawn("imagine", prompt="a dog")  # the account is connected now
        with spending(client, posts=0, jobs=0):
            answer = await client.post(
                "/submit/upload-discord-images", base64Array=[data_url(9, (10, 10)), data_url(9, (90, 90))]
            )
        assert answer["code"] == 1
        small, large = [await fetched(client, link) for link in answer["result"]]
        assert len(small) < len(large)


# ---------------------------------------------------------------- seeds


@pytest.mark.parametrize("era", ["2023", "2024", "2026"])
async def test_the_seed_of_a_job_is_asked_for_once(tmp_path: Path, era: str) -> None:
    async with mj(tmp_path, era=era) as client:
        first = await client.drawn("imagine", prompt="a dog")
        second = await client.drawn("imagine", prompt="a dog")
        with spending(client, posts=0, jobs=0):
            answers = await asyncio.gather(
                *(client.get(f"/task/{task['id']}/image-seed") for task in (first, second, first))
            )
        seeds = {job["job_id"]: str(job["seed"]) for job in client.house.simulator.jobs}
        for task, answer in zip((first, second, first), answers, strict=True):
            assert (answer["code"], answer["result"]) == (1, seeds[task["jobId"]])
            document = await client.get(f"/task/{task['id']}/fetch")
            assert document["seed"] == seeds[task["jobId"]]
            check_document(document)


# ---------------------------------------------------------------- bots, modes, accounts


async def test_the_other_bot_draws_and_its_buttons_are_pressed_at_it(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        with spending(client, posts=5, jobs=4):
            both = await asyncio.gather(
                client.drawn("imagine", prompt="a dog", botType="NIJI_JOURNEY"), client.drawn("imagine", prompt="a dog")
            )
            up = await act(client, both[0], "U1")
            zoomed = await answered(
                client, (await asked(client, up, "Custom Zoom"))["result"], prompt="a dog --zoom 1.2"
            )
        assert [document["botType"] for document in (*both, up, zoomed)] == [
            "NIJI_JOURNEY",
            "MID_JOURNEY",
            "NIJI_JOURNEY",
            "NIJI_JOURNEY",
        ]
        bots = [(await job_of(client, document))["bot"] == NIJI_ID for document in (*both, up, zoomed)]
        assert bots == [True, False, True, True]
        described = await client.drawn("describe", base64=data_url(), botType="niji")
        assert client.house.simulator.jobs[-1]["bot"] == NIJI_ID
        check_document(described)


@pytest.mark.parametrize("prefix", ["/mj-fast/mj", "/mj-relax/mj", "/mj-turbo/mj"])
async def test_a_prefix_adds_its_mode(tmp_path: Path, prefix: str) -> None:
    mode, shown = {"fast": ("fast", "FAST"), "relax": ("relaxed", "RELAX"), "turbo": ("turbo", "TURBO")}[
        prefix.removeprefix("/mj-").removesuffix("/mj")
    ]
    async with mj(tmp_path) as client:
        document = await client.drawn("imagine", prefix, prompt="a dog --ar 3:2")
        check_document(document)
        job = await job_of(client, document)
        assert (document["mode"], job["mode"]) == (shown, mode)
        video = await client.drawn("video", prefix, image="https://example.com/a.png", motion="low")
        assert (video["mode"], (await job_of(client, video))["mode"]) == (shown, mode)


@pytest.mark.parametrize(("asked_for", "mode"), [("TURBO", "turbo"), ("RELAX", "relaxed")])
async def test_a_mode_may_stand_in_the_filter(tmp_path: Path, asked_for: str, mode: str) -> None:
    async with mj(tmp_path) as client:
        document = await client.drawn("imagine", prompt="a dog", accountFilter={"modes": [asked_for]})
        assert (document["mode"], (await job_of(client, document))["mode"]) == (asked_for, mode)


async def test_the_account_that_the_caller_names_draws(tmp_path: Path) -> None:
    async with mj(tmp_path, accounts=2, shared_channel=True) as client:
        accounts = [account["id"] for account in await client.get("/account/list")]
        assert len(accounts) == 2
        tokens = []
        for name in accounts:
            only = {"instanceId": name}
            grid = await client.drawn("imagine", prompt="a dog", accountFilter=only)
            blend = await client.drawn("blend", base64Array=[data_url(9), data_url(8)], accountFilter=only)
            varied = await act(client, grid, "V2")  # a button is its account's own
            assert {d["properties"]["discordInstanceId"] for d in (grid, blend, varied)} == {name}
            tokens.append({(await job_of(client, document))["account"] for document in (grid, blend, varied)})
        assert [len(mine) for mine in tokens] == [1, 1]
        assert tokens[0] != tokens[1]
        house = client.house.client
        with spending(client, posts=0, jobs=0):
            async with house.session.post(
                f"{house.url}/mj/submit/imagine", json={"prompt": "a dog", "accountFilter": {"instanceId": "123"}}
            ) as response:
                assert (await response.json())["code"] == 4
                assert response.headers["Error-Code"] == "account_not_found"


async def test_a_single_picture_in_turbo_mode_keeps_its_parents_account(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        client.house.simulator.set_account(0, mode="turbo")
        single = await single_of(client)
        assert (await job_of(client, single))["mode"] == "turbo"
        varied = await act(client, single, "Vary (Subtle)")
        assert (varied["mode"], (await job_of(client, varied))["mode"]) == ("TURBO", "turbo")
