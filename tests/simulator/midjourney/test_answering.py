"""How an answer reaches its asker: when success is told, in which message, how late, and how Discord refuses."""

import asyncio
from typing import Any

import pytest

from simulator import Simulator
from simulator.world.messages import NIJI_ID
from tests.simulator.midjourney.test_slash import answered, png
from tests.support.discord_wire_client import Wire, connected, custom_ids, finished, press, told, with_id, with_nonce


async def refusal(wire: Wire, body: dict[str, Any], **headers: str) -> tuple[int, str, str]:
    """Status, code and text of the one error in the tree's `data`."""
    url = wire.simulator.rest_url + "/interactions"
    async with wire.http.post(url, json=body, headers={"Authorization": wire.account.token, **headers}) as answer:
        told = await answer.json()
        (error,) = told["errors"]["data"]["_errors"]
        assert (told["code"], told["message"]) == (50035, "Invalid Form Body")
        return answer.status, error["code"], error["message"]


# ---------------------------------------------------------------- success


async def test_success_comes_before_or_after_the_first_message_by_chance() -> None:
    async with Simulator(seed=3, job_seconds=0.01) as simulator, connected(simulator) as wire:
        orders = set()
        for _ in range(12):
            wire.events.clear()
            await finished(wire, await wire.imagine("a fox"))
            orders.add(wire.names().index("INTERACTION_SUCCESS") < wire.names().index("MESSAGE_CREATE"))
        assert orders == {True, False}


@pytest.mark.parametrize("button", ["CustomZoom", "Inpaint"])
async def test_a_dialog_comes_with_the_success_of_its_press(button: str) -> None:
    async with Simulator(seed=3, job_seconds=0.01) as simulator, connected(simulator) as wire:
        grid = await finished(wire, await wire.imagine("a fox"))
        single = await finished(wire, await press(wire, grid, "upsample::1"))
        name = "INTERACTION_IFRAME_MODAL_CREATE" if button == "Inpaint" else "INTERACTION_MODAL_CREATE"
        for order in ("before", "after"):
            simulator.configure(dialog_success=order)
            wire.events.clear()
            nonce = await press(wire, single, button)
            dialog = await wire.event(name, with_nonce(nonce))
            assert (await wire.event("INTERACTION_SUCCESS"))["id"] == dialog["id"]
            heard = [item for item in wire.names() if item != "MESSAGE_UPDATE"]
            tail = ["INTERACTION_SUCCESS", name] if order == "before" else [name, "INTERACTION_SUCCESS"]
            assert heard == ["INTERACTION_CREATE", *tail]
        simulator.configure(dialog_success="none")
        wire.events.clear()
        await wire.event(name, with_nonce(await press(wire, single, button)))
        await finished(wire, await wire.imagine("a cat"))
        assert wire.names().count("INTERACTION_SUCCESS") == 1


# ---------------------------------------------------------------- what commands ask to know


@pytest.mark.parametrize("command", ["info", "settings"])
async def test_a_command_about_the_account_is_answered_by_an_edit_without_nonce(command: str) -> None:
    async with Simulator(answer_form="edit") as simulator, connected(simulator) as wire:
        nonce = await wire.command(command)
        first = await wire.message(with_nonce(nonce))
        assert (first["flags"], first["content"], first["embeds"], first["components"]) == (192, "", [], [])
        said = await wire.event("MESSAGE_UPDATE", with_id(first["id"]))
        assert said["flags"] == 64 and "nonce" not in said and (said["embeds"] or said["components"])
        simulator.configure(answer_form="first")
        first = await wire.message(with_nonce(await wire.command(command)))
        assert first["flags"] == 64 and (first["embeds"] or first["components"])


async def test_an_answers_picture_has_its_proxy_and_its_size() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        said = await answered(wire, await wire.command("describe", image=png()))
        image = said["embeds"][0]["image"]
        assert (image["width"], image["height"]) == (40, 30)
        async with wire.http.get(image["proxy_url"]) as answer:
            assert await answer.read() == png()
        said = await answered(wire, await wire.command("describe", link="https://example.com/a.png"))
        image = said["embeds"][0]["image"]
        assert image["proxy_url"].endswith("/https/example.com/a.png") and image["width"] > 0


async def test_the_frame_of_region_has_either_title() -> None:
    async with Simulator(seed=3, job_seconds=0.01) as simulator, connected(simulator) as wire:
        grid = await finished(wire, await wire.imagine("a fox"))
        single = await finished(wire, await press(wire, grid, "upsample::1"))
        nonces = [await press(wire, single, "Inpaint") for _ in range(12)]
        frames = [await wire.event("INTERACTION_IFRAME_MODAL_CREATE", with_nonce(nonce)) for nonce in nonces]
        assert {frame["title"] for frame in frames} == {"Vary (Region)", "Inpaint"}


