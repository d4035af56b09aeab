"""Run in a process of its own by `test_troubles.py`: a store on a disk that becomes full, and has room again.

python -m tests.support.store_on_full_disk FOLDER small|limited
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from storage.outbox import Outbox
from storage.sqlite.checking import check
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.errors import StoreFailed
from tests.support.full_disk import Disk
from tests.support.records import a_hook, a_task


async def main(folder: Path, disk: Disk) -> None:
    path = folder / "tasks.db"
    async with Database(path) as database:
        store = Tasks(database)
        acknowledged = []
        for number in range(1, 21):
            await store.insert(a_task(number, prompt="x" * 2000), [a_hook(number)])
            acknowledged.append(number)
        disk.fill()
        for number in range(21, 400):  # a little may still fit into pages that are there
            try:
                await store.insert(a_task(number, prompt="x" * 2000), [a_hook(number)])
                acknowledged.append(number)
            except StoreFailed as error:
                refused = error
        assert len(acknowledged) < 400 - 21, "the disk was not full"
        sys.stdout.write(f"{refused}\n")
        tasks = await store.latest(1000)  # looking goes on
        assert sorted(int(task.id) for task in tasks) == acknowledged
        disk.free()
        await store.insert(a_task(1000, prompt="x" * 200_000), [a_hook(1000)])
        acknowledged.append(1000)
    assert check(path).problems == []
    async with Database(path) as database:
        tasks = await Tasks(database).latest(1000)
        assert sorted(int(task.id) for task in tasks) == acknowledged
        assert len(await Outbox(database).due(0, 1000)) == len(acknowledged), "each with its call-back"
    sys.stdout.write("sound\n")


if __name__ == "__main__":
    where = Path(sys.argv[1])
    asyncio.run(main(where, Disk(where, is_small=sys.argv[2] == "small")))
