"""From the environment and `.env` files to settings: precedence, accounts, mistakes, the simulator."""

from __future__ import annotations

from pathlib import Path

import pytest

import settings
from settings import (
    ROOT,
    AccountSettings,
    ApiSecret,
    SettingsError,
    load,
)
from tests.support.settings import SECRETS, mistakes, read, write


def test_the_environment_wins_over_dotenv_and_the_first_dotenv_over_the_next(tmp_path: Path) -> None:
    first = write(tmp_path / "first", "PORT=1\nMAX_QUEUE=1\nLOG_LEVEL=\n")
    second = write(tmp_path / "second", "MAX_QUEUE=2\nLOG_LEVEL=debug\n")
    got = read(first, second, tmp_path / "none", PORT="5")
    assert (got.http.port, got.tasks.max_queue, got.log.level) == (5, 1, "DEBUG")


def test_an_empty_value_is_none_and_hides_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / ".env", "API_SECRET=from-the-file\n")
    assert read(path, API_SECRET=" ", PORT='""').http.api_secrets == (ApiSecret(secret="from-the-file"),)


def test_a_dotenv_of_a_windows_editor_with_quotes_comments_and_dollars(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"\xef\xbb\xbfAPI_SECRET='a${b}c'\r\nPORT=81 # the second\r\nexport LOG_FORMAT=json\r\n")
    got = read(path)
    assert (got.http.api_secrets[0].secret, got.http.port, got.log.format) == ("a${b}c", 81, "json")


