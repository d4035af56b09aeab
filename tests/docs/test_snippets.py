"""What the pages have besides commands: programs and files to copy do what the page says of them."""

from __future__ import annotations

import ast
import inspect
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.accounts_file import AccountsFile
from settings import AccountSettings, at_simulator, load
from simulator import Simulator
from tests.docs.blocks import blocks_of, documents
from tests.support.discord_wire_client import connected


def blocks(language: str) -> list[Any]:
    found = [block for page in documents() for block in blocks_of(page) if block.language == language]
    return [pytest.param(block.code, id=block.where) for block in found]


def only(page: str, language: str) -> list[str]:
    return [block.code for block in blocks_of(page) if block.language == language]


@pytest.mark.parametrize("code", blocks("yaml"))
def test_yaml_can_be_read(code: str) -> None:
    assert yaml.safe_load(code)


@pytest.mark.parametrize("code", blocks("toml"))
def test_toml_can_be_read(code: str) -> None:
    assert tomllib.loads(code)


@pytest.mark.parametrize("code", blocks("python"))
def test_python_can_be_read(code: str) -> None:
    assert compile(code, "the page", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_the_account_of_the_page_is_taken_whole(tmp_path: Path) -> None:
    [code] = only("docs/accounts.md", "toml")
    file = tmp_path / "accounts.toml"
    file.write_text(
        code.replace("…", "t", 1).replace("1077…", "1077000000000000001").replace("1108…", "1108000000000000001")
    )
    [account] = AccountsFile(file).read()
    assert (account.name, account.concurrency, account.hours) == ("studio", 12, "08:00-22:30")


async def test_the_env_for_the_simulator_leads_there_as_the_built_in_one_is_led(tmp_path: Path) -> None:
    [code] = only("docs/simulator.md", "ini")
    (tmp_path / ".env").write_text(code)
    read = load({}, [tmp_path / ".env"])
    async with Simulator() as simulator:
        account = simulator.accounts[0]
    given = AccountSettings(token=account.token, guild_id=account.guild_id, channel_id=account.channel_id)
    led = at_simulator(read, "http://127.0.0.1:8765", [given])
    assert (read.discord, read.translation) == (led.discord, led.translation)
    assert read.discord.fetch_build is False  # nobody else is asked


async def test_the_simulator_runs_inside_a_python_test() -> None:
    """The page's lines, with a client that is as bare as the wire in place of the reader's."""
    names: dict[str, Any] = {}

    class YourClient:
        def __init__(self, *, api: str, gateway: str, token: str) -> None:
            self._simulator = names["simulator"]
            assert (api, gateway) == (self._simulator.rest_url, self._simulator.gateway_url)
            assert token == self._simulator.accounts[0].token

        async def imagine(self, prompt: str) -> None:
            async with connected(self._simulator) as wire:
                await wire.imagine(prompt)

    names["YourClient"] = YourClient
    [code] = only("docs/simulator.md", "python")
    ran = eval(compile(code, "docs/simulator.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    assert inspect.isawaitable(ran)
    await ran
    assert [job["status"] for job in names["simulator"].jobs] == ["finished"]
