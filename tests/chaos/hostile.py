"""A chaos test of a hostile HTTP caller: swollen forms, packed and plain, and connections that say nothing.

Contract: the hostile caller has an address of its own on loopback and, where it is said, a secret of its own. What is
judged is what another caller notices, and how much memory the service takes.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, closing, suppress
from functools import cache, partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from tests.chaos.caller import Caller, Refused
from tests.chaos.house import CONCURRENCY, House, finished, house, secret_of
from tests.chaos.judge import Verdict
from tests.chaos.receiver import KIND

ADDRESS = ("127.0.0.2", 0)  # where the hostile caller is
MALLORY, BERT = "mallory", "bert"
FORM_MB = 60
FIELDS = (b"prompt=a+fox&", b"%41", b"&")  # of which a form is made, over and over: each is dear in its own way
MOST_MS = 100.0  # of a submit, all but one in a hundred
MOST_TIMES = 3.0  # and so many times what it takes while nobody is hostile, where the machine is busy
MOST_MB = 150.0
OBJECTS = "long objects to a submit"
HELD_MB = 64.0  # the bytes of bodies that one caller may have held: MAX_BODY_MB
PAUSE_SECONDS = 0.02  # between two submits
LOOK_SECONDS = 0.02  # between two looks at the memory
Attack = Callable[[House], Awaitable[None]]


async def hostile_caller(
    folder: Path,
    seed: int,
    *,
    forms: int,
    connections: int,
    quiet_seconds: float = 2.0,
    silent_seconds: float = 3.0,
    most_ms: float = MOST_MS,
) -> Verdict:
    """`forms` of each kind at a time, then so many silent `connections`, while Bert goes on submitting."""
    attacks: dict[str, Attack] = {
        "nothing": lambda _: asyncio.sleep(quiet_seconds),
        "packed forms to a stream, without a secret": lambda home: _all(forms, partial(_packed_stream, home)),
        "packed forms to a submit": lambda home: _all(forms, partial(_packed_submit, home)),
        "plain forms to a submit": lambda home: _all(forms, partial(_plain_submit, home)),
        OBJECTS: lambda home: _all(forms, partial(_object_submit, home)),
        "silent connections": lambda home: _silent(home, connections, silent_seconds),
    }
    for number in range(len(FIELDS)):  # made before anything is measured
        _packed(number)
    world: dict[str, Any] = {"foreign": 0, "job_seconds": 0.1, "steps": 1, "concurrency": CONCURRENCY}
    async with house(folder, seed, mood=KIND, names=(BERT, MALLORY), **world) as home:
        await home.service.ready()
        measured = {name: await _measured(home, attack) for name, attack in attacks.items()}
        verdict = await finished(home, asyncio.create_task(_nothing()))
        quiet = measured.pop("nothing")
        verdict.counts["ms to submit, p99, nobody is hostile"] = round(quiet[0])
        for name, (took, megabytes) in measured.items():
            verdict.counts[f"ms to submit, p99, {name}"] = round(took)
            verdict.counts[f"MB, {name}"] = round(megabytes)
            if took > max(most_ms, MOST_TIMES * quiet[0]):
                verdict.complain(f"{name}: another caller's submit took {took:.0f} ms (p99)")
            if megabytes > MOST_MB + (HELD_MB if name == OBJECTS else 0):
                verdict.complain(f"{name}: the service took {megabytes:.0f} MB")
        return verdict


async def _measured(home: House, attack: Attack) -> tuple[float, float]:
    """(p99 in ms of another caller's submits, the most MB) from the beginning of an attack until it is over."""
    took: list[float] = []
    most = [0.0]
    submitting = asyncio.create_task(_submit(home.caller, took), name="another caller")
    looking = asyncio.create_task(_look(home, most), name="look at the memory")
    await attack(home)
    submitting.cancel()  # what it waits for now is measured, too
    looking.cancel()
    await asyncio.gather(submitting, looking, return_exceptions=True)
    took.sort()
    return 1000 * took[int(0.99 * (len(took) - 1))], most[0]


async def _submit(caller: Caller, took: list[float]) -> None:
    while True:
        began = time.monotonic()
        try:
            with suppress(Refused):  # noted by the caller
                await caller.submit("imagine", prompt="a small fox")
        finally:
            took.append(time.monotonic() - began)
        await asyncio.sleep(PAUSE_SECONDS)


async def _look(home: House, most: list[float]) -> None:
    status = Path("/proc") / str(home.service.process.pid) / "status"
    while True:
        line = next(line for line in status.read_text("utf-8").splitlines() if line.startswith("VmRSS"))
        most[0] = max(most[0], int(line.split()[1]) / 1024)
        await asyncio.sleep(LOOK_SECONDS)


# ------------------------------------------------------------ attacks


@cache
def _plain(number: int) -> bytes:
    return FIELDS[number] * (FORM_MB * 2**20 // len(FIELDS[number]))


@cache
def _object() -> bytes:
    return b'{"prompt":"' + b"%41" * (FORM_MB * 2**20 // 3) + b'"}'


@cache
def _packed(number: int) -> bytes:
    return gzip.compress(_plain(number), compresslevel=1)


async def _all(count: int, attack: Callable[[int], Awaitable[None]]) -> None:
    await asyncio.gather(*(attack(number % len(FIELDS)) for number in range(count)))


async def _packed_stream(home: House, number: int) -> None:
    await _say(home, "GET", "/api/v1/events", _packed(number), {"Content-Encoding": "gzip"})


async def _packed_submit(home: House, number: int) -> None:
    secret = {"mj-api-secret": secret_of(MALLORY)}
    await _say(home, "POST", "/mj/submit/imagine", _packed(number), {"Content-Encoding": "gzip", **secret})


async def _plain_submit(home: House, number: int) -> None:
    await _say(home, "POST", "/mj/submit/imagine", _plain(number), {"mj-api-secret": secret_of(MALLORY)})


async def _object_submit(home: House, number: int) -> None:
    """An object may be long, as it may hold pictures: it is read to its end, where there is room for it."""
    headers = {"mj-api-secret": secret_of(MALLORY), "Content-Type": "application/json"}
    await _say(home, "POST", "/mj/submit/imagine", _object(), headers)


async def _say(home: House, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
    """From a thread: what is measured meanwhile must not wait for this."""
    form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    await asyncio.to_thread(_say_now, home.service.port, method, path, body, form)


def _say_now(port: int, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30, source_address=ADDRESS)
    with closing(connection), suppress(OSError, HTTPException):  # refused before it was read, say
        connection.request(method, path, body=body, headers=headers)
        connection.getresponse().read()


async def _silent(home: House, count: int, seconds: float) -> None:
    """They are opened, and nothing is said."""
    with ExitStack() as stack:
        await asyncio.to_thread(_open, home.service.port, count, stack)
        await asyncio.sleep(seconds)


def _open(port: int, count: int, stack: ExitStack) -> None:
    for _ in range(count):
        with suppress(OSError):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5, source_address=ADDRESS))


async def _nothing() -> None:
    """The load is over."""
