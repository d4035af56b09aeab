"""`python -m tests.chaos [ROUND …] [--seed N] [--long]`: rounds of mischief, and a table of what was seen.

Contract: arguments in, rounds in order, numbers out; the exit code says whether anybody complained.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from tests.chaos.backlog import backlog
from tests.chaos.company import full_slots, owner_draws, two_services
from tests.chaos.disk import disk
from tests.chaos.fuzz import grammar, process
from tests.chaos.hooks import hooks
from tests.chaos.hostile import hostile_caller
from tests.chaos.hours import DAYS, FAST, SLOW, jumps, lives_by_other_clocks, slow_disk
from tests.chaos.judge import Verdict
from tests.chaos.kills import kills
from tests.chaos.poison import poison
from tests.chaos.receiver import BRISK
from tests.chaos.soak import soak
from tests.chaos.twins import second_process, stopped
from tests.chaos.wires import ACCEPTED, FALSE_WORDS, NOT_ACCEPTED, wires

MOST_LISTED = 20  # complaints
SOAK = "soak"  # by its name alone: it is long

Round = Callable[[Path, int], Awaitable[Verdict]]

STANDSTILL_MS = 2000.0  # the short round runs in CI, beside anything: it finds a standstill, the long one measures

SHORT: Mapping[str, Round] = {
    "kills": lambda folder, seed: kills(folder, seed, count=8, groups=5),
    "wires": lambda folder, seed: wires(folder, seed, groups=5),
    "disk": lambda folder, seed: disk(folder, seed, groups=2, times=2, mood=BRISK),
    "jumps": lambda folder, seed: jumps(folder, seed, groups=2, mood=BRISK),
    "slow-clock": lambda folder, seed: lives_by_other_clocks(folder, seed, groups=2, lives=3, offsets=SLOW, mood=BRISK),
    "slow-disk": lambda folder, seed: slow_disk(folder, seed, groups=2, milliseconds=200, mood=BRISK),
    "backlog": lambda folder, seed: backlog(folder, seed, count=10_000),
    "grammar": lambda _, seed: grammar(seed, count=20_000),
    "process": lambda folder, seed: process(folder, seed, groups=2, mood=BRISK),
    "owner-draws": lambda folder, seed: owner_draws(folder, seed, tasks=16, hands=(3,), job_seconds=1.0),
    "two-services": lambda folder, seed: two_services(folder, seed, tasks=20, job_seconds=1.0),
    "full-slots": lambda folder, seed: full_slots(folder, seed, times=1),
    "hooks": lambda folder, seed: hooks(folder, seed, tasks=10),
    "poison": lambda folder, seed: poison(folder, seed, groups=1),
    "second-process": lambda folder, seed: second_process(folder, seed, groups=1),
    "stopped": lambda folder, seed: stopped(folder, seed, groups=1, times=2, mood=BRISK),
    "hostile-caller": lambda folder, seed: hostile_caller(
        folder,
        seed,
        forms=3,
        connections=800,
        most_ms=STANDSTILL_MS,
    ),
}
LATENCIES = (100, 300, 600)  # ms
ERAS = ("2023", "2024", "2026")
LONG: Mapping[str, Round] = {
    "kills": lambda folder, seed: kills(folder, seed, count=50, groups=25),
    "wires": lambda folder, seed: wires(
        folder, seed, groups=25, standing=ACCEPTED + NOT_ACCEPTED + FALSE_WORDS, dead=True
    ),
    "disk": lambda folder, seed: disk(folder, seed, groups=15, times=12),
    "jumps": lambda folder, seed: jumps(folder, seed, groups=10),
    "slow-clock": lambda folder, seed: lives_by_other_clocks(folder, seed, groups=5, lives=8, offsets=SLOW),
    "fast-clock": lambda folder, seed: lives_by_other_clocks(folder, seed, groups=5, lives=8, offsets=FAST),
    "days": lambda folder, seed: lives_by_other_clocks(folder, seed, groups=10, lives=15, offsets=DAYS),
    "slow-disk": lambda folder, seed: slow_disk(folder, seed, groups=10, milliseconds=500),
    "backlog": lambda folder, seed: backlog(folder, seed, count=10_000),
    "grammar": lambda _, seed: grammar(seed, count=500_000),
    "process": lambda folder, seed: process(folder, seed, groups=15),
    "owner-draws": lambda folder, seed: owner_draws(
        folder, seed, tasks=70, hands=(1, 5), latencies=LATENCIES, eras=ERAS
    ),
    "two-services": lambda folder, seed: two_services(folder, seed, tasks=300, eras=ERAS),
    "full-slots": lambda folder, seed: full_slots(folder, seed, times=17, equal=True),
    "hooks": lambda folder, seed: hooks(folder, seed, tasks=40, hanging=4),
    "poison": lambda folder, seed: poison(folder, seed, groups=15),
    "second-process": lambda folder, seed: second_process(folder, seed, groups=5),
    "stopped": lambda folder, seed: stopped(folder, seed, groups=10, times=20),
    "hostile-caller": lambda folder, seed: hostile_caller(
        folder, seed, forms=40, connections=2000, quiet_seconds=5.0, silent_seconds=20.0
    ),
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.chaos", description="The service under mischief.")
    parser.add_argument("rounds", nargs="*", metavar="ROUND", help=f"any of: {', '.join(LONG)} (all of these), {SOAK}")
    parser.add_argument("--long", action="store_true", help="the long round; the short one is for every change")
    parser.add_argument("--seed", type=int, help="repeats a run, as far as the machine's timing lets it")
    parser.add_argument("--seconds", type=float, default=1200, help="of the soak (1200)")
    given = parser.parse_args()
    if unknown := set(given.rounds) - {*LONG, SOAK}:
        parser.error(f"no round {', '.join(sorted(unknown))}; there are: {', '.join(LONG)}, {SOAK}")
    return given


def show(name: str, seed: int, seconds: float, verdict: Verdict, folder: Path) -> None:
    print(f"\n{name}: {'as it must be' if not verdict.complaints else 'NOT as it must be'}")
    print(f"  seed {seed}, {seconds:.0f} s, {folder}")
    for what, count in sorted(verdict.counts.items()):
        print(f"  {what:28} {count}")
    for complaint in verdict.complaints[:MOST_LISTED]:
        print(f"  ! {complaint}")
    if len(verdict.complaints) > MOST_LISTED:
        print(f"  ! and {len(verdict.complaints) - MOST_LISTED} more")
    sys.stdout.flush()


async def run(given: argparse.Namespace) -> int:
    rounds: dict[str, Round] = {**(LONG if given.long else SHORT), SOAK: partial(soak, seconds=given.seconds)}
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    place = Path(tempfile.mkdtemp(prefix="chaos-"))
    print(f"seed {seed}; what the service said is in {place}", flush=True)
    complaints: list[str] = []
    for name in given.rounds or [name for name in rounds if name != SOAK]:
        began = time.monotonic()
        verdict = await rounds[name](place / name, seed)
        show(name, seed, time.monotonic() - began, verdict, place / name)
        complaints += [f"{name}: {complaint}" for complaint in verdict.complaints]
    print("\n" + summary(complaints), flush=True)
    return 1 if complaints else 0


def summary(complaints: Sequence[str]) -> str:
    """The last lines of the output, which a log that was cut short still has."""
    if not complaints:
        return "every round: as it must be"
    return "\n".join((f"{len(complaints)} complaints:", *(f"  ! {each}" for each in complaints[:MOST_LISTED])))


if __name__ == "__main__":
    sys.exit(asyncio.run(run(arguments())))
