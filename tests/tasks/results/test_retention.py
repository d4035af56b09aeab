"""Copies go with their tasks, by age, and to make room: the oldest first, and never one that is being written."""

from __future__ import annotations

import asyncio
from pathlib import Path

from storage.removal import Removal
from tasks.domain.model import Task
from tasks.results.retention import DAY, StorageLimit
from tests.support.archive import CDN, PNG, Cdn, Shelf, result, shelf
from tests.support.tasks import NOW


async def stored(home: Shelf, count: int, apart: int = DAY) -> list[Task]:
    """Results, each a day younger than the one before."""
    made = []
    for nth in range(1, count + 1):
        made.append(result(nth, url=f"{CDN}/{nth}/dog.png"))
        await home.house.store.insert(made[-1])
        await home.until_copied(made[-1])
        await home.until_row(made[-1], lambda row: row.state == "stored")
        home.pass_time(apart)
    return made


async def has_copy(home: Shelf, of: Task) -> bool:
    found = await home.house.store.get(of.id)
    assert found is not None
    assert found.result.image is not None
    [row] = await home.copies(of)
    assert (row.state == "stored") == bool(found.result.image.stored) == any(row.name == f.name for f in home.files())
    return bool(found.result.image.stored)


async def test_nothing_goes_without_a_limit(tmp_path: Path) -> None:
    async with shelf(tmp_path) as home:
        [made] = await stored(home, 1, apart=1000 * DAY)
        assert await home.thinning.look() == 0
        assert await has_copy(home, made)


async def test_old_ones_go_and_their_tasks_stay(tmp_path: Path) -> None:
    async with shelf(tmp_path, room=StorageLimit(days=3)) as home:
        made = await stored(home, 5)
        assert await home.thinning.look() == 2
        assert [await has_copy(home, each) for each in made] == [False, False, True, True, True]
        kinds = [line.kind for line in await home.house.store.timeline_of(made[0].id)]
        assert kinds[-1] == "unarchived"
        assert [row.state for row in await home.copies(made[0])] == ["removed"]
        assert await home.thinning.look() == 0


async def test_the_oldest_make_room(tmp_path: Path) -> None:
    async with shelf(tmp_path, room=StorageLimit(most_bytes=2 * len(PNG))) as home:
        made = await stored(home, 5)
        assert await home.thinning.look() == 3
        assert [await has_copy(home, each) for each in made] == [False, False, False, True, True]
        assert await home.images.size() == 2 * len(PNG)


async def test_a_removed_task_takes_its_copy_along(tmp_path: Path) -> None:
    async with shelf(tmp_path) as home:
        [gone, kept] = await stored(home, 2, apart=0)
        removal = Removal(home.house.database, home.house.store)
        await removal.remove(finished_before=NOW + 1, now=NOW + 1000 * DAY)
        left = [await home.house.store.get(each.id) for each in (gone, kept)]
        assert left == [None, None]
        assert len(home.files()) == 2
        assert await home.thinning.look() == 2
        assert home.files() == []
        assert await home.house.database.read("SELECT count(*) FROM images") == [(0,)]


async def test_what_is_being_written_is_left_alone(tmp_path: Path) -> None:
    cdn = Cdn()
    cdn.gate = asyncio.Event()
    async with shelf(tmp_path, cdn=cdn, room=StorageLimit(days=1, most_bytes=1)) as home:
        made = result()
        await home.house.store.insert(made)
        await cdn.news.wait()
        await Removal(home.house.database, home.house.store).remove(finished_before=NOW + 1, now=NOW + 1000 * DAY)
        assert await home.thinning.look() == 0, "its task is gone, and it is under way"
        cdn.gate.set()
        while home.archiving._under_way:
            home.images.wake.clear()
            await home.images.wake.wait()
        assert await home.thinning.look() == 1
        assert home.files() == []
