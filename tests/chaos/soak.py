"""Round 6: hours of ordinary work in small. Memory, files, asyncio's tasks and latency are sampled, and must stay flat.

Contract: what counts is the second half, when caches are full: a line is laid through it, and its rise is judged.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import load
from tests.chaos.hours import INSTRUMENTS
from tests.chaos.house import House, finished, house
from tests.chaos.judge import Verdict
from tests.chaos.receiver import KIND, Mood

WORKERS = 4  # each with a group of the load: enough to keep twelve drawings going
SAMPLES = 120  # in all, at most five a second

# What may be gained from the middle to the end. SQLite's mapped file is not counted.
MOST_MB = 12.0
MOST_FILES = 6.0
MOST_TASKS = 25.0
MOST_LATENCY = 2.0  # times, and a little more: others may use the machine, too
SPARE_MS = 50
FEWEST = 8  # samples: fewer make no line


@dataclass(frozen=True, kw_only=True)
class Sample:
    at: float  # seconds since the beginning
    megabytes: float
    files: int
    tasks: int
    submit_ms: float

    def __str__(self) -> str:
        load = f"{self.megabytes:6.1f} MB  {self.files:3} files  {self.tasks:3} tasks"
        return f"{self.at:6.0f} s  {load}  {self.submit_ms:6.1f} ms to submit"


async def soak(folder: Path, seed: int, *, seconds: float, mood: Mood = KIND) -> Verdict:
    counter = folder / "tasks.txt"
    program = (*INSTRUMENTS, "--sample", str(counter))
    async with house(folder, seed, mood=mood, program=program, job_seconds=1.0) as home:
        await home.service.ready()
        end = time.monotonic() + seconds
        working = asyncio.create_task(_work(home, end), name="the load")
        samples = await _sampled(home, counter, seconds)
        for sample in samples[:: max(1, len(samples) // 10)]:
            print(f"  {sample}", flush=True)
        verdict = await finished(home, working)
    _judge(verdict, samples)
    verdict.counts["seconds"] = round(seconds)
    return verdict


async def _work(home: House, end: float) -> None:
    async def worker(first: int) -> None:
        number = first
        while time.monotonic() < end:
            await load.group(home.caller, number)
            number += WORKERS

    async with asyncio.TaskGroup() as group:
        for first in range(WORKERS):
            group.create_task(worker(first), name=f"worker {first}")


async def _sampled(home: House, counter: Path, seconds: float) -> list[Sample]:
    samples: list[Sample] = []
    began, pause = time.monotonic(), max(0.2, seconds / SAMPLES)
    while (at := time.monotonic() - began) < seconds or len(samples) < FEWEST:
        await asyncio.sleep(pause)
        asked = time.monotonic()
        await home.caller.submit("imagine", prompt="one same dog")
        took = time.monotonic() - asked
        place = Path("/proc") / str(home.service.process.pid)
        tasks = 0
        with suppress(OSError, ValueError):  # not yet counted
            tasks = int(counter.read_text("utf-8"))
        samples.append(
            Sample(
                at=at,
                megabytes=_anonymous_kb(place) / 1024,
                files=len(list((place / "fd").iterdir())),
                tasks=tasks,
                submit_ms=1000 * took,
            )
        )
    return samples


def _anonymous_kb(place: Path) -> int:
    lines = (place / "status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1])


def _judge(verdict: Verdict, samples: Sequence[Sample]) -> None:
    half = samples[len(samples) // 2 :]
    for name, most, values in (
        ("MB", MOST_MB, [sample.megabytes for sample in half]),
        ("files", MOST_FILES, [float(sample.files) for sample in half]),
        ("tasks", MOST_TASKS, [float(sample.tasks) for sample in half]),
    ):
        gained = gain([sample.at for sample in half], values)
        verdict.counts[f"{name} at the end"] = round(values[-1])
        verdict.counts[f"{name} gained in the second half"] = round(gained)
        if gained > most:
            verdict.complain(f"{gained:.1f} {name} were gained in the second half; {most} are allowed")
    quarter = samples[len(samples) // 4 : len(samples) // 2]
    before = statistics.median(sample.submit_ms for sample in quarter)
    after = statistics.median(sample.submit_ms for sample in half)
    verdict.counts["median us to submit, second half"] = round(1000 * after)
    if after > MOST_LATENCY * before + SPARE_MS:
        verdict.complain(f"a submit took {before:.1f} ms first, and {after:.1f} ms later")


def gain(times: Sequence[float], values: Sequence[float]) -> float:
    """By how much the straight line through the values rises from the first to the last."""
    slope, _ = statistics.linear_regression(times, values)
    return float(slope) * (times[-1] - times[0])
