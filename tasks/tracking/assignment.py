"""Assigns unclaimed drawings to tasks when only the prompt can decide. Pure.

Contract: used when no better key can come: the history of a gap was read, or the interaction id is long overdue. All
drawings are assigned together. Interchangeable tasks share the drawings that fit them; if more drawings fit than there
are such tasks, somebody else drew with the same prompt, and no task gets any: an unknown outcome is better than
somebody else's picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from tasks.domain.events import Keys
from tasks.rules.matching import Candidate, plausible, sameness, snowflake_time


def assign(drawings: Mapping[str, Keys], candidates: Sequence[Candidate], user_id: str | None) -> Mapping[str, str]:
    """Map drawings to task ids. `drawings`: by any name, the keys of the last event about each."""
    fits = {name: plausible(keys, candidates, user_id) for name, keys in drawings.items()}
    members: defaultdict[tuple[object, ...], dict[str, Candidate]] = defaultdict(dict)
    for candidate in candidates:
        members[sameness(candidate.task)][candidate.task.id] = candidate
    claims: defaultdict[tuple[object, ...], list[str]] = defaultdict(list)
    several = set()
    for name, found in fits.items():
        kinds = {sameness(candidate.task) for candidate in found}
        several |= {name} if len(kinds) > 1 else set()
        for kind in kinds:
            claims[kind].append(name)
    taken: dict[str, str] = {}
    for kind, names in claims.items():
        if len(names) <= len(members[kind]) and not several & set(names):
            taken |= _by_send_time({name: drawings[name] for name in names}, members[kind])
    return taken


def _by_send_time(drawings: Mapping[str, Keys], members: Mapping[str, Candidate]) -> dict[str, str]:
    """Assign each drawing to the task with the nearest send time, both in order of creation."""
    names = sorted(drawings, key=lambda name: (_creation_time(drawings[name]), name))
    waiting = sorted(members, key=lambda task_id: (members[task_id].task.start_time or 0, int(task_id)))
    taken: dict[str, str] = {}
    for name in names:
        spare = len(waiting) - (len(names) - len(taken))
        nearest = min(
            waiting[: spare + 1], key=lambda t: abs(_creation_time(drawings[name]) - (members[t].task.start_time or 0))
        )
        taken[name] = nearest
        waiting = waiting[waiting.index(nearest) + 1 :]
    return taken


def _creation_time(keys: Keys) -> int:
    return snowflake_time(keys.interaction_id or "") or keys.sent_at
