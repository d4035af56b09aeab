"""Copies of results: due, stored, given up, removed. `storage.tasks` writes a row together with the change of its task;
`tasks.results` downloads and removes the files.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import string
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from storage import image_sql
from storage.database_port import Row, SqlDatabase, Statement
from storage.records import json_list, own_key
from tasks.domain.model import Image, Task
from tasks.results.image_copy import ImageCopy

_ALPHABET = string.ascii_lowercase + string.digits  # also safe on case-insensitive disks
_SECRET_LENGTH = 32  # 165 bits
_EXTENSIONS = ("png", "webp", "jpg", "jpeg", "gif", "mp4", "webm", "mov")


@dataclass(frozen=True, kw_only=True, slots=True)
class CopyPolicy:
    """Whether and where results are copied. `first_ms`: how long the webhook of an end waits for its copy."""

    place: str  # disk | s3
    previews: bool = False
    first_ms: int = 0


def statements_of(tasks: Iterable[Task], wanted: CopyPolicy, now: int) -> list[Statement]:
    """The statements to run with a change of these tasks, after those of their webhooks."""
    tasks = list(tasks)
    over = [task for task in tasks if task.is_over]
    results = [
        (task, "result", task.result.image) for task in over if task.result.image and not task.result.image.stored
    ]
    running = [task for task in tasks if wanted.previews and not task.is_over and task.progress.preview]
    previews = [
        (task, "preview", task.progress.preview)
        for task in running
        if task.progress.preview and not task.progress.preview.stored
    ]
    brought = [_row_of(task, role, image, wanted, now) for task, role, image in (*results, *previews)]
    held = [{"task": own_key(task.id), "until": now + wanted.first_ms, "now": now} for task, *_ in results]
    stale_previews = [(task, bare(task.progress.preview.url) if task.progress.preview else "") for task in running]
    stale_previews += [(task, "") for task in over] if wanted.previews else []
    return [
        Statement(image_sql.INSERT_IMAGE, brought),
        Statement(image_sql.HOLD_HOOKS, held if wanted.first_ms else []),
        Statement(image_sql.FORGET_PREVIEWS, [{"task": own_key(task.id), "but": url} for task, url in stale_previews]),
    ]


def _row_of(task: Task, role: str, image: Image, wanted: CopyPolicy, now: int) -> dict[str, object]:
    return {
        "task": own_key(task.id),
        "role": role,
        "url": bare(image.url),
        "name": new_name(task, image),
        "place": wanted.place,
        "now": now,
        "width": image.width,
        "height": image.height,
    }


def bare(url: str) -> str:
    """A link without its signature, so that two links to the same picture compare equal."""
    return url.partition("?")[0]


def new_name(task: Task, image: Image) -> str:
    """The job id, for people, followed by an unguessable part."""
    job_id = task.progress.job_id
    stem = job_id if job_id and re.fullmatch(r"[0-9a-f-]{36}", job_id) else task.id
    extension = (image.filename or bare(image.url)).rpartition(".")[2].lower()
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))
    return f"{stem}-{secret}.{extension if extension in _EXTENSIONS else 'bin'}"


class Images:
    """The copies of one database. Implements the `CopyQueue` of `tasks.results.archiver` and the `CopyIndex` of
    `tasks.results.retention`. Lists copies for removal only in `places`: this process cannot remove others."""

    def __init__(self, database: SqlDatabase, places: Collection[str] = ("disk",)) -> None:
        self._database = database
        self._places = json_list(places)

    async def start(self, place: str) -> None:
        """Redirect copies that are still due to this place, which the settings may have changed."""
        await self._database.write(Statement(image_sql.MOVE_DUE, [(place,)]))

    @property
    def wake(self) -> asyncio.Event:
        """Set when rows may have been added; the reader clears it."""
        return self._database.images_written

    async def due(self, now: int, limit: int, without: Collection[int] = ()) -> list[ImageCopy]:
        """Copies that are due now, longest due first."""
        given = {"now": now, "limit": limit, "without": json_list(without)}
        return [_copy(row) for row in await self._database.read(image_sql.IMAGES_DUE, given)]

    async def next_due_time(self, after: int) -> int | None:
        """The earliest due time later than `after`."""
        [(time,)] = await self._database.read(image_sql.NEXT_IMAGE_DUE, (after,))
        return None if time is None else int(time)

    async def by_name(self, name: str) -> ImageCopy | None:
        return next((_copy(row) for row in await self._database.read(image_sql.IMAGE_NAMED, (name,))), None)

    async def of_task(self, task_id: str) -> list[ImageCopy]:
        """In insertion order."""
        return [_copy(row) for row in await self._database.read(image_sql.IMAGES_OF_TASK, (own_key(task_id),))]

    async def mark_written(self, copy: ImageCopy, *, type: str, size: int) -> None:  # noqa: A002 - the field's name
        """Record that the file exists; its task does not list it yet."""
        row = {"id": copy.id, "type": type, "size": size}
        await self._database.write(Statement(image_sql.WRITTEN_IMAGE, [row]))

    async def mark_stored(self, copy: ImageCopy) -> None:
        """Record that the task lists the copy, and release the webhooks that waited for it."""
        statements = [Statement(image_sql.STORED_IMAGE, [(copy.id,)])]
        if copy.role == "result":
            statements.append(Statement(image_sql.RELEASE_HOOKS, [(own_key(copy.task_id),)]))
        await self._database.write(*statements, committed=self._database.hooks_written.set)

    async def retry(self, copy: ImageCopy, due: int, error: str) -> None:
        await self._settle(copy, "due", due=due, error=error)

    async def give_up(self, copy: ImageCopy, error: str) -> None:
        await self._settle(copy, "given_up", error=error)

    async def mark_removed(self, copy: ImageCopy) -> None:
        """Remove the row of a copy whose file is gone; its task stays."""
        await self._settle(copy, "removed", counts=0)

    async def forget(self, copies: Sequence[ImageCopy]) -> None:
        """Remove the rows of unneeded copies whose files are gone."""
        if copies:
            await self._database.write(Statement(image_sql.FORGET_IMAGE, [(copy.id,) for copy in copies]))

    async def unneeded(self, limit: int) -> list[ImageCopy]:
        """Copies of removed tasks, and previews replaced by newer ones."""
        return [_copy(row) for row in await self._database.read(image_sql.IMAGES_UNWANTED, (self._places, limit))]

    async def oldest(self, before: int, limit: int) -> list[ImageCopy]:
        """Copies stored before that time (ms), oldest first."""
        given = (before, self._places, limit)
        return [_copy(row) for row in await self._database.read(image_sql.IMAGES_OLDEST, given)]

    async def size(self) -> int:
        """The size of all stored copies, in bytes."""
        [(size,)] = await self._database.read(image_sql.IMAGES_SIZE)
        return int(size)

    async def counts(self) -> tuple[int, int, int, int]:
        """The numbers of due, given-up and stored copies, and the bytes of the stored ones."""
        [(due, given_up, stored, size)] = await self._database.read(image_sql.COUNT_IMAGES)
        return int(due), int(given_up), int(stored), int(size)

    async def _settle(
        self, copy: ImageCopy, state: str, *, due: int | None = None, error: str = "", counts: int = 1
    ) -> None:
        row = {"id": copy.id, "state": state, "due": due, "error": error, "counts": counts}
        await self._database.write(Statement(image_sql.SETTLE_IMAGE, [row]))


def _copy(row: Row) -> ImageCopy:
    number, task_id, role, url, name, place, state, attempts, due, type_, size, width, height, created, error = row
    return ImageCopy(
        id=number,
        task_id="" if task_id is None else str(task_id),
        role=role,
        url=url,
        name=name,
        place=place,
        state=state,
        attempts=attempts,
        due=due,
        type=type_,
        size=size,
        width=width,
        height=height,
        created=created,
        last_error=error,
    )