async def test_a_clip_is_extended_under_its_own_number() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        grid = await finished(wire, await wire.imagine("a fox"))
        single = await finished(wire, await press(wire, grid, "upsample::2"))
        video = await finished(wire, await press(wire, single, "animate_high::"))
        clip = await finished(wire, await press(wire, video, "video_virtual_upscale::3"))
        offered = [item for item in custom_ids(clip) if "_extend" in item]
        assert [item.split("::")[3] for item in offered] == ["3", "3"]
        await finished(wire, await press(wire, clip, "animate_low_extend"))


async def test_results_name_their_page_or_not() -> None:
    async with Simulator(seed=3, job_seconds=0.01) as simulator, connected(simulator) as wire:

        async def pages(count: int) -> set[bool]:
            drawn = [await finished(wire, await wire.imagine("a fox")) for _ in range(count)]
            return {"midjourney.com/jobs/" in item["content"] for item in drawn}

        assert await pages(12) == {True, False}
        for wanted in (True, False):
            simulator.configure(website="with" if wanted else "without")
            assert await pages(4) == {wanted}


# ---------------------------------------------------------------- late answers


async def test_the_bot_may_answer_later_than_discord() -> None:
    async with Simulator(bot_delay_ms=300, job_seconds=0) as simulator, connected(simulator) as wire:
        started = asyncio.get_running_loop().time()
        nonce = await wire.imagine("a fox")
        accepted = asyncio.get_running_loop().time() - started
        await wire.message(with_nonce(nonce))
        assert accepted < 0.3 <= asyncio.get_running_loop().time() - started


async def test_an_answer_that_is_too_late_has_timed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.midjourney.bots.PATIENCE_SECONDS", 0.05)
    async with Simulator(bot_delay_ms=100) as simulator, connected(simulator) as wire:
        nonce = await wire.imagine("a fox")
        failed = await wire.event("INTERACTION_FAILURE")
        assert (failed["nonce"], failed["reason_code"]) == (nonce, 2)
        await finished(wire, nonce)
        assert "INTERACTION_SUCCESS" not in wire.names()
        assert not [item for item in wire.events if item["t"] == "MESSAGE_CREATE" and item["d"].get("nonce") == nonce]


async def test_a_false_failure_is_a_time_out() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        said = await told(wire, await wire.command("settings"))
        body = await wire.body(3, {"component_type": 2, "custom_id": custom_ids(said)[0]}, message_id=said["id"])
        simulator.add_fault({"kind": "false_failure"})
        assert (await wire.call("POST", "/interactions", json=body))[0] == 204
        assert (await wire.event("INTERACTION_FAILURE"))["reason_code"] == 2


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, "This command is outdated, please try again in a few minutes"),
        ({"X-Discord-Locale": "zh-CN"}, "该权限已过时，请稍候几分钟再试"),
        ({"Accept-Language": "zh-CN,zh;q=0.9"}, "该权限已过时，请稍候几分钟再试"),
        ({"X-Discord-Locale": "en-US", "Accept-Language": "zh-CN"}, "This command is outdated, please try again"),
        ({"X-Discord-Locale": "xx"}, "This command is outdated, please try again in a few minutes"),
    ],
)
async def test_a_refusal_is_told_in_the_readers_language(headers: dict[str, str], text: str) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        body = await wire.imagine_body("a fox")
        simulator.add_fault({"kind": "new_versions"})
        status, code, said = await refusal(wire, body, **headers)
        assert (status, code) == (400, "INTERACTION_APPLICATION_COMMAND_INVALID_VERSION") and said.startswith(text)


async def test_a_command_that_does_not_exist_is_invalid() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        body = await wire.imagine_body("a fox")
        for change in ({"id": "938956540159881231"}, {"name": "imagined"}):
            changed = {**body, "data": {**body["data"], **change}}
            assert (await refusal(wire, changed))[1] == "INTERACTION_APPLICATION_COMMAND_INVALID"


async def test_a_press_on_a_button_that_is_gone_is_refused_for_that_moment() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        grid = await finished(wire, await wire.imagine("a fox"))
        data = {"component_type": 2, "custom_id": custom_ids(grid)[0]}
        body = await wire.body(3, data, message_id=grid["id"])
        simulator.add_fault({"kind": "button_gone"})
        assert (await refusal(wire, body))[:2] == (400, "COMPONENT_VALIDATION_FAILED")
        assert len(simulator.jobs) == 1
        assert await wire.call("POST", "/interactions", json=body) == (204, None)
        await finished(wire, body["nonce"])


