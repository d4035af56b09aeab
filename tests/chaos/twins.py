"""Chaos tests of a process that is not alone or not awake: a second one on the same database, and SIGSTOP for seconds.

Contract: a second process is the one that anybody starts by mistake: `run.py` with the same settings. Only the name of
the database differs, or its lock file was removed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.chaos.house import House, finished, house, mixed_load
from tests.chaos.judge import Verdict
from tests.chaos.receiver import BRISK, GRUMPY, Mood
from tests.e2e.test_process import ROOT, free_port

REFUSED_SECONDS = 10.0  # within which a second process must end by itself
STOPPED_SECONDS = (0.5, 4.0)
RUNNING_SECONDS = (0.2, 1.0)


def _same_name(database: Path) -> Path:
    return database


def _symbolic_link(database: Path) -> Path:
    link = database.with_name("link.db")
    link.symlink_to(database)
    return link


def _linked_folder(database: Path) -> Path:
    folder = database.parent.with_name(f"{database.parent.name}-link")
    folder.symlink_to(database.parent, target_is_directory=True)
    return folder / database.name


def _hard_link(database: Path) -> Path:
    link = database.with_name("hard.db")
    os.link(database, link)
    return link


def _lock_removed(database: Path) -> Path:
    for lock in database.parent.glob(f"{database.name}*lock*"):
        lock.unlink()
    return database


# What the database is called by whoever starts the second process.
WAYS: Mapping[str, Callable[[Path], Path]] = {
    "the same name": _same_name,
    "a symbolic link": _symbolic_link,
    "a linked folder": _linked_folder,
    "a hard link": _hard_link,
    "its lock file removed": _lock_removed,
}


async def second_process(folder: Path, seed: int, *, groups: int, mood: Mood = BRISK) -> Verdict:
    """While the service works, and while it is stopped, too, a second process on its database is refused."""
    async with house(folder / "data", seed, mood=mood) as home:
        await home.service.ready()
        working = asyncio.create_task(mixed_load(home.caller, groups, _at_once), name="the load")
        ran = [way for way, name in WAYS.items() if not await _is_refused(home, name(home.database))]
        home.service.process.send_signal(signal.SIGSTOP)
        try:
            if not await _is_refused(home, home.database):
                ran.append("the same name, while the first is stopped")
        finally:
            home.service.process.send_signal(signal.SIGCONT)
        verdict = await finished(home, working)
        verdict.counts["second processes"] = len(WAYS) + 1
        for way in ran:
            verdict.complain(f"a second process runs on the database by {way}")
        return verdict


async def _is_refused(home: House, database: Path) -> bool:
    """It ends by itself, with an exit code that says so."""
    environ = {**home.environ, "DATABASE_PATH": str(database), "PORT": str(free_port())}
    second = await asyncio.create_subprocess_exec(
        sys.executable, "run.py", cwd=ROOT, env=environ, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(REFUSED_SECONDS):
            return await second.wait() != 0
    except TimeoutError:
        second.kill()
        await second.wait()
        return False


async def stopped(folder: Path, seed: int, *, groups: int, times: int, mood: Mood = GRUMPY) -> Verdict:
    """SIGSTOP for seconds, again and again: what came meanwhile is heard afterwards, all at once."""
    async with house(folder, seed, mood=mood) as home:
        await home.service.ready()
        working = asyncio.create_task(mixed_load(home.caller, groups, _at_once), name="the load")
        for _ in range(times):
            await asyncio.sleep(home.chance.uniform(*RUNNING_SECONDS))
            home.service.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(home.chance.uniform(*STOPPED_SECONDS))
            home.service.process.send_signal(signal.SIGCONT)
        verdict = await finished(home, working)
        verdict.counts["times stopped"] = times
        if verdict.counts["tracebacks"]:
            verdict.complain(f"tracebacks: {home.service.tracebacks[0]}")
        return verdict


async def _at_once(number: int) -> None:
    await asyncio.sleep(0.5 * number)
