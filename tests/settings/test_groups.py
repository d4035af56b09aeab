"""Defaults, frozen groups and the address of the service."""

from __future__ import annotations

import pytest
from curl_cffi.requests.impersonate import DEFAULT_CHROME

import settings
from settings import (
    ROOT,
    AccountSettings,
)
from tests.support.settings import read


def test_the_chrome_to_pass_for_is_the_one_curl_imitates() -> None:
    assert f"chrome{settings.DiscordSettings().chrome_version}" == DEFAULT_CHROME


def test_defaults() -> None:
    got = read()
    assert got.discord.accounts == (AccountSettings(token="secret.token", guild_id="11", channel_id="22"),)
    assert (got.http.host, got.http.port, got.simulator_port) == ("127.0.0.1", 3000, 8765)
    assert got.storage.database_path == ROOT / "data" / "tasks.db"
    assert got.tasks.send_interval_ms == 1000
    assert not got.hooks.allow_private_hooks


def test_groups_are_frozen() -> None:
    with pytest.raises(AttributeError):
        read().http.port = 1  # type: ignore[misc]  # it is frozen


def test_the_address_on_the_screen() -> None:
    assert read(HOST="0.0.0.0", API_SECRET="s").http.address == "http://127.0.0.1:3000"
    assert read(HOST="::1", PORT="80").http.address == "http://[::1]:80"
    assert read(PUBLIC_URL="https://draw.example/").http.address == "https://draw.example"