def test_a_dotenv_that_is_no_text_is_reported(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PORT=\xff\xfe")
    assert "cannot be read" in mistakes(tmp_path / ".env")


def test_names_of_the_reference_work() -> None:
    old = {"SALAI_TOKEN": "t", "SERVER_ID": "1", "CHANNEL_ID": "2", "NUMBER": "12", "baiduAPPID": "a"}
    got = load({**old, "baiduSECRET": "b"}, [])
    assert got.discord.accounts == (AccountSettings(token="t", guild_id="1", channel_id="2", concurrency=12),)
    assert (got.translation.baidu_appid, got.translation.baidu_secret) == ("a", "b")


def test_the_new_name_wins(tmp_path: Path) -> None:
    path = write(tmp_path / ".env", "CONCURRENCY=5\n")
    assert read(path, NUMBER="7").discord.accounts[0].concurrency == 5


def test_data_dir_moves_the_database() -> None:
    assert read(DATA_DIR="/data").storage.database_path == Path("/data/tasks.db")
    assert read(DATA_DIR="/data", DATABASE_PATH="mine.db").storage.database_path == ROOT / "mine.db"


def test_several_accounts_share_what_is_given_once() -> None:
    got = read(DISCORD_TOKEN="'a', b", DISCORD_CHANNEL_ID="3,4", CONCURRENCY="3,12")
    assert got.discord.accounts == (
        AccountSettings(token="a", guild_id="11", channel_id="3", concurrency=3),
        AccountSettings(token="b", guild_id="11", channel_id="4", concurrency=12),
    )


def test_lists_of_unequal_length_are_refused() -> None:
    assert "DISCORD_CHANNEL_ID has 3 values for 2 tokens" in mistakes(DISCORD_TOKEN="a,b", DISCORD_CHANNEL_ID="1,2,3")


def test_without_a_token_both_ways_are_named() -> None:
    text = mistakes(DISCORD_TOKEN="")
    assert "DISCORD_TOKEN=… python run.py" in text
    assert "python run.py --simulator" in text


@pytest.mark.parametrize("token", ["Bot abc", "Bearer abc", "a,,b", "a b", "päss"])
def test_a_token_that_cannot_be_one_is_refused_and_not_shown(token: str) -> None:
    text = mistakes(DISCORD_TOKEN=token)
    assert "DISCORD_TOKEN: the value (not shown)" in text
    assert token not in text


def test_all_mistakes_are_reported_at_once_with_name_value_and_fix() -> None:
    wrong = {
        "PORT": "70000",
        "NUMBER": "0",
        "DISCORD_GUILD_ID": "abc",
        "NOTIFY_HOOK": "ftp://x",
        "DISCORD_GATEWAY_URL": "https://x",
        "ALLOW_ANONYMOUS": "maybe",
        "LOG_LEVEL": "loud",
        "TRANSLATION_TIMEOUT_SECONDS": "nan",
        "HOST": "http://x",
        "CORS_ORIGINS": "https://a.example/path",
        "ALLOWED_HOSTS": "a b",
        "BAIDU_APPID": "1",
    }
    text = mistakes(**wrong)
    assert all(name in text for name in wrong)
    assert (
        "PORT: '70000' is not usable.\n    It must be a whole number from 1 to 65535 (TCP port), or be left out" in text
    )
    assert "NUMBER (the old name of CONCURRENCY)" in text
    assert "BAIDU_SECRET is not set" in text


def test_a_secret_in_the_wrong_line_is_not_shown() -> None:
    token = "MTA4" * 12
    text = mistakes(
        DISCORD_GUILD_ID=token, DISCORD_API_BASE="ftp://me:password@host", PROXY_URL="socks5://me:password@h"
    )
    assert token not in text
    assert "password" not in text


def test_a_caller_needs_no_account() -> None:
    got = settings.load_caller({"PORT": "81", "API_SECRET": "s", "PROXY_URL": "http://p:1"}, [])
    assert got == ("http://127.0.0.1:81", "s", "http://p:1")
    assert settings.load_caller({"API_SECRET": "anna:first,bert:second"}, []).secret == "first"
    with pytest.raises(SettingsError, match="PORT"):
        settings.load_caller({"PORT": "many"}, [])


def test_a_misspelt_name_is_reported_beside_what_is_missing(tmp_path: Path) -> None:
    dotenv = write(tmp_path / ".env", "DISCORD_GULID_ID=1\nDISCORD_TOKEN=hidden\nDISCORD_CHANNEL_ID=2\n")
    with pytest.raises(SettingsError) as caught:
        load({}, [dotenv])
    [missing, slip] = caught.value.mistakes
    assert missing.startswith("DISCORD_GUILD_ID is not set.")
    assert slip == f"{dotenv} sets DISCORD_GULID_ID, which is no setting.\n    Did you mean DISCORD_GUILD_ID?"


def test_the_simulator_needs_no_account_and_reads_nothing_that_leads_outside() -> None:
    got = load(
        {**SECRETS, "DISCORD_API_BASE": "http://proxy.example/api/v9", "MYMEMORY_URL": "http://x"}, [], simulator=True
    )
    assert got.simulator
    assert got.discord.accounts == ()
    assert got.discord == settings.DiscordSettings(fetch_build=False)
    assert got.translation == settings.TranslationSettings()
    assert got.tasks.send_interval_ms == 0
    assert got.hooks.allow_private_hooks
    assert got.storage.database_path == ROOT / "data" / "simulator.db"


def test_the_simulator_keeps_what_is_set() -> None:
    got = load({"DATABASE_PATH": "/tmp/x.db", "SEND_INTERVAL_MS": "7", "ALLOW_PRIVATE_HOOKS": "no"}, [], simulator=True)
    assert got.storage.database_path == Path("/tmp/x.db")
    assert got.tasks.send_interval_ms == 7
    assert not got.hooks.allow_private_hooks
    assert load({"DATA_DIR": "/data"}, [], simulator=True).storage.database_path == Path("/data/simulator.db")


def test_at_simulator_points_everything_there() -> None:
    account = AccountSettings(token="t", guild_id="1", channel_id="2")
    got = settings.at_simulator(load({}, [], simulator=True), "http://127.0.0.1:8765", [account])
    assert got.discord.accounts == (account,)
    assert got.discord.api_base == "http://127.0.0.1:8765/api/v9"
    assert got.discord.gateway_url == "ws://127.0.0.1:8765/gateway"
    assert got.discord.cdn_base == got.discord.upload_base == "http://127.0.0.1:8765"
    assert got.translation.mymemory_url == "http://127.0.0.1:8765/translate"
    assert got.translation.translators == ("mymemory",)  # no other may be asked


def test_what_the_commands_need_is_read_without_an_account() -> None:
    environ = {"DATA_DIR": "/data", "PORT": "no number"}
    assert settings.load_storage(environ, []).database_path == Path("/data/tasks.db")
    assert settings.load_storage(environ, [], simulator=True).database_path == Path("/data/simulator.db")
    assert (
        settings.load_storage(environ | {"DATABASE_PATH": "/x.db"}, [])
        == read(**environ | {"PORT": "1"}, DATABASE_PATH="/x.db").storage
    )
    with pytest.raises(SettingsError, match="PURGE_AT"):
        settings.load_storage({"PURGE_AT": "25:00"}, [])


def test_copies_lie_in_the_data_folder_the_simulator_s_apart() -> None:
    assert read().archive.folder == ROOT / "data" / "images"
    assert read(DATA_DIR="/data").archive.folder == Path("/data/images")
    assert load({"DATA_DIR": "/data"}, [], simulator=True).archive.folder == Path("/data/simulator-images")
    assert read(ARCHIVE_DIR="/x").archive.folder == Path("/x")
