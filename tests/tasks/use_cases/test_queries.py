"""Whose tasks a caller sees, through every use-case: another's is answered as one that never was."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.errors import QueueFull, ServiceError, TaskNotFound
from tasks.domain.model import Action, Button, IdempotencyKey, Image, Phase, Status, SubmitOptions, Task
from tasks.use_cases.admission import QueueCapacity
from tasks.use_cases.queries import OPERATOR, Principal
from tasks.use_cases.service import Service
from tests.support.house import House, house
from tests.support.tasks import task

ANNA = Principal(name="anna", sees_all=False)
BERT = Principal(name="bert", sees_all=False)
SHOP = Principal(name="shop", sees_all=True)
U1 = Button(custom_id="U1", does=Action.UPSCALE, index=1, is_quick=True)
ZOOM = Button(custom_id="zoom", does=Action.ZOOM, opens_dialog=True)


def finished(number: int, owner: str) -> Task:
    return task(
        number,
        owner=owner,
        status=Status.SUCCESS,
        phase=Phase.OVER,
        message_id=f"m{number}",
        job_id=f"j{number}",
        image=Image(url="https://cdn.discordapp.com/x.png"),
        buttons=(U1, ZOOM),
        seed="77",
    )


ANNAS, HELD, UNKNOWN = "11", "12", "99"

CALLS: dict[str, Callable[[Service, str], Awaitable[object]]] = {
    "get": lambda s, i: s.get(i),
    "fetch": lambda s, i: s.fetch(i),
    "get_many": lambda s, i: s.get_many([i]),
    "seed": lambda s, i: s.seed(i),
    "cancel": lambda s, i: s.cancel(i),
    "modal": lambda s, i: s.modal(i, prompt="a cat", mask=None),
    "press": lambda s, i: s.press(SubmitOptions(), parent=i, custom_id="U1"),
    "dialog": lambda s, i: s.press(SubmitOptions(), parent=i, custom_id="zoom"),
    "upscale": lambda s, i: s.act(SubmitOptions(), parent=i, does=Action.UPSCALE, index=1),
    "vary": lambda s, i: s.act(SubmitOptions(), parent=i, does=Action.VARIATION, index=1),
    "reroll": lambda s, i: s.act(SubmitOptions(), parent=i, does=Action.REROLL, index=None),
    "by message": lambda s, i: s.act(SubmitOptions(), parent=f"m{i}", does=Action.UPSCALE, index=1),
}


async def outcome(call: Callable[[Service, str], Awaitable[object]], service: Service, task_id: str) -> object:
    try:
        return await call(service, task_id)
    except ServiceError as error:
        return type(error), str(error)


async def annas_tasks(home: House) -> None:
    held = task(int(HELD), owner="anna", status=Status.MODAL, phase=Phase.HELD, account=None)
    await home.store.save([finished(int(ANNAS), "anna"), held])


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("task_id", [ANNAS, HELD])
async def test_anothers_task_is_answered_as_an_unknown_one(tmp_path: Path, name: str, task_id: str) -> None:
    async with house(tmp_path) as home:
        await annas_tasks(home)
        before = await home.store.get_many([ANNAS, HELD])
        bert = home.service.seen_by(BERT)
        assert await outcome(CALLS[name], bert, task_id) == await outcome(CALLS[name], bert, UNKNOWN)
        assert await home.store.get_many([ANNAS, HELD]) == before
        assert len(await home.store.latest(10)) == 2


@pytest.mark.parametrize("viewer", [ANNA, SHOP, OPERATOR])
@pytest.mark.parametrize("name", ["get", "fetch", "get_many", "seed", "press", "dialog", "upscale", "by message"])
async def test_who_may_see_it_is_answered(tmp_path: Path, name: str, viewer: Principal) -> None:
    async with house(tmp_path) as home:
        await annas_tasks(home)
        seen = home.service.seen_by(viewer)
        assert await outcome(CALLS[name], seen, ANNAS) != await outcome(CALLS[name], seen, UNKNOWN)


async def test_a_task_belongs_to_who_submits_it_and_lists_hold_ones_own(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.desk.known = {}  # so that they wait
        first = await home.service.seen_by(ANNA).imagine(SubmitOptions(), prompt="a dog")
        second = await home.service.seen_by(BERT).imagine(SubmitOptions(), prompt="a cat")
        third = await home.service.imagine(SubmitOptions(), prompt="a cow")
        assert [each.request.owner for each in (first, second, third)] == ["anna", "bert", ""]
        bert = home.service.seen_by(BERT)
        for mine in (await bert.queue(), await bert.latest(10), await bert.latest(10, status=[Status.NOT_START])):
            assert [each.id for each in mine] == [second.id]
        assert await bert.latest(10, before=second.id) == []
        assert await bert.latest(10, status=[Status.SUCCESS]) == []
        assert await bert.ahead(second) == 1  # Anna's counts, unseen
        assert [each.id for each in await home.service.seen_by(SHOP).queue()] == [first.id, second.id, third.id]


async def test_the_same_press_of_two_owners_is_two_tasks_and_of_one_is_one(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await annas_tasks(home)
        shop, anna = home.service.seen_by(SHOP), home.service.seen_by(ANNA)
        of_shop = await shop.press(SubmitOptions(), parent=ANNAS, custom_id="U1")
        of_anna = await anna.press(SubmitOptions(), parent=ANNAS, custom_id="U1")
        assert (of_shop.request.owner, of_anna.request.owner) == ("shop", "anna")
        assert of_shop.id != of_anna.id
        assert (await anna.press(SubmitOptions(), parent=ANNAS, custom_id="U1")).id == of_anna.id
        assert (
            await shop.press(SubmitOptions(), parent=ANNAS, custom_id="U1")
        ).id == of_anna.id  # who sees all gets the newest


async def test_a_kept_key_of_anothers_task_tells_nothing(tmp_path: Path) -> None:
    """Keys hold their caller's name, so two callers never meet; were it otherwise, this is what would be answered."""
    async with house(tmp_path) as home:
        ask = SubmitOptions(once=IdempotencyKey(key="k", body="b"))
        await home.service.seen_by(ANNA).imagine(ask, prompt="a dog")
        with pytest.raises(TaskNotFound):
            await home.service.seen_by(BERT).imagine(ask, prompt="a dog")


