"""The account's own user, who draws by hand in the same channel from another session.

Contract: speaks Discord's wire as any client does, and remembers by which nonces it asked, so that the judge knows what
is nobody's task.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simulator import Simulator
from tests.support.discord_wire_client import Wire, connected

HAND = "the owner's own drawing"
REFUSAL = {"kind": "trouble", "name": "banned", "times": 1}
EARLY_SECONDS = 0.01


class Hand:
    def __init__(self, wire: Wire) -> None:
        self.nonces: dict[str, str] = {}  # as the judge takes them
        self._wire = wire

    async def draw(self, prompt: str) -> None:
        await self._post(await self._wire.imagine_body(prompt))

    async def draw_refused(self, prompt: str) -> None:
        """MidJourney answers "Banned prompt". Rarely another command is heard before it, and is refused instead."""
        body = await self._wire.imagine_body(prompt)
        await asyncio.gather(self._post(body), self._refuse())

    async def _refuse(self) -> None:
        """The next command that MidJourney hears, from shortly before it hears this one."""
        simulator = self._wire.simulator
        await asyncio.sleep(max(0.0, simulator.state()["settings"]["latency_ms"] / 1000 - EARLY_SECONDS))
        simulator.add_fault(REFUSAL)

    async def _post(self, body: dict[str, object]) -> None:
        self.nonces[str(body["nonce"])] = HAND
        status, _ = await self._wire.call("POST", "/interactions", json=body)
        assert status == 204 or status >= 500, f"the owner's command was answered {status}"


@asynccontextmanager
async def drawing_by_hand(simulator: Simulator) -> AsyncIterator[Hand]:
    async with connected(simulator) as wire:
        yield Hand(wire)
