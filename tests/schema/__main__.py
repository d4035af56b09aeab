"""Generated requests, by hand: `python -m tests.schema --requests 10000 --seed 5`.

Prints its seed and a summary; the exit code is 1 when anything was wrong. `--each` counts for each operation.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from tests.schema.rounds import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.schema", description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--each", type=int, help="instead: so many for each operation")
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(run(given.requests, given.seed, Path(folder), each=given.each or 0))
    print(report)
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
