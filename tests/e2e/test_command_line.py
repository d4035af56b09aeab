"""draw, tasks and accounts as real processes against the service on the simulator."""

# ruff: noqa: ASYNC240 - nothing else runs in these loops that could be held up
from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from simulator.data.pictures import read_metadata
from tests.support.command_process import ROOT, SECRET, served, typed


async def test_draw_saves_the_picture_and_tells_its_path_alone(tmp_path: Path) -> None:
    async with served(tmp_path, job_seconds=3.0) as (_, environ):
        out = tmp_path / "pictures"
        done = await typed("draw", "a cat", "--ar", "16:9", "--out", str(out), "--no", "trees,", "water", **environ)
        assert done.code == 0, done.said
        path = Path(done.out.strip())
        assert path.parent == out
        assert [*out.iterdir()] == [path]  # nothing half written beside it
        assert path.name.endswith("-a-cat.webp")
        assert read_metadata(path.read_bytes())["prompt"].startswith("a cat --ar 16:9 --no trees, water")
        assert "drawing: done" in done.said
        assert "%" in done.said
        assert SECRET not in done.out + done.said


async def test_draw_upscales_and_opens(tmp_path: Path) -> None:
    opener = tmp_path / "open.sh"
    opener.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/opened\n')
    opener.chmod(0o755)
    async with served(tmp_path) as (_, environ):
        given = ("draw", "a cat", "--upscale=2", "--upscale", "3", "--open", "--out", str(tmp_path))
        done = await typed(*given, **environ, BROWSER=f"{opener} %s")
        assert done.code == 0, done.said
        first, second = map(Path, done.out.split())
        assert first != second
        assert {read_metadata(path.read_bytes())["job_id"] for path in (first, second)}
        assert (tmp_path / "opened").read_text().split() == [first.as_uri(), second.as_uri()]


async def test_draw_shows_a_bar_on_a_terminal(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, environ):
        ours, theirs = pty.openpty()
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "run.py"), "draw", "a cat", "--out", str(tmp_path),
            env={"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "100", **environ},
            stdout=asyncio.subprocess.PIPE, stderr=theirs,
        )  # fmt: skip
        os.close(theirs)
        seen = b""
        loop = asyncio.get_running_loop()
        while True:
            try:
                part = await loop.run_in_executor(None, os.read, ours, 4096)
            except OSError:  # the other end was closed
                break
            seen += part
        out, _ = await process.communicate()
        os.close(ours)
        assert process.returncode == 0
        assert Path(out.decode().strip()).exists()
        assert "━".encode() in seen


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ([], 2, "the prompt comes first"),
        (["a cat", "--upscale", "7"], 2, "invalid choice"),
        (["a cat --ar 0"], 1, "--ar"),
        (["a cat", "--out", "/dev/null/x"], 1, "--out"),
    ],
)
async def test_draw_says_what_is_wrong(tmp_path: Path, words: list[str], code: int, says: str) -> None:
    async with served(tmp_path) as (_, environ):
        done = await typed("draw", *words, **environ)
        assert (done.code, done.out) == (code, "")
        assert says in done.said
        assert "Traceback" not in done.said


async def test_a_drawing_that_fails_ends_with_1_and_its_reason(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, environ):
        done = await typed("draw", "a cat sim-fail", "--out", str(tmp_path), **environ)
        assert done.code == 1
        assert "failed:" in done.said


async def test_without_a_service_or_its_secret_the_way_out_is_named(tmp_path: Path) -> None:
    gone = await typed("tasks", "--url", "http://127.0.0.1:9", DATA_DIR=str(tmp_path))
    assert (gone.code, gone.out) == (1, "")
    assert "Start it with: python run.py" in gone.said
    async with served(tmp_path) as (world, environ):
        refused = await typed("tasks", **{**environ, "API_SECRET": ""})
        assert refused.code == 1
        assert "Set API_SECRET" in refused.said
        other = await typed("tasks", "--url", f"{world.simulator.url}/nothing", **environ)
        assert other.code == 1
        assert "Traceback" not in other.said


async def test_what_is_no_address_is_told(tmp_path: Path) -> None:
    for url in ("localhost:3000", "mj.example"):
        done = await typed("tasks", "--url", url, DATA_DIR=str(tmp_path))
        assert (done.code, done.out) == (1, "")
        assert f"{url} is not an address" in done.said


async def test_nothing_is_drawn_that_could_not_be_saved(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with served(tmp_path) as (world, environ):
        done = await typed("draw", "a cat", "--out", str(tmp_path / "file" / "below"), **environ)
        assert (done.code, done.out) == (1, "")
        assert "Name another folder with --out." in done.said
        assert world.simulator.interactions == []


async def test_ctrl_c_ends_a_command_without_a_trace(tmp_path: Path) -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        gone.set()

    async with await asyncio.start_server(never_answers, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "run.py"), "tasks", "--url", url,
            env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        await asked.wait()
        process.send_signal(signal.SIGINT)
        _, said = await process.communicate()
        await gone.wait()
    assert (process.returncode, said) == (130, b"")


async def test_tasks_and_accounts_are_listed(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, environ):
        nothing = await typed("tasks", **environ)
        assert (nothing.code, nothing.out, nothing.said) == (0, "", "No tasks found.\n")
        await typed("draw", "a red cat", "--out", str(tmp_path), **environ)
        await typed("draw", "a blue dog sim-fail", "--out", str(tmp_path), **environ)
        everything = await typed("tasks", **environ)
        assert [line.split("\t")[3] for line in everything.out.splitlines()] == ["FAILURE", "SUCCESS"]
        assert "a red cat" in (await typed("tasks", "--status", "success", **environ)).out
        assert (await typed("tasks", "--search", "A RED", **environ)).out.count("\n") == 1
        [document] = json.loads((await typed("tasks", "--json", "--search", "a red", **environ)).out)
        assert document["prompt"] == "a red cat"
        assert (await typed("tasks", "--limit", "0", **environ)).code == 2
        accounts = await typed("accounts", **environ)
        assert accounts.code == 0, accounts.said
        assert accounts.out.split("\t")[1] == "draws"
        assert json.loads((await typed("accounts", "--json", **environ)).out)[0]["running"] is True


async def test_who_has_seen_enough_is_no_error_of_ours(tmp_path: Path) -> None:
    async with served(tmp_path) as (world, environ):
        headers = {"mj-api-secret": SECRET}
        url = f"{world.client.url}/api/v1/trigger/submit?action=IMAGINE&prompt=a+dog"
        async with world.client.session.get(url, headers=headers) as answer:
            assert answer.status == 200
        ours, theirs = os.pipe()
        os.close(ours)  # as `head` does when it has its lines
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "run.py"), "tasks",
            env={"PATH": os.environ["PATH"], **environ}, stdout=theirs, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        os.close(theirs)
        _, said = await process.communicate()
        assert (process.returncode, said) == (1, b"")
