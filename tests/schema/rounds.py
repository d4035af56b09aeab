"""A round of generated requests against the whole service beside the simulator.

Contract: whatever was asked, the service answers as its document says, is alive at the end, and has stored nothing that
it could not read or would not have taken.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from yarl import URL

from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.model import Action, Status, Task
from tests.schema.generating import Report, Round
from tests.support.whole_service import Whole, whole

SECRET = "a-secret-for-generated-requests"
ADMIN = "the-operators-secret-for-generated-requests"
PAGE = 1000


async def run(requests: int, seed: int, folder: Path, *, each: int = 0) -> Report:
    """Send `requests` requests made from `seed`, or `each` for each operation; the database lies in `folder`. What is
    wrong is in the report."""
    environ = {
        "API_SECRET": SECRET,
        "ADMIN_SECRET": ADMIN,
        "MAX_QUEUE": "200",
        "SEND_INTERVAL_MS": "0",
        "SILENCE_MINUTES": "1",
        "DATABASE_PATH": str(folder / "tasks.db"),
        "ARCHIVE": "disk",
        "ARCHIVE_DIR": str(folder / "images"),
    }
    started = time.monotonic()
    async with whole(folder, environ=environ, accounts=2, job_seconds=0.01, steps=2) as house:
        house.client.session.headers["mj-api-secret"] = SECRET
        address = URL(house.client.url)
        async with house.client.session.get(address / "openapi.json") as response:
            document = await response.json()
        round_ = Round(document, host=address.host or "", port=address.port or 0, secret=SECRET, admin=ADMIN, seed=seed)
        await _draw(house, round_)
        report = await asyncio.to_thread(round_.run, requests, each=each)
        await _still_well(house, report)
    await _judge_stored(folder / "tasks.db", report)
    report.seconds = time.monotonic() - started
    return report


async def _draw(house: Whole, round_: Round) -> None:
    """Some results, whose buttons can be pressed."""
    ids = [await house.client.submit(action="IMAGINE", prompt=f"dog {nth}") for nth in range(3)]
    await house.hooks.until_ended(*ids)
    round_.known.ids.extend(ids)
    round_.known.hook = house.hooks.url
    for task_id in ids:
        async with house.client.session.get(f"{house.client.url}/mj/task/{task_id}/fetch") as response:
            told = await response.json()
        round_.known.buttons.extend(button["customId"] for button in told["buttons"])
        round_.known.jobs.append(told["jobId"])


async def _still_well(house: Whole, report: Report) -> None:
    async with house.client.session.get(f"{house.client.url}/health/live") as response:
        if response.status != 200:
            report.fail(f"the service is not alive at the end: {response.status}")
    if errors := house.simulator.state().get("errors"):
        report.fail(f"the simulator failed: {errors}")


async def _judge_stored(path: Path, report: Report) -> None:
    async with Database(path) as database:
        store = Tasks(database)
        before: str | None = None
        while page := await store.latest(PAGE, before):
            report.tasks += len(page)
            before = page[-1].id
            for task in page:
                for problem in rubbish(task):
                    report.fail(f"stored task {task.id}: {problem}: {task}")


def rubbish(task: Task) -> Iterator[str]:
    """What a task must never be stored with."""
    if not (task.id.isascii() and task.id.isdigit() and int(task.id) < 2**53):
        yield "its id is no number below 2^53"
    if (
        task.request.action is Action.IMAGINE
        and not task.request.parent_id
        and not (task.request.prompt.strip() or task.pictures or task.content)
    ):
        yield "nothing to draw"
    if task.request.index is not None and not 1 <= task.request.index <= 4:
        yield f"the index {task.request.index}"
    if task.request.notify_hook and not task.request.notify_hook.startswith(("http://", "https://")):
        yield f"the hook {task.request.notify_hook!r}"
    if (task.request.parent_id is None) is (task.request.custom_id is not None):
        yield "a button without its parent, or a parent without the button"
    if task.status.is_over is not task.is_over or (task.status is Status.FAILURE and not task.result.fail_code):
        yield f"{task.status} in phase {task.phase} with fail code {task.result.fail_code!r}"
    if task.request.submit_time <= 0:
        yield "no time of its submit"
