"""A failure that was concluded from silence is corrected by its result, once, and told; or the operator decides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tasks.domain.errors import ButtonNotFound, CannotAdopt, NotOpen, OutcomeUnknown, TaskNotFound
from tasks.domain.events import Acknowledged, AdoptRequested, Connected, HistoryRead, Progressed, Refused, Started
from tasks.domain.interactions import Interaction, SlashCommandInteraction
from tasks.domain.model import Action, Phase, Picture, SendState, Status, SubmitOptions, Task
from tasks.domain.webhooks import Delivery, Hook
from tasks.tracking.late_results import REOPEN_WINDOW
from tests.support.house import House, house
from tests.support.tasks import NOW, USER, account, keys, snowflake
from tests.tasks.sending.test_dispatcher import drawn, over, pass_time, result

HOOK = "http://caller.example/hook"


async def vanish(_account: str, _order: Interaction, _nonce: str) -> None:
    raise OutcomeUnknown("502")


async def silent(home: House, prompt: str = "a dog", api: str = "v1") -> Task:
    """A task that was taken, ran, and then was not heard of any more."""
    task = await home.service.imagine(SubmitOptions(notify_hook=HOOK, api=api), prompt=prompt)
    await home.until_said(len(home.desk.said) + 1)
    nonce = home.desk.said[-1][2]
    home.tracker.enqueue(Started(keys=keys(nonce=nonce, message_id="p", prompt=prompt)))
    home.tracker.enqueue(Progressed(keys=keys(message_id="p", job_id="j1"), percent=31))
    return await given_up(home, task, 181)


async def given_up(home: House, task: Task, minutes: float) -> Task:
    before = len(home.desk.history_reads)
    await pass_time(home, minutes)
    await home.until_recalled(before + 1)
    await pass_time(home, 2)
    return await home.until_task(task.id, over)


async def unknown(home: House, prompt: str = "a dog", *, pressed: Task | None = None) -> Task:
    """A task of which nobody knows whether it arrived."""
    home.desk.answer = vanish
    said = len(home.desk.said)
    ask = SubmitOptions(notify_hook=HOOK)
    if pressed is None:
        task = await home.service.imagine(ask, prompt=prompt)
    else:
        task = await home.service.act(ask, parent=pressed.id, does=Action.VARIATION, index=1)
    await home.until_said(said + 1)
    by_hand = keys(message_id="s", user_id=USER, prompt="of the owner's own hand", sent_at=home.clock.now() + 1000)
    home.tracker.enqueue(Started(keys=by_hand))
    ended = await given_up(home, task, 6)
    home.desk.answer = None
    return ended


async def told(home: House, task: Task) -> list[tuple[str, str]]:
    return [(row.event, row.url) for row in await home.outbox.of_task(task.id)]


def corrected(task: Task) -> bool:
    return task.status is Status.SUCCESS


async def test_a_result_after_silence_corrects_the_failure_and_the_hook_says_so(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await silent(home)
        assert (task.status, task.result.fail_code) == (Status.FAILURE, "silence")
        home.tracker.enqueue(result(1, job_id="j1"))
        now = await home.until_task(task.id, corrected)
        assert (now.result.message_id, now.progress.percent, now.result.fail_code, now.result.fail_reason) == (
            "r1",
            100,
            "",
            "",
        )
        assert now.corrected
        assert "silence" in now.notes[-1]
        assert await told(home, task) == [("end", HOOK), ("corrected", HOOK)]


async def test_once_corrected_it_holds(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await silent(home)
        home.tracker.enqueue(result(1, job_id="j1"))
        home.tracker.enqueue(result(7, job_id="j1"))
        home.tracker.enqueue(result(1, job_id="j1"))
        now = await home.until_task(task.id, corrected)
        other = await drawn(home, "a cat", nth=2)
        assert now.result.message_id == "r1"
        assert other.result.message_id == "r2"
        assert len(await told(home, task)) == 2


@pytest.mark.parametrize("from_history", [False, True])
async def test_words_alone_correct_nothing(tmp_path: Path, from_history: bool) -> None:
    """The account's owner may have drawn the same by hand."""
    async with house(tmp_path) as home:
        task = await unknown(home)
        assert task.result.fail_code == "outcome_unknown"
        home.tracker.enqueue(result(1, from_history=from_history))
        home.tracker.enqueue(HistoryRead(account="a", since=0))
        running = await drawn(home, "a cat", 2)  # all of that has been heard
        assert running.status is Status.SUCCESS
        assert (await home.until_task(task.id, over)).status is Status.FAILURE


