"""Checks a database: `python run.py check [FILE]` examines the file, its rows and their consistency.

Contract: reads only, and continues after errors, so that one run reports all damage. It examines a consistent snapshot,
also while the service runs.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from storage.records import row_of, snapshot_of, task_of
from storage.sqlite.migrating import scripts
from storage.sqlite.offline import read_only
from tasks.domain.errors import StoreFailed
from tasks.domain.model import Status, Task

MAX_LISTED = 20  # problems listed per kind; the rest is counted

COPIES = (
    "id",
    "phase",
    "status",
    "lane",
    "account",
    "message_id",
    "job_id",
    "pressed",
    "owner",
    "open_end",
)  # in the order of records.row_of


@dataclass(kw_only=True)
class Findings:
    """`problems` is empty when the database is sound. `facts` is general information for the operator."""

    problems: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)

    def add(self, problems: Iterator[str]) -> None:
        """List at most `MAX_LISTED` of them, then count the rest. A check that aborts is itself a problem."""
        try:
            self.problems += islice(problems, MAX_LISTED)
            if more := sum(1 for _ in problems):
                self.problems.append(f"… and {more} more")
        except sqlite3.DatabaseError as error:
            self.problems.append(f"the file is damaged: reading failed ({error})")


def check(path: Path) -> Findings:
    """Raises StoreFailed when the file cannot be opened or is not an SQLite database."""
    found = Findings()
    with read_only(path) as connection:
        connection.execute("BEGIN")
        found.add(_integrity(connection))
        found.add(_version(connection, found.facts))
        tables = _tables(connection, found)
        for table, look in _LOOKS.items():
            if table in tables:
                found.add(look(connection))
        if "tasks" in tables:
            found.add(_counts(connection, tables, found.facts))
    return found


def _tables(connection: sqlite3.Connection, found: Findings) -> set[str]:
    try:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        found.problems.append(f"the file is damaged: the list of tables cannot be read ({error})")
        return set()


def _integrity(connection: sqlite3.Connection) -> Iterator[str]:
    for (line,) in connection.execute("PRAGMA integrity_check(1000)"):
        if line != "ok":
            yield f"the file is damaged: {line}".replace("\n", " ")


def _version(connection: sqlite3.Connection, facts: list[str]) -> Iterator[str]:
    [(version,)] = connection.execute("PRAGMA user_version")
    known = len(scripts())
    facts.append(f"schema {version}, of {known} known")
    if version > known:
        yield f"it was written by a newer version of this service (schema {version}, known {known})"
    elif version == 0:
        yield "it is empty or not a database of this service"
    elif version < known:
        facts.append("the next start of the service migrates it")


def _orphans(connection: sqlite3.Connection) -> Iterator[str]:
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"{table}: row {row} belongs to a row of {parent} that does not exist"


def _tasks(connection: sqlite3.Connection) -> Iterator[str]:
    yield from _orphans(connection)
    there = {name for _, name, *_ in connection.execute("PRAGMA table_info(tasks)")}
    copies = [name for name in COPIES if name in there]
    for row in connection.execute(f"SELECT {', '.join(copies)}, document FROM tasks"):  # noqa: S608 - constants only
        try:
            task = task_of((row[0], row[-1]))
            kept = dict(zip(COPIES, row_of(task), strict=False))
        except (StoreFailed, ValueError) as error:
            yield str(error)
            continue
        yield from (
            f"task {row[0]}: column {name} is {value!r}, but its document has {kept[name]!r}"
            for name, value in zip(copies, row, strict=False)
            if kept[name] != value
        )
        yield from _contradictions(task)


def _contradictions(task: Task) -> Iterator[str]:
    still_drawing = (
        task.status is Status.CANCEL and task.in_flight
    )  # cancelled for the caller; MidJourney is still drawing
    if task.status.is_over is not task.is_over and not still_drawing:
        yield f"task {task.id}: its status is {task.status}, its phase {task.phase}"


def _json_of(table: str, column: str, read: Callable[[str], object]) -> Callable[[sqlite3.Connection], Iterator[str]]:
    def look(connection: sqlite3.Connection) -> Iterator[str]:
        query = f"SELECT id, task_id, {column} FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608 - constants only
        for row, task_id, text in connection.execute(query):
            try:
                read(text)
            except (StoreFailed, ValueError) as error:
                yield f"task {task_id}: {column} of row {row} of {table} cannot be read ({error})"

    return look


_LOOKS: dict[str, Callable[[sqlite3.Connection], Iterator[str]]] = {
    "tasks": _tasks,
    "outbox": _json_of("outbox", "snapshot", snapshot_of),
    "timeline": _json_of("timeline", "detail", json.loads),
}


def _counts(connection: sqlite3.Connection, tables: set[str], facts: list[str]) -> Iterator[str]:
    statuses = Counter(dict(connection.execute("SELECT status, count(*) FROM tasks GROUP BY status")))
    listed = ", ".join(f"{number} {status}" for status, number in statuses.most_common())
    facts.append(f"{statuses.total()} tasks{f': {listed}' if listed else ''}")
    if "outbox" in tables:
        settled = dict(connection.execute("SELECT status, count(*) FROM outbox GROUP BY status"))
        listed = ", ".join(f"{number} {status}" for status, number in sorted(settled.items()))
        facts.append(f"{sum(settled.values())} webhook deliveries{f': {listed}' if listed else ''}")
    for table in sorted(tables - {"tasks", "outbox"} - {name for name in tables if name.startswith("sqlite_")}):
        [(number,)] = connection.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 - a name from the schema
        facts.append(f"{number} rows in {table}")
    yield from ()
