"""The control API, and the documentation's promise about it."""

import asyncio
import re
import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from simulator import Simulator
from simulator.midjourney.magic import WORDS
from simulator.wire.control import is_local
from simulator.world.faults import KINDS
from simulator.world.settings import NAMES, SimulatorSettings, SimulatorSettingsError
from tests.support.discord_wire_client import APPLICATION_ID, connected

MANUAL = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")


async def control(simulator: Simulator, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as http:
        options = {} if body is None else {"json": body}
        async with http.request(method, f"{simulator.url}/_simulator/{path}", **options) as answer:
            return answer.status, await answer.json()


async def test_jobs_and_interactions_and_state() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        nonce = await wire.imagine("a  fox")
        final = await wire.result()
        _, jobs = await control(simulator, "GET", "jobs")
        assert jobs == simulator.jobs
        expected = {
            "foreign": False,
            "account": wire.account.token,
            "nonce": nonce,
            "command": "imagine",
            "kind": "imagine",
            "custom_id": None,
            "bot": APPLICATION_ID,
            "mode": "fast",
            "inpaint": None,
            "prompt": "a  fox",
            "status": "finished",
            "parent": None,
            "index": None,
            "image_urls": [final["attachments"][0]["url"]],
        }
        assert jobs[0].items() >= expected.items()
        assert jobs[0]["prompt_echoed"].startswith("a fox")
        assert jobs[0]["message_ids"][-1] == final["id"] and jobs[0]["created"] <= jobs[0]["finished"]

        _, interactions = await control(simulator, "GET", "interactions")
        assert [(item["nonce"], item["command"], item["outcome"]) for item in interactions] == [
            (nonce, "imagine", "accepted")
        ]
        _, state = await control(simulator, "GET", "state")
        assert state["mixups"] == 0 and state["counters"]["interactions"] == 1
        assert [item["token"] for item in state["accounts"]] == [item.token for item in simulator.accounts]
        assert state["accounts"][0]["connected"] is True and set(state["settings"]) == set(NAMES)


async def test_settings_are_changed_all_or_none() -> None:
    async with Simulator() as simulator:
        status, settings = await control(simulator, "POST", "settings", {"job_seconds": 2, "chatter": True})
        assert (status, settings["job_seconds"], settings["chatter"]) == (200, 2, 1.0)
        status, answer = await control(simulator, "POST", "settings", {"steps": 3, "speed": 1, "era": "1999"})
        assert status == 400
        assert "unknown setting 'speed'; there are: job_seconds" in answer["error"]
        assert "era must be one of 2023, 2024, 2026, 2026-10, not '1999'" in answer["error"]
        assert simulator.state()["settings"]["steps"] == SimulatorSettings().steps
        assert (await control(simulator, "POST", "settings", [1]))[0] == 400


@pytest.mark.parametrize(
    "values",
    [
        {"inpaint": "newest"},
        {"error_form": ""},
        {"upscale_cooldown": -1},
        {"steps": -1},
        {"steps": True},
        {"steps": 1.5},
        {"job_seconds": "1"},
        {"success_order": "never"},
        {"seed": -1},
    ],
)
def test_wrong_settings_are_refused_at_once(values: dict[str, Any]) -> None:
    with pytest.raises(SimulatorSettingsError, match=next(iter(values))):
        Simulator(**values)


async def test_accounts_choose_their_modes_over_http() -> None:
    async with Simulator() as simulator:
        status, accounts = await control(simulator, "POST", "accounts", {"account": 1, "remix": True, "mode": "turbo"})
        assert status == 200 and [(item["remix"], item["mode"]) for item in accounts] == [
            (False, "fast"),
            (True, "turbo"),
        ]
        for wrong, part in (
            ({"account": 7}, "no account 7"),
            ({"remix": True}, "no account None"),
            ({"account": 0, "speed": 1}, "unknown choice 'speed'; there are: mode"),
            ({"account": 0, "mode": "slow"}, "mode must be one of fast, relaxed, turbo"),
            ({"account": 0, "remix": 1}, "remix must be like False"),
            ([], "are an object"),
        ):
            status, answer = await control(simulator, "POST", "accounts", wrong)
            assert status == 400 and part in answer["error"]
        await simulator.reset()
        assert simulator.state()["accounts"][1]["remix"] is False


async def test_faults_over_http() -> None:
    async with Simulator() as simulator:
        faults = [{"kind": "job_fails", "times": 3}, {"kind": "new_versions"}]
        status, ordered = await control(simulator, "POST", "faults", faults)
        assert (status, [item["kind"] for item in ordered]) == (200, ["job_fails", "new_versions"])
        _, told = await control(simulator, "GET", "faults")
        assert told["faults"] == simulator.state()["faults"] and set(told["kinds"]) == set(KINDS)
        status, answer = await control(simulator, "POST", "faults", [{"kind": "job_silent"}, {"kind": "earthquake"}])
        assert status == 400 and "unknown kind 'earthquake'" in answer["error"]
        assert len(simulator.state()["faults"]) == 1


async def test_a_reset_starts_over_and_keeps_the_connection() -> None:
    async with Simulator(concurrency=1) as simulator, connected(simulator) as wire:
        simulator.configure(job_seconds=60)
        simulator.add_fault({"kind": "job_fails", "times": 5})
        await wire.imagine("a fox sim-slow")
        await wire.imagine("another fox")
        await simulator.until(lambda: [item["status"] for item in simulator.jobs] == ["running", "queued"])
        status, state = await control(simulator, "POST", "reset")
        assert status == 200 and state["faults"] == [] and state["counters"] == {}
        assert state["settings"]["job_seconds"] == SimulatorSettings().job_seconds
        assert simulator.jobs == [] and simulator.interactions == []
        _, history = await wire.call("GET", f"/channels/{wire.account.channel_id}/messages")
        assert history == []
        await wire.imagine("a fox")
        await wire.result()


def _table(heading: str) -> list[list[str]]:
    """The rows of the first table after a heading of the manual."""
    section = MANUAL.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in row] for row in rows[2:]]


