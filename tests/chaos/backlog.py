"""Round 4, too: ten thousand tasks wait when the service starts. How long until it serves, and until it sends?"""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.chaos.house import house
from tests.chaos.judge import Verdict

MOST_SECONDS = 30.0  # until it serves, and from there until the first send; CI is busy: this finds a standstill
DRAWN = 50
_COLUMNS = "phase, status, lane, account, message_id, job_id, pressed, owner"


async def backlog(folder: Path, seed: int, *, count: int) -> Verdict:
    verdict = Verdict()
    async with house(folder, seed, job_seconds=0.2, concurrency=100) as home:
        await home.service.ready()
        home.simulator.add_fault({"kind": "storm", "seconds": 3600})  # so that what is asked for waits
        model = await home.caller.submit("imagine", prompt="a dog in a long queue")
        await home.service.kill()
        _multiply(home.database, model.id, count)
        await home.simulator.reset()
        before = time.monotonic()
        await home.service.start()
        await home.service.ready()
        served = time.monotonic()
        await home.simulator.until(lambda: len(home.simulator.interactions) > 0, 60)
        sent = time.monotonic()
        await home.simulator.until(lambda: sum(job["status"] == "finished" for job in home.simulator.jobs) > DRAWN, 60)
        drawn = time.monotonic()
        await home.service.stop()
        verdict.counts["tasks that waited"] = count
        verdict.counts["ms to serve and be connected"] = round(1000 * (served - before))
        verdict.counts["ms from there to the first send"] = round(1000 * (sent - served))
        verdict.counts[f"ms from there to {DRAWN} drawings"] = round(1000 * (drawn - sent))
        for what, seconds in (("serve", served - before), ("send", sent - served)):
            if seconds > MOST_SECONDS:
                verdict.complain(f"it took {seconds:.1f} s to {what}")
        (folder / "service.log").write_text("\n".join(home.service.said), encoding="utf-8")
    return verdict


def _multiply(path: Path, task_id: str, count: int) -> None:
    """So many tasks like this one, which has not been sent."""
    with closing(sqlite3.connect(path)) as database, database:
        select = f"SELECT document, {_COLUMNS} FROM tasks WHERE id = ?"
        [(document, *columns)] = database.execute(select, (task_id,)).fetchall()
        database.execute("DELETE FROM searched WHERE id = ?", (task_id,))  # foreign keys are off here
        database.execute("DELETE FROM tasks WHERE id = ?", (task_id,))
        task = json.loads(document) | {"phase": "ready", "status": "NOT_START", "account": None, "start_time": None}
        columns[:4] = "ready", "NOT_START", columns[2], None
        rows = ((int(task_id) + n, json.dumps(task | {"id": str(int(task_id) + n)}), *columns) for n in range(count))
        database.executemany(f"INSERT INTO tasks (id, document, {_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)", rows)
