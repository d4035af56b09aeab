"""The service as run.py runs it, on a machine that is not as it should be: its clock is set, its disk is slow.

`python -m tests.chaos.instruments [--offset S] [--jumps SEED] [--slow-disk MS] [--sample FILE]`

Contract: the mischief comes from beneath, as from the machine: the clock is exchanged before anything of the service is
loaded, the writer before it is made, and nothing of the service knows. What runs is `run.run`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

DAY = 86_400.0
JUMP_SECONDS = (0.3, 1.5)  # between two
SAMPLE_SECONDS = 5.0

_true_time, _true_time_ns = time.time, time.time_ns
_offset = 0.0


def set_clock(offset: float) -> None:
    """The wall clock is so many seconds ahead from now on; what passes is not touched."""
    global _offset  # noqa: PLW0603 - there is one clock on a machine
    _offset = offset
    time.time = lambda: _true_time() + _offset
    time.time_ns = lambda: _true_time_ns() + int(_offset * 1e9)


def jump_about(seed: int) -> None:
    """A day forth and back and less, for as long as the process lives."""
    chance = Random(seed)

    def jumping() -> None:
        while True:
            time.sleep(chance.uniform(*JUMP_SECONDS))
            set_clock(chance.choice((0.0, DAY, -DAY, 3600.0, -300.0)))

    threading.Thread(target=jumping, name="the machine's clock is set", daemon=True).start()


def slow_down(milliseconds: int) -> None:
    """Every commit waits for the disk, up to so long."""
    from storage.database_port import Statement
    from storage.sqlite import database
    from storage.sqlite.writer import Writer

    class SlowWriter(Writer):
        async def _run(self, statements: Sequence[Statement]) -> None:
            await asyncio.sleep(Random().uniform(0.2, 1.0) * milliseconds / 1000)
            await super()._run(statements)

    setattr(database, "Writer", SlowWriter)  # noqa: B010 - mypy has it that nobody does this


def watch(file: Path) -> None:
    """Writes the number of asyncio's tasks, again and again, as a line each."""
    loops: list[asyncio.AbstractEventLoop] = []

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            loop = super().new_event_loop()
            loops.append(loop)
            return loop

    asyncio.set_event_loop_policy(Policy())

    def counting() -> None:
        while True:
            time.sleep(SAMPLE_SECONDS)
            if loops:
                loops[-1].call_soon_threadsafe(
                    lambda: file.write_text(str(len(asyncio.all_tasks(loops[-1]))), encoding="utf-8")
                )

    threading.Thread(target=counting, name="count the tasks", daemon=True).start()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--offset", type=float, default=0.0)
    parser.add_argument("--jumps", type=int)
    parser.add_argument("--slow-disk", type=int, default=0)
    parser.add_argument("--sample", type=Path)
    given = parser.parse_args()
    set_clock(given.offset)
    if given.jumps is not None:
        jump_about(given.jumps)
    if given.sample is not None:
        watch(given.sample)
    from run import run

    if given.slow_disk:
        slow_down(given.slow_disk)
    return run([])


if __name__ == "__main__":
    sys.exit(main())
