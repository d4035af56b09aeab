"""Imports finished drawings of Midjourney-node-api: `python run.py import FILE`. Their U and V buttons keep working.

Contract: a record is imported only if it is usable: SUCCESS, with its Discord message and MidJourney job. No record is
imported twice, and no bad line stops the import. Midjourney-node-api stored no buttons; it built their ids from the job
id. So an imported grid gets such ids, and its notes state this. Everywhere else buttons are found, never built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from storage import sql
from storage.database_port import SqlDatabase, Statement
from storage.legacy_import import nedb
from storage.records import is_old_id, json_list, row_of
from tasks.domain.clock import SystemClock
from tasks.domain.errors import StoreFailed
from tasks.domain.ids import IDS_PER_MS
from tasks.domain.model import Action, Button, Image, Lane, Phase, Status, Task, TaskProgress, TaskRequest, TaskResult
from tasks.domain.ports import Clock
from tasks.rules.matching import DISCORD_EPOCH, snowflake_time

BATCH = 200  # tasks committed together

_JOB = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MESSAGE = re.compile(r"[0-9]{15,20}")
_ACTIONS = (Action.IMAGINE, Action.VARIATION, Action.UPSCALE)

NOTE = "Imported from Midjourney-node-api."
NOTE_BUTTONS = "Imported from Midjourney-node-api; its button ids are built from the job id, as that service did."


@dataclass(kw_only=True)
class Report:
    """The outcome of an import, line by line."""

    lines: int = 0
    imported: int = 0
    known: int = 0  # imported earlier
    deleted: int = 0
    unfinished: int = 0  # failed, or never finished
    unusable: list[tuple[int, str]] = field(
        default_factory=list
    )  # finished, but fields needed to act on it are missing
    bad: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Found:
    """An importable task and the place of its line."""

    time: int
    place: tuple[int, int]
    old_id: str


async def import_file(path: Path, database: SqlDatabase, account: str, clock: Clock | None = None) -> Report:
    """Import the file. `account` is the account that drew in the file's channel.

    Raises StoreFailed when the file cannot be read or the database cannot be written. Committed batches stay, and
    calling again continues from there.
    """
    now = (clock or SystemClock()).now()
    try:
        index = nedb.index_of(path)
        report = Report(lines=index.lines, deleted=index.deleted, bad=index.bad)
        found = sorted(_usable(path, index, report, now), key=lambda each: (each.time, each.place))
        importer = _Importer(path, database, account, report)
        for start in range(0, len(found), BATCH):
            await importer.take_over(found[start : start + BATCH])
    except nedb.BadLine as error:
        raise StoreFailed(
            f"{path} changed during the import.", hint="Stop the old service, then import again."
        ) from error
    except OSError as error:
        raise StoreFailed(
            f"{path} cannot be read: {error.strerror}.", hint="Give the path of the old service's database file."
        ) from error
    return report


def _usable(path: Path, index: nedb.Index, report: Report, now: int) -> Iterator[_Found]:
    for (old_id, place), (number, document) in zip(
        index.places.items(), nedb.documents(path, index.places.values()), strict=True
    ):
        if document.get("status") != Status.SUCCESS:
            report.unfinished += 1
        elif wrong := _missing_part(old_id, document):
            report.unusable.append((number, wrong))
        else:
            yield _Found(time=min(_time_of(document), now), place=place, old_id=old_id)


def _missing_part(old_id: str, document: nedb.Document) -> str:
    """Names a missing field that later actions need; "" when the record is complete."""
    if not is_old_id(old_id):
        return "its _id has an unknown form"
    if document.get("action") not in _ACTIONS:
        return "its action is unknown"
    if not _MESSAGE.fullmatch(_text(document, "taskId")):
        return "taskId has no Discord message"
    if not _JOB.fullmatch(_text(document, "hash").lower()):
        return "hash has no job"
    return ""


class _Importer:
    def __init__(self, path: Path, database: SqlDatabase, account: str, report: Report) -> None:
        self._path = path
        self._database = database
        self._account = account
        self._report = report
        self._last = 0  # the last id assigned

    async def take_over(self, batch: Sequence[_Found]) -> None:
        """Import one batch in one transaction."""
        rows = await self._database.read(sql.KNOWN_OLD_IDS, (json_list(each.old_id for each in batch),))
        known = {old_id for (old_id,) in rows}
        new = [each for each in batch if each.old_id not in known]
        read = nedb.documents(self._path, [each.place for each in new])
        tasks = [
            _task(await self._new_id(each.time), each, document, self._account)
            for each, (_, document) in zip(new, read, strict=True)
        ]
        if tasks:
            old_ids = [(each.old_id, int(task.id)) for each, task in zip(new, tasks, strict=True)]
            await self._database.write(
                Statement(sql.INSERT_TASK, [*map(row_of, tasks)]), Statement(sql.INSERT_OLD_ID, old_ids)
            )
        self._report.known += len(known)
        self._report.imported += len(tasks)

    async def _new_id(self, time: int) -> str:
        """A new id, rising with time as the service assigns them. Skips ids of existing tasks."""
        self._last = max(time * IDS_PER_MS, self._last + 1)
        while await self._database.read(sql.IS_TAKEN, (self._last,)):
            self._last += 1
        return str(self._last)


def _task(id_: str, found: _Found, document: nedb.Document, account: str) -> Task:
    action, job_id = Action(document["action"]), _text(document, "hash").lower()
    is_grid = action is not Action.UPSCALE
    picture = next((url for name in ("uri", "imageUrl") if (url := _text(document, name)).startswith("http")), "")
    prompt, prompt_en = _text(document, "prompt"), _text(document, "promptEn")
    index = _text(document, "index")
    return Task(
        id=id_,
        request=TaskRequest(
            action=action,
            prompt=prompt,
            index=int(index) if index in ("1", "2", "3", "4") else None,
            state=_text(document, "state"),
            notify_hook=_text(document, "notifyHook"),
            submit_time=found.time,
        ),
        progress=TaskProgress(echoed_prompt=_text(document, "content"), job_id=job_id, percent=100),
        result=TaskResult(
            finish_time=_moment(document, "finishTime") or found.time,
            message_id=_text(document, "taskId"),
            image=Image(url=picture) if picture else None,
            buttons=_grid_buttons(job_id) if is_grid else (),
        ),
        prompt_en=prompt_en or prompt,
        content=_text(document, "content"),
        start_time=found.time,
        status=Status.SUCCESS,
        phase=Phase.OVER,
        lane=Lane.DRAW if is_grid else Lane.QUICK,
        account=account,
        notes=(NOTE_BUTTONS if is_grid else NOTE,),
    )


def _grid_buttons(job_id: str) -> tuple[Button, ...]:
    """The buttons that every grid of that time had."""
    four = (1, 2, 3, 4)
    ups = [_button(f"MJ::JOB::upsample::{n}::{job_id}", f"U{n}", Action.UPSCALE, n, is_quick=True) for n in four]
    variations = [_button(f"MJ::JOB::variation::{n}::{job_id}", f"V{n}", Action.VARIATION, n) for n in four]
    again = Button(custom_id=f"MJ::JOB::reroll::0::{job_id}::SOLO", emoji="🔄", does=Action.REROLL)
    return (*ups, again, *variations)


def _button(custom_id: str, label: str, does: Action, index: int, *, is_quick: bool = False) -> Button:
    return Button(custom_id=custom_id, label=label, does=does, index=index, is_quick=is_quick)


def _time_of(document: nedb.Document) -> int:
    """The submit time in ms, or the nearest known time."""
    times = (_moment(document, name) for name in ("submitTime", "creationTime", "finishTime"))
    return next((time for time in times if time), snowflake_time(_text(document, "taskId")))


def _text(document: nedb.Document, name: str) -> str:
    value = document.get(name)
    text = value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
    return text.encode("utf-8", "replace").decode()  # a lone surrogate is valid JSON but cannot be stored


def _moment(document: nedb.Document, name: str) -> int:
    """Milliseconds since 1970; 0 for values that cannot be the time of a drawing."""
    value = document.get(name)
    return int(value) if isinstance(value, int | float) and DISCORD_EPOCH < value < 2**43 else 0
