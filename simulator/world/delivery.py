"""The way of an event to a session, and what may befall it there: lost, told twice, late, overtaken, without its nonce.

Contract: asks the faults once for each event and session. What the world knows of jobs, messages and interactions is
not touched: history tells the truth whatever was told here.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from simulator.world.faults import Fault
from simulator.world.records import SimulatedAccount
from simulator.world.state import World


class Hearer(Protocol):
    """A session, seen from here."""

    @property
    def id(self) -> str: ...
    @property
    def account(self) -> SimulatedAccount: ...
    def append(self, event: str, data: str) -> None: ...


class EventDelivery:
    def __init__(self, world: World) -> None:
        self._world = world
        self._timers: set[asyncio.TimerHandle] = set()
        self._held: dict[str, list[tuple[str, str]]] = {}  # by session: what waits behind a late event

    def reset(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._held.clear()

    def deliver(self, hearer: Hearer, event: str, text: str, stage: str, *, without_nonce: str) -> None:
        """`text` as JSON; the other is the same where the event has no nonce."""
        if self._met("event_lost", hearer, stage):
            return
        if without_nonce is not text and self._met("no_nonce", hearer, stage):
            text = without_nonce
        if fault := self._met("event_overtaken", hearer, stage):
            self._later(fault, lambda: self._tell(hearer, event, text))
        else:
            self._in_order(hearer, event, text, stage)
        if fault := self._met("event_twice", hearer, stage):
            self._later(fault, lambda: self._tell(hearer, event, text))

    def _in_order(self, hearer: Hearer, event: str, text: str, stage: str) -> None:
        if hearer.id not in self._held and (fault := self._met("event_late", hearer, stage)):
            self._held[hearer.id] = []
            self._later(fault, lambda: self._release(hearer))
        self._tell(hearer, event, text)

    def _tell(self, hearer: Hearer, event: str, text: str) -> None:
        if (held := self._held.get(hearer.id)) is not None:
            held.append((event, text))
        else:
            hearer.append(event, text)

    def _release(self, hearer: Hearer) -> None:
        for event, text in self._held.pop(hearer.id, ()):
            hearer.append(event, text)

    def _met(self, kind: str, hearer: Hearer, stage: str) -> Fault | None:
        return self._world.faults.take(kind, hearer.account.token, stage=stage)

    def _later(self, fault: Fault, tell: Callable[[], Any]) -> None:
        if fault.values["seconds"] == 0:
            tell()
            return

        def due() -> None:
            self._timers.discard(timer)
            tell()

        timer = asyncio.get_running_loop().call_later(fault.values["seconds"], due)
        self._timers.add(timer)
