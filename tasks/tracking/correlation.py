"""Correlates an event with a task in flight, while timed-out tasks still wait for late results. Pure.

Contract: a timed-out task keeps its keys. A message that belongs to it by identity never goes to a running task with
the same prompt; a message that may belong to either stays open. Of two interchangeable tasks the running one gets it.
"""

from __future__ import annotations

from tasks.domain.events import DiscordEvent, Finished
from tasks.rules.matching import NOTHING, Match, match
from tasks.tracking.in_flight import InFlightIndex

_NO_IDENTITY = frozenset({"reference", "prompt"})  # keys that several tasks may share


def correlate(event: DiscordEvent, in_flight: InFlightIndex, timed_out: InFlightIndex, user_id: str | None) -> Match:
    """The task in flight that the event belongs to. `user_id`: the Discord user of the account that received it."""
    keys, final = event.keys, isinstance(event, Finished)
    if timed_out.names(keys) and not in_flight.names(keys):
        return NOTHING
    running = in_flight.candidates(keys)
    found = match(keys, running, user_id, final=final)
    if found.by not in _NO_IDENTITY or not timed_out:
        return found
    either = match(keys, [*running, *timed_out.candidates(keys)], user_id, final=final)
    return either if either.ambiguous else found
