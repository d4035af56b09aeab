"""An account is asked and told through /mj: a job shown again, info, settings, modes, Remix mode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_mj import MjClient, mj
from tests.support.mj_actions import act, check_document, job_of, spending

ERAS = ["2023", "2024", "2026"]
ORDERS = ["before", "after"]


def choices(client: MjClient, number: int = 0) -> dict[str, Any]:
    """What the simulator knows the account to have chosen."""
    profile: dict[str, Any] = client.house.simulator.state()["accounts"][number]
    return profile


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("order", ORDERS)
async def test_a_job_is_shown_again_and_its_buttons_are_pressed(tmp_path: Path, era: str, order: str) -> None:
    async with mj(tmp_path, era=era, success_order=order) as client:
        grid = await client.drawn("imagine", prompt="a dog")
        with spending(client, posts=1, jobs=0):
            shown = await client.drawn("show", jobId=grid["jobId"], state="s")
        check_document(shown)
        assert (shown["action"], shown["state"], shown["jobId"]) == ("SHOW", "s", grid["jobId"])
        assert shown["description"] == "/show"
        assert shown["buttons"] == grid["buttons"]
        assert shown["properties"]["messageId"] != grid["properties"]["messageId"]
        assert (await job_of(client, shown))["job_id"] == grid["jobId"]
        assert (await job_of(client, await act(client, shown, "U2")))["parent"] == grid["jobId"]
        seeds = [(await client.get(f"/task/{task['id']}/image-seed"))["result"] for task in (shown, grid)]
        assert seeds[0] == seeds[1]
        assert seeds[0].isdigit()


async def test_what_cannot_be_shown_says_so(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        ended = await client.ended(await client.submit("show", jobId="0b6c1bde-96b0-4ac3-84b6-d7e5b1e8f9ab"))
        assert (ended["status"], ended["failCode"]) == ("FAILURE", "invalid_request")
        with spending(client, posts=0, jobs=0):
            assert (await client.post("/submit/show", jobId="abc"))["code"] == 4
            assert (await client.post("/submit/show"))["code"] == 4


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("order", ORDERS)
async def test_info_and_settings_are_told(tmp_path: Path, era: str, order: str) -> None:
    async with mj(tmp_path, era=era, success_order=order) as client:
        with spending(client, posts=2, jobs=0):
            info, settings = await client.drawn("info", state="s"), await client.drawn("settings")
        for document in (info, settings):
            check_document(document)
            assert (document["action"], document["imageUrls"], document["jobId"]) == ("ACTION", None, "")
        assert (info["description"], settings["description"], info["state"]) == ("/info", "/settings", "s")
        assert "**Job Mode**" in info["properties"]["finalPrompt"]
        assert info["buttons"] == []
        assert "settings" in settings["properties"]["finalPrompt"]
        labels = [b["label"] for b in settings["buttons"]]
        assert {"Remix mode", "Fast mode", "Relax mode", "Turbo mode"} <= set(labels)
        assert all(b["type"] == 2 for b in settings["buttons"])
        with spending(client, posts=1, jobs=0):
            pressed = await act(client, settings, "Turbo mode")
        assert (pressed["action"], choices(client)["mode"]) == ("ACTION", "turbo")


@pytest.mark.parametrize("order", ORDERS)
async def test_a_mode_is_switched_for_what_comes_after(tmp_path: Path, order: str) -> None:
    async with mj(tmp_path, success_order=order) as client:
        for mode, name in (("RELAX", "relaxed"), ("turbo", "turbo"), ("FAST", "fast")):
            with spending(client, posts=1, jobs=0):
                switched = await client.drawn("switch", mode=mode)
            check_document(switched)
            assert "Done!" in switched["properties"]["finalPrompt"]
            assert switched["description"] == f"/{mode.lower()}"
            assert choices(client)["mode"] == name
            grid = await client.drawn("imagine", prompt="a dog")
            assert (await job_of(client, grid))["mode"] == name


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("order", ORDERS)
async def test_remix_is_switched_on_and_off(tmp_path: Path, era: str, order: str) -> None:
    async with mj(tmp_path, era=era, success_order=order) as client:
        for is_on, word in ((True, "on"), (False, "off"), (True, "on")):
            with spending(client, posts=2, jobs=0):
                switched = await client.drawn("switch", mode="REMIX")
            check_document(switched)
            assert switched["properties"]["finalPrompt"] == f"Remix mode is {word} now."
            assert choices(client)["remix"] is is_on


async def test_an_unknown_mode_is_refused(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        with spending(client, posts=0, jobs=0):
            for body in ({}, {"mode": "SLOW"}):
                refused = await client.post("/submit/switch", **body)
                assert refused["code"] == 4
                assert "REMIX" in refused["description"]


async def test_the_account_that_the_caller_names_is_asked(tmp_path: Path) -> None:
    async with mj(tmp_path, accounts=2, shared_channel=True) as client:
        names = [account["id"] for account in await client.get("/account/list")]
        only = {"instanceId": names[1]}
        grid = await client.drawn("imagine", prompt="a dog", accountFilter=only)
        for route, body in (
            ("info", {}),
            ("settings", {}),
            ("show", {"jobId": grid["jobId"]}),
            ("switch", {"mode": "RELAX"}),
            ("switch", {"mode": "REMIX"}),
        ):
            document = await client.drawn(route, accountFilter=only, **body)
            assert document["properties"]["discordInstanceId"] == names[1], route
        assert sorted((choices(client, n)["mode"], choices(client, n)["remix"]) for n in (0, 1)) == [
            ("fast", False),
            ("relaxed", True),
        ]
        assert (await client.post("/submit/info", accountFilter={"instanceId": "123"}))["code"] == 4


async def test_the_other_bot_is_asked(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        with spending(client, posts=3, jobs=0):
            for route, body in (("info", {}), ("switch", {"mode": "REMIX"})):
                document = await client.drawn(route, botType="NIJI_JOURNEY", **body)
                assert document["botType"] == "NIJI_JOURNEY"
