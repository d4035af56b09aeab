"""A smoke test for any installation: `python packaging/smoke.py COMMAND…`, for example `dist/midjourney-api`.

Contract: standard library only. COMMAND runs in an empty folder, with a home that cannot be written and no PATH, on
free loopback ports. Draws from a Chinese prompt, presses U2, restarts with a task in flight, and runs doctor, backup,
check and mcp. Exits with 1 at the first failing step, and prints the time of each.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PATIENCE = 60.0  # seconds
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "smoke", "version": "1"}},
}


class Installed:
    def __init__(self, command: list[str], folder: Path) -> None:
        self.command, self.folder = command, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.environ = {"HOME": "/nonexistent", "PATH": "/nonexistent", "PORT": str(port), "LANG": "C.UTF-8"}

    def run(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder, env=self.environ, input=said, capture_output=True, text=True, timeout=PATIENCE,
            check=False,
        )  # fmt: skip

    @contextlib.contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        with (self.folder / "log").open("ab") as log:
            served = subprocess.Popen(
                [*self.command, "--simulator"], cwd=self.folder, env=self.environ, stdout=log, stderr=log
            )
        try:
            self.until(lambda: self.get("/health/ready")["status"] == "ok")
            yield served
        finally:
            served.send_signal(signal.SIGTERM)
            assert served.wait(10) == 0, "not ended in order"

    def get(self, path: str, **query: str) -> Any:
        url = f"{self.base}{path}{'?' if query else ''}{urllib.parse.urlencode(query)}"
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
            return json.load(answer)

    def submit(self, **query: str) -> str:
        answer = self.get("/api/v1/trigger/submit", **query)
        return str(answer.get("result") or answer.get("taskId"))

    def until(self, is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if is_so():
                    return
            time.sleep(0.1)
        raise AssertionError("waited too long")

    def status(self, task_id: str) -> str:
        return str(self.get("/api/v1/task/fetch", id=task_id, taskId=task_id).get("status"))


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{time.monotonic() - began:6.1f} s  {name}", flush=True)


def main(command: list[str]) -> None:
    if os.sep in command[0]:
        command[0] = str(Path(command[0]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        one = Installed(command, Path(folder))
        with step("--version"):
            assert (
                one.run("--version").stdout.strip() == Path(__file__).parents[1].joinpath("VERSION").read_text().strip()
            )
        with step("start, draw in Chinese with U2, in flight at SIGTERM"), one.serving():
            drawn = one.run("draw", "一只猫，在屋顶上", "--upscale", "2", "--out", "pictures")
            assert drawn.returncode == 0, drawn.stderr
            assert list((one.folder / "pictures").iterdir())
            assert one.run("health").returncode == 0
            left = one.submit(action="IMAGINE", prompt="a dog")
            one.until(lambda: one.status(left) == "IN_PROGRESS")
        with step("restart: its end is reported"), one.serving():
            one.until(lambda: one.status(left) in ("SUCCESS", "FAILURE"))
            with step("backup and check while it runs"):
                copied = one.run("--simulator", "backup", "copy.db")
                assert copied.returncode == 0, copied.stderr
                assert one.run("check", "copy.db").returncode == 0
            with step("mcp"):
                hello = json.loads(one.run("mcp", said=json.dumps(HELLO) + "\n").stdout.splitlines()[0])
                assert hello["result"]["serverInfo"]["version"] == one.run("--version").stdout.strip()
            with step("doctor"):
                assert "Database" in one.run("doctor").stdout
        assert one.run("health").returncode == 1


if __name__ == "__main__":
    main(sys.argv[1:])
