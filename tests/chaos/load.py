"""The mixed load: families of tasks around a grid, equal prompts, Chinese ones, pictures and words, and some cancelled.

Contract: asks and waits, and judges nothing. A task that fails ends its family: what would follow from it is not asked
for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from tests.chaos.caller import Caller, Document, Refused
from tests.e2e.test_mj import button
from tests.support.mj_actions import data_url

GROUP = 12  # tasks of one group
_CHINESE = "一只狗在森林里 --ar 16:9"


async def _grid(caller: Caller, number: int) -> None:
    grid = await caller.end_of("imagine", prompt=f"an animal, number {number}")
    if grid["status"] != "SUCCESS":
        return
    await asyncio.gather(
        _single(caller, grid, number),
        caller.end_of("change", taskId=grid["id"], action="VARIATION", index=1 + number % 4),
        caller.end_of("change", taskId=grid["id"], action="REROLL"),
        caller.end_of("change", taskId=grid["id"], action="UPSCALE", index=1 + (number + 2) % 4),
    )


async def _single(caller: Caller, grid: Document, number: int) -> None:
    single = await caller.end_of("change", taskId=grid["id"], action="UPSCALE", index=1 + number % 4)
    if single["status"] != "SUCCESS":
        return
    await asyncio.gather(
        caller.end_of("action", taskId=single["id"], customId=button(single, "Zoom Out 2x")),
        caller.end_of("action", taskId=single["id"], customId=button(single, "⬅️")),
        _dialog(caller, single, number),
    )


async def _dialog(caller: Caller, single: Document, number: int) -> None:
    asked = await caller.submit("action", taskId=single["id"], customId=button(single, "Custom Zoom"))
    await caller.fill(asked, f"wide {number} --zoom 1.7")
    await asked.ended


async def _cancelled(caller: Caller, number: int) -> None:
    asked = await caller.submit("imagine", prompt=f"a regret, number {number}")
    await asyncio.sleep(0.1 * (number % 4))
    await caller.cancel(asked)
    await asked.ended


async def _words(caller: Caller, number: int) -> None:
    kinds: tuple[Callable[[], Awaitable[Document]], ...] = (
        lambda: caller.end_of("describe", base64=data_url(number % 200)),
        lambda: caller.end_of("blend", base64Array=[data_url(number % 200), data_url(number % 200 + 1)]),
        lambda: caller.end_of("shorten", prompt=f"a dog, number {number}, in a very very deep forest"),
    )
    await kinds[number % len(kinds)]()


async def group(caller: Caller, number: int) -> None:
    """Twelve tasks, the first few at once and the others as their parents are done."""
    parts = (
        _grid(caller, number),
        caller.end_of("imagine", prompt="one same dog"),
        caller.end_of("imagine", prompt=_CHINESE),
        _cancelled(caller, number),
        _words(caller, number),
    )
    await asyncio.gather(*map(_to_its_end, parts))


async def _to_its_end(part: Awaitable[object]) -> None:
    with suppress(Refused):  # noted by the caller
        await part
