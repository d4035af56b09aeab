"""The two roads together, on a real database, with a gateway that answers as told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import (
    AccountBlocked,
    BadHook,
    BadIndex,
    ButtonNotFound,
    MissingPrompt,
    NotSent,
    OutcomeUnknown,
    ParentFailed,
    ParentNotFinished,
    ParentNotFound,
    PromptTooLong,
    QueueFull,
    SendRefused,
    StateTooLong,
    StoreFailed,
)
from tasks.domain.events import (
    Acknowledged,
    CaptchaAsked,
    Connected,
    Finished,
    Progressed,
    Queued,
    Refused,
    Started,
    Tick,
    Withdrawn,
)
from tasks.domain.interactions import Interaction
from tasks.domain.model import (
    Action,
    Button,
    Image,
    Lane,
    Mode,
    Phase,
    Picture,
    SendState,
    Status,
    SubmitOptions,
    Task,
    VideoRequest,
)
from tasks.rules.matching import CLOCK_SKEW
from tests.support.house import Desk, House, SetClock, house
from tests.support.tasks import USER, account, built, keys, snowflake

PICTURE = Image(url="https://cdn.discordapp.com/x.png")
MINUTE = 60_000
U2 = Button(custom_id="U2", does=Action.UPSCALE, index=2)
V1 = Button(custom_id="V1", does=Action.VARIATION, index=1)
V2 = Button(custom_id="V2", does=Action.VARIATION, index=2)


def result(nth: int = 1, **fields: Any) -> Finished:
    known: dict[str, Any] = {"message_id": f"r{nth}", "job_id": f"j{nth}", "prompt": "a dog", "user_id": USER}
    return Finished(keys=keys(**{**known, **fields}), image=PICTURE, buttons=(U2, V1, V2))


async def drawn(home: House, prompt: str = "a dog", nth: int = 1) -> Task:
    """A task that was drawn, with U2 and V1 to press."""
    task = await home.service.imagine(SubmitOptions(), prompt=prompt)
    before = len(home.desk.said)
    await home.until_said(max(before, nth))
    nonce, now = home.desk.said[-1][2], home.clock.now() + 1000
    home.tracker.enqueue(Started(keys=keys(nonce=nonce, message_id=f"p{nth}", prompt=prompt, sent_at=now)))
    home.tracker.enqueue(result(nth, reference_id=f"p{nth}", prompt=prompt, sent_at=now))
    return await home.until_task(task.id, lambda t: t.is_over)


def over(task: Task) -> bool:
    return task.is_over


async def pass_time(home: House, minutes: float) -> None:
    """Time passes in steps that a machine which is awake would see."""
    for _ in range(int(minutes * 2)):
        home.clock.time += 30_000
        home.tracker.enqueue(Tick(now=home.clock.now()))


# ---------------------------------------------------------------- down


async def test_tasks_are_sent_first_in_first_out_as_far_as_slots_go(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        tasks = [await home.service.imagine(SubmitOptions(), prompt=f"dog {i}") for i in range(5)]
        await home.until_said(3)
        assert home.desk.prompts == ["dog 0", "dog 1", "dog 2"]
        home.tracker.enqueue(result(1, nonce=home.desk.said[0][2], prompt="dog 0"))
        await home.until_said(4)
        assert home.desk.prompts[3] == "dog 3"
        first = await home.until_task(tasks[0].id, over)
        assert (first.status, first.account, first.attempts) == (Status.SUCCESS, "a", 1)


async def test_full_slots_hold_up_neither_translations_nor_presses(tmp_path: Path) -> None:
    """Behind more drawings than one look at the queue reads."""
    async with house(tmp_path) as home:
        many = [built(id=str(1000 + n), prompt=f"dog {n}", phase=Phase.READY, content=f"dog {n}") for n in range(100)]
        await home.store.save(many)
        home.awake.set()
        await home.until_said(3)
        foreign = [built(id=str(2000 + n), prompt="一只狗", content="一只狗") for n in range(80)]
        quick = built(id="3000", phase=Phase.READY, lane=Lane.QUICK, command="info", answer_ends=True)
        await home.store.save([*foreign, quick])
        home.awake.set()
        await home.until_task(quick.id, lambda t: t.phase is Phase.SENT)
        for task in foreign:
            await home.until_task(task.id, lambda t: t.phase is Phase.READY)
        assert home.desk.prompts[:3] == ["dog 0", "dog 1", "dog 2"]


async def test_an_echo_before_the_post_returns_is_matched(tmp_path: Path) -> None:
    desk = Desk()
    async with house(tmp_path, desk) as home:

        async def echo(_account: str, _order: Interaction, nonce: str) -> None:
            home.tracker.enqueue(Acknowledged(keys=keys(nonce=nonce, interaction_id="i1")))
            home.tracker.enqueue(result(1, nonce=nonce))

        desk.answer = echo
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        assert (await home.until_task(task.id, over)).status is Status.SUCCESS
        [send] = await home.store.sends_of([task.id])
        assert (send.state, send.interaction_id) == (SendState.POSTED, "i1")


async def test_what_never_reached_discord_is_tried_again(tmp_path: Path) -> None:
    desk = Desk()

    async def refuse_first(_account: str, _order: Interaction, _nonce: str) -> None:
        if len(desk.said) == 1:
            raise NotSent("the line is down")

    desk.answer = refuse_first
    async with house(tmp_path, desk) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        waiting = await home.until_task(task.id, lambda t: t.phase is Phase.READY and t.attempts == 1)
        assert waiting.not_before > home.clock.now()
        home.clock.time = waiting.not_before
        home.awake.set()
        await home.until_said(2)
        assert desk.said[0][2] != desk.said[1][2]


async def test_a_definite_no_fails_the_task_with_its_reason(tmp_path: Path) -> None:
    desk = Desk()

    async def forbid(_account: str, _order: Interaction, _nonce: str) -> None:
        raise SendRefused("Missing Access", status=403, discord_code=50001)

    desk.answer = forbid
    async with house(tmp_path, desk) as home:
        task = await home.service.imagine(SubmitOptions(notify_hook="http://example.com/h"), prompt="a dog")
        failed = await home.until_task(task.id, over)
        assert (failed.result.fail_code, failed.result.fail_reason) == ("discord_refused", "Missing Access")
        assert [hook.url for hook in await home.outbox.of_task(task.id)] == ["http://example.com/h"]


async def test_a_dead_token_pauses_the_account_and_the_task_waits_for_another(tmp_path: Path) -> None:
    desk = Desk()
    desk.known = {"a": account("a", capacity=3), "b": account("b", capacity=1)}

    async def die(account_id: str, _order: Interaction, _nonce: str) -> None:
        if account_id == "a":
            desk.known["a"] = account("a", paused="token_invalid")
            raise AccountBlocked(status=401, reason="token_invalid")

    desk.answer = die
    async with house(tmp_path, desk) as home:
        await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(2)
        assert [account_id for account_id, _, _ in desk.said] == ["a", "b"]
        assert desk.paused == {"a": "token_invalid"}


@pytest.mark.parametrize("error", [OutcomeUnknown("502"), RuntimeError("cut")])
async def test_an_unknown_outcome_is_never_sent_again_blindly(tmp_path: Path, error: Exception) -> None:
    desk = Desk()

    async def vanish(_account: str, _order: Interaction, _nonce: str) -> None:
        raise error

    desk.answer = vanish
    async with house(tmp_path, desk) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        home.tracker.enqueue(Tick(now=home.clock.time))
        home.tracker.enqueue(result(1, sent_at=home.clock.now() + 5))
        assert (await home.until_task(task.id, over)).status is Status.SUCCESS
        assert len(desk.said) == 1


async def test_history_proves_that_an_imagine_never_arrived(tmp_path: Path) -> None:
    """And a drawing that was sent later has begun: else it may stand in MidJourney's queue."""
    desk = Desk()

    async def vanish(_account: str, _order: Interaction, _nonce: str) -> None:
        if len(desk.said) == 1:
            raise OutcomeUnknown("502")

    desk.answer = vanish
    async with house(tmp_path, desk) as home:
        await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        await pass_time(home, 1.5)
        await drawn(home, "a cat", 2)
        assert desk.prompts == ["a dog", "a cat"], "not before SETTLE_SECONDS"
        await pass_time(home, 1)
        await home.until_recalled()
        await pass_time(home, 1)
        await home.until_said(3)
        assert desk.prompts == ["a dog", "a cat", "a dog"]