async def test_what_runs_comes_before_what_has_failed(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        failed = await unknown(home)
        nonce = home.desk.said[0][2]
        running = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(2)
        later = home.clock.now() + 1000
        home.tracker.enqueue(result(1, sent_at=later))
        assert (await home.until_task(running.id, over)).result.message_id == "r1"
        home.tracker.enqueue(Acknowledged(keys=keys(nonce=nonce, interaction_id="i")))
        home.tracker.enqueue(result(2, sent_at=later, interaction_id="i"))
        assert (await home.until_task(failed.id, corrected)).result.message_id == "r2"


async def test_its_own_job_is_its_though_the_same_words_run_again(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        failed = await silent(home)
        running = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(2)
        later = home.clock.now() + 1000
        home.tracker.enqueue(
            Progressed(keys=keys(message_id="p", job_id="j1", prompt="a dog", sent_at=later), percent=62)
        )
        home.tracker.enqueue(result(1, job_id="j1", sent_at=later))
        assert (await home.until_task(failed.id, corrected)).result.message_id == "r1"
        home.tracker.enqueue(result(2, sent_at=later))
        now = await home.until_task(running.id, over)
        assert (now.result.message_id, now.progress.job_id, now.progress.progress_message_id) == ("r2", "j2", None)


async def test_what_may_be_anothers_that_has_failed_is_left_open_until_a_key_tells(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home, "a cat")
        failed = await unknown(home, pressed=parent)
        running = await home.service.act(SubmitOptions(), parent=parent.id, does=Action.VARIATION, index=2)
        await home.until_said(3)
        later = home.clock.now() + 1000
        late = result(8, reference_id="r1", action=Action.VARIATION, prompt="a cat", sent_at=later)
        home.tracker.enqueue(late)
        nonce = home.desk.said[2][2]
        home.tracker.enqueue(
            Started(keys=keys(nonce=nonce, message_id="p9", job_id="j9", prompt="a cat", sent_at=later))
        )
        assert (await home.until_task(failed.id, corrected)).result.message_id == "r8"
        home.tracker.enqueue(result(9, reference_id="r1", action=Action.VARIATION, prompt="a cat", sent_at=later))
        assert (await home.until_task(running.id, over)).result.message_id == "r9"


async def test_a_late_sign_of_life_makes_the_result_known(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await unknown(home)
        nonce = home.desk.said[0][2]
        home.tracker.enqueue(Acknowledged(keys=keys(nonce=nonce, interaction_id="i")))
        home.tracker.enqueue(Progressed(keys=keys(interaction_id="i", message_id="p", job_id="j7"), percent=15))
        home.tracker.enqueue(result(7, prompt="quite other words"))
        assert (await home.until_task(task.id, corrected)).progress.job_id == "j7"
        [send] = await home.store.sends_of([task.id])
        assert (send.state, send.interaction_id) == (SendState.POSTED, "i")


async def test_a_late_result_is_known_after_a_restart_for_a_day(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await silent(home)
        later = home.clock
    async with house(tmp_path, clock=later) as home:
        home.tracker.enqueue(result(1, job_id="j1", from_history=True))
        assert (await home.until_task(task.id, corrected)).result.message_id == "r1"


async def test_after_a_restart_no_number_of_other_failures_hides_one(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await silent(home)
        refused = replace(task, result=replace(task.result, fail_code="moderated"))
        storm = [
            replace(refused, id=str(int(task.id) + n), progress=replace(refused.progress, job_id=f"other{n}"))
            for n in range(1, 1_101)
        ]
        await home.store.save(storm)
        later = home.clock
    async with house(tmp_path, clock=later) as home:
        home.tracker.enqueue(result(1, job_id="j1", from_history=True))
        assert (await home.until_task(task.id, corrected)).result.message_id == "r1"


async def test_nor_does_any_number_of_its_own_kind(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await silent(home)
        sent = await home.store.sends_of([task.id])
        storm = [
            replace(
                task,
                id=str(int(task.id) + n),
                progress=replace(task.progress, job_id=f"other{n}", progress_message_id=f"p{n}"),
            )
            for n in range(1, 1_101)
        ]
        await home.store.save(storm, sends=[replace(sent[0], task_id=each.id, nonce=f"s{each.id}") for each in storm])
        later = home.clock
    async with house(tmp_path, clock=later) as home:
        for nth, (job, its) in enumerate((("j1", task), ("other1100", storm[-1])), start=1):
            home.tracker.enqueue(result(nth, job_id=job, from_history=True))
            assert (await home.until_task(its.id, corrected)).result.message_id == f"r{nth}"


async def test_after_a_restart_each_has_its_own_day(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await silent(home)
        ended = home.clock.time - REOPEN_WINDOW + 60_000  # asked for later, over long before
        brief = replace(
            task,
            id=str(int(task.id) + 1),
            progress=replace(task.progress, job_id="j2", progress_message_id="p2"),
            result=replace(task.result, finish_time=ended),
        )
        await home.store.save([brief])
        later = home.clock
    async with house(tmp_path, clock=later) as home:
        later.time += 120_000
        home.tracker.enqueue(result(2, job_id="j2"))
        home.tracker.enqueue(result(1, job_id="j1"))
        await home.until_task(task.id, corrected)
        found = await home.store.get(brief.id)
        assert found is not None
        assert found.status is Status.FAILURE


async def test_a_day_later_it_is_not(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await silent(home)
        later = home.clock
    later.time += 25 * 3_600_000
    async with house(tmp_path, clock=later) as home:
        home.tracker.enqueue(result(1, job_id="j1", from_history=True))
        await drawn(home, "a cat", nth=1)
        found = await home.store.get(task.id)
        assert found is not None
        assert found.status is Status.FAILURE


async def test_nor_in_the_process_that_saw_it_fail(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await silent(home)
        home.clock.time += 25 * 3_600_000
        home.tracker.enqueue(result(1, job_id="j1"))
        await drawn(home, "a cat", nth=2)
        found = await home.store.get(task.id)
        assert found is not None
        assert found.status is Status.FAILURE


async def test_a_failure_that_was_told_to_us_stays_one(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        nonce = home.desk.said[0][2]
        home.tracker.enqueue(Started(keys=keys(nonce=nonce, message_id="p", job_id="j1", prompt="a dog")))
        home.tracker.enqueue(Refused(keys=keys(message_id="p"), code="moderated", reason="no"))
        await home.until_task(task.id, over)
        home.tracker.enqueue(result(1, job_id="j1"))
        await drawn(home, "a cat", nth=2)
        found = await home.store.get(task.id)
        assert found is not None
        assert found.result.fail_code == "moderated"


async def test_everybody_who_was_told_of_the_failure_is_told_of_the_result(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await silent(home)
        other = "http://other.example/hook"
        await home.store.follow(Hook(task_id=task.id, url=other, state="theirs"))
        home.clock.time += 1
        home.tracker.enqueue(result(1, job_id="j1"))
        now = await home.until_task(task.id, corrected)
        await home.store.save([replace(now, result=replace(now.result, seed="7"))])
        expected = [("corrected", HOOK), ("corrected", other), ("end", HOOK), ("end", other)]
        assert sorted(await told(home, task)) == expected
        rows: list[Delivery] = await home.outbox.of_task(task.id)
        assert [row.state for row in rows if row.url == other] == ["theirs", "theirs"]


async def test_who_came_after_the_first_end_is_told_of_one_end(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await unknown(home)
        await home.service.retry(task.id)
        await home.until_said(2)
        early, late = "http://early.example/hook", "http://late.example/hook"
        await home.store.follow(Hook(task_id=task.id, url=early))
        home.clock.time += 1000
        nonce = home.desk.said[1][2]
        home.tracker.enqueue(result(9, nonce=nonce, sent_at=home.clock.now()))
        now = await home.until_task(task.id, corrected)
        home.clock.time += 1000
        await home.store.follow(Hook(task_id=task.id, url=late))
        await home.store.save([replace(now, result=replace(now.result, seed="7"))])
        rows = await told(home, task)
        assert [row for row in rows if row[1] != HOOK] == [("end", early), ("end", late)]


# ---------------------------------------------------------------- the operator's word


async def test_what_is_no_open_question_cannot_be_decided(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        done = await drawn(home)
        for decide in (home.service.adopt, home.service.retry):
            with pytest.raises(NotOpen):
                await decide(done.id)
            with pytest.raises(TaskNotFound):
                await decide("17")


async def test_the_one_result_that_fits_is_adopted(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await unknown(home)
        home.desk.history = [result(8, user_id="another"), result(9, prompt="other words"), result(1)]
        now = await home.service.adopt(task.id)
        assert (now.status, now.result.message_id, now.corrected) == (Status.SUCCESS, "r1", True)
        assert await told(home, task) == [("end", HOOK), ("corrected", HOOK)]
        kinds = [line.kind for line in await home.store.timeline_of(task.id)]
        assert "adopted" in kinds


async def test_several_results_are_named_and_one_must_be_chosen(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await unknown(home)
        first, second = snowflake(NOW + 5000, 1), snowflake(NOW + 5000, 2)
        home.desk.history = [result(1, message_id=first), result(2, message_id=second)]
        with pytest.raises(CannotAdopt, match=rf"2 results.*{first}, {second}"):
            await home.service.adopt(task.id)
        assert (await home.service.adopt(task.id, second)).result.message_id == second


async def test_by_the_operators_word_any_result_of_our_own_user_is_adopted(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await unknown(home)
        at = snowflake(NOW + 5000)
        home.desk.history = [result(1, message_id=at, prompt="words that MidJourney made of it")]
        with pytest.raises(CannotAdopt, match="fits"):
            await home.service.adopt(task.id)
        assert (await home.service.adopt(task.id, at)).status is Status.SUCCESS


async def test_what_is_no_result_or_somebody_elses_is_not_adopted(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        done = await drawn(home, "a cat")
        task = await unknown(home)
        mine, theirs, empty = (snowflake(NOW + 5000, n) for n in range(3))
        home.desk.history = [
            result(5, message_id=mine, job_id=done.progress.job_id),
            result(6, message_id=theirs, user_id="another"),
            Started(keys=keys(message_id=empty, user_id=USER)),
        ]
        for message_id, why in ((mine, done.id), (theirs, "another user"), (empty, "no result"), ("x", "no id")):
            with pytest.raises(CannotAdopt, match=why):
                await home.service.adopt(task.id, message_id)


async def test_one_result_is_adopted_by_one_task(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        tasks = [await unknown(home), await unknown(home, "a cat")]
        found = result(1, message_id=snowflake(home.clock.now()))
        for task in tasks:
            home.tracker.enqueue(AdoptRequested(task_id=task.id, result=found))
        await home.until_task(tasks[0].id, corrected)
        await drawn(home, "a bird", nth=3)
        second = await home.store.get(tasks[1].id)
        assert second is not None
        assert second.status is Status.FAILURE


async def test_what_is_by_its_job_anothers_is_not_adopted(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        other = await silent(home)
        task = await unknown(home)
        at = snowflake(home.clock.now())
        home.desk.history = [result(1, message_id=at, job_id="j1", sent_at=home.clock.now())]
        for message_id in ("", at):
            with pytest.raises(CannotAdopt):
                await home.service.adopt(task.id, message_id)
        assert (await home.service.adopt(other.id, at)).progress.job_id == "j1"


async def test_it_is_sent_again_by_the_operators_word_and_its_new_end_is_told(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await unknown(home)
        again = await home.service.retry(task.id)
        assert again.corrected
        await home.until_said(2)
        nonce = home.desk.said[1][2]
        assert nonce != home.desk.said[0][2]
        home.tracker.enqueue(Started(keys=keys(nonce=nonce, message_id="p9", prompt="a dog")))
        home.tracker.enqueue(result(9, reference_id="p9", sent_at=home.clock.now() + 1000))
        now = await home.until_task(task.id, over)
        assert (now.status, now.result.message_id) == (Status.SUCCESS, "r9")
        assert await told(home, task) == [("end", HOOK), ("corrected", HOOK)]


async def test_what_is_sent_again_may_go_another_way(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await unknown(home)
        home.desk.known = {"b": account("b")}
        again = await home.service.retry(task.id)
        assert again.account is None
        await home.until_said(2)
        assert home.desk.said[1][0] == "b"


async def test_pictures_are_uploaded_anew_where_it_is_sent_again(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.desk.answer = vanish
        pictures = [Picture(filename=f"{n}.png", type="image/png", data=b"x") for n in range(2)]
        task = await home.service.blend(SubmitOptions(), pictures=pictures)
        await home.until_said(1)
        await given_up(home, task, 6)
        home.desk.known = {"b": account("b")}
        await home.service.retry(task.id)
        await home.until_said(2)
        name, order, _ = home.desk.said[1]
        assert isinstance(order, SlashCommandInteraction)
        assert (name, [*order.uploads]) == ("b", ["image1", "image2"])


async def test_what_no_account_can_send_is_not_sent_again(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home, "a cat")
        task = await unknown(home, pressed=parent)
        home.desk.known = {"b": account("b")}
        with pytest.raises(ButtonNotFound, match="No account"):
            await home.service.retry(task.id)
        found = await home.store.get(task.id)
        assert found is not None
        assert found.result.fail_code == "outcome_unknown"


async def test_after_a_restart_only_the_last_send_of_what_was_sent_again_counts(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await unknown(home)
        await home.service.retry(task.id)
        await home.until_said(2)
        later = home.clock
    async with house(tmp_path, clock=later) as home:
        states = [send.state for send in await home.store.sends_of([task.id])]
        assert states == [SendState.UNKNOWN, SendState.POSTED]
        now = await given_up(home, task, 6)
        assert now.result.fail_code == "silence"
        assert home.desk.said == []


async def test_nothing_unfinished_is_told_after_an_end(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await silent(home, api="mj")
        before = await told(home, task)
        await home.service.retry(task.id)
        await home.until_said(2)
        home.tracker.enqueue(Started(keys=keys(nonce=home.desk.said[1][2], message_id="p9", prompt="a dog")))
        home.tracker.enqueue(Refused(keys=keys(message_id="p9"), code="moderated", reason="no"))
        now = await home.until_task(task.id, lambda t: t.phase is Phase.OVER and t.result.fail_code == "moderated")
        assert now.status is Status.FAILURE
        assert await told(home, task) == [*before, ("corrected", HOOK)]


async def test_a_press_is_sent_again_to_its_own_account(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home, "a cat")
        task = await unknown(home, pressed=parent)
        await home.service.retry(task.id)
        await home.until_said(3)
        assert home.desk.presses[0] == home.desk.presses[1]
        assert home.desk.said[2][0] == "a"


async def test_the_timeline_says_how_each_message_was_known(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.tracker.enqueue(Connected(account="a", gap_since=0))
        task = await drawn(home)
        lines = await home.store.timeline_of(task.id)
        assert [line.kind for line in lines][:2] == ["submitted", "sent"]
        heard = [line.detail for line in lines if line.kind == "heard"]
        assert [(said["event"], said["by"]) for said in heard] == [
            ("Started", "nonce"),
            ("Finished", "reference"),
        ]
        assert [line.detail["outcome"] for line in lines if line.kind == "posted"] == ["taken"]
        assert lines[-1].detail == {"status": "SUCCESS", "phase": "over", "message_id": "r1"}
        assert [line.id for line in lines] == sorted(line.id for line in lines)
