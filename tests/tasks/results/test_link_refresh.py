"""Links at Discord's CDN are renewed when somebody looks, seldom, and a look never suffers from it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tasks.domain.errors import NotSent, StoreFailed
from tasks.domain.events import CopyStored
from tasks.domain.model import Image, Phase, Status, Task
from tasks.results.link_refresh import AGAIN, HOUR, expires
from tests.support.house import Desk, House, house
from tests.support.tasks import NOW, account, task

CDN = "https://cdn.discordapp.com/attachments/1/2/dog.png"


def link(ms: int) -> str:
    return f"{CDN}?ex={ms // 1000:x}&is=1&hm=a&"


OLD, NEW = link(NOW - 1000), link(NOW + 24 * HOUR)


async def finished(built: House, url: str = OLD, *, phase: Phase = Phase.OVER) -> Task:
    status = Status.SUCCESS if phase is Phase.OVER else Status.MODAL
    made = task(
        2 if phase is Phase.HELD else 1, status=status, phase=phase, image=Image(url=url, filename="dog.png"), seed="7"
    )
    await built.store.insert(made)
    return made


@pytest.mark.parametrize(
    ("url", "ms"),
    [
        (f"{CDN}?ex=65f0&is=1&hm=2&", 0x65F0 * 1000),
        (f"{CDN}?is=1&ex=65F0", 0x65F0 * 1000),
        (f"{CDN}?ex=xyz", 2**63),
        (f"{CDN}?index=65f0", 2**63),
        (CDN, 2**63),
        ("", 2**63),
    ],
)
def test_a_link_says_when_it_ends(url: str, ms: int) -> None:
    assert expires(url) == ms


@pytest.mark.parametrize("old", [OLD, link(NOW + HOUR - 1000)])
async def test_a_link_that_ends_soon_is_renewed_and_kept(tmp_path: Path, old: str) -> None:
    async with house(tmp_path) as built:
        made = await finished(built, old)
        built.desk.fresh[old] = NEW
        found = await built.service.fetch(made.id)
        assert found is not None
        assert (await built.service.fetch(made.id)) == found  # also before it is written
        assert await built.until_task(made.id, lambda kept: kept.result.image != made.result.image) == found
        assert found.result.image == Image(url=NEW, filename="dog.png")
        assert (await built.service.fetch(made.id)) == found
        assert built.desk.refreshes == [("a", (old,))]
        assert await built.outbox.due(built.clock.time, 10) == []  # its end is not told again


async def test_a_good_link_and_an_unfinished_task_are_left_alone(tmp_path: Path) -> None:
    async with house(tmp_path) as built:
        good = await finished(built, link(NOW + HOUR + 1000))
        assert await built.service.fetch(good.id) == good
        held = await finished(built, phase=Phase.HELD)
        assert await built.service.fetch(held.id) == held
        assert await built.service.fetch("3") is None
        assert built.desk.refreshes == []


async def test_a_failure_leaves_the_old_link_and_is_tried_again_later(tmp_path: Path) -> None:
    async with house(tmp_path) as built:
        made = await finished(built)
        built.desk.refresh_fails = NotSent("not connected")
        assert await built.service.fetch(made.id) == made
        assert await built.service.fetch(made.id) == made
        built.clock.time += AGAIN - 1
        assert await built.service.fetch(made.id) == made
        assert len(built.desk.refreshes) == 1
        built.clock.time += 1
        built.desk.refresh_fails = None
        assert await built.service.fetch(made.id) == made  # Discord does not know it
        assert len(built.desk.refreshes) == 2


async def test_without_an_account_nothing_is_asked_nor_put_off(tmp_path: Path) -> None:
    async with house(tmp_path) as built:
        made = await finished(built)
        built.desk.fresh[OLD] = NEW
        built.desk.known = {"a": account(connected=False)}
        assert await built.service.fetch(made.id) == made
        built.desk.known |= {"b": account("b")}
        found = await built.service.fetch(made.id)
        assert found is not None
        assert found.result.image is not None
        assert found.result.image.url == NEW
        assert built.desk.refreshes == [("b", (OLD,))]


async def test_a_discord_that_does_not_answer_holds_no_look_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(account: str, urls: Sequence[str]) -> Mapping[str, str]:
        await asyncio.Event().wait()
        return {}

    desk = Desk()
    monkeypatch.setattr(desk, "refresh", silent)
    monkeypatch.setattr("tasks.results.link_refresh.SECONDS", 0.01)
    async with house(tmp_path, desk) as built:
        made = await finished(built)
        assert await built.service.fetch(made.id) == made


async def test_a_full_disk_shows_the_new_link_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_args: object, **_options: object) -> None:
        raise StoreFailed

    async with house(tmp_path) as built:
        made = await finished(built)
        built.desk.fresh[OLD] = NEW
        with monkeypatch.context() as broken:
            broken.setattr(built.store, "save", full)
            found = await built.service.fetch(made.id)
        assert found is not None
        assert found.result.image is not None
        assert found.result.image.url == NEW


async def test_a_renewed_link_and_a_copy_that_come_at_once_are_both_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as built:
        real = built.desk.refresh

        async def while_it_is_copied(account: str, urls: Sequence[str]) -> Mapping[str, str]:
            fresh = await real(account, urls)
            built.tracker.enqueue(CopyStored(task_id="1", role="result", url=CDN, name="ab12.png", size=3))
            return fresh

        monkeypatch.setattr(built.desk, "refresh", while_it_is_copied)
        made = await finished(built)
        built.desk.fresh[OLD] = NEW
        found = await built.service.fetch(made.id)
        assert found is not None
        assert found.result.image is not None
        assert found.result.image.url == NEW

        def has_both(task: Task) -> bool:
            return task.result.image == Image(url=NEW, filename="dog.png", stored="ab12.png")

        async with asyncio.timeout(5):
            kept = await built.until_task(made.id, has_both)
        assert kept.result.seed == "7"
