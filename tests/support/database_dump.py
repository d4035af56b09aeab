"""Writes a database of one schema version as text, filled with a row of everything: `databases/NNNN.sql`.

    python -m tests.support.database_dump          of the newest version
    python -m tests.support.database_dump 7        of version 7

Run once when a migration is added, and commit the file: from then on it is what a user of that version has on disk. An
older version gets what it has columns for. `test_versions.py` opens every one of them.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from storage.database_port import Statement
from storage.facts import Facts
from storage.sqlite.database import Database
from storage.sqlite.migrating import scripts
from storage.tasks import Tasks
from storage.translations import Translations
from tasks.domain.facts import Fact, FactKind
from tasks.domain.model import (
    Action,
    Bot,
    Button,
    IdempotencyKey,
    Image,
    Lane,
    Mode,
    Phase,
    Picture,
    Purpose,
    Send,
    SendState,
    Status,
    Task,
    TaskProgress,
    TaskRequest,
    TaskResult,
)
from tasks.domain.timeline import Entry
from tests.support.records import a_hook, a_send

FOLDER = Path(__file__).parents[1] / "storage" / "sqlite" / "databases"
OLD_ID = "8a2c5959-1111-4222-8333-444455556666"
COPY = "adbd1ba4-0123-4567-89ab-cdef01234567-0123456789abcdefghijklmnopqrstuv.png"
JOB = "adbd1ba4-0123-4567-89ab-cdef01234567"
OWNERS_SINCE = 3  # the version from which a task's document names its owner

U1 = Button(custom_id=f"MJ::JOB::upsample::1::{JOB}", label="U1", does=Action.UPSCALE, index=1, is_quick=True)
TASKS = (
    Task(
        id="1",
        request=TaskRequest(
            action=Action.IMAGINE, prompt="一只狗", state="mine", notify_hook="http://receiver.test/hook"
        ),
    ),
    Task(
        id="2",
        request=TaskRequest(action=Action.IMAGINE, prompt="a dog", owner="shop"),
        phase=Phase.READY,
        attempts=1,
        not_before=5,
    ),
    Task(id="3", request=TaskRequest(action=Action.BLEND, bot=Bot.NIJI), phase=Phase.CLAIMED, account="22", pictures=2),
    Task(
        id="4",
        request=TaskRequest(action=Action.IMAGINE, prompt="in flight"),
        progress=TaskProgress(percent=31, mode=Mode.FAST, progress_message_id="1108302168013938688"),
        phase=Phase.SENT,
        status=Status.IN_PROGRESS,
        account="22",
    ),
    Task(
        id="5",
        request=TaskRequest(action=Action.INPAINT, opens_dialog=True),
        phase=Phase.HELD,
        status=Status.MODAL,
        held_until=99,
    ),
    Task(
        id="6",
        request=TaskRequest(action=Action.IMAGINE, prompt="a cat"),
        progress=TaskProgress(job_id=JOB),
        result=TaskResult(
            message_id="1108302168013938689",
            buttons=(U1,),
            image=Image(url="https://cdn.test/a.png", filename="a.png", width=1024, height=1024),
            finish_time=9,
        ),
        phase=Phase.OVER,
        status=Status.SUCCESS,
        account="22",
        notes=("a note",),
    ),
    Task(
        id="7",
        request=TaskRequest(action=Action.UPSCALE, parent_id="6", custom_id=U1.custom_id, index=1),
        result=TaskResult(fail_code="silence", fail_reason="Nothing was heard.", finish_time=10),
        lane=Lane.QUICK,
        phase=Phase.OVER,
        status=Status.FAILURE,
    ),
    Task(
        id="8",
        request=TaskRequest(action=Action.IMAGINE),
        result=TaskResult(finish_time=11),
        phase=Phase.OVER,
        status=Status.CANCEL,
    ),
)
SENDS = tuple(
    Send(nonce=f"n{n}", task_id="4", account="22", purpose=purpose, state=state, time=n)
    for n, (purpose, state) in enumerate(zip(Purpose, [*SendState, *SendState], strict=False))
)
FOLLOWER = a_hook(7, "http://follower.test/", state="theirs")
PICTURE = Picture(filename="a.png", type="image/png", data=bytes(range(256)))
FACT = Fact(
    bot=Bot.MIDJOURNEY,
    kind=FactKind.PARAMETER_REFUSED,
    subject="--oref with --v 8.2",
    value="`--oref` is not compatible with `--version 8.2`",
    account="22",
    message_id="1108302168013938688",
    learned=12,
)
KEY = IdempotencyKey(key="digest of the key", body="digest of the body")


class At:
    """Rows that say when they were written say the same in each dump."""

    def now(self) -> int:
        return 1234


async def fill(path: Path) -> None:
    """A database of the newest version, with a row of everything."""
    async with Database(path) as database:
        store = Tasks(database, clock=At())
        entry = Entry(task_id="4", time=7, kind="changed", detail={"status": "IN_PROGRESS", "progress": 31})
        step = a_hook(1, "http://receiver.test/hook", api="mj", event="SUBMITTED", snapshot=TASKS[0])
        await store.insert(TASKS[0], [step], once=KEY)
        await store.insert(TASKS[2], pictures=[PICTURE])
        await store.save(TASKS, [a_hook(6), a_hook(7)], sends=[*SENDS, a_send("n99", 6)], entries=[entry])
        await store.follow(FOLLOWER)
        for row, status in ((2, "done"), (3, "given_up")):
            settle = (
                "UPDATE outbox SET status = ?, attempts = 10, last_error = 'answered 500', settled = 8,"
                " last_status = 500 WHERE id = ?"
            )
            await database.write(Statement(settle, [(status, row)]))
        image = (
            "INSERT INTO images (task_id, role, url, name, place, state, due, type, size, created)"
            " VALUES (6, 'result', 'https://cdn.test/a.png', ?, 'disk', 'stored', 0, 'image/png', 7, 9)"
        )
        await database.write(Statement(image, [(COPY,)]))
        await database.write(Statement("INSERT INTO imported (old_id, task_id) VALUES (?, 6)", [(OLD_ID,)]))
        await Translations(database, size=10, clock=At()).keep({"digest of the text": "a dog"}, "DeepL")
        await Facts(database).save([FACT])


def of_version(newest: Path, version: int) -> str:
    """What a database of this version would hold of it, as SQL."""
    with closing(sqlite3.connect(":memory:")) as old, closing(sqlite3.connect(newest)) as new:
        for script in scripts()[:version]:
            old.executescript(script)
        for (table,) in old.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
            there = {name for _, name, *_ in new.execute(f"PRAGMA table_info({table})")}
            columns = [name for _, name, *_ in old.execute(f"PRAGMA table_info({table})") if name in there]
            if table in ("searched", "tallies"):  # filled by triggers of `tasks`
                continue
            names, marks = ", ".join(columns), ", ".join("?" * len(columns))
            rows = [
                _aged(dict(zip(columns, row, strict=True)), version)
                for row in new.execute(f"SELECT {names} FROM {table}")
            ]
            old.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
        old.commit()
        return "\n".join([f"PRAGMA user_version = {version};", *old.iterdump(), ""])


def _aged(row: dict[str, object], version: int) -> list[object]:
    if version < OWNERS_SINCE:
        for name in ("document", "snapshot"):
            if isinstance(text := row.get(name), str):
                document = json.loads(text)
                del document["owner"]
                row[name] = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return list(row.values())


def write(version: int) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        newest = Path(folder) / "newest.db"
        asyncio.run(fill(newest))
        text = of_version(newest, version)
    FOLDER.mkdir(exist_ok=True)
    target = FOLDER / f"{version:04}.sql"
    target.write_text(text, encoding="utf-8")
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{write(int(sys.argv[1]) if len(sys.argv) > 1 else len(scripts()))}\n")
