"""Which task in flight does this event belong to, where tasks that failed in silence are listened for, too? Pure.

Law: what has failed keeps its keys. A message that is its own by them goes to nobody who runs with the same words; one
that may be its own as well as a running task's is left open. Of two that cannot be told apart the running one gets it.
"""

from __future__ import annotations

from tasks.domain.events import DiscordEvent, Finished
from tasks.rules.matching import NOTHING, Match, match
from tasks.tracking.in_flight import InFlightIndex

_NO_IDENTITY = frozenset({"reference", "prompt"})  # keys that several tasks may share


def correlate(event: DiscordEvent, in_flight: InFlightIndex, timed_out: InFlightIndex, user_id: str | None) -> Match:
    """The task in flight whose event it is; `user_id` is the Discord user of the account that heard it."""
    keys, final = event.keys, isinstance(event, Finished)
    if timed_out.names(keys) and not in_flight.names(keys):
        return NOTHING
    running = in_flight.candidates(keys)
    found = match(keys, running, user_id, final=final)
    if found.by not in _NO_IDENTITY or not timed_out:
        return found
    either = match(keys, [*running, *timed_out.candidates(keys)], user_id, final=final)
    return either if either.ambiguous else found
