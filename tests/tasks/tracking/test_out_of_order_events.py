"""Events that come late, doubled or after what they were about: none of them is another task's, and none is an end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.domain.events import Acknowledged, Connected, Progressed, Queued, Refused, Started, Withdrawn
from tasks.domain.model import Mode, Status, SubmitOptions, Task
from tests.support.house import Desk, House, house
from tests.support.tasks import USER, keys
from tests.tasks.sending.test_dispatcher import drawn, over, pass_time, result

MINE = {"prompt": "a dog", "user_id": USER}


async def waiting_at_midjourney(home: House) -> Task:
    """A drawing of the same words that stands in MidJourney's queue, which a private note told."""
    said = len(home.desk.said)
    task = await home.service.imagine(SubmitOptions(), prompt="a dog")
    await home.until_said(said + 1)
    home.tracker.enqueue(Queued(keys=keys(nonce=home.desk.said[-1][2], message_id="note", flags=64, prompt="a dog")))
    return await home.until_task(task.id, lambda t: t.progress.queued)


async def test_late_words_about_what_has_ended_are_not_the_next_ones_start(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await drawn(home)
        queued = await waiting_at_midjourney(home)
        home.tracker.enqueue(Started(keys=keys(message_id="p1", **MINE)))
        home.tracker.enqueue(Progressed(keys=keys(message_id="p1", job_id="j1", **MINE), percent=93))
        home.tracker.enqueue(Progressed(keys=keys(message_id="p0", job_id="j1", **MINE), percent=93))
        home.tracker.enqueue(Withdrawn(keys=keys(message_id="p1")))
        home.tracker.enqueue(result(2))
        ended = await home.until_task(queued.id, over)
        assert (ended.status, ended.progress.job_id, ended.progress.progress_message_id) == (
            Status.SUCCESS,
            "j2",
            "note",
        )


async def test_nor_in_the_history_that_a_restart_reads(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await drawn(home)
        queued = await waiting_at_midjourney(home)
    desk = Desk()
    desk.history = [
        Progressed(keys=keys(message_id="p1", job_id="j1", from_history=True, **MINE), percent=93),
        result(2, from_history=True),
    ]
    async with house(tmp_path, desk) as home:
        home.tracker.enqueue(Connected(account="a", gap_since=0))
        ended = await home.until_task(queued.id, over)
        assert (ended.progress.job_id, ended.progress.progress_message_id) == ("j2", "note")


async def test_the_note_that_it_is_queued_may_go_before_it_begins(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await waiting_at_midjourney(home)
        home.tracker.enqueue(Withdrawn(keys=keys(message_id="note")))
        await pass_time(home, 10)
        home.tracker.enqueue(Progressed(keys=keys(message_id="p", job_id="j1", **MINE), percent=9, mode=Mode.FAST))
        await home.until_task(task.id, lambda t: t.progress.percent == 9)
        await pass_time(home, 10)
        home.tracker.enqueue(result(1))
        assert (await home.until_task(task.id, over)).status is Status.SUCCESS
        assert home.desk.history_reads == []  # nobody thought that it might have ended


async def test_a_message_that_takes_the_place_of_another_is_a_sign_of_life(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        home.tracker.enqueue(Started(keys=keys(nonce=home.desk.said[0][2], message_id="p", job_id="j1")))
        home.tracker.enqueue(Withdrawn(keys=keys(message_id="p")))
        home.tracker.enqueue(Progressed(keys=keys(message_id="q", job_id="j1", **MINE), percent=9, mode=Mode.FAST))
        await pass_time(home, 10)
        await home.until_task(task.id, lambda t: t.progress.percent == 9)
        home.tracker.enqueue(result(1))
        assert (await home.until_task(task.id, over)).status is Status.SUCCESS
        assert home.desk.history_reads == []


async def test_that_it_was_queued_is_no_news_once_it_runs(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        nonce = home.desk.said[0][2]
        home.tracker.enqueue(Started(keys=keys(nonce=nonce, message_id="p", **MINE)))
        home.tracker.enqueue(Queued(keys=keys(nonce=nonce, message_id="note", flags=64, prompt="a dog")))
        home.tracker.enqueue(Progressed(keys=keys(message_id="p", job_id="j1"), percent=31))
        running = await home.until_task(task.id, lambda t: t.progress.percent == 31)
        assert (
            running.progress.progress_message_id,
            running.progress.progress_message_flags,
            running.progress.queued,
        ) == ("p", 0, False)


@pytest.mark.parametrize("overtaken", [False, True])
async def test_equal_drawings_whose_results_crossed_are_not_taken_for_withdrawn(
    tmp_path: Path, overtaken: bool
) -> None:
    """Without a link to its start the first result goes to the oldest; then the other's message is deleted."""
    async with house(tmp_path) as home:
        tasks = [await home.service.imagine(SubmitOptions(), prompt="a dog") for _ in range(2)]
        await home.until_said(2)
        for nth, (_, _, nonce) in enumerate(home.desk.said, start=1):
            home.tracker.enqueue(Started(keys=keys(nonce=nonce, message_id=f"p{nth}", **MINE)))
        deleted = Withdrawn(keys=keys(message_id="p2"))
        for event in (deleted, result(2)) if overtaken else (result(2), deleted, deleted):
            home.tracker.enqueue(event)
        await pass_time(home, 5)
        await home.until_task(tasks[0].id, over)
        home.tracker.enqueue(result(1))
        home.tracker.enqueue(Withdrawn(keys=keys(message_id="p1")))
        ended = [await home.until_task(task.id, over) for task in tasks]
        assert [(task.status, task.progress.job_id) for task in ended] == [
            (Status.SUCCESS, "j2"),
            (Status.SUCCESS, "j1"),
        ]
        assert home.desk.history_reads == []


@pytest.mark.parametrize("before", [False, True])
async def test_what_is_withdrawn_beside_a_result_of_its_own_start_is_moderated(tmp_path: Path, before: bool) -> None:
    async with house(tmp_path) as home:
        tasks = [await home.service.imagine(SubmitOptions(), prompt="a dog") for _ in range(2)]
        await home.until_said(2)
        for nth, (_, _, nonce) in enumerate(home.desk.said, start=1):
            home.tracker.enqueue(Started(keys=keys(nonce=nonce, message_id=f"p{nth}", **MINE)))
        own, withdrawn = (Withdrawn(keys=keys(message_id=message)) for message in ("p1", "p2"))
        for event in (withdrawn, result(1), own) if before else (result(1), own, withdrawn):
            home.tracker.enqueue(event)
        await pass_time(home, 1.5)
        await home.until_recalled()
        await pass_time(home, 1)
        assert (await home.until_task(tasks[1].id, over)).result.fail_code == "moderated"


@pytest.mark.parametrize("code", ["queue_full", "credits_exhausted"])
async def test_of_several_drawings_one_that_is_refused_does_not_have_all_drawn_again(tmp_path: Path, code: str) -> None:
    """One command may make several; what refuses a later one answers the same interaction."""
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        nonce = home.desk.said[0][2]
        home.tracker.enqueue(Acknowledged(keys=keys(nonce=nonce, interaction_id="i")))
        home.tracker.enqueue(Started(keys=keys(nonce=nonce, message_id="p", **MINE)))
        no = Refused(keys=keys(interaction_id="i", flags=64), code=code, reason="no", retry=code == "queue_full")
        home.tracker.enqueue(no)
        home.tracker.enqueue(result(1, reference_id="p"))
        assert (await home.until_task(task.id, over)).progress.job_id == "j1"
        assert len(home.desk.said) == 1


async def test_what_the_owner_draws_by_hand_is_let_go_when_the_own_start_comes(tmp_path: Path) -> None:
    """The same words, heard while it was not known that the command had arrived."""
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        home.tracker.enqueue(Progressed(keys=keys(message_id="h", job_id="jh", **MINE), percent=15))
        home.tracker.enqueue(Started(keys=keys(nonce=home.desk.said[0][2], message_id="p", **MINE)))
        home.tracker.enqueue(result(1, job_id="jh", reference_id="h"))
        home.tracker.enqueue(result(2, reference_id="p"))
        assert (await home.until_task(task.id, over)).progress.job_id == "j2"


async def test_what_was_taken_for_anothers_is_given_back_when_the_own_start_comes(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        tasks = [await home.service.imagine(SubmitOptions(), prompt="a dog") for _ in range(2)]
        await home.until_said(2)
        home.tracker.enqueue(Started(keys=keys(message_id="p2", **MINE)))  # its nonce was lost
        home.tracker.enqueue(Progressed(keys=keys(message_id="p2", job_id="j2", **MINE), percent=15))
        home.tracker.enqueue(Started(keys=keys(nonce=home.desk.said[0][2], message_id="p1", **MINE)))
        home.tracker.enqueue(Progressed(keys=keys(message_id="p2", job_id="j2", **MINE), percent=31))
        home.tracker.enqueue(result(2, reference_id="p2"))
        assert (await home.until_task(tasks[1].id, over)).progress.job_id == "j2"
        home.tracker.enqueue(result(1, reference_id="p1"))
        assert (await home.until_task(tasks[0].id, over)).progress.job_id == "j1"


@pytest.mark.parametrize("steps", [0, 2])
async def test_a_start_that_names_an_interaction_waits_until_it_is_known_whose(tmp_path: Path, steps: int) -> None:
    """It came without its nonce, and before INTERACTION_CREATE: by its words it may be any equal drawing's."""
    async with house(tmp_path) as home:
        tasks = [await home.service.imagine(SubmitOptions(), prompt="a dog") for _ in range(2)]
        await home.until_said(2)
        home.tracker.enqueue(Started(keys=keys(message_id="p2", interaction_id="i2", **MINE)))
        home.tracker.enqueue(Acknowledged(keys=keys(nonce=home.desk.said[1][2], interaction_id="i2")))
        for step in range(steps):
            told = keys(message_id="p2", interaction_id="i2", job_id="j2", **MINE)
            home.tracker.enqueue(Progressed(keys=told, percent=40 * step))
        home.tracker.enqueue(result(2, interaction_id="i2", reference_id="p2"))
        home.tracker.enqueue(Withdrawn(keys=keys(message_id="p2")))
        assert (await home.until_task(tasks[1].id, over)).progress.job_id == "j2"
        home.tracker.enqueue(Progressed(keys=keys(message_id="p1", job_id="j1", **MINE), percent=62))
        home.tracker.enqueue(result(1, reference_id="p1"))
        ended = await home.until_task(tasks[0].id, over)
        assert (ended.status, ended.progress.job_id) == (Status.SUCCESS, "j1")


async def test_nor_is_it_taken_for_moderated_when_its_own_words_never_came(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        tasks = [await home.service.imagine(SubmitOptions(), prompt="a dog") for _ in range(2)]
        await home.until_said(2)
        home.tracker.enqueue(Started(keys=keys(message_id="p2", interaction_id="i2", **MINE)))
        home.tracker.enqueue(Acknowledged(keys=keys(nonce=home.desk.said[1][2], interaction_id="i2")))
        home.tracker.enqueue(Progressed(keys=keys(message_id="p2", interaction_id="i2", **MINE), percent=40))
        home.tracker.enqueue(Withdrawn(keys=keys(message_id="p2")))
        home.tracker.enqueue(result(2, interaction_id="i2", reference_id="p2"))
        await home.until_task(tasks[1].id, over)
        home.tracker.enqueue(result(1, reference_id="p1"))  # of its own messages the last one alone came
        ended = await home.until_task(tasks[0].id, over)
        assert (ended.status, ended.progress.job_id) == (Status.SUCCESS, "j1")
