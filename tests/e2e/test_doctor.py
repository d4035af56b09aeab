"""doctor as a real process: a sound installation, and each thing that can be wrong with one."""

# ruff: noqa: ASYNC240 - nothing else runs in these loops that could be held up
from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from email.utils import formatdate
from pathlib import Path

import pytest
from aiohttp import web

from simulator import Simulator
from storage.facts import Facts
from storage.sqlite.database import Database
from tests.e2e.test_process import free_port
from tests.support.command_process import Done, environment_of, served, typed
from tests.support.database_dump import FACT
from tests.support.web_server import loopback


@asynccontextmanager
async def somebody(status: int = 200, ahead: int = 0) -> AsyncIterator[str]:
    """A server that answers everything alike; its clock is `ahead` seconds ahead."""

    async def answer(_: web.Request) -> web.Response:
        date = formatdate(time.time() + ahead, usegmt=True)
        return web.json_response({"url": "wss://x"}, status=status, headers={"Date": date})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with loopback(app) as base:
        yield base


async def doctor(folder: Path, *arguments: str, **environ: str) -> Done:
    async with Simulator() as simulator:
        given = environment_of(simulator, folder, **{"PORT": str(free_port()), **environ})
        done = await typed("doctor", *arguments, **given)
    assert given["DISCORD_TOKEN"] not in done.out + done.said
    assert "Traceback" not in done.said
    return done


async def test_a_sound_installation(tmp_path: Path) -> None:
    async with Database(tmp_path / "tasks.db") as database:
        await Facts(database).save([FACT])
    done = await doctor(tmp_path)
    assert "Learned: MID_JOURNEY parameter refused: --oref with --v 8.2: `--oref` is not compatible" in done.out
    assert (done.code, done.said) == (0, ""), done.out
    for said in (
        "Python 3.",
        "as pinned",
        "shape of a token",
        "GiB free",
        "sound",
        "is free",
        "Discord: 127",
        "Clock",
    ):
        assert said in done.out
    assert done.out.endswith("No problems found.\n")
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


async def test_the_running_service_is_known_and_its_troubles_told(tmp_path: Path) -> None:
    async with served(tmp_path) as (world, environ):
        port = world.client.url.rpartition(":")[2]
        done = await doctor(tmp_path, "--offline", **{**environ, "PORT": port})
        assert f"The service runs on 127.0.0.1:{port}." in done.out
        assert environ["API_SECRET"] not in done.out
        assert "Discord:" not in done.out


async def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    done = await typed(
        "doctor", "--offline", DATA_DIR=str(tmp_path), PORT="many", DISCORD_TOKEN="secret-in-the-token x"
    )
    assert done.code == 1
    assert "WRONG PORT: 'many' is not usable." in done.out
    assert "→ It must be a whole number from 1 to 65535" in done.out
    assert "in-the-token" not in done.out + done.said
    assert "GiB free" in done.out  # what can be looked at is looked at all the same


TOKEN = "MTEwODMwMjE2ODAxMzkzODY4OA.GzABCD.abcdefghijklmnopqrstuvwxyz0123456789AB"


@pytest.mark.parametrize(
    ("text", "says", "code"),
    [
        (f'[[account]]\ntoken = "{TOKEN}"\nchannel_id = "1"\n', "account 1: token has the shape of a token", 0),
        ('[[account]]\ntoken = "hidden-token"\nchannel_id = "1"\n', "account 1: token does not have the shape", 0),
        ("# none yet\n", "names no account", 0),
        (None, "No account is configured", 0),
        ('[[account]]\ntoken = "hidden-token"\n', "account 1: channel_id missing", 1),
        ('[[account]]\ntoken = "hidden-token\n', "is not valid TOML in line 2", 1),
        ('[account]\ntoken = "hidden-token"\n', "something other than accounts", 1),
        ('[[acount]]\ntoken = "hidden-token"\n', "something other than accounts", 1),
    ],
)
async def test_the_file_of_accounts(tmp_path: Path, text: str | None, says: str, code: int) -> None:
    file = tmp_path / "accounts.toml"
    if text is not None:
        file.write_text(text)
        file.chmod(0o600)
    environ = {"DATA_DIR": str(tmp_path), "ACCOUNTS_FILE": str(file), "PORT": str(free_port())}
    done = await typed("doctor", "--offline", **environ)
    assert (done.code, done.said) == (code, ""), done.out
    assert says in done.out
    assert "hidden" not in done.out
    assert TOKEN not in done.out


async def test_another_program_on_the_port(tmp_path: Path) -> None:
    async with somebody() as url:
        done = await doctor(tmp_path, PORT=url.rpartition(":")[2], API_SECRET="not-for-strangers")
    assert done.code == 1
    assert "Another program holds" in done.out


@pytest.mark.parametrize(
    ("environ", "says", "code"),
    [
        ({"DISCORD_API_BASE": "http://127.0.0.1:9/api/v9"}, "cannot be reached directly: no connection", 1),
        ({"DISCORD_API_BASE": "http://discord.invalid/api/v9"}, "the name does not resolve", 1),
        ({"PROXY_URL": "http://me:proxypass@127.0.0.1:9"}, "cannot be reached through PROXY_URL", 1),
        ({"DISCORD_TOKEN": "no-token-at-all"}, "does not have the shape of a user token", 0),
    ],
)
async def test_the_way_to_discord(tmp_path: Path, environ: dict[str, str], says: str, code: int) -> None:
    done = await doctor(tmp_path, **environ)
    assert says in done.out
    assert done.code == code
    assert "proxypass" not in done.out + done.said


@pytest.mark.parametrize(
    ("ahead", "says", "code"),
    [
        (3000, r"(29|30)\d\d s behind", 1),
        (-3000, r"(29|30)\d\d s ahead", 1),
        (30, r"[23]\d s behind", 0),
        (0, "agrees with Disc", 0),
    ],
)
async def test_a_clock_that_is_wrong(tmp_path: Path, ahead: int, says: str, code: int) -> None:
    async with somebody(ahead=ahead) as url:
        done = await doctor(tmp_path, DISCORD_API_BASE=url)
    assert re.search(rf"(This machine's clock is|Clock:) {says}", done.out), done.out
    assert done.code == code


async def test_discord_locks_out(tmp_path: Path) -> None:
    async with somebody(status=403) as url:
        done = await doctor(tmp_path, DISCORD_API_BASE=url)
    assert "answers HTTP 403" in done.out
    async with somebody(status=407) as url:
        done = await doctor(tmp_path, PROXY_URL=url)
    assert done.code == 1
    assert "The proxy requires a password" in done.out


async def test_a_database_that_is_damaged_newer_or_open_to_others(tmp_path: Path) -> None:
    path = tmp_path / "tasks.db"
    async with Database(path):
        pass
    path.chmod(0o644)
    assert f"chmod 600 {path}" in (await doctor(tmp_path, "--offline")).out
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("PRAGMA user_version = 99")
    done = await doctor(tmp_path, "--offline")
    assert done.code == 1
    assert "newer version" in done.out
    path.write_bytes(b"this is no database at all" * 100)
    done = await doctor(tmp_path, "--offline")
    assert done.code == 1
    assert "SQLITE_NOTADB" in done.out
