"""Tasks and their sends in SQL: implements `tasks.domain.ports.TaskStore`. The rules decide what changes mean."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

from storage import sql
from storage.database_port import Parameters, Row, SqlDatabase, Statement
from storage.images import CopyPolicy, statements_of
from storage.records import (
    follower_row_of,
    hook_statement,
    is_old_id,
    key,
    keys,
    line_of,
    line_row_of,
    mark_of,
    open_end_of,
    own_key,
    pressed_by,
    row_of,
    send_of,
    send_row_of,
    task_of,
)
from storage.task_cache import TaskCache
from tasks.domain.clock import SteadyClock
from tasks.domain.errors import RecordRefused
from tasks.domain.model import Action, IdempotencyKey, Mode, Occupied, Phase, Picture, Send, Status, Task
from tasks.domain.ports import Clock
from tasks.domain.search import MOST_WORDS, Found, Search
from tasks.domain.timeline import Entry, Line
from tasks.domain.webhooks import Hook
from tasks.rules.reopening import is_open_end

log = logging.getLogger(__name__)

NO_LIMIT = 2**63 - 1  # SQLite's largest integer: above every id


class Tasks:
    """The tasks of one database. `recent` is the number of tasks cached in memory, about 3 kB each.

    `operator_hook` is a URL that no row stores; the outbox has it, too. `copies` is the copy policy; None copies
    nothing.
    """

    def __init__(
        self,
        database: SqlDatabase,
        *,
        recent: int = 4096,
        clock: Clock | None = None,
        operator_hook: str = "",
        copies: CopyPolicy | None = None,
    ) -> None:
        self._operator_hook = operator_hook
        self._database = database
        self._cache = TaskCache(recent)
        self._clock = clock or SteadyClock()
        self._copies = copies
        self._unreadable: set[int] = set()  # row ids already logged

    # ------------------------------------------------------------ writing

    async def insert(
        self,
        task: Task,
        hooks: Iterable[Hook] = (),
        pictures: Iterable[Picture] = (),
        once: IdempotencyKey | None = None,
        entries: Iterable[Entry] = (),
    ) -> None:
        brought = [(own_key(task.id), p.filename, p.type, p.data) for p in pictures]
        kept = [] if once is None else [(once.key, once.body, own_key(task.id), self._clock.now())]
        await self._write(
            [task],
            Statement(sql.INSERT_TASK, [row_of(task)]),
            Statement(sql.INSERT_PICTURE, brought),
            Statement(sql.KEEP_KEY, kept),
            Statement(sql.INSERT_LINE, [*map(line_row_of, entries)]),
            hooks=list(hooks),
        )

    async def by_key(self, key: str, since: int) -> tuple[str, str] | None:
        rows = await self._database.read(sql.TASK_BY_KEY, (key, since))
        return next(((str(body), str(task_id)) for body, task_id in rows), None)

    async def save(
        self,
        tasks: Iterable[Task],
        hooks: Iterable[Hook] = (),
        *,
        marks: Iterable[Send] = (),
        sends: Iterable[Send] = (),
        pictures: Iterable[Picture] = (),
        entries: Iterable[Entry] = (),
    ) -> None:
        tasks = list(tasks)
        brought = [(own_key(tasks[0].id), p.filename, p.type, p.data) for p in pictures]
        await self._write(
            tasks,
            Statement(sql.SAVE_TASK, [row_of(task) for task in tasks]),
            Statement(sql.INSERT_SEND, [*map(send_row_of, sends)]),
            Statement(sql.MARK_SEND, [*map(mark_of, marks)]),
            Statement(sql.INSERT_PICTURE, brought),
            Statement(sql.INSERT_LINE, [*map(line_row_of, entries)]),
            hooks=list(hooks),
        )

    async def follow(self, hook: Hook) -> None:
        now = self._clock.now()
        follower = Statement(sql.INSERT_FOLLOWER, [follower_row_of(hook, now)])
        emitted = Statement(sql.INSERT_HOOKS_OF_FOLLOWERS, [{"task": own_key(hook.task_id), "now": now}])
        await self._database.write(follower, emitted, committed=self._database.hooks_written.set)

    async def _write(self, tasks: Sequence[Task], *statements: Statement, hooks: Sequence[Hook] = ()) -> None:
        now = self._clock.now()
        over = [{"task": own_key(task.id), "now": now} for task in tasks if task.status.is_over]
        statements = (Statement(sql.INSERT_CORRECTIONS_OF_FOLLOWERS, _corrections(tasks, now)), *statements)
        if hooks:
            statements += (hook_statement(hooks, now, self._operator_hook),)
        statements += (Statement(sql.INSERT_HOOKS_OF_FOLLOWERS, over),)
        # A task that the operator may retry keeps its pictures.
        spent = [task for task in tasks if task.pictures and task.is_over and not is_open_end(task)]
        statements += (Statement(sql.FORGET_PICTURES, [(own_key(task.id),) for task in spent]),)
        copying = [] if self._copies is None else statements_of(tasks, self._copies, self._clock.now())

        is_committed = False

        def committed() -> None:
            nonlocal is_committed
            is_committed = True
            self._cache.end(tasks)
            self._cache.committed(tasks)
            if hooks or over:
                self._database.hooks_written.set()
            if any(each.rows for each in copying):
                self._database.images_written.set()

        self._cache.begin(tasks)
        try:
            written = [each for each in (*statements, *copying) if each.rows]
            await self._database.write(*written, committed=committed)
        except BaseException:
            self._cache.invalidate(tasks)
            raise
        finally:
            if not is_committed:
                self._cache.end(tasks)

    def forget(self, task_ids: Iterable[str]) -> None:
        """Drop tasks that were, or may have been, removed from the database."""
        self._cache.forget(task_ids)

    # ------------------------------------------------------------ reading

    async def get(self, task_id: str) -> Task | None:
        return self._cache.get(task_id) or next(iter(await self._read_missing([task_id])), None)

    async def get_many(self, task_ids: Sequence[str]) -> list[Task]:
        found = {task_id: task for task_id in task_ids if (task := self._cache.get(task_id))}
        missing = [task_id for task_id in task_ids if task_id not in found]
        if missing:
            found |= {task.id: task for task in await self._read_missing(missing)}
        return [found[task_id] for task_id in task_ids if task_id in found]

    async def _read_missing(self, task_ids: Sequence[str]) -> list[Task]:
        writes = self._cache.writes
        if len(task_ids) == 1:
            tasks = await self._read_one(task_ids[0])
        else:
            tasks = await self._read(sql.TASKS, (keys(task_ids),))
        self._cache.read(tasks, writes)
        return tasks

    async def _read_one(self, task_id: str) -> list[Task]:
        if (number := key(task_id)) is not None:
            return await self._read(sql.TASK, (number,))
        return await self._read(sql.TASK_BY_OLD_ID, (task_id,)) if is_old_id(task_id) else []

    async def by_message(self, message_id: str, owner: str | None = None) -> Task | None:
        return await self._find(sql.TASK_BY_MESSAGE, {"message_id": message_id, "owner": owner})

    async def by_job(self, job_id: str) -> Task | None:
        return next(iter(await self._read(sql.TASK_BY_JOB, (job_id,))), None)

    async def by_press(self, parent_id: str, custom_id: str, owner: str | None = None) -> Task | None:
        wanted = {"pressed": pressed_by(parent_id, custom_id), "owner": owner}
        return await self._find(sql.TASK_BY_PRESS, wanted)

    async def pictures_of(self, task_id: str) -> list[Picture]:
        rows = await self._database.read(sql.PICTURES, (own_key(task_id),))
        return [Picture(filename=filename, type=type_, data=data) for filename, type_, data in rows]

    async def waiting(self, limit: int, owner: str | None = None) -> list[Task]:
        if owner is not None:
            return await self._read_sound(sql.WAITING_OF, (owner, limit))
        return await self._read_sound(sql.WAITING, (limit,))

    async def waiting_for_no_slot(self, limit: int) -> list[Task]:
        return await self._read_sound(sql.WAITING_FOR_NO_SLOT, (limit,))

    async def waiting_beside(self, limit: int) -> list[Task]:
        quick = await self._read_sound(sql.WAITING_FOR_NO_SLOT, (limit,))
        beside = await self._read_sound(sql.WAITING_BESIDE, (limit,))
        found = {task.id: task for task in (*quick, *beside)}
        return sorted(found.values(), key=lambda task: int(task.id))[:limit]

    async def in_phase(self, *phases: Phase) -> list[Task]:
        return await self._read_sound(sql.IN_PHASE, (_list(phases),))

    async def in_flight(self) -> Mapping[Occupied, int]:
        rows = await self._database.read(sql.IN_FLIGHT)
        return {
            Occupied(account=account, is_video=bool(is_video), mode=Mode(mode) if mode else None): number
            for account, is_video, mode, number in rows
        }

    async def sends_of(self, task_ids: Sequence[str]) -> list[Send]:
        return [send_of(row) for row in await self._database.read(sql.SENDS, (keys(task_ids),))]

    async def timeline_of(self, task_id: str) -> list[Line]:
        number = key(task_id)
        return [] if number is None else [line_of(row) for row in await self._database.read(sql.TIMELINE, (number,))]

    async def timeline_after(self, line_id: int, limit: int) -> list[Line]:
        return [line_of(row) for row in await self._database.read(sql.TIMELINE_AFTER, (line_id, limit))]

    async def last_line(self) -> int:
        [(line_id,)] = await self._database.read(sql.LAST_LINE)
        return int(line_id)

    async def last_line_of(self, task_id: str) -> Line | None:
        number = key(task_id)
        rows = [] if number is None else await self._database.read(sql.LAST_LINE_OF, (number,))
        return next(map(line_of, rows), None)

    async def newest_id(self) -> str:
        [(number,)] = await self._database.read(sql.NEWEST_ID)
        return str(number)

    async def latest(
        self, limit: int, before: str | None = None, status: Sequence[Status] = (), owner: str | None = None
    ) -> list[Task]:
        below = NO_LIMIT if before is None else key(before)
        if below is None:  # no task precedes an id that is invalid
            return []
        wanted = {"statuses": _list(status or tuple(Status)), "before": below, "limit": limit, "owner": owner}
        if owner is not None:
            return [task_of(row) for row in await self._database.read(sql.LATEST_OF, wanted)]
        if not status:
            return await self._read(sql.LATEST, (below, limit))
        return [task_of(row) for row in await self._database.read(sql.LATEST_IN_STATUS, wanted)]

    async def search(self, search: Search, limit: int, before: str | None = None, owner: str | None = None) -> Found:
        below = NO_LIMIT if before is None else key(before)
        words = dict.fromkeys((f"word{number}" for number in range(MOST_WORDS)), "")
        words |= {f"word{number}": word for number, word in enumerate(search.words)}
        wanted = {"owner": owner, "statuses": _names(search.statuses), "actions": _names(search.actions), **words}
        page = {**wanted, "before": below or 0, "limit": limit}
        found = [task_of(row) for row in await self._database.scan(sql.SEARCH, page)]
        [(total,)] = await self._database.scan(sql.COUNT_FOUND, wanted)
        return Found(tasks=tuple(found), total=int(total))

    async def open_ends(self, since: int, limit: int, after: Task | None = None) -> list[Task]:
        begin = (since, -1) if after is None else (open_end_of(after), own_key(after.id))
        return await self._read_sound(sql.OPEN_ENDS, (*begin, limit))

    async def count_waiting(self, owner: str | None = None) -> int:
        text, given = (sql.COUNT_WAITING, ()) if owner is None else (sql.COUNT_WAITING_OF, (owner,))
        [(count,)] = await self._database.read(text, given)
        return int(count)

    async def count_open(self) -> Mapping[tuple[str, ...], int]:
        rows = await self._database.read(sql.COUNT_OPEN)
        return {(str(status), str(action), str(account)): int(count) for status, action, account, count in rows}

    async def drawn_since(self, time: int) -> Mapping[str, int]:
        return dict(await self._database.read(sql.DRAWN_SINCE, (time,)))

    async def count_waiting_for(self, account: str) -> int:
        [(count,)] = await self._database.read(sql.COUNT_WAITING_FOR, (account,))
        return int(count)

    async def count_before(self, task_id: str) -> int:
        [(count,)] = await self._database.read(sql.COUNT_BEFORE, (own_key(task_id),))
        return int(count)

    async def _find(self, text: str, parameters: Parameters) -> Task | None:
        return next((task_of(row) for row in await self._database.read(text, parameters)), None)

    async def _read(self, text: str, parameters: Row) -> list[Task]:
        return [task_of(row) for row in await self._database.read(text, parameters)]

    async def _read_sound(self, text: str, parameters: Row) -> list[Task]:
        """For callers that process all tasks: an unreadable one is skipped and logged once. Its slot stays taken,
        because its outcome is unknown."""
        tasks = []
        for row in await self._database.read(text, parameters):
            try:
                tasks.append(task_of(row))
            except RecordRefused as error:
                if row[0] not in self._unreadable:
                    self._unreadable.add(row[0])
                    log.error("task skipped: %s", error, extra={"task": str(row[0])})
        return tasks


def _corrections(tasks: Sequence[Task], now: int) -> list[dict[str, int | str | None]]:
    return [
        {"task": own_key(task.id), "status": task.status.value, "ended": task.result.finish_time, "now": now}
        for task in tasks
        if task.corrected and task.status.is_over
    ]


def _names(values: Sequence[Status] | Sequence[Action]) -> str:
    """In the form of SEARCH; no name contains a comma."""
    return f",{','.join(values)}," if values else ""


def _list(values: Iterable[Phase] | Iterable[Status]) -> str:
    """Values of a closed set as one JSON parameter; none of them needs escaping."""
    return "[" + ",".join(f'"{value}"' for value in dict.fromkeys(values)) + "]"