def test_the_manual_has_every_magic_word_with_its_meaning() -> None:
    assert _table("Magic words") == [[fate.word, fate.meaning] for fate in WORDS]


def test_the_manual_has_every_fault() -> None:
    told = {row[0]: row[1:] for row in _table("Faults")}
    assert set(told) == set(KINDS)
    for name, (fields, meaning) in told.items():
        assert meaning.replace("`", "") == KINDS[name].meaning.replace("`", "")
        assert re.findall(r"[a-z_]+", fields) == list(KINDS[name].fields)


def test_the_manual_has_every_setting_with_its_default() -> None:
    defaults = {name: value for name, value, _ in _table("Settings")}
    assert set(defaults) == set(NAMES)
    unset = {"seed": "random", "bot_delay_ms": "era"}
    for name, value in SimulatorSettings().as_json().items():
        assert defaults[name] == (unset[name] if value is None else str(value)), name


async def test_who_waits_misses_no_change() -> None:
    """Two changes with any number of turns of the loop between them: the second is the one that is waited for."""
    async with Simulator() as simulator:
        for turns in range(8):
            simulator.configure(steps=1)
            waiting = asyncio.create_task(simulator.until(lambda: simulator.state()["settings"]["steps"] == 3, 1.0))
            await asyncio.sleep(0)
            simulator.configure(steps=2)
            for _ in range(turns):
                await asyncio.sleep(0)
            simulator.configure(steps=3)
            await waiting


@pytest.mark.parametrize(
    ("peer", "local"),
    [
        (("127.0.0.1", 5), True),
        (("127.9.8.7", 5), True),
        (("::1", 5, 0, 0), True),
        (("::ffff:127.0.0.1", 5, 0, 0), True),
        (("::ffff:10.0.0.1", 5, 0, 0), False),
        (("10.0.0.1", 5), False),
        (("0.0.0.0", 5), False),
        (("fe80::1%eth0", 5, 0, 2), False),
        (("127.0.0.1.example", 5), False),
        ((), False),
        ("", False),
        (None, False),
    ],
)
def test_only_loopback_is_this_machine(peer: Any, local: bool) -> None:
    assert is_local(peer) is local


def own_address() -> str | None:
    """One of this machine's addresses that is not loopback. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
        return None if is_local((address, 0)) else address


@pytest.mark.parametrize("open_control", [False, True])
async def test_other_machines_reach_pictures_but_not_the_control(open_control: bool) -> None:
    address = own_address()
    if address is None:
        pytest.skip("this machine has loopback alone")
    async with (
        Simulator(host=address, open_control=open_control) as simulator,
        aiohttp.ClientSession() as http,
        http.get(f"{simulator.url}/_simulator/state") as state,
        http.post(f"{simulator.url}/_simulator/reset") as reset,
        http.get(f"{simulator.rest_url}/gateway") as other,
    ):
        assert {state.status, reset.status} == ({200} if open_control else {403})
        assert other.status != 403
        told = await state.text()
        assert (simulator.accounts[0].token in told) is open_control
