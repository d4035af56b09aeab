"""Delivers events to sessions and applies faults on the way: lost, repeated, late, overtaken, without nonce.

Contract: checks the faults once per event and session. Does not change the world's jobs, messages and interactions:
history stays correct whatever is delivered.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from simulator.world.faults import Fault
from simulator.world.records import SimulatedAccount
from simulator.world.state import World


class EventTarget(Protocol):
    """The part of a session that delivery needs."""

    @property
    def id(self) -> str: ...
    @property
    def account(self) -> SimulatedAccount: ...
    def append(self, event: str, data: str) -> None: ...


class EventDelivery:
    def __init__(self, world: World) -> None:
        self._world = world
        self._timers: set[asyncio.TimerHandle] = set()
        self._held: dict[str, list[tuple[str, str]]] = {}  # by session: events waiting behind a late one

    def reset(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._held.clear()

    def deliver(self, target: EventTarget, event: str, text: str, stage: str, *, without_nonce: str) -> None:
        """`text` is JSON; `without_nonce` is the same for an event without a nonce."""
        if self._matching_fault("event_lost", target, stage):
            return
        if without_nonce is not text and self._matching_fault("no_nonce", target, stage):
            text = without_nonce
        if fault := self._matching_fault("event_overtaken", target, stage):
            self._deliver_later(fault, lambda: self._send(target, event, text))
        else:
            self._send_in_order(target, event, text, stage)
        if fault := self._matching_fault("event_twice", target, stage):
            self._deliver_later(fault, lambda: self._send(target, event, text))

    def _send_in_order(self, target: EventTarget, event: str, text: str, stage: str) -> None:
        if target.id not in self._held and (fault := self._matching_fault("event_late", target, stage)):
            self._held[target.id] = []
            self._deliver_later(fault, lambda: self._release(target))
        self._send(target, event, text)

    def _send(self, target: EventTarget, event: str, text: str) -> None:
        if (held := self._held.get(target.id)) is not None:
            held.append((event, text))
        else:
            target.append(event, text)

    def _release(self, target: EventTarget) -> None:
        for event, text in self._held.pop(target.id, ()):
            target.append(event, text)

    def _matching_fault(self, kind: str, target: EventTarget, stage: str) -> Fault | None:
        return self._world.faults.take(kind, target.account.token, stage=stage)

    def _deliver_later(self, fault: Fault, send: Callable[[], Any]) -> None:
        if fault.values["seconds"] == 0:
            send()
            return

        def due() -> None:
            self._timers.discard(timer)
            send()

        timer = asyncio.get_running_loop().call_later(fault.values["seconds"], due)
        self._timers.add(timer)
