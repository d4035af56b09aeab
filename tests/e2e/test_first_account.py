"""A first account that cannot draw says so: in the log, in /health, in the list of accounts and to who submits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.service import service
from simulator import Simulator
from tests.e2e.test_process import free_port
from tests.support.command_process import Done, served, typed
from tests.support.whole_service import Whole, calling, receiver, settings_for

ADMIN = "the-operators-own-secret"

BEFORE_LOGIN = [
    ("no_channel", "missing_access", "it cannot see its channel"),
    ("no_permission", "missing_permission", "Use Application Commands"),
    ("no_bot", "unknown_application", "invite the bot"),
    ("no_imagine", "missing_command", "type /imagine in the channel"),
    ("locked", "verify_account", "wants the account verified"),
]


@asynccontextmanager
async def first_account(folder: Path, *, access: str = "full", **login: str) -> AsyncIterator[Whole]:
    """The whole service with an account that Discord keeps from drawing; `login` replaces the account's ids."""
    async with Simulator() as simulator, receiver() as hooks:
        simulator.set_account(0, access=access)
        settings = settings_for(simulator, folder, environ={"ADMIN_SECRET": ADMIN})
        [account] = settings.discord.accounts
        discord = msgspec.structs.replace(settings.discord, accounts=(msgspec.structs.replace(account, **login),))
        settings = msgspec.structs.replace(settings, discord=discord)
        async with service(settings, port=0) as url, calling(url, hooks.url) as client:
            yield Whole(simulator=simulator, client=client, hooks=hooks)


async def paused(house: Whole) -> dict[str, Any]:
    """The service's health once its account is paused."""
    async with asyncio.timeout(20):
        while True:
            async with house.client.session.get(f"{house.client.url}/health") as response:
                health: dict[str, Any] = await response.json()
            if health["accounts"][0]["paused"]:
                return health


async def resume(house: Whole, account: str) -> None:
    url, headers = f"{house.client.url}/api/v1/accounts/{account}/resume", {"mj-api-secret": ADMIN}
    async with house.client.session.post(url, headers=headers) as response:
        assert response.status == 200, await response.text()


@pytest.mark.parametrize(("access", "code", "words"), BEFORE_LOGIN)
async def test_an_account_that_cannot_draw_is_never_connected(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, access: str, code: str, words: str
) -> None:
    async with first_account(tmp_path, access=access) as house:
        health = await paused(house)
        [account], [sentence] = health["accounts"], health["reasons"]
        assert account["paused"].startswith(code)
        assert (account["connected"], account["usable"]) == (False, False)
        assert words in sentence
        assert sentence in [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        async with house.client.session.get(f"{house.client.url}/mj/account/list") as response:
            [listed] = await response.json()
        assert listed["disabledReason"] == sentence
        refused = await house.client.post("trigger/submit", action="IMAGINE", prompt="a dog")
        assert sentence in str(refused)
        # The operator fixes it and resumes: no restart is needed.
        house.simulator.set_account(0, access="full")
        if access == "no_permission":
            house.simulator.add_fault({"kind": "op9"})  # roles are in READY
        await resume(house, account["id"])
        drawn = await house.client.submit(action="IMAGINE", prompt="a dog")
        assert (await house.hooks.until_ended(drawn))[drawn]["status"] == "SUCCESS"


async def test_a_wrong_server_is_named(tmp_path: Path) -> None:
    async with first_account(tmp_path, guild_id="1310000000000000009") as house:
        [sentence] = (await paused(house))["reasons"]
        assert "belongs to another server" in sentence
        assert house.simulator.accounts[0].guild_id in sentence


async def test_a_channel_that_does_not_exist_is_named(tmp_path: Path) -> None:
    async with first_account(tmp_path, channel_id="1320000000000000099") as house:
        [sentence] = (await paused(house))["reasons"]
        assert "knows no such channel" in sentence
        assert "channel 1320000000000000099" in sentence


# ---------------------------------------------------------------- doctor --live


async def live_doctor(simulator: Simulator, folder: Path, *arguments: str) -> Done:
    account, base = simulator.accounts[0], simulator.url
    done = await typed(
        "doctor",
        "--live",
        *arguments,
        DATA_DIR=str(folder),
        PORT=str(free_port()),
        DISCORD_TOKEN=account.token,
        DISCORD_GUILD_ID=account.guild_id,
        DISCORD_CHANNEL_ID=account.channel_id,
        DISCORD_API_BASE=simulator.rest_url,
        DISCORD_GATEWAY_URL=simulator.gateway_url,
        DISCORD_CDN_BASE=base,
        DISCORD_FETCH_BUILD="false",
    )
    assert account.token not in done.out + done.said
    assert "Traceback" not in done.said
    return done


@pytest.mark.parametrize("era", ["2023", "2024", "2026"])
async def test_the_live_check_reports_what_the_account_can_do(tmp_path: Path, era: str) -> None:
    report = tmp_path / "report.jsonl"
    async with Simulator(era=era, localised=era == "2026") as simulator:
        done = await live_doctor(simulator, tmp_path, "--report", str(report))
        secrets = (simulator.accounts[0].token, simulator.accounts[0].user_id, simulator.accounts[0].channel_id)
    for said in (
        "Discord accepts its token",
        "may use commands there",
        "MID_JOURNEY: it offers",
        "MID_JOURNEY /info: plan",
        "MID_JOURNEY /settings: default version",
        "0 of 0 messages",
    ):
        assert said in done.out, done.out
    assert done.code == 0, done.out
    written = report.read_text()
    assert [secret for secret in secrets if secret in written] == []
    assert report.stat().st_mode & 0o777 == 0o600
    replayed = await typed("replay", str(report))
    assert (replayed.code, replayed.said) == (0, ""), replayed.out
    assert "messages are understood" in replayed.out
    assert "0 of 0" not in replayed.out


async def test_the_live_check_says_why_an_account_cannot_draw(tmp_path: Path) -> None:
    async with Simulator() as simulator:
        simulator.set_account(0, access="no_bot")
        done = await live_doctor(simulator, tmp_path)
    assert done.code == 1
    assert "invite the bot" in done.out


async def test_the_live_check_asks_a_running_service(tmp_path: Path) -> None:
    async with served(tmp_path) as (house, environ):
        port = house.client.url.rpartition(":")[2]
        account = house.simulator.accounts[0]
        more = {"DISCORD_TOKEN": "t", "DISCORD_GUILD_ID": account.guild_id, "DISCORD_CHANNEL_ID": account.channel_id}
        done = await typed("doctor", "--offline", "--live", **environ, **more, PORT=port)
        assert "it is asked" in done.out
        assert "is connected and can draw" in done.out, done.out
        assert "/info: " in done.out
        assert house.simulator.state()["counters"]["gateway_op_2"] == 1  # no second session
