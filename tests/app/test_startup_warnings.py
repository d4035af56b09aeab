"""What is told at the start: readable secrets, short ones."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest

from app.accounts_file import parse_account
from app.startup_warnings import startup_warnings
from bot.http.endpoints import Endpoints
from settings import is_open_to_others, load
from tasks.domain.log import TextLines


def told(folder: Path, **environ: str) -> list[str]:
    settings = load({"DATA_DIR": str(folder), **environ}, [], simulator=True)
    return [*startup_warnings(settings, [folder / ".env", folder / "none"])]


def test_files_of_secrets_that_others_can_read_are_told_with_the_mend(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("API_SECRET=unmistakable\n")
    tmp_path.chmod(0o700)
    for mode, is_told in ((0o644, True), (0o640, True), (0o602, True), (0o600, False), (0o400, False)):
        dotenv.chmod(mode)
        assert [f"chmod 600 {dotenv}" in line for line in told(tmp_path)] == [True] * is_told
        assert "unmistakable" not in "".join(told(tmp_path))


def test_a_data_folder_that_is_open_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert [f"chmod 700 {tmp_path}" in line for line in told(tmp_path)] == [True]
    tmp_path.chmod(0o700)
    assert told(tmp_path) == []
    assert not is_open_to_others(tmp_path / "none")


def test_short_secrets_are_among_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    [line] = told(tmp_path, HOST="0.0.0.0", API_SECRET="anna:short")
    assert "API_SECRET of anna" in line


def test_the_file_of_accounts_holds_secrets(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    accounts = tmp_path / "accounts.toml"
    accounts.write_text("")
    accounts.chmod(0o644)
    settings = load({"DATA_DIR": str(tmp_path), "ACCOUNTS_FILE": str(accounts)}, [])
    assert [f"chmod 600 {accounts}" in line for line in startup_warnings(settings, [])] == [True]


def test_a_token_of_the_file_is_masked_as_soon_as_it_is_known(caplog: pytest.LogCaptureFixture) -> None:
    root = logging.getLogger()
    handlers, level, stream = root.handlers[:], root.level, io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextLines(()))
    root.addHandler(handler)
    try:
        account = {"token": "a-token-of-the-file", "guild_id": "1", "channel_id": "2"}
        parse_account({**account, "proxy_url": "http://me:a-password@h:1"}, "It").config(Endpoints())
        logging.getLogger("bot").error("no login with a-token-of-the-file through me:a-password@h")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    assert "no login with *** through ***@h" in stream.getvalue()


def test_what_is_no_folder_is_not_to_be_closed(tmp_path: Path) -> None:
    assert told(Path("/dev/null")) == []
    (tmp_path / "file").touch(mode=0o644)
    assert told(tmp_path / "file") == []


def test_a_slip_in_the_name_of_a_setting_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    dotenv = tmp_path / ".env"
    dotenv.write_text("CONCURENCY=5\nNUMBER=3\nTZ=Asia/Shanghai\n")
    dotenv.chmod(0o600)
    assert told(tmp_path) == [f"{dotenv} sets CONCURENCY, which is no setting: did you mean CONCURRENCY?"]


def test_a_file_of_accounts_that_is_not_there_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    settings = load({"DATA_DIR": str(tmp_path), "ACCOUNTS_FILE": str(tmp_path / "acounts.toml")}, [])
    assert [str(tmp_path / "acounts.toml") in line for line in startup_warnings(settings, [])] == [True]
