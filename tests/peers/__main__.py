"""`python -m tests.peers [PROGRAM …]`: published programs, unchanged, against the simulator and the service.

Contract: arguments in, one table out; the exit code is 1 when a step gave another result than the table of
expectations says.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from simulator.data.eras import ERAS, NEWEST
from tests.peers import isolation
from tests.peers.expectations import TABLE, Row, read
from tests.peers.installation import install
from tests.peers.programs import NAMES, OF_DISCORD, OF_THE_SERVICE
from tests.peers.runs import run_all

INSIDE = "--inside"


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.peers", description="Published programs against this project.")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=f"any of: {', '.join(NAMES)} (all)")
    parser.add_argument("--keep", action="store_true", help="keep the folder with what the programs printed")
    parser.add_argument("--era", choices=ERAS, default=NEWEST, help=f"generation of messages ({NEWEST})")
    parser.add_argument(INSIDE, action="store_true", help=argparse.SUPPRESS)
    parsed = parser.parse_args(given)
    if unknown := set(parsed.programs) - set(NAMES):
        parser.error(f"no program {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    return parsed


def main(given: Sequence[str]) -> int:
    parsed = arguments(given)
    if parsed.inside:
        isolation.raise_loopback()
    else:
        try:
            install()
        except subprocess.CalledProcessError as error:
            print(f"peers: not run, the programs could not be installed: {' '.join(error.cmd[:4])} … failed")
            return 1
        if isolation.possible():
            isolation.enter("tests.peers", [INSIDE, *given])
    wanted = set(parsed.programs or NAMES)
    programs = [program for program in OF_DISCORD + OF_THE_SERVICE if program.name in wanted]
    skipped = [] if parsed.inside else [program.name for program in programs if program.fixed_hosts]
    programs = [program for program in programs if program.name not in skipped]
    folder = Path(tempfile.mkdtemp(prefix="peers-"))
    began = time.monotonic()
    rows = asyncio.run(run_all(programs, read(TABLE.read_text(encoding="utf-8")), folder, parsed.era))
    print(table(rows))
    if skipped:
        print(f"not run, as this machine gives no namespaces: {', '.join(skipped)}")
    deviations = [row for row in rows if not row.as_expected]
    print(f"peers: {len(rows) - len(deviations)} passed, {len(deviations)} failed ({time.monotonic() - began:.0f} s)")
    if deviations or parsed.keep:
        print(f"what the programs printed: {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if deviations else 0


def table(rows: Sequence[Row]) -> str:
    cells = [("program", "step", "", "result"), *(_cells(row) for row in rows)]
    widths = [max(len(cell[column]) for cell in cells) for column in range(3)]
    return "\n".join(
        "  ".join([*(cell[column].ljust(widths[column]) for column in range(3)), cell[3]]) for cell in cells
    )


def _cells(row: Row) -> tuple[str, str, str, str]:
    remark = f" ({row.remark})" if row.remark else ""
    return row.program, row.step, "ok" if row.as_expected else "DEVIATES", f"{row.result[:110]}{remark}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
