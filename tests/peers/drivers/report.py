"""What every driver needs: what it was given, and the report of its steps as lines of JSON.

Contract: standard library only; it runs in the programs' own virtual environment.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Thread
from typing import Any

GIVEN: dict[str, Any] = json.loads(os.environ["PEER"])
SECONDS = 10.0
# 8 × 8, of one colour
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mPYYqOBFTEMLQkAfV1GAYrfqaIAAAAASUVORK5CYII="
)


def report(step: str, works: bool, seen: object) -> None:
    line = {"step": step, "works": works, "seen": " ".join(str(seen).split())[:200]}
    with Path(GIVEN["report"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def step(name: str, work: Callable[[], Any], seen: Callable[[Any], object] = str) -> Any:
    """Runs one step; what it returned, or None when it failed. `seen` makes a few words of the result."""
    try:
        result = work()
        report(name, True, seen(result))
    except Exception as error:
        report(name, False, f"{type(error).__name__}: {error}")
        return None
    return result


async def astep(
    name: str, work: Callable[[], Awaitable[Any]], seen: Callable[[Any], object] = str, seconds: float = SECONDS
) -> Any:
    """`step` for a coroutine, which has `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            result = await work()
        report(name, True, seen(result))
    except Exception as error:
        report(name, False, f"{type(error).__name__}: {error}")
        return None
    return result


def jobs() -> list[dict[str, Any]]:
    """The simulator's own list of drawings."""
    with urllib.request.urlopen(f"{GIVEN['control']}/jobs") as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


def refusal(work: Callable[[], object]) -> None:
    """Raises what Discord answers the interaction of `work` while commands have new versions. It may go on for long."""
    control("settings", {"versions": "new"})
    before = len(interactions())
    Thread(target=work, daemon=True).start()
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if len(found := interactions()) > before:
            raise RuntimeError(found[-1]["outcome"])
        time.sleep(0.05)
    raise TimeoutError("no interaction came")


def interactions() -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{GIVEN['control']}/interactions") as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


def control(path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(f"{GIVEN['control']}/{path}", json.dumps(body).encode())
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
