"""Results are copied once, named when the file is there, and tried again until they are or are gone from Discord."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.archive.disk import NAME
from storage.images import CopyPolicy
from tasks.domain.errors import NotSent, SendRefused
from tasks.domain.events import CopyStored
from tasks.domain.model import Image, Phase, Status
from tasks.results.archiver import WAITS, wait_after
from tasks.results.image_copy import type_of
from tests.support.archive import CDN, EXPIRED, JOB, LOST, PNG, Cdn, link, result, shelf
from tests.support.house import Desk, SetClock
from tests.support.records import a_hook
from tests.support.tasks import NOW, task

HOUR = 3_600_000
GONE = SendRefused("The CDN answered 404.", status=404)


async def test_a_result_is_copied_and_then_named(tmp_path: Path) -> None:
    async with shelf(tmp_path) as home:
        made = result()
        await home.house.store.insert(made)
        after = await home.until_copied(made)
        assert after.result.image is not None
        row = await home.until_row(made, lambda row: row.state == "stored")
        assert (row.name, row.type, row.size) == (after.result.image.stored, "image/png", len(PNG))
        assert (row.role, row.width, row.height, row.attempts) == ("result", 4, 2, 0)
        assert NAME.fullmatch(row.name)
        assert row.name.startswith(f"{JOB}-")
        [file] = home.files()
        assert file.name == row.name
        assert file.read_bytes() == PNG
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert {stat.S_IMODE(folder.stat().st_mode) for folder in [home.folder, *file.parents[:2]]} == {0o700}
        lines = await home.house.store.timeline_of(made.id)
        assert [(line.kind, line.detail) for line in lines if line.kind == "archived"] == [
            ("archived", {"role": "result", "name": row.name, "size": len(PNG)})
        ]


async def test_written_again_a_task_is_not_copied_again(tmp_path: Path) -> None:
    async with shelf(tmp_path) as home:
        made = result()
        await home.house.store.insert(made)
        after = await home.until_copied(made)
        await home.house.store.save([replace(after, result=replace(after.result, seed="7"))])
        await home.house.store.save(
            [replace(made, result=replace(made.result, seed="8", image=Image(url=link(1, NOW + HOUR))))]
        )
        assert len(await home.copies(made)) == 1
        assert len(home.cdn.asked) == 1


@pytest.mark.parametrize("status", [Status.FAILURE, Status.CANCEL])
async def test_what_has_no_picture_has_no_copy(tmp_path: Path, status: Status) -> None:
    async with shelf(tmp_path) as home:
        made = result(status=status, image=None)
        await home.house.store.insert(made)
        assert await home.copies(made) == []


async def test_an_expired_link_is_renewed_first(tmp_path: Path) -> None:
    desk, old, new = Desk(), link(1, EXPIRED), link(1, NOW + 24 * HOUR)
    desk.fresh[old] = new
    async with shelf(tmp_path, desk=desk) as home:
        made = result(url=old)
        await home.house.store.insert(made)
        await home.until_copied(made)
        assert home.cdn.asked == [new]


async def test_a_link_that_was_withdrawn_is_renewed_once(tmp_path: Path) -> None:
    desk, old, new = Desk(), link(1, NOW + HOUR), link(1, NOW + 24 * HOUR)
    desk.fresh[old] = new
    cdn = Cdn()
    cdn.answers = [GONE]
    async with shelf(tmp_path, desk=desk, cdn=cdn) as home:
        made = result(url=old)
        await home.house.store.insert(made)
        await home.until_copied(made)
        assert cdn.asked == [old, new]


@pytest.mark.parametrize("old", [link(1, EXPIRED), link(1, NOW + HOUR)])
async def test_what_is_gone_from_discord_is_given_up_after_three_looks(tmp_path: Path, old: str) -> None:
    desk, cdn = Desk(), Cdn()
    desk.fresh[old] = link(1, NOW + 24 * HOUR)
    cdn.answers = [GONE] * 10
    async with shelf(tmp_path, desk=desk, cdn=cdn) as home:
        made = result(url=old)
        await home.house.store.insert(made)
        for attempt in (1, 2):
            row = await home.until_row(made, lambda row, attempt=attempt: row.attempts == attempt)  # type: ignore[misc]  # a lambda with a default
            assert row.state == "due"
            home.pass_time(row.due - home.house.clock.now())
        row = await home.until_row(made, lambda row: row.state == "given_up")
        assert row.last_error == "Discord no longer has it."
        assert await home.house.store.get(made.id) == made
        assert home.files() == []


async def test_what_discord_does_not_renew_is_given_up(tmp_path: Path) -> None:
    async with shelf(tmp_path) as home:
        made = result(url=link(1, EXPIRED))
        await home.house.store.insert(made)
        await home.until_row(made, lambda row: row.state == "given_up")
        assert home.cdn.asked == []


async def test_without_an_account_an_expired_link_waits(tmp_path: Path) -> None:
    desk, old = Desk(), link(1, EXPIRED)
    desk.known["a"] = replace(desk.known["a"], connected=False)
    async with shelf(tmp_path, desk=desk) as home:
        made = result(url=old)
        await home.house.store.insert(made)
        row = await home.until_row(made, lambda row: row.attempts == 1)
        assert (row.state, "no account" in row.last_error) == ("due", True)
        desk.known["a"] = replace(desk.known["a"], connected=True)
        desk.fresh[old] = link(1, NOW + 24 * HOUR)
        home.pass_time(row.due - home.house.clock.now())
        await home.until_copied(made)


async def test_trouble_on_the_way_is_tried_again_later_and_later(tmp_path: Path) -> None:
    cdn = Cdn()
    cdn.answers = [LOST, b"<html>sorry</html>", b"", LOST]
    async with shelf(tmp_path, cdn=cdn) as home:
        made = result()
        await home.house.store.insert(made)
        waits = []
        for attempt in range(1, 5):
            row = await home.until_row(made, lambda row, attempt=attempt: row.attempts == attempt)  # type: ignore[misc]  # a lambda with a default
            waits.append(row.due - home.house.clock.now())
            home.pass_time(waits[-1] - 1)
            assert (await home.copies(made))[0].attempts == attempt, "not before its time"
            home.pass_time(1)
        await home.until_copied(made)
        assert waits == sorted(waits)
        assert len(cdn.asked) == 5


async def test_after_a_day_it_is_given_up(tmp_path: Path) -> None:
    cdn = Cdn()
    cdn.answers = [LOST] * 100
    async with shelf(tmp_path, cdn=cdn) as home:
        made = result()
        await home.house.store.insert(made)
        for attempt in range(1, len(WAITS) + 1):
            row = await home.until_row(made, lambda row, attempt=attempt: row.attempts == attempt)  # type: ignore[misc]  # a lambda with a default
            home.pass_time(row.due - home.house.clock.now())
        row = await home.until_row(made, lambda row: row.state == "given_up")
        assert row.last_error == str(LOST)
        assert 18 * HOUR < home.house.clock.now() - NOW < 36 * HOUR


@given(st.integers(1, len(WAITS)), st.floats(0, 1))
def test_the_waits_grow(attempts: int, chance: float) -> None:
    wait = wait_after(attempts, chance)
    assert wait is not None
    assert 0.8 * WAITS[attempts - 1] * 1000 - 1 <= wait <= 1.2 * WAITS[attempts - 1] * 1000 + 1
    assert wait_after(len(WAITS) + 1, chance) is None


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"GIF89a", "image/gif"),
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (b"\x1a\x45\xdf\xa3", "video/webm"),
        (b"<svg onload='alert(1)'>", None),
        (b"<!doctype html>", None),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_bytes_say(data: bytes, kind: str | None) -> None:
    assert type_of(data) == kind


async def test_what_is_not_discord_s_or_too_large_is_given_up_at_once(tmp_path: Path) -> None:
    cdn = Cdn()
    cdn.answers = [SendRefused("It is larger than 64 MB.")]
    async with shelf(tmp_path, cdn=cdn) as home:
        made = result()
        await home.house.store.insert(made)
        row = await home.until_row(made, lambda row: row.state == "given_up")
        assert row.last_error == "It is larger than 64 MB."
        assert len(cdn.asked) == 1


# ---------------------------------------------------------------- whatever breaks off


async def test_a_full_disk_stops_all_of_it_and_costs_no_attempt(tmp_path: Path) -> None:
    async with shelf(tmp_path, reserve=2**60) as home:
        several = [result(nth, url=f"{CDN}/{nth}/dog.png") for nth in range(1, 4)]
        for made in several:
            await home.house.store.insert(made)
        while not home.archiving._failures:  # a real disk, and never enough of it
            home.cdn.news.clear()
            await home.cdn.news.wait()
            await home.copies(several[0])
        assert home.files() == []
        assert "nearly full" in home.archiving.trouble
        home.disk._reserve = 0
        home.pass_time(60_000)
        for made in several:
            await home.until_copied(made)
            assert (await home.copies(made))[0].attempts == 0
        assert len(home.files()) == 3
        assert home.archiving.trouble == ""


async def test_a_crash_before_the_file_is_there_makes_no_second_one(tmp_path: Path) -> None:
    """The file has its name, and nobody has noted it."""
    made = result()
    async with shelf(tmp_path, runs=False) as home:
        await home.house.store.insert(made)
        [row] = await home.copies(made)
        await home.disk.put(row, PNG, "image/png")
    async with shelf(tmp_path) as home:
        await home.until_copied(made)
        assert [file.name for file in home.files()] == [row.name]


async def test_a_crash_before_the_task_is_told_loads_nothing_again(tmp_path: Path) -> None:
    made = result()
    async with shelf(tmp_path, runs=False) as home:
        await home.house.store.insert(made)
        [row] = await home.copies(made)
        await home.disk.put(row, PNG, "image/png")
        await home.images.mark_written(row, type="image/png", size=len(PNG))
        assert await home.archive.find(row.name) is not None, "shown before it is told"
    async with shelf(tmp_path) as home:
        after = await home.until_copied(made)
        assert after.result.image is not None
        assert after.result.image.stored == row.name
        await home.until_row(made, lambda row: row.state == "stored")
        assert home.cdn.asked == []


async def test_a_crash_before_the_row_is_settled_tells_nothing_twice(tmp_path: Path) -> None:
    made = result()
    async with shelf(tmp_path, runs=False) as home:
        await home.house.store.insert(made)
        [row] = await home.copies(made)
        await home.disk.put(row, PNG, "image/png")
        await home.images.mark_written(row, type="image/png", size=len(PNG))
        home.house.events.put_nowait(
            CopyStored(task_id=made.id, role="result", url=row.url, name=row.name, size=len(PNG))
        )
        await home.until_copied(made)
    async with shelf(tmp_path) as home:
        await home.until_row(made, lambda row: row.state == "stored")
        kinds = [line.kind for line in await home.house.store.timeline_of(made.id)]
        assert kinds.count("archived") == 1


async def test_what_was_due_at_another_place_goes_to_the_one_that_is_set_now(tmp_path: Path) -> None:
    made = result()
    async with shelf(tmp_path, runs=False, wanted=CopyPolicy(place="s3")) as home:
        await home.house.store.insert(made)
        assert [row.place for row in await home.copies(made)] == ["s3"]
        await home.images.start("disk")
    async with shelf(tmp_path) as home:
        await home.until_copied(made)


# ---------------------------------------------------------------- drawings under way


async def test_previews_are_copied_where_asked_for_and_go_with_the_next(tmp_path: Path) -> None:
    wanted = CopyPolicy(place="disk", previews=True)
    async with shelf(tmp_path, wanted=wanted) as home:
        first = task(1, status=Status.IN_PROGRESS, phase=Phase.HELD, preview=Image(url=f"{CDN}/1/a.webp?ex=ffffffff"))
        await home.house.store.insert(first)
        shown = await home.house.until_task(
            first.id, lambda now: bool(now.progress.preview and now.progress.preview.stored)
        )
        await home.until_row(first, lambda row: row.state == "stored")
        assert shown.progress.preview is not None
        second = replace(shown, progress=replace(shown.progress, preview=Image(url=f"{CDN}/1/b.webp?ex=ffffffff")))
        await home.house.store.save([second])
        await home.house.until_task(first.id, lambda now: bool(now.progress.preview and now.progress.preview.stored))
        assert [row.url for row in await home.copies(first)] == [f"{CDN}/1/b.webp"]
        assert len(home.files()) == 2
        await home.until_row(first, lambda row: row.state == "stored")
        assert await home.thinning.look() == 1
        over = replace(
            second,
            progress=replace(second.progress, preview=None),
            result=replace(second.result, image=result().result.image),
            status=Status.SUCCESS,
            phase=Phase.OVER,
        )
        await home.house.store.save([over])
        await home.until_copied(over)
        assert await home.thinning.look() == 1
        assert [row.role for row in await home.copies(over)] == ["result"]
        assert len(home.files()) == 1


async def test_previews_are_left_alone_otherwise(tmp_path: Path) -> None:
    async with shelf(tmp_path) as home:
        made = task(1, status=Status.IN_PROGRESS, phase=Phase.HELD, preview=Image(url=f"{CDN}/1/a.webp"))
        await home.house.store.insert(made)
        assert await home.copies(made) == []


# ---------------------------------------------------------------- the call-back of the end


async def test_the_call_back_may_wait_for_the_copy(tmp_path: Path) -> None:
    cdn, clock = Cdn(), SetClock()
    cdn.answers = [NotSent("not now")]
    async with shelf(tmp_path, cdn=cdn, clock=clock, wanted=CopyPolicy(place="disk", first_ms=20_000)) as home:
        made, plain = result(), result(2, image=None)
        await home.house.store.save([made, plain], [a_hook(int(made.id)), a_hook(int(plain.id))])
        [waits], [goes] = [await home.house.outbox.of_task(each.id) for each in (made, plain)]
        assert (waits.due, goes.due) == (clock.now() + 20_000, 0)
        row = await home.until_row(made, lambda row: row.attempts == 1)
        home.pass_time(row.due - clock.now())
        await home.until_row(made, lambda row: row.state == "stored")
        [released] = await home.house.outbox.of_task(made.id)
        assert (released.due, released.status) == (0, "due")
        await home.house.store.save([replace(made, result=replace(made.result, seed="1"))])
        assert (await home.house.outbox.of_task(made.id))[0].due == 0