@pytest.mark.parametrize("other", [None, "earlier", "queued", "of another speed"])
async def test_free_slots_of_ours_do_not_prove_that_it_never_arrived(tmp_path: Path, other: str | None) -> None:
    """Other hands may fill MidJourney's slots, and that it stands in the queue is told in private."""
    desk = Desk()

    async def vanish(_account: str, order: Interaction, _nonce: str) -> None:
        if getattr(order, "options", {}).get("prompt") == "a dog":
            raise OutcomeUnknown("502")

    desk.answer = vanish
    async with house(tmp_path, desk) as home:
        if other == "earlier":
            await drawn(home, "a cat", 1)
        waiting = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(2 if other == "earlier" else 1)
        home.clock.time += 1000
        if other == "of another speed":
            await home.service.imagine(SubmitOptions(mode=Mode.TURBO), prompt="a cat")
            await home.until_said(2)
            home.tracker.enqueue(Started(keys=keys(nonce=desk.said[1][2], message_id="p2", prompt="a cat")))
        elif other == "queued":
            await home.service.imagine(SubmitOptions(), prompt="a cat")
            await home.until_said(2)
            home.tracker.enqueue(Queued(keys=keys(nonce=desk.said[1][2], message_id="p2", flags=64)))
        await pass_time(home, 2.5)
        await home.until_recalled()
        await pass_time(home, 4)
        await home.until_recalled(2)
        await pass_time(home, 1)
        assert (await home.until_task(waiting.id, over)).result.fail_code == "outcome_unknown"
        assert len([prompt for prompt in desk.prompts if prompt == "a dog"]) == 1


