"""How long a task may be silent. Pure. Silence is counted in connected time only; work itself has no deadline."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.domain.model import Mode, Task

MINUTE = 60_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadlines:
    """Milliseconds of connected time without a sign of life."""

    no_event: int = 5 * MINUTE
    fast: int = 15 * MINUTE  # fast and turbo, after the first sign of life
    relaxed: int = 180 * MINUTE  # relaxed, queued at MidJourney, or mode unknown
    withdrawn: int = MINUTE  # its message was deleted without a result
    repeat: int = 5_000  # before a free send of unknown outcome is repeated: its answer may be under way
    settle: int = 2 * MINUTE  # before history may prove that a send of unknown outcome did not arrive


def silence_limit(task: Task, deadlines: Deadlines, *, withdrawn: bool) -> int:
    """How long this task may be silent (ms)."""
    if withdrawn:
        return deadlines.withdrawn
    if task.progress.progress_message_id is None:  # blocked accounts get acknowledgements, too
        return deadlines.no_event
    if not task.progress.queued and task.progress.mode in (Mode.FAST, Mode.TURBO):
        return deadlines.fast
    return deadlines.relaxed
