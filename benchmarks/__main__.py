"""Runs all benchmarks in sequence: `python -m benchmarks`."""

from __future__ import annotations

import asyncio

from benchmarks import fetch, overhead


async def main() -> None:
    await overhead.main()
    await fetch.main()


if __name__ == "__main__":
    asyncio.run(main())
