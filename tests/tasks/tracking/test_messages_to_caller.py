"""MidJourney's words that are no known form: they stand in the task at once, and are its reason if no drawing comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.domain.events import Informed, Started
from tasks.domain.model import Status, SubmitOptions, Task
from tests.support.house import House, house
from tests.support.tasks import USER, keys
from tests.tasks.sending.test_dispatcher import over, pass_time, result

LIMIT = "You are being rate limited. Please wait 3 seconds."
NOTE = f"MidJourney said: {LIMIT}"


async def told(home: House, event: Informed) -> Task:
    """A drawing whose send was answered so."""
    task = await home.service.imagine(SubmitOptions(), prompt="a dog")
    await home.until_said(1)
    nonce = home.desk.said[0][2]
    home.tracker.enqueue(Informed(keys=keys(nonce=nonce, **_message(event)), title=event.title, text=event.text))
    return await home.until_task(task.id, lambda t: bool(t.progress.words))


def _message(event: Informed) -> dict[str, object]:
    return {"message_id": event.keys.message_id, "flags": event.keys.flags}


SAID = Informed(keys=keys(message_id="w", flags=64), text=LIMIT)


async def until_silent(home: House, minutes: float) -> None:
    await pass_time(home, minutes)
    await home.until_recalled()
    await pass_time(home, 1)


async def test_words_stand_in_the_task_at_once_and_end_it_if_nothing_follows(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await told(home, SAID)
        assert task.notes == (NOTE,)
        assert task.status is Status.SUBMITTED
        lines = await home.store.timeline_of(task.id)
        assert [line.detail["words"] for line in lines if line.kind == "heard"] == [LIMIT]
        await until_silent(home, 6)
        ended = await home.until_task(task.id, over)
        assert ended.result.fail_code == "unknown_error"
        assert ended.result.fail_reason.startswith(LIMIT)


async def test_words_outlive_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await told(home, SAID)
    async with house(tmp_path) as home:
        await until_silent(home, 6)
        assert (await home.until_task(task.id, over)).result.fail_reason.startswith(LIMIT)


async def test_a_drawing_that_follows_succeeds_and_keeps_the_note(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await told(home, SAID)
        nonce = home.desk.said[0][2]
        home.tracker.enqueue(Started(keys=keys(nonce=nonce, message_id="m", user_id=USER, prompt="a dog")))
        home.tracker.enqueue(result(1, nonce=nonce))
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.notes) == (Status.SUCCESS, (NOTE,))


async def test_a_known_notice_is_no_reason_but_is_not_forgotten(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        notice = keys(nonce=home.desk.said[0][2], message_id="w")
        home.tracker.enqueue(Informed(keys=notice, title="Duplicate images detected", is_known=True))
        await home.until_task(task.id, lambda t: bool(t.notes))
        await until_silent(home, 6)
        ended = await home.until_task(task.id, over)
        assert ended.result.fail_code == "silence"
        assert "No further event arrived" in ended.result.fail_reason
        assert "Duplicate images detected" in ended.result.fail_reason


@pytest.mark.parametrize("times", [1, 3])
async def test_the_same_words_are_noted_once(tmp_path: Path, times: int) -> None:
    async with house(tmp_path) as home:
        task = await told(home, SAID)
        for _ in range(times):
            nonce = home.desk.said[0][2]
            home.tracker.enqueue(Informed(keys=keys(nonce=nonce, message_id="w"), text=LIMIT))
        home.tracker.enqueue(Informed(keys=keys(nonce=nonce, message_id="w"), text="Something else"))
        noted = await home.until_task(task.id, lambda t: len(t.notes) > 1)
        assert noted.notes == (NOTE, "MidJourney said: Something else")
