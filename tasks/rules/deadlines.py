"""When silence means the end. Pure. Silence is counted in connected time only; work itself has no deadline."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.domain.model import Mode, Task

MINUTE = 60_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadlines:
    """Milliseconds of connected time without a sign of life."""

    nothing_heard: int = 5 * MINUTE
    fast: int = 15 * MINUTE  # fast and turbo, once heard
    relaxed: int = 180 * MINUTE  # relaxed, queued at MidJourney, or mode not yet known
    withdrawn: int = MINUTE  # its message was deleted and no result came
    repeat: int = 5_000  # a free send of unknown outcome, before it is made again: its answer may be on its way
    settle: int = 2 * MINUTE  # a send of unknown outcome, before history may prove that it did not arrive


def silence_limit(task: Task, deadlines: Deadlines, *, withdrawn: bool) -> int:
    """How long this task may be silent (ms)."""
    if withdrawn:
        return deadlines.withdrawn
    if task.progress.progress_message_id is None:  # an acknowledgement alone is no work: blocked accounts get one, too
        return deadlines.nothing_heard
    if not task.progress.queued and task.progress.mode in (Mode.FAST, Mode.TURBO):
        return deadlines.fast
    return deadlines.relaxed