async def test_a_press_of_unknown_outcome_ends_and_says_so(tmp_path: Path) -> None:
    desk = Desk()
    async with house(tmp_path, desk) as home:
        parent = await drawn(home)

        async def vanish(_account: str, _order: Interaction, _nonce: str) -> None:
            raise OutcomeUnknown("502")

        desk.answer = vanish
        press = await home.service.act(SubmitOptions(), parent=parent.id, does=Action.VARIATION, index=1)
        await home.until_said(2)
        await pass_time(home, 5.5)
        await home.until_recalled()
        await pass_time(home, 1)
        failed = await home.until_task(press.id, over)
        assert failed.result.fail_code == "outcome_unknown"
        assert len(desk.said) == 2


async def test_chinese_is_translated_before_a_slot_is_claimed_and_a_failure_is_told(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        one = await home.service.imagine(SubmitOptions(), prompt="狗 --ar 1:1")
        two = await home.service.imagine(SubmitOptions(), prompt="狗!")
        await home.until_said(2)
        assert home.desk.prompts == ["dog --ar 1:1", "狗!"]
        first, second = await home.store.get_many([one.id, two.id])
        assert (first.request.prompt, first.prompt_en, first.notes) == ("狗 --ar 1:1", "dog --ar 1:1", ())
        assert (second.content, second.notes) == ("狗!", ("not translated",))


@pytest.mark.parametrize(("prompt", "english"), [(" it waves", "it waves"), ("狗 ", "dog")])
async def test_a_clips_text_is_told_without_marks_for_its_pictures(tmp_path: Path, prompt: str, english: str) -> None:
    picture = Picture(filename="first.png", type="image/png", data=b"x")
    async with house(tmp_path) as home:
        clip = await home.service.video(SubmitOptions(), VideoRequest(prompt=prompt, motion="low", image=picture))
        await home.until_said(1)
        [task] = await home.store.get_many([clip.id])
        assert (task.request.prompt, task.prompt_en) == (prompt, english)
        begin, words = task.content.split(maxsplit=1)
        assert begin.endswith("/first.png")
        assert words == f"{english} --motion low --video 1"


async def test_a_foreign_suffix_is_translated_where_there_is_no_prompt(tmp_path: Path) -> None:
    async with house(tmp_path, suffix="狗 --s 200") as home:
        link = "https://example.com/a.png"
        drawing = await home.service.imagine(SubmitOptions(), prompt=link)
        clip = await home.service.video(SubmitOptions(), VideoRequest(prompt=" ", motion="low", image=link))
        await home.until_said(2)
        drawn, animated = await home.store.get_many([drawing.id, clip.id])
        assert drawn.content == f"{link} dog --s 200"
        assert animated.content == f"{link} --motion low --video 1"  # a clip takes no suffix


async def test_what_is_added_to_a_prompt_is_no_part_of_its_translation(tmp_path: Path) -> None:
    async with house(tmp_path, suffix="--ar 3:2 --s 200") as home:
        plain, chinese = [
            await home.service.imagine(SubmitOptions(), prompt=text) for text in ("cat --s 1", "狗 --s 1")
        ]
        await home.until_said(2)
        first, second = await home.store.get_many([plain.id, chinese.id])
        assert (first.prompt_en, second.prompt_en) == ("cat --s 1", "dog --s 1")
        assert (first.content, second.content) == ("cat --s 1 --ar 3:2", "dog --s 1 --ar 3:2")


async def test_a_claim_without_a_send_goes_back_after_a_crash(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.desk.known["a"] = account(connected=False)
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.store.save([replace(task, phase=Phase.CLAIMED, account="a")])
    async with house(tmp_path) as home:
        await home.until_said(1)
        assert home.desk.prompts == ["a dog"]


async def test_a_send_that_cannot_be_written_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(tmp_path) as home:
        good, failures = home.store.save, iter(range(1))

        async def full(*args: Any, **more: Any) -> None:
            if more.get("sends") and next(failures, None) is not None:
                raise StoreFailed("the disk is full")
            await good(*args, **more)

        monkeypatch.setattr(home.store, "save", full)
        await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        assert len(home.desk.said) == 1


async def test_stopping_writes_down_a_post_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.effects.sender.DRAIN_SECONDS", 0.01)
    desk, forever = Desk(), asyncio.Event()

    async def hang(_account: str, _order: Interaction, _nonce: str) -> None:
        await forever.wait()

    desk.answer = hang
    async with house(tmp_path, desk) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
    async with house(tmp_path) as home:
        [send] = await home.store.sends_of([task.id])
        assert send.state is SendState.UNKNOWN
        assert home.desk.said == []


# ---------------------------------------------------------------- up


async def test_after_a_restart_history_is_read_and_the_result_found(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
    desk = Desk()
    desk.history = [result(1, from_history=True, sent_at=SetClock().now() + 1)]
    async with house(tmp_path, desk) as home:
        home.tracker.enqueue(Connected(account="a", gap_since=0))
        assert (await home.until_task(task.id, over)).status is Status.SUCCESS
        assert desk.said == []
        assert desk.history_reads[0][1] < SetClock().now()


async def test_a_gap_is_filled_from_history_and_a_resume_asks_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.tracker.enqueue(Connected(account="a", gap_since=0))
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        home.tracker.enqueue(Connected(account="a", gap_since=None))
        home.desk.history = [result(1, from_history=True)]
        home.tracker.enqueue(Connected(account="a", gap_since=home.clock.now() + 1000))
        await home.until_task(task.id, over)
        assert len(home.desk.history_reads) == 1


async def test_silence_ends_a_task_only_in_connected_time_and_after_history(tmp_path: Path) -> None:
    desk = Desk()
    async with house(tmp_path, desk) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        desk.known["a"] = account(connected=False)
        await pass_time(home, 60)
        assert not (await home.store.get(task.id) or task).is_over
        desk.known["a"] = account()
        await pass_time(home, 6)
        await home.until_recalled()
        await pass_time(home, 1)
        failed = await home.until_task(task.id, over)
        assert (failed.result.fail_code, "5 minutes" in failed.result.fail_reason) == ("silence", True)


async def test_an_old_message_that_still_stands_in_history_is_no_sign_of_life(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        seen = Progressed(keys=keys(nonce=home.desk.said[0][2], message_id="p"), percent=18, mode=Mode.FAST)
        home.tracker.enqueue(seen)
        home.desk.history = [replace(seen, keys=keys(message_id="p", from_history=True))]
        await pass_time(home, 16)
        await home.until_recalled()
        await pass_time(home, 1)
        assert (await home.until_task(task.id, over)).result.fail_code == "silence"


async def test_a_sign_of_life_renews_the_patience(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        nonce = home.desk.said[0][2]
        for percent in (10, 20, 30):
            await pass_time(home, 14)
            home.tracker.enqueue(
                Progressed(keys=keys(nonce=nonce, message_id="p"), percent=percent, mode=Mode.FAST)
            ) if percent > 10 else home.tracker.enqueue(Started(keys=keys(nonce=nonce, message_id="p")))
        running = await home.until_task(task.id, lambda t: t.progress.percent == 30)
        assert running.status is Status.IN_PROGRESS


async def test_a_withdrawn_picture_is_moderation_when_no_result_follows(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        home.tracker.enqueue(Started(keys=keys(nonce=home.desk.said[0][2], message_id="p")))
        home.tracker.enqueue(Withdrawn(keys=keys(message_id="p")))
        await pass_time(home, 1.5)
        await home.until_recalled()
        await pass_time(home, 1)
        assert (await home.until_task(task.id, over)).result.fail_code == "moderated"


async def test_each_job_goes_to_one_task_only(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        one = await home.service.imagine(SubmitOptions(), prompt="a dog")
        two = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(2)
        home.tracker.enqueue(result(1))
        home.tracker.enqueue(result(1))
        home.tracker.enqueue(result(1, message_id="again"))
        first = await home.until_task(one.id, over)
        home.tracker.enqueue(result(2))
        second = await home.until_task(two.id, over)
        assert (first.progress.job_id, second.progress.job_id) == ("j1", "j2")


async def test_after_a_restart_an_old_result_in_history_finishes_no_new_task(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        done = await drawn(home)
        open_task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(2)
    desk = Desk()
    desk.history = [result(1, from_history=True), result(2, from_history=True)]
    async with house(tmp_path, desk) as home:
        home.tracker.enqueue(Connected(account="a", gap_since=0))
        second = await home.until_task(open_task.id, over)
        assert (done.progress.job_id, second.progress.job_id) == ("j1", "j2")


async def test_two_presses_that_cannot_be_told_apart_wait_for_another_key(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        other = replace(
            parent,
            result=replace(
                parent.result, buttons=(*parent.result.buttons, Button(custom_id="V2", does=Action.VARIATION, index=2))
            ),
        )
        await home.store.save([other])
        v1 = await home.service.act(SubmitOptions(), parent=parent.id, does=Action.VARIATION, index=1)
        v2 = await home.service.act(SubmitOptions(), parent=parent.id, does=Action.VARIATION, index=2)
        await home.until_said(3)
        nonces = {order.custom_id: nonce for _, order, nonce in home.desk.said[1:]}  # type: ignore[union-attr]  # all are presses
        home.tracker.enqueue(result(7, action=Action.VARIATION, reference_id="r1", prompt=None))
        home.tracker.enqueue(
            Started(keys=keys(nonce=nonces["V1"], message_id="w", job_id="j8", action=Action.VARIATION, index=1))
        )
        second = await home.until_task(v2.id, over)
        assert (second.progress.job_id, second.status) == ("j7", Status.SUCCESS)
        home.tracker.enqueue(result(8, action=Action.VARIATION, reference_id="r1", prompt=None))
        assert (await home.until_task(v1.id, over)).progress.job_id == "j8"


async def test_midjourney_says_no(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        home.tracker.enqueue(
            Refused(keys=keys(nonce=home.desk.said[0][2]), code="banned_prompt", reason="Banned prompt detected: dog")
        )
        failed = await home.until_task(task.id, over)
        assert (failed.status, failed.result.fail_code) == (Status.FAILURE, "banned_prompt")


async def test_a_full_queue_at_midjourney_lowers_what_the_account_takes(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        tasks = [await home.service.imagine(SubmitOptions(), prompt=f"dog {i}") for i in range(4)]
        await home.until_said(3)
        first, _, third = (nonce for _, _, nonce in home.desk.said)
        home.tracker.enqueue(Started(keys=keys(nonce=first, message_id="p1")))
        home.tracker.enqueue(Refused(keys=keys(nonce=third), code="queue_full", reason="Queue full", retry=True))
        back = await home.until_task(tasks[2].id, lambda t: t.phase is Phase.READY)
        home.clock.time = back.not_before
        home.tracker.enqueue(result(1, nonce=first, prompt="dog 0"))
        await home.until_task(tasks[0].id, over)
        home.awake.set()
        home.tracker.enqueue(Refused(keys=keys(nonce=home.desk.said[1][2]), code="job_failed", reason="no"))
        await home.until_said(4)
        assert home.desk.prompts[3] == "dog 2", "one at a time, the oldest first"
        assert len(home.desk.said) == 4


async def test_without_fast_hours_a_drawing_goes_on_relaxed_once(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        for nth in (1, 2):
            await home.until_said(nth)
            assert home.desk.paused == {}
            gone = Refused(
                keys=keys(nonce=home.desk.said[-1][2]), code="credits_exhausted", reason="gone", pauses_account=True
            )
            home.tracker.enqueue(gone)
        assert (await home.until_task(task.id, over)).result.fail_code == "credits_exhausted"
        assert home.desk.prompts == ["a dog", "a dog --relax"]
        assert home.desk.paused == {"a": "gone"}, "nothing is left that could be drawn with"


async def test_an_account_that_does_not_draw_relaxed_does_not_go_on_so(tmp_path: Path) -> None:
    desk = Desk()
    desk.known = {"a": account(modes=(Mode.FAST,))}
    async with house(tmp_path, desk) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        told = keys(nonce=desk.said[0][2])
        home.tracker.enqueue(Refused(keys=told, code="credits_exhausted", reason="gone", pauses_account=True))
        assert (await home.until_task(task.id, over)).result.fail_code == "credits_exhausted"
        assert desk.paused == {"a": "gone"}


async def test_a_captcha_pauses_the_account(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        home.tracker.enqueue(CaptchaAsked(keys=keys(nonce=home.desk.said[0][2]), reason="Action required to continue"))
        assert (await home.until_task(task.id, over)).result.fail_code == "captcha"
        assert home.desk.paused == {"a": "Action required to continue"}


async def test_nothing_is_lost_while_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.tracking.tracker.STORE_RETRY", 0.0)
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(notify_hook="http://example.com/h"), prompt="a dog")
        await home.until_said(1)
        good, failures = home.store.save, iter(range(3))

        async def full(*args: Any, **more: Any) -> None:
            if next(failures, None) is not None:
                raise StoreFailed("the disk is full")
            await good(*args, **more)

        monkeypatch.setattr(home.store, "save", full)
        home.tracker.enqueue(result(1, nonce=home.desk.said[0][2]))
        assert (await home.until_task(task.id, over)).status is Status.SUCCESS
        assert len(await home.outbox.of_task(task.id)) == 1


async def test_a_message_from_before_the_send_is_not_the_tasks(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        home.tracker.enqueue(result(1, sent_at=home.clock.now() - CLOCK_SKEW - 1))
        interaction = snowflake(home.clock.now() + 500)
        home.tracker.enqueue(Acknowledged(keys=keys(nonce=home.desk.said[0][2], interaction_id=interaction)))
        home.tracker.enqueue(result(2, sent_at=home.clock.now() + 400))
        home.tracker.enqueue(result(3, sent_at=home.clock.now() + 600))
        assert (await home.until_task(task.id, over)).progress.job_id == "j3"


# ---------------------------------------------------------------- what a caller may ask


async def test_a_press_uses_the_stored_button_and_knows_its_parent(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        up = await home.service.act(SubmitOptions(state="s"), parent=parent.id, does=Action.UPSCALE, index=2)
        by_message = await home.service.act(SubmitOptions(), parent="r1", does=Action.VARIATION, index=1)
        await home.until_said(3)
        assert home.desk.presses == ["U2", "V1"]
        assert (up.request.parent_id, up.request.parent_message_id, up.account, up.request.state) == (
            parent.id,
            "r1",
            "a",
            "s",
        )
        assert by_message.request.parent_id == parent.id


async def test_bad_requests_say_what_is_wrong_and_store_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.desk.known["a"] = account(connected=False)
        for prompt in ("", "  \n"):
            with pytest.raises(MissingPrompt):
                await home.service.imagine(SubmitOptions(), prompt=prompt)
        with pytest.raises(PromptTooLong, match="1 too many"):
            await home.service.imagine(SubmitOptions(), prompt="x" * 6001)
        too_long = f"http://x/{4096 * 'x'}"
        for hook in (
            "ftp://example.com",
            "example.com",
            "http://",
            "http://a b/",
            "http://x:99999/",
            "http://x:0/",
            too_long,
        ):
            with pytest.raises(BadHook, match="has a blank" if " " in hook else None):
                await home.service.imagine(SubmitOptions(notify_hook=hook), prompt="a dog")
        with pytest.raises(StateTooLong, match=r"state has 65538 bytes\. At most 65536 are taken"):
            await home.service.imagine(SubmitOptions(state="狗" * 21846), prompt="a dog")
        with pytest.raises(ParentNotFound):
            await home.service.act(SubmitOptions(), parent="77", does=Action.UPSCALE, index=1)
        for index in (None, 0, 5):
            with pytest.raises(BadIndex):
                await home.service.act(SubmitOptions(), parent="77", does=Action.VARIATION, index=index)
        assert await home.store.latest(10) == []


async def test_a_parent_must_have_finished_well_and_offer_the_button(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        with pytest.raises(ButtonNotFound, match=r"UPSCALE3.*offers"):
            await home.service.act(SubmitOptions(), parent=parent.id, does=Action.UPSCALE, index=3)
        running = await home.service.imagine(SubmitOptions(), prompt="another")
        with pytest.raises(ParentNotFinished):
            await home.service.act(SubmitOptions(), parent=running.id, does=Action.UPSCALE, index=2)
        await home.until_said(2)
        home.tracker.enqueue(Refused(keys=keys(nonce=home.desk.said[1][2]), code="job_failed", reason="no"))
        await home.until_task(running.id, over)
        with pytest.raises(ParentFailed):
            await home.service.act(SubmitOptions(), parent=running.id, does=Action.UPSCALE, index=2)


async def test_a_full_queue_is_said(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.desk.known["a"] = account(connected=False)
        for i in range(50):
            await home.service.imagine(SubmitOptions(), prompt=f"dog {i}")
        with pytest.raises(QueueFull):
            await home.service.imagine(SubmitOptions(), prompt="one more")


async def test_ids_rise_even_when_the_clock_goes_back(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        first = await home.service.imagine(SubmitOptions(), prompt="a dog")
    async with house(tmp_path, clock=SetClock(1)) as home:
        second = await home.service.imagine(SubmitOptions(), prompt="a dog")
        assert int(second.id) == int(first.id) + 1
        assert int(second.id) < 2**53
