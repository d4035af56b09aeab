"""One turn of the tracker becomes durable, whatever one task of it is like.

Contract: a turn is written in one transaction. A database that cannot be written is waited for. A record that the
database refuses (`RecordRefused`), or that nobody can make sense of (a defect), costs its own task alone: the turn is
then written task by task, and that task is set aside with the reason.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.domain.errors import RecordRefused, StoreFailed
from tasks.effects.journal import Journal
from tasks.tracking.unit_of_work import ChangeSet

log = logging.getLogger(__name__)


@dataclass(kw_only=True, slots=True)
class Written:
    """`refused`: task id -> its part of the turn, which is not on disk, and why."""

    parts: list[ChangeSet] = field(default_factory=list)
    refused: dict[str, tuple[ChangeSet, str]] = field(default_factory=dict)


async def write(changes: ChangeSet, journal: Journal, retry_pause: float) -> Written:
    """Return when the turn is on disk, but for what the database refuses. `retry_pause`: seconds between two tries
    while the database cannot be written."""
    written = Written()
    pending: list[tuple[str, ChangeSet]] = [("", changes)]
    while pending:
        task_id, part = pending[0]
        try:
            await _record(part, journal)
        except RecordRefused as error:
            if task_id:
                log.error("the database refuses what happened: %s", error, extra={"task": task_id})
            pending[0:1] = _set_aside(written, task_id, part, error.message.split(" (")[0])
        except StoreFailed as error:
            log.error("cannot write what happened, trying again: %s", error)
            await asyncio.sleep(retry_pause)
        except Exception as error:
            log.exception("what happened could not be written", extra={"task": task_id})
            pending[0:1] = _set_aside(written, task_id, part, f"This is a defect ({type(error).__name__}).")
        else:
            written.parts.append(part)
            pending.pop(0)
    return written


async def _record(changes: ChangeSet, journal: Journal) -> None:
    await journal.record(
        changes.changed,
        marks=list(changes.marks.values()),
        sends=[send for send, _ in changes.follow_ups],
        entries=changes.entries,
    )


def _set_aside(written: Written, task_id: str, part: ChangeSet, reason: str) -> list[tuple[str, ChangeSet]]:
    """What is to be tried instead."""
    if not task_id:
        return list(by_task(part).items())
    written.refused[task_id] = (part, reason)
    return []


def by_task(changes: ChangeSet) -> Mapping[str, ChangeSet]:
    """The same, as one turn for each task."""
    parts: dict[str, ChangeSet] = {}

    def part_of(task_id: str) -> ChangeSet:
        return parts.setdefault(task_id, ChangeSet())

    for task_id, change in changes.changed.items():
        part_of(task_id).changed[task_id] = change
    for nonce, send in changes.marks.items():
        part_of(send.task_id).marks[nonce] = send
    for send, order in changes.follow_ups:
        part_of(send.task_id).follow_ups.append((send, order))
    for entry in changes.entries:
        part_of(entry.task_id).entries.append(entry)
    return parts