# ---------------------------------------------------------------- the index


async def test_versions_may_stay_over_restarts() -> None:
    versions = []
    for _ in range(2):
        async with Simulator(versions="fixed") as simulator, connected(simulator) as wire:
            versions.append(await wire.version())
            simulator.add_fault({"kind": "new_versions"})
            assert await wire.version() != versions[0]
            await simulator.reset()
            assert await wire.version() == versions[0]
    assert versions == ["1237876415471554623"] * 2


async def test_any_version_may_be_taken() -> None:
    async with Simulator(versions="any") as simulator, connected(simulator) as wire:
        body = await wire.imagine_body("a fox")
        body["data"]["version"] = "1077969938624553050"
        assert await wire.call("POST", "/interactions", json=body) == (204, None)
        await finished(wire, body["nonce"])


async def test_the_index_may_have_midjourney_alone() -> None:
    async with Simulator(index="midjourney") as simulator, connected(simulator) as wire:
        for place in (f"/guilds/{wire.account.guild_id}", f"/channels/{wire.account.channel_id}", "/users/@me"):
            _, index = await wire.call("GET", place + "/application-command-index")
            assert NIJI_ID not in {item["application_id"] for item in index["application_commands"]}
            assert [item["id"] for item in index["applications"]] != [] and len(index["applications"]) == 1
        body = await wire.imagine_body("a fox", application_id=NIJI_ID)
        assert (await wire.call("POST", "/interactions", json=body))[1]["code"] == 10002
        assert simulator.jobs == []


async def test_the_index_may_be_in_the_readers_language() -> None:
    async with Simulator(localised=True) as simulator, connected(simulator) as wire:
        url = f"{simulator.rest_url}/guilds/{wire.account.guild_id}/application-command-index"
        headers = {"Authorization": wire.account.token, "X-Discord-Locale": "zh-CN"}
        async with wire.http.get(url, headers=headers) as answer:
            offered = (await answer.json())["application_commands"]
        found = next(item for item in offered if item["id"] == "938956540159881230")
        assert (found["name"], found["name_default"]) == ("想象", "imagine")
        assert [(item["name"], item["name_default"]) for item in found["options"]] == [("提示词", "prompt")]
        body = await wire.imagine_body("a fox")
        wrong = {**body, "data": {**body["data"], "name": "想象"}}
        assert (await refusal(wire, wrong))[1] == "INTERACTION_APPLICATION_COMMAND_INVALID"
        assert await wire.call("POST", "/interactions", json=body) == (204, None)
        _, index = await wire.call("GET", "/users/@me/application-command-index")
        assert not any("name_default" in item for item in index["application_commands"])


# ---------------------------------------------------------------- newer dialogs


async def test_a_dialogs_field_may_stand_in_a_label() -> None:
    async with Simulator(dialog_form="label") as simulator, connected(simulator) as wire:
        grid = await finished(wire, await wire.imagine("a fox"))
        single = await finished(wire, await press(wire, grid, "upsample::1"))
        dialog = await wire.event("INTERACTION_MODAL_CREATE", with_nonce(await press(wire, single, "CustomZoom")))
        (label,) = dialog["components"]
        assert (label["type"], label["component"]["type"]) == (18, 4) and "label" not in label["component"]
        field = {"type": 4, "custom_id": label["component"]["custom_id"], "value": "a blue fox --zoom 2"}
        data = {"id": dialog["id"], "custom_id": dialog["custom_id"]}
        rows = await wire.body(5, {**data, "components": [{"type": 1, "components": [field]}]})
        assert (await wire.call("POST", "/interactions", json=rows))[1]["code"] == 50035
        mirrored = await wire.body(5, {**data, "components": [{"type": 18, "component": field}]})
        assert await wire.call("POST", "/interactions", json=mirrored) == (204, None)
        assert "a blue fox" in (await finished(wire, mirrored["nonce"]))["content"]


async def test_a_frames_path_may_come_without_its_slash() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        for form, slash in (("slash", True), ("bare", False)):
            simulator.configure(frame_path=form)
            nonce = await wire.imagine("a fox sim-captcha")
            frame = await wire.event("INTERACTION_IFRAME_MODAL_CREATE", with_nonce(nonce))
            assert frame["iframe_path"].startswith("/captcha" if slash else "captcha")