async def test_on_behalf_of_another(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        assert (await home.service.imagine(SubmitOptions(owner="anna"), prompt="a dog")).request.owner == "anna"


# ---------------------------------------------------------------- room


async def test_a_name_fills_its_own_part_of_the_queue_and_not_the_others(tmp_path: Path) -> None:
    async with Database(tmp_path / "tasks.db") as database:
        store = Tasks(database)
        room = QueueCapacity(store, in_all=6, of_each=3)
        number = 0

        async def submit(owner: str) -> bool:
            nonlocal number
            number += 1
            new = task(number, owner=owner, status=Status.NOT_START, phase=Phase.READY)
            try:
                async with room.place(owner):
                    await store.insert(new)
            except QueueFull:
                return False
            return True

        # All at once: each asks before any of them is written.
        assert sum(await asyncio.gather(*(submit("anna") for _ in range(20)))) == 3
        assert sum(await asyncio.gather(*(submit("bert") for _ in range(2)))) == 2
        assert await store.count_waiting() == 5
        assert sum(await asyncio.gather(*(submit("") for _ in range(20)))) == 1
        assert not await submit("bert")
        await store.save([replace(each, phase=Phase.OVER, status=Status.CANCEL) for each in await store.waiting(2)])
        assert sum(await asyncio.gather(*(submit("anna") for _ in range(20)))) == 2


async def test_a_place_whose_task_could_not_be_written_is_given_back(tmp_path: Path) -> None:
    async with Database(tmp_path / "tasks.db") as database:
        room = QueueCapacity(Tasks(database), in_all=1)
        for _ in range(3):
            with pytest.raises(OSError, match="disk"):
                async with room.place(""):
                    raise OSError("disk")
        async with room.place(""):
            pass
